package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const faultFile = "faults.json"

// Fault is a disturbance that an operator or a test orders for operations to come.
type Fault struct {
	// Op is the operation it waits for: create, update, delete or read.
	Op string `json:"op"`
	// Type is the Pulumi type token or its last part, for example "VirtualMachineScaleSet". Empty matches any.
	Type string `json:"type,omitempty"`
	// Name is the resource's name in the program or the last part of its id. Empty matches any.
	Name string `json:"name,omitempty"`
	// Times is how often it strikes before it is used up.
	Times int `json:"times"`
	// Error makes the operation fail with this message.
	Error string `json:"error,omitempty"`
	// HalfWay lets a failing create leave the resource behind, not ready.
	HalfWay bool `json:"halfWay,omitempty"`
	// SetCapacity changes the live count of a scale set just before the operation, as its autoscaler could.
	SetCapacity *int `json:"setCapacity,omitempty"`
}

func (f Fault) validate() error {
	switch f.Op {
	case OpCreate, OpUpdate, OpDelete, OpRead:
	default:
		return fmt.Errorf("operation %q: allowed are create, update, delete and read", f.Op)
	}
	if f.Times < 1 {
		return fmt.Errorf("times %d: must be at least 1", f.Times)
	}
	if (f.Error == "") == (f.SetCapacity == nil) {
		return errors.New("a fault either fails with an error or sets a capacity")
	}
	return nil
}

func (f Fault) matches(op, token string, names []string) bool {
	if f.Op != op || f.Type != "" && f.Type != token && f.Type != token[strings.LastIndex(token, ":")+1:] {
		return false
	}
	for _, name := range names {
		if f.Name == name {
			return true
		}
	}
	return f.Name == ""
}

// AddFault orders a fault.
func (s *Store) AddFault(f Fault) error {
	if err := f.validate(); err != nil {
		return fmt.Errorf("fault: %w", err)
	}
	return s.Update(func(tx *Tx) error {
		faults, err := tx.store.readFaults()
		if err != nil {
			return err
		}
		faults = append(faults, f)
		tx.faults = &faults
		return nil
	})
}

// TakeFaults gives the faults that strike the operation op on a resource of the given type and names, and uses each of
// them up once. Two operations at the same time never get the same last strike.
func (s *Store) TakeFaults(op, token string, names ...string) ([]Fault, error) {
	if waiting, err := s.readFaults(); err != nil || len(waiting) == 0 {
		return nil, err // the usual case, without the lock
	}
	var struck []Fault
	err := s.Update(func(tx *Tx) error {
		faults, err := tx.store.readFaults()
		if err != nil {
			return err
		}
		var left []Fault
		for _, f := range faults {
			if f.matches(op, token, names) {
				struck = append(struck, f)
				f.Times--
			}
			if f.Times > 0 {
				left = append(left, f)
			}
		}
		if len(struck) > 0 {
			tx.faults = &left
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return struck, nil
}

func (s *Store) readFaults() ([]Fault, error) {
	raw, err := os.ReadFile(filepath.Join(s.dir, faultFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the faults: %w", err)
	}
	return parseFaults(raw)
}

func parseFaults(raw []byte) ([]Fault, error) {
	var faults []Fault
	if err := json.Unmarshal(raw, &faults); err != nil {
		return nil, fmt.Errorf("parse the faults: %w", err)
	}
	for i, f := range faults {
		if err := f.validate(); err != nil {
			return nil, fmt.Errorf("parse the faults: fault %d: %w", i, err)
		}
	}
	return faults, nil
}

func (s *Store) writeFaults(faults []Fault) error {
	raw, err := json.MarshalIndent(faults, "", "  ")
	if err != nil {
		return fmt.Errorf("write the faults: %w", err)
	}
	return writeFile(filepath.Join(s.dir, faultFile), raw)
}
