package room

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

//go:embed fold.lua
var template string

// FoldScript is the program in Lua 5.3 that gives HAProxy the converter lua.fold, to be loaded with lua-load-per-thread. It
// takes any text and gives back what is left to be made lower-case and to be stripped of ASCII other than letters and digits:
//
//	http-request set-var(txn.room) var(txn.room),lua.fold if { var(txn.room) -m reg '[^ -$&-~]' }
//
// The condition (a percent sign, or anything but printable ASCII) saves the call for names that need none. To decode with
// url_dec before it changes nothing, as long as that is done at most once: a second url_dec ends the text at a zero byte.
//
// Measured with HAProxy 2.6.12, for each thread: loaded in 9 ms, 0.7 MiB kept and another 0.4 MiB until the first collection
// of garbage. One call takes 10 microseconds for a usual name, 4 ms for a path of 16 kB, and 40 ms for the worst of that
// length (a ligature of 18 letters, over and over).
//
// The text depends on nothing but the version of Unicode in Go: a newer one changes the form of rooms whose names have
// letters that are new in it, and of no others.
func FoldScript() string { return foldScript() }

// To ask for a million letters takes a while.
var foldScript = sync.OnceValue(func() string { return newTable().script() })

func (t table) script() string {
	var runs, lists, spans strings.Builder
	for _, run := range t.runs {
		fmt.Fprintf(&runs, "%X-%X %d %d\n", run.first, run.last, run.step, run.delta)
	}
	for _, list := range t.lists {
		fmt.Fprintf(&lists, "%X:", list.first)
		for _, letters := range list.folded {
			lists.WriteString(" " + codePoints(letters))
		}
		lists.WriteString("\n")
	}
	for _, span := range t.dropped {
		fmt.Fprintf(&spans, "%X-%X\n", span.first, span.last)
	}
	return strings.NewReplacer(
		"{{runs}}", runs.String(),
		"{{lists}}", lists.String(),
		"{{spans}}", spans.String(),
		"{{rounds}}", strconv.Itoa(rounds),
	).Replace(template)
}

// codePoints writes letters as their code points in hexadecimal, with plus signs between.
func codePoints(letters string) string {
	var points []string
	for _, letter := range letters {
		points = append(points, fmt.Sprintf("%X", letter))
	}
	return strings.Join(points, "+")
}
