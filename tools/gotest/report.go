package main

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// report is the summary at the end of a run.
type report struct {
	lines    []string
	passed   int
	failed   int
	skipped  []testID
	refused  []string // skipped tests that no entry allows
	obsolete []string // entries that no skipped test needs
}

// refuseSkips turns every skipped test into a failure that the list does not allow.
func (r *report) refuseSkips(allowed map[string]string) {
	used := map[string]bool{}
	for _, id := range r.skipped {
		if _, ok := allowed[id.String()]; ok {
			used[id.String()] = true
			continue
		}
		r.refused = append(r.refused, id.String())
	}
	for _, name := range slices.Sorted(maps.Keys(allowed)) {
		if !used[name] {
			r.obsolete = append(r.obsolete, name)
		}
	}
}

func (r *report) ok() bool { return r.failed == 0 && len(r.refused) == 0 }

func (r *report) String() string {
	var b strings.Builder
	for _, line := range r.lines {
		b.WriteString(line + "\n")
	}
	for _, id := range r.skipped {
		b.WriteString("skipped: " + id.String() + "\n")
	}
	for _, name := range r.refused {
		b.WriteString("error: " + name + " was skipped, which CI does not allow: install what it needs (make deps), " +
			"or list it with a reason\n")
	}
	for _, name := range r.obsolete {
		b.WriteString("note: " + name + " is allowed to be skipped, but was not\n")
	}
	fmt.Fprintf(&b, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, len(r.skipped))
	return b.String()
}

// readSkips reads lines of the form "package.Test: reason"; # starts a comment. No path means an empty list.
func readSkips(path string) (map[string]string, error) {
	allowed := map[string]string{}
	if path == "" {
		return allowed, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the allowed skips: %w", err)
	}
	var problems []error
	lines := bufio.NewScanner(strings.NewReader(string(content)))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, reason, found := strings.Cut(line, ": ")
		if !found || strings.TrimSpace(reason) == "" {
			problems = append(problems, fmt.Errorf(`%s:%d: %q is not of the form "package.Test: reason"`, path, number, line))
			continue
		}
		allowed[name] = reason
	}
	return allowed, errors.Join(append(problems, lines.Err())...)
}
