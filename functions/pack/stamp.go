package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
)

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// stamp is what is remembered beside an archive: what it was made from, and its own hash.
func stamp(origin, archive string) string { return origin + " " + archive + "\n" }

// reuse finds the archive of an earlier build in the folder out, if it is whole and was made from the same origin. An
// unknown origin is never the same.
func reuse(out, origin string) (Package, bool) {
	if origin == "" {
		return Package{}, false
	}
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
