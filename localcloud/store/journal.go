package store

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const journalFile = "operations.jsonl"

// Operations that the log knows. A replacement shows as a create and a delete.
const (
	OpCreate          = "create"
	OpRead            = "read"
	OpUpdate          = "update"
	OpDelete          = "delete"
	OpInvoke          = "invoke"
	OpInstanceCreated = "instance-created"
	OpInstanceDeleted = "instance-deleted"
	OpDrift           = "drift"
	OpFault           = "fault"
)

// Event is one line of the operations log.
type Event struct {
	Time time.Time `json:"time"`
	// Op is one of the Op constants.
	Op string `json:"op"`
	// Provider and Type say what kind of resource it is about.
	Provider string `json:"provider"`
	Type     string `json:"type"`
	// ID is the resource; empty when its creation was refused.
	ID string `json:"id,omitempty"`
	// URN is the resource in the program, where the operation came from one.
	URN string `json:"urn,omitempty"`
	// Detail tells more, for example which properties changed.
	Detail string `json:"detail,omitempty"`
	// Error is why the operation failed.
	Error string `json:"error,omitempty"`
}

// Events reads the operations log, oldest first.
func (s *Store) Events() ([]Event, error) {
	file, err := os.Open(filepath.Join(s.dir, journalFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the operations log: %w", err)
	}
	defer func() { _ = file.Close() }()
	var events []Event
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		var e Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("read the operations log, line %d: %w", len(events)+1, err)
		}
		events = append(events, e)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the operations log: %w", err)
	}
	return events, nil
}

// appendEvents is called under the lock, so lines of different processes never mix.
func (s *Store) appendEvents(events []Event) error {
	if len(events) == 0 {
		return nil
	}
	file, err := os.OpenFile(filepath.Join(s.dir, journalFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write the operations log: %w", err)
	}
	encoder := json.NewEncoder(file)
	encoder.SetEscapeHTML(false)
	for _, e := range events {
		if err := encoder.Encode(e); err != nil {
			return errors.Join(fmt.Errorf("write the operations log: %w", err), file.Close())
		}
	}
	if err := file.Close(); err != nil {
		return fmt.Errorf("write the operations log: %w", err)
	}
	return nil
}
