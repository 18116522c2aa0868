package room

import (
	"maps"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Hangul syllables decompose by arithmetic (Unicode, section 3.12): 11172 letters that need no place in the table.
const (
	firstSyllable = 0xAC00
	lastSyllable  = 0xD7A3
)

// shortestRun is the number of letters from which on a run takes less room than a list.
const shortestRun = 4

// run is a run of letters, step apart, each of which folds to the letter delta further on.
type run struct{ first, last, step, delta rune }

// list is what letters that follow each other without a gap fold to.
type list struct {
	first  rune
	folded []string
}

// span is a run of letters that are dropped.
type span struct{ first, last rune }

// table is [foldLetter] for all letters outside ASCII that it changes, but for Hangul syllables.
type table struct {
	runs    []run
	lists   []list
	dropped []span
}

// newTable asks for every letter there is.
func newTable() table {
	var made table
	var runs []run
	others := map[rune]string{}
	for letter := rune(utf8.RuneSelf); letter <= unicode.MaxRune; letter++ {
		if !utf8.ValidRune(letter) || letter >= firstSyllable && letter <= lastSyllable {
			continue
		}
		folded := foldLetter(letter)
		first, size := utf8.DecodeRuneInString(folded)
		switch {
		case folded == "":
			made.drop(letter)
		case size < len(folded):
			others[letter] = folded
		case first != letter:
			runs = extend(runs, letter, first-letter)
		}
	}
	for _, run := range runs {
		if (run.last-run.first)/run.step+1 >= shortestRun {
			made.runs = append(made.runs, run)
			continue
		}
		for letter := run.first; letter <= run.last; letter += run.step {
			others[letter] = string(letter + run.delta)
		}
	}
	made.lists = lists(others)
	return made
}

func (t *table) drop(letter rune) {
	if count := len(t.dropped); count > 0 && t.dropped[count-1].last == letter-1 {
		t.dropped[count-1].last = letter
		return
	}
	t.dropped = append(t.dropped, span{first: letter, last: letter})
}

// extend takes a letter into the last run if it fits, or begins another. The second letter of a run decides whether it goes
// by every letter or, as in alphabets where capitals and small letters alternate, by every other.
func extend(runs []run, letter, delta rune) []run {
	if count := len(runs); count > 0 {
		last := &runs[count-1]
		distance := letter - last.last
		if delta == last.delta && distance <= 2 && (last.first == last.last || distance == last.step) {
			last.last, last.step = letter, distance
			return runs
		}
	}
	return append(runs, run{first: letter, last: letter, step: 1, delta: delta})
}

func lists(folded map[rune]string) []list {
	var made []list
	var next rune
	for _, letter := range slices.Sorted(maps.Keys(folded)) {
		if letter != next || len(made) == 0 {
			made = append(made, list{first: letter})
		}
		last := &made[len(made)-1]
		last.folded = append(last.folded, folded[letter])
		next = letter + 1
	}
	return made
}
