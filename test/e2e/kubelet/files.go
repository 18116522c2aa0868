package kubelet

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// file is one file of a volume.
type file struct {
	content []byte
	mode    fs.FileMode
}

func (f file) equal(other file) bool {
	return f.mode == other.mode && slices.Equal(f.content, other.content)
}

// current is the link that a volume's files are read through. Names that begin with two dots are not the volume's own.
const current = "..data"

// publish replaces the files of a volume all at once: each is a link through one link, which is replaced in one step. So whoever
// opens a file sees all of it, old or new, though one who opens two may see one of each.
// Source: Kubernetes, pkg/volume/util, AtomicWriter.
func publish(folder string, files map[string]file) error {
	fresh, err := os.MkdirTemp(folder, "..")
	if err != nil {
		return fmt.Errorf("a folder for files: %w", err)
	}
	for name, f := range files {
		if err := write(filepath.Join(fresh, name), f); err != nil {
			return err
		}
	}
	old, err := os.Readlink(filepath.Join(folder, current))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the files so far: %w", err)
	}
	if err := link(folder, filepath.Base(fresh), current); err != nil {
		return err
	}
	if err := show(folder, files); err != nil {
		return err
	}
	if old == "" {
		return nil
	}
	if err := os.RemoveAll(filepath.Join(folder, old)); err != nil {
		return fmt.Errorf("removing the files so far: %w", err)
	}
	return nil
}

func write(path string, f file) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("a folder for files: %w", err)
	}
	if err := os.WriteFile(path, f.content, f.mode); err != nil {
		return fmt.Errorf("a file of a volume: %w", err)
	}
	return nil
}

// link makes or replaces a link in one step.
func link(folder, target, name string) error {
	made := filepath.Join(folder, "..new")
	if err := os.Symlink(target, made); err != nil {
		return fmt.Errorf("a link to files: %w", err)
	}
	if err := os.Rename(made, filepath.Join(folder, name)); err != nil {
		return fmt.Errorf("a link to files: %w", err)
	}
	return nil
}

// show gives each file its link and takes those away that no longer have a file.
func show(folder string, files map[string]file) error {
	shown := map[string]bool{}
	for name := range files {
		first, _, _ := strings.Cut(name, "/")
		shown[first] = true
	}
	for name := range shown {
		if err := link(folder, filepath.Join(current, name), name); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("listing the files of a volume: %w", err)
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), "..") || shown[entry.Name()] {
			continue
		}
		if err := os.Remove(filepath.Join(folder, entry.Name())); err != nil {
			return fmt.Errorf("removing a file of a volume: %w", err)
		}
	}
	return nil
}
