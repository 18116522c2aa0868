package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"
)

const (
	resourceDir = "resources"
	fileSuffix  = ".json"
	// shownName is how much of an id's last part a file name shows; the hash behind it makes the name unique.
	shownName = 60
)

var unsafeInName = regexp.MustCompile(`[^a-z0-9._-]+`)

// path is the file of the resource with the given id.
func (s *Store) path(id string) string {
	lower := strings.ToLower(id)
	sum := sha256.Sum256([]byte(lower))
	shown := unsafeInName.ReplaceAllString(lastPart(lower), "_")
	shown = shown[:min(len(shown), shownName)]
	return filepath.Join(s.dir, resourceDir, shown+"-"+hex.EncodeToString(sum[:8])+fileSuffix)
}

func lastPart(id string) string {
	parts := strings.Split(strings.TrimRight(id, "/"), "/")
	return strings.Join(parts[max(0, len(parts)-2):], "-")
}

// parseResource reads a resource file strictly: it is written by this package only, so anything else in it is damage.
func parseResource(raw []byte) (Resource, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var r Resource
	if err := decoder.Decode(&r); err != nil {
		return Resource{}, fmt.Errorf("parse resource: %w", err)
	}
	if decoder.More() {
		return Resource{}, errors.New("parse resource: more than one value in the file")
	}
	if r.ID == "" || r.Provider == "" || r.Type == "" {
		return Resource{}, errors.New("parse resource: id, provider or type is missing")
	}
	return r, nil
}

// writeFile replaces a file as a whole, so that no reader ever sees half of it.
func writeFile(path string, raw []byte) error {
	temporary, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	_, err = temporary.Write(raw)
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temporary.Name()))
	}
	return nil
}

// fileCache keeps parsed files by what identifies their content, so that looking through all resources stays cheap.
type fileCache struct {
	mu      sync.Mutex
	entries map[string]cached
}

type cached struct {
	info     fs.FileInfo
	modified time.Time
	resource Resource
}

func (c *fileCache) read(path, shown string) (Resource, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Resource{}, fmt.Errorf("%s: %w", shown, ErrNotFound)
	}
	if err != nil {
		return Resource{}, fmt.Errorf("read %s: %w", shown, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if hit, ok := c.entries[path]; ok && os.SameFile(hit.info, info) && hit.modified.Equal(info.ModTime()) {
		return hit.resource, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Resource{}, fmt.Errorf("%s: %w", shown, ErrNotFound)
	}
	if err != nil {
		return Resource{}, fmt.Errorf("read %s: %w", shown, err)
	}
	r, err := parseResource(raw)
	if err != nil {
		return Resource{}, fmt.Errorf("%s: %w", path, err)
	}
	c.entries[path] = cached{info: info, modified: info.ModTime(), resource: r}
	return r, nil
}

const blobDir = "blobs"

// PutBlob keeps content under a name, for example its hash.
func (s *Store) PutBlob(name string, content []byte) error {
	dir := filepath.Join(s.dir, blobDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return writeFile(filepath.Join(dir, filepath.Base(name)), content)
}

// Blob reads what PutBlob kept.
func (s *Store) Blob(name string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(s.dir, blobDir, filepath.Base(name)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
	}
	return content, err
}
