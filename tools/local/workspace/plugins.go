package workspace

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Plugin is a provider as the program's SDKs ask for it.
type Plugin struct {
	Name    string
	Version string
}

// Plugins are the providers of the project. The versions are those of the SDKs in go.mod; a test holds the two together.
func Plugins() []Plugin {
	return []Plugin{
		{Name: "azure-native", Version: "2.90.0"},
		{Name: "kubernetes", Version: "4.23.0"},
		{Name: "random", Version: "4.16.0"},
		{Name: "tls", Version: "5.2.0"},
	}
}

// installPlugins puts the local cloud into Pulumi's plugin cache under the name of every provider. The binary serves as
// the provider that it is called. The engine takes any directory of the form resource-NAME-vVERSION for an installed
// plugin; it asks for no marker file, only for the absence of a ".partial" one.
func installPlugins(home, binary string) error {
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("the local cloud is not built: %w", err)
	}
	for _, plugin := range Plugins() {
		dir := filepath.Join(home, "plugins", "resource-"+plugin.Name+"-v"+plugin.Version)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("install the provider %s: %w", plugin.Name, err)
		}
		if err := place(binary, filepath.Join(dir, "pulumi-resource-"+plugin.Name)); err != nil {
			return fmt.Errorf("install the provider %s: %w", plugin.Name, err)
		}
	}
	return nil
}

// place makes target the same file as source: a hard link, or a copy where links are impossible. Runs of several stacks
// may do it at the same time, so the file appears in one step.
func place(source, target string) error {
	same, err := sameFile(source, target)
	if err != nil || same {
		return err
	}
	scratch, err := os.MkdirTemp(filepath.Dir(target), ".new-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	fresh := filepath.Join(scratch, filepath.Base(target))
	if err := os.Link(source, fresh); err != nil {
		if err := copyFile(source, fresh); err != nil {
			return err
		}
	}
	return os.Rename(fresh, target)
}

func sameFile(source, target string) (bool, error) {
	from, err := os.Stat(source)
	if err != nil {
		return false, err
	}
	to, err := os.Stat(target)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return os.SameFile(from, to), nil
}

func copyFile(source, target string) (err error) {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()                                         // Only read from: closing it cannot lose anything.
	out, err := os.OpenFile(target, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700) //nolint:gosec // G302: the engine runs it.
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	_, err = io.Copy(out, in)
	return err
}
