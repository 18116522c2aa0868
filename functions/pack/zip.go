// Package pack turns the reaper's source into the package that Azure runs: a zip file with the same bytes for the same
// source, whatever machine makes it.
//
// Pulumi's own archives will not do. They drop the executable bit, and the Functions host on a Dedicated plan does not
// add it back: the handler would end with "permission denied" on every start. A zip file that exists already is passed
// on byte by byte. See docs/decisions/0009-function-package.md.
package pack

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
)

// File is one entry of a package.
type File struct {
	// Name is the path inside the package, with forward slashes.
	Name string
	// Executable gives the entry mode 0755 instead of 0644.
	Executable bool
	// Content is what the file holds.
	Content []byte
}

// epoch is the time of every entry. Real times would make every build differ; none at all, or one so close to 1980,
// where the format's calendar begins, that a time zone could push it over the edge, is known to confuse Azure.
func epoch() time.Time { return time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC) }

// Zip writes the files as a zip archive. The bytes depend on nothing but the files, in any order, and on the version of
// Go, whose compressor may change from release to release.
func Zip(out io.Writer, files []File) error {
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	if err := checkNames(sorted); err != nil {
		return err
	}
	archive := zip.NewWriter(out)
	archive.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, flate.DefaultCompression)
	})
	for _, file := range sorted {
		if err := add(archive, file); err != nil {
			return fmt.Errorf("packing %s: %w", file.Name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return fmt.Errorf("finishing the package: %w", err)
	}
	return nil
}

func add(archive *zip.Writer, file File) error {
	header := &zip.FileHeader{Name: file.Name, Method: zip.Deflate, Modified: epoch()}
	mode := fs.FileMode(0o644)
	if file.Executable {
		mode = 0o755
	}
	header.SetMode(mode)
	entry, err := archive.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = entry.Write(file.Content)
	return err
}

// checkNames refuses names that would leave the folder that the package is unpacked into, or collide there.
func checkNames(sorted []File) error {
	for i, file := range sorted {
		if !fs.ValidPath(file.Name) || file.Name == "." || strings.Contains(file.Name, `\`) {
			return fmt.Errorf("%q is not a path inside a package", file.Name)
		}
		if i > 0 && sorted[i-1].Name == file.Name {
			return fmt.Errorf("two files of the package are called %q", file.Name)
		}
	}
	return nil
}
