package golden

import (
	"fmt"
	"strings"
)

const (
	// context is how many unchanged lines are shown around a change.
	context = 3
	// largest bounds the table of the line comparison (lines × lines); above it a changed region is shown whole.
	largest = 4_000_000
)

// edit is one line of a comparison: ' ' kept, '-' only in the old text, '+' only in the new one.
type edit struct {
	kind byte
	line string
}

// Diff shows how to come from the old text to the new one, line by line, in hunks with three lines of context.
func Diff(old, changed string) string {
	edits := compare(strings.Split(old, "\n"), strings.Split(changed, "\n"))
	var out strings.Builder
	hidden := 0
	for i, e := range edits {
		if e.kind == ' ' && !nearChange(edits, i) {
			hidden++
			continue
		}
		if hidden > 0 {
			fmt.Fprintf(&out, "@@ %d equal lines @@\n", hidden)
			hidden = 0
		}
		fmt.Fprintf(&out, "%c %s\n", e.kind, e.line)
	}
	return out.String()
}

func nearChange(edits []edit, at int) bool {
	for i := max(0, at-context); i <= min(len(edits)-1, at+context); i++ {
		if edits[i].kind != ' ' {
			return true
		}
	}
	return false
}

// compare sets equal lines at both ends aside first: golden files are long and mostly unchanged.
func compare(old, changed []string) []edit {
	start := 0
	for start < len(old) && start < len(changed) && old[start] == changed[start] {
		start++
	}
	end := 0
	for end < len(old)-start && end < len(changed)-start && old[len(old)-1-end] == changed[len(changed)-1-end] {
		end++
	}
	edits := all(' ', old[:start])
	edits = append(edits, region(old[start:len(old)-end], changed[start:len(changed)-end])...)
	return append(edits, all(' ', old[len(old)-end:])...)
}

// region compares by longest common subsequence.
func region(old, changed []string) []edit {
	if len(old)*len(changed) > largest {
		return append(all('-', old), all('+', changed)...)
	}
	common := commonLengths(old, changed)
	var edits []edit
	i, j := 0, 0
	for i < len(old) && j < len(changed) {
		switch {
		case old[i] == changed[j]:
			edits = append(edits, edit{' ', old[i]})
			i, j = i+1, j+1
		case common[i+1][j] >= common[i][j+1]:
			edits = append(edits, edit{'-', old[i]})
			i++
		default:
			edits = append(edits, edit{'+', changed[j]})
			j++
		}
	}
	edits = append(edits, all('-', old[i:])...)
	return append(edits, all('+', changed[j:])...)
}

// commonLengths[i][j] is the length of the longest common subsequence of old[i:] and changed[j:].
func commonLengths(old, changed []string) [][]int {
	lengths := make([][]int, len(old)+1)
	for i := range lengths {
		lengths[i] = make([]int, len(changed)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(changed) - 1; j >= 0; j-- {
			if old[i] == changed[j] {
				lengths[i][j] = lengths[i+1][j+1] + 1
			} else {
				lengths[i][j] = max(lengths[i+1][j], lengths[i][j+1])
			}
		}
	}
	return lengths
}

func all(kind byte, lines []string) []edit {
	edits := make([]edit, 0, len(lines))
	for _, line := range lines {
		edits = append(edits, edit{kind, line})
	}
	return edits
}
