// Package output takes what a process prints while a test reads it.
package output

import (
	"strings"
	"sync"
)

// Buffer is a process' output so far. Its zero value is empty.
type Buffer struct {
	mutex sync.Mutex
	text  strings.Builder
}

// Write adds to it.
func (b *Buffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

// String is what was printed so far.
func (b *Buffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}
