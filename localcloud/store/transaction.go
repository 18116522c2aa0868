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
	"syscall"
)

// Tx is a transaction: it sees its own changes, and others see them when it is done.
type Tx struct {
	store   *Store
	written map[string]*Resource // by lower-case id; nil for deleted
	events  []Event
	faults  *[]Fault // set when they changed
}

// Update runs change while no other transaction of any process runs. When change returns an error nothing is kept.
func (s *Store) Update(change func(*Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := s.lock()
	if err != nil {
		return err
	}
	defer unlock()
	tx := &Tx{store: s, written: map[string]*Resource{}}
	if err := change(tx); err != nil {
		return err
	}
	return tx.commit()
}

// lock takes the lock that excludes other processes. The kernel drops it when the process ends, however it ends.
func (s *Store) lock() (unlock func(), err error) {
	file, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the local cloud: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the local cloud: %w", err), file.Close())
	}
	return func() { _ = file.Close() }, nil
}

// Get reads one resource.
func (tx *Tx) Get(id string) (Resource, error) {
	if r, ok := tx.written[strings.ToLower(id)]; ok {
		if r == nil {
			return Resource{}, fmt.Errorf("%s: %w", id, ErrNotFound)
		}
		return *r, nil
	}
	return tx.store.Get(id)
}

// List reads all resources of a provider, sorted by id; all providers' where provider is empty.
func (tx *Tx) List(provider string) ([]Resource, error) {
	stored, err := tx.store.List(provider)
	if err != nil {
		return nil, err
	}
	all := make([]Resource, 0, len(stored)+len(tx.written))
	for _, r := range stored {
		if _, changed := tx.written[strings.ToLower(r.ID)]; !changed {
			all = append(all, r)
		}
	}
	for _, r := range tx.written {
		if r != nil && (provider == "" || r.Provider == provider) {
			all = append(all, *r)
		}
	}
	sort.Slice(all, func(i, j int) bool { return all[i].ID < all[j].ID })
	return all, nil
}

// Put writes a resource.
func (tx *Tx) Put(r Resource) { tx.written[strings.ToLower(r.ID)] = &r }

// Delete removes a resource; removing one that is gone is no error.
func (tx *Tx) Delete(id string) { tx.written[strings.ToLower(id)] = nil }

// Log appends an event to the operations log.
func (tx *Tx) Log(e Event) { tx.events = append(tx.events, e) }

func (tx *Tx) commit() error {
	for id, r := range tx.written {
		if err := tx.store.apply(id, r); err != nil {
			return err
		}
	}
	if tx.faults != nil {
		if err := tx.store.writeFaults(*tx.faults); err != nil {
			return err
		}
	}
	return tx.store.appendEvents(tx.events)
}

func (s *Store) apply(id string, r *Resource) error {
	if r == nil {
		if err := os.Remove(s.path(id)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("delete %s: %w", id, err)
		}
		return nil
	}
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encode %s: %w", id, err)
	}
	return writeFile(s.path(id), raw)
}
