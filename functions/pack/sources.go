package pack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
)

// Every preview packs, and the go command links anew at every build, also when nothing has changed: half a second before
// the first resource can be registered. So a fingerprint of everything that a package is made from is taken first.
//
// It covers every file that Go could build from, whether the reaper imports it or not: to know the difference one has to
// ask the go command, which takes longer than reading all of them.

// elsewhere finds a replacement in go.mod that lies outside of the module, where its changes would go unnoticed.
var elsewhere = regexp.MustCompile(`(?m)=>\s*"?(\.{1,2}/|/|[A-Za-z]:\\)`)

// settled are the variables of the build itself. A program for Azure's Linux workers, which promise no C library and
// have this processor, whatever the person deploying has set.
func settled() []string {
	return []string{"CGO_ENABLED=0", "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "GOFLAGS=-trimpath"}
}

// fingerprint identifies what the package of the project in dir is made from. It is empty where that cannot be told
// without building: with a workspace or with replacements outside of the module.
func fingerprint(ctx context.Context, tool, dir string) (string, error) {
	release, alone, err := toolchain(ctx, tool, dir)
	if err != nil || !alone {
		return "", err
	}
	project := os.DirFS(dir)
	module, err := fs.ReadFile(project, "go.mod")
	if err != nil {
		return "", fmt.Errorf("reading the module of the project: %w", err)
	}
	if elsewhere.Match(module) {
		return "", nil
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%q\n", release)
	if err := hashTree(sum, project); err != nil {
		return "", fmt.Errorf("reading the sources of the project: %w", err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// toolchain asks the go command for what it would build with; alone is false where a workspace adds other modules.
func toolchain(ctx context.Context, tool, dir string) (release string, alone bool, err error) {
	said, err := run(ctx, tool, dir, "env", "GOWORK", "GOVERSION", "GOROOT", "GOEXPERIMENT", "GOFIPS140")
	if err != nil {
		return "", false, err
	}
	workspace, rest, _ := strings.Cut(string(said), "\n")
	return rest, workspace == "" || workspace == "off", nil
}

// hashTree adds the module's files to the sum, in the order of their names.
func hashTree(sum io.Writer, project fs.FS) error {
	return fs.WalkDir(project, ".", func(name string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir():
			return enter(project, name)
		case !entry.Type().IsRegular() || path.Dir(name) == "." && !isSource(name):
			return nil // Links are no sources to Go, and in the root lies much that is none: configuration, documents.
		}
		return hashFile(sum, project, name)
	})
}

// enter skips the folders that do not belong to the module: hidden ones in its root, which hold what was built, and
// modules of their own.
func enter(project fs.FS, name string) error {
	if name == "." {
		return nil
	}
	if strings.HasPrefix(name, ".") {
		return fs.SkipDir
	}
	switch _, err := fs.Stat(project, path.Join(name, "go.mod")); {
	case err == nil:
		return fs.SkipDir
	case errors.Is(err, fs.ErrNotExist):
		return nil
	default:
		return err
	}
}

func isSource(name string) bool {
	return name == "go.mod" || name == "go.sum" || strings.HasSuffix(name, ".go")
}

func hashFile(sum io.Writer, project fs.FS, name string) error {
	content, err := fs.ReadFile(project, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // Gone since the folder was listed, such as an editor's scratch file.
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(sum, "%q %s\n", name, digest(content))
	return err
}
