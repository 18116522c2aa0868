package pack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

const (
	// source is the package that the handler is built from, below the project's folder.
	source = "functions/reaper"
	// layout is the folder whose files go into the package as they are: host.json and a folder for each function.
	layout = source + "/app"
	// output is where the package is put, below the project's folder.
	output = ".build"
	// archiveName and stampName are the files in there.
	archiveName, stampName = "reaper.zip", "reaper.zip.stamp"
	// Handler is the executable's name in the package; host.json names it too.
	Handler = "handler"
)

// Package is a finished package.
type Package struct {
	// Path is the zip file's path.
	Path string
	// Hash is the SHA-256 of the zip file's bytes, in hexadecimal. It is taken of the archive rather than of what is in
	// it, because a blob may only keep its name while its bytes stay the same: Pulumi replaces a blob whose source has
	// changed, and a replacement under the same name is created first and deleted afterwards.
	Hash string
}

// Build compiles the reaper of the project in dir and packs it into dir/.build/reaper.zip. It needs a Go toolchain and,
// the first time, the network or a filled module cache. Where nothing has changed since an earlier build, its package is
// used again.
func Build(ctx context.Context, dir string) (Package, error) {
	return build(ctx, dir, filepath.Join(dir, output))
}

// build packs the project in dir into a file in the folder out.
func build(ctx context.Context, dir, out string) (Package, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return Package{}, fmt.Errorf("every deployment builds the reaper from source, which needs a Go toolchain on the PATH "+
			"(the version is in go.mod, the download at https://go.dev/dl): %w", err)
	}
	// Taken before the build: sources that change meanwhile make the next fingerprint another one.
	origin, err := fingerprint(ctx, tool, dir)
	if err != nil {
		return Package{}, err
	}
	if known, ok := reuse(out, origin); ok {
		return known, nil
	}
	files, err := makeFiles(ctx, tool, dir, out)
	if err != nil {
		return Package{}, err
	}
	return write(out, origin, files)
}

// makeFiles gives everything that goes into the package.
func makeFiles(ctx context.Context, tool, dir, out string) ([]File, error) {
	if err := os.MkdirAll(out, 0o750); err != nil {
		return nil, fmt.Errorf("making room for the reaper's package: %w", err)
	}
	handler, err := compile(ctx, tool, dir, out)
	if err != nil {
		return nil, err
	}
	files, err := read(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("reading the function app's layout: %w", err)
	}
	return append(files, File{Name: Handler, Executable: true, Content: handler}), nil
}

// write puts the package into the folder out, together with its stamp.
func write(out, origin string, files []File) (Package, error) {
	var archive bytes.Buffer
	if err := Zip(&archive, files); err != nil {
		return Package{}, err
	}
	made := Package{Path: filepath.Join(out, archiveName), Hash: digest(archive.Bytes())}
	if err := replace(made.Path, archive.Bytes()); err != nil {
		return Package{}, fmt.Errorf("writing the reaper's package: %w", err)
	}
	if err := replace(filepath.Join(out, stampName), []byte(stamp(origin, made.Hash))); err != nil {
		return Package{}, fmt.Errorf("remembering what the reaper's package is made from: %w", err)
	}
	return made, nil
}

// compile returns the handler's bytes. It builds into a folder of its own, so that two programs at the same time (a
// preview of every environment, say) do not read each other's half-written file.
func compile(ctx context.Context, tool, dir, room string) ([]byte, error) {
	own, err := os.MkdirTemp(room, "handler-")
	if err != nil {
		return nil, fmt.Errorf("making room for the reaper: %w", err)
	}
	defer os.RemoveAll(own)
	target, err := filepath.Abs(filepath.Join(own, Handler))
	if err != nil {
		return nil, fmt.Errorf("placing the reaper: %w", err)
	}
	// The flags leave out what depends on the machine or the moment: source paths, version control state, the link's id.
	if _, err := run(ctx, tool, dir,
		"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid=", "-o", target, "./"+source); err != nil {
		return nil, err
	}
	handler, err := os.ReadFile(target)
	if err != nil {
		return nil, fmt.Errorf("reading the reaper: %w", err)
	}
	return handler, nil
}

// run runs the go command in the folder dir, set for what is built.
func run(ctx context.Context, tool, dir string, arguments ...string) (stdout []byte, err error) {
	command := exec.CommandContext(ctx, tool, arguments...)
	command.Dir = dir
	command.Env = append(os.Environ(), settled()...)
	var said bytes.Buffer
	command.Stderr = &said
	stdout, err = command.Output()
	if err != nil {
		return nil, fmt.Errorf("building the reaper with %q in %s: %w\n%s", "go "+strings.Join(arguments, " "), dir,
			errors.Join(err, ctx.Err()), bytes.TrimSpace(said.Bytes()))
	}
	return stdout, nil
}

// read collects the files that go into the package as they are.
func read(project fs.FS) ([]File, error) {
	var files []File
	err := fs.WalkDir(project, layout, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(project, name)
		if err != nil {
			return err
		}
		files = append(files, File{Name: strings.TrimPrefix(name, layout+"/"), Content: content})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s is empty", path.Clean(layout))
	}
	return files, nil
}
