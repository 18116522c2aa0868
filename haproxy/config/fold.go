package config

import (
	"fmt"
	"strings"
	"unicode"
)

// fold is what a letter outside ASCII counts as in a room's key: the lower-case form of its upper-case form. That is
// coarser than the client's lower-casing where the two differ (long s, final sigma, dotless i), and so never splits what
// the client holds together.
func fold(letter rune) rune {
	// The client writes a capital dotted I as an i with a combining dot, which is left out on both sides.
	if letter == combiningDot {
		return -1
	}
	return unicode.ToLower(unicode.ToUpper(letter))
}

const (
	combiningDot = 0x307
	// lastCased is beyond the last letter that has a case.
	lastCased = 0x1FFFF
)

// foldRun is a run of letters, step apart, that all move by delta.
type foldRun struct{ first, last, step, delta rune }

// foldRuns are all letters outside ASCII that are not their own fold.
func foldRuns() []foldRun {
	var runs []foldRun
	for letter := rune(0x80); letter <= lastCased; letter++ {
		to := fold(letter)
		if to == letter || to < 0 {
			continue
		}
		if count := len(runs); count > 0 && runs[count-1].extend(letter, to-letter) {
			continue
		}
		runs = append(runs, foldRun{first: letter, last: letter, step: 1, delta: to - letter})
	}
	return runs
}

// extend takes a letter into the run if it fits. The second letter decides whether the run goes by every letter or, as in
// alphabets where capitals and small letters alternate, by every other.
func (r *foldRun) extend(letter, delta rune) bool {
	distance := letter - r.last
	if delta != r.delta || distance > 2 || r.first != r.last && distance != r.step {
		return false
	}
	r.last, r.step = letter, distance
	return true
}

// FoldScript is the Lua program that gives HAProxy the converter lua.fold: see [Config.FoldFile].
func FoldScript() string {
	var runs strings.Builder
	for _, run := range foldRuns() {
		fmt.Fprintf(&runs, "  {0x%X, 0x%X, %d, %d},\n", run.first, run.last, run.step, run.delta)
	}
	return fmt.Sprintf(foldText, runs.String(), combiningDot)
}

const foldText = `-- Folds the case of letters outside ASCII, so that a room has one key however its name is capitalised.
-- Rendered by the deployment program from haproxy/config; edit it there.

-- Runs of letters: first, last, step, and what to add to each.
local runs = {
%s}

local folded = { ["\u{%X}"] = "" }
for _, run in ipairs(runs) do
  for letter = run[1], run[2], run[3] do
    folded[utf8.char(letter)] = utf8.char(letter + run[4])
  end -- run
end

-- Letters of four, three and two bytes in UTF-8; what is none of the table's stays as it is.
core.register_converters("fold", function(text)
  text = text:gsub("[\xF0-\xF4][\x80-\xBF][\x80-\xBF][\x80-\xBF]", folded)
  text = text:gsub("[\xE0-\xEF][\x80-\xBF][\x80-\xBF]", folded)
  return (text:gsub("[\xC2-\xDF][\x80-\xBF]", folded))
end)
`
