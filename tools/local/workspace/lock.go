package workspace

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Lock keeps other runs from changing the stack until unlock is called. The lock belongs to the open file: the system
// gives it back when the process ends, however it ends.
func (w Workspace) Lock() (unlock func() error, err error) {
	if err := os.MkdirAll(w.Dir(), 0o700); err != nil {
		return nil, fmt.Errorf("make the workspace: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(w.Dir(), "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the stack: %w", err)
	}
	err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case err == nil:
		return func() error { return unlockFile(file) }, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		err = fmt.Errorf("another run is at work on %s", w.stack)
	default:
		err = fmt.Errorf("lock the stack: %w", err)
	}
	return nil, errors.Join(err, file.Close())
}

// unlockFile does not leave it to closing the file: a process that is just being started may still share it.
func unlockFile(file *os.File) error {
	return errors.Join(syscall.Flock(int(file.Fd()), syscall.LOCK_UN), file.Close())
}

// owner is what Pulumi's file backend writes into a lock.
type owner struct {
	Pid      int    `json:"pid"`
	Hostname string `json:"hostname"`
}

// CancelDead removes the locks of the file backend whose process on this machine is dead, and returns how many. It is
// what `pulumi cancel` does, except that locks of processes that live, or that may live elsewhere, stay.
func (w Workspace) CancelDead() (cancelled int, err error) {
	host, err := os.Hostname()
	if err != nil {
		return 0, fmt.Errorf("look for locks: %w", err)
	}
	// .pulumi/locks/organization/<project>/<stack>/<id>.json
	locks, err := filepath.Glob(filepath.Join(w.State(), ".pulumi", "locks", "*", "*", w.stack, "*.json"))
	if err != nil {
		return 0, fmt.Errorf("look for locks: %w", err)
	}
	for _, lock := range locks {
		content, err := os.ReadFile(lock)
		if errors.Is(err, os.ErrNotExist) {
			continue // Its run ended at this moment.
		}
		if err != nil {
			return cancelled, fmt.Errorf("read a lock: %w", err)
		}
		if !abandoned(content, host) {
			continue
		}
		if err := removeLock(lock); err != nil {
			return cancelled, fmt.Errorf("cancel an earlier run: %w", err)
		}
		cancelled++
	}
	return cancelled, nil
}

// abandoned tells whether nobody will ever take this lock away. One that cannot be read is left for pulumi to report.
func abandoned(content []byte, host string) bool {
	var by owner
	if json.Unmarshal(content, &by) != nil || by.Hostname != host || by.Pid <= 0 {
		return false
	}
	// Signal 0 only asks whether the process exists.
	return errors.Is(syscall.Kill(by.Pid, 0), syscall.ESRCH)
}

// removeLock deletes a lock together with the attributes that the file backend keeps next to every file.
func removeLock(path string) error {
	for _, file := range []string{path, path + ".attrs"} {
		if err := os.Remove(file); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	return nil
}
