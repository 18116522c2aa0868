// Package store keeps the local cloud's resources: one JSON file per resource in a directory that all provider
// processes and the operator's commands share.
//
// Changes are made in transactions that exclude each other across processes; a file is always replaced as a whole, so
// that readers need no lock. The package knows nothing about Pulumi, Azure or Kubernetes.
package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"
)

// ErrNotFound is wrapped by the error about a resource that the store does not hold.
var ErrNotFound = errors.New("resource not found")

// Resource is one resource of the local cloud.
type Resource struct {
	// ID is unique in the store. Case makes no difference, as in Azure.
	ID string `json:"id"`
	// Provider is the package that owns it, for example "azure-native".
	Provider string `json:"provider"`
	// Type is the Pulumi type token.
	Type string `json:"type"`
	// Created is when it was made.
	Created time.Time `json:"created"`
	// Inputs and Outputs are the resource's properties in the form that the provider chose.
	Inputs  json.RawMessage `json:"inputs,omitempty"`
	Outputs json.RawMessage `json:"outputs,omitempty"`
	// Live is what the cloud itself changes, such as the machines of a scale set. Its form is the provider's.
	Live json.RawMessage `json:"live,omitempty"`
}

// Store is a directory of resources. It is safe for concurrent use, also by several processes.
type Store struct {
	dir string

	mu    sync.Mutex // excludes transactions of this process, so that only one waits for the file lock
	cache fileCache
}

// Open opens the store in dir and makes the directory where it is missing.
func Open(dir string) (*Store, error) {
	if dir == "" {
		return nil, errors.New("the local cloud's directory is not set (LOCALCLOUD_DIR)")
	}
	if err := os.MkdirAll(filepath.Join(dir, resourceDir), 0o700); err != nil {
		return nil, fmt.Errorf("open the local cloud in %s: %w", dir, err)
	}
	return &Store{dir: dir, cache: fileCache{entries: map[string]cached{}}}, nil
}

// Dir is the store's directory.
func (s *Store) Dir() string { return s.dir }

// Get reads one resource.
func (s *Store) Get(id string) (Resource, error) {
	return s.cache.read(s.path(id), id)
}

// List reads all resources of a provider, sorted by id; all providers' where provider is empty.
func (s *Store) List(provider string) ([]Resource, error) {
	entries, err := os.ReadDir(filepath.Join(s.dir, resourceDir))
	if err != nil {
		return nil, fmt.Errorf("list the local cloud: %w", err)
	}
	var all []Resource
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), fileSuffix) {
			continue
		}
		r, err := s.cache.read(filepath.Join(s.dir, resourceDir, entry.Name()), entry.Name())
		if errors.Is(err, ErrNotFound) {
			continue // deleted since the directory was read
		}
		if err != nil {
			return nil, err
		}
		if provider == "" || r.Provider == provider {
			all = append(all, r)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all, nil
}

// Destroy removes the whole local cloud.
func (s *Store) Destroy() error {
	if err := os.RemoveAll(s.dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the local cloud: %w", err)
	}
	return nil
}
