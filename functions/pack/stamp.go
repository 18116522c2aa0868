package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// Compressing takes longer than a build in which nothing has changed, and every preview packs. So a stamp beside the
// archive remembers what it was made from.

// fingerprint identifies what an archive is made from: the files, and the Go release, whose compressor does it.
func fingerprint(files []File) string {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version())
	for _, file := range files {
		fmt.Fprintf(sum, "%q %t %s\n", file.Name, file.Executable, digest(file.Content))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// stamp is what is remembered of an archive.
func stamp(origin, archive string) string { return origin + " " + archive + "\n" }

// reuse finds the archive of an earlier build in the folder out, if it is whole and was made from the same origin.
func reuse(out, origin string) (Package, bool) {
	known := Package{Path: filepath.Join(out, archiveName)}
	archive, err := os.ReadFile(known.Path)
	if err != nil {
		return Package{}, false
	}
	known.Hash = digest(archive)
	remembered, err := os.ReadFile(filepath.Join(out, stampName))
	return known, err == nil && string(remembered) == stamp(origin, known.Hash)
}

// replace writes the file in one step, so that nobody reads half of it, and only where the content differs.
func replace(name string, content []byte) error {
	if old, err := os.ReadFile(name); err == nil && bytes.Equal(old, content) {
		return nil
	}
	temporary, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+"-")
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	if _, err := temporary.Write(content); err != nil {
		return errors.Join(err, temporary.Close())
	}
	if err := temporary.Close(); err != nil {
		return err
	}
	return os.Rename(temporary.Name(), name)
}
