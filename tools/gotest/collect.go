package main

import (
	"fmt"
	"io"
	"sort"
	"strings"
)

// event is one line of `go test -json` (see `go doc test2json`).
type event struct {
	Action     string
	Package    string
	ImportPath string // of build events
	Test       string
	Output     string
}

// testID names a test across packages.
type testID struct{ pkg, test string }

func (id testID) String() string { return id.pkg + "." + id.test }

// collector follows the events of all packages. It prints the line of a package when the package is done, and what a
// failed test wrote.
type collector struct {
	out     io.Writer
	output  map[testID]*strings.Builder
	running map[testID]bool
	failing map[string]int // by package
	lines   []string
	passed  int
	failed  int
	skipped []testID
}

func newCollector(out io.Writer) *collector {
	return &collector{
		out: out, output: map[testID]*strings.Builder{}, running: map[testID]bool{}, failing: map[string]int{},
	}
}

func (c *collector) add(e event) {
	id := testID{e.Package, e.Test}
	switch e.Action {
	case "build-output":
		c.passOn(e.Output)
	case "run":
		c.running[id] = true
	case "output":
		c.keep(id, e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			c.endPackage(e)
			return
		}
		c.endTest(id, e.Action)
	}
}

func (c *collector) passOn(text string) { fmt.Fprint(c.out, text) }

func (c *collector) keep(id testID, text string) {
	kept := c.output[id]
	if kept == nil {
		kept = &strings.Builder{}
		c.output[id] = kept
	}
	kept.WriteString(text)
}

func (c *collector) endTest(id testID, action string) {
	delete(c.running, id)
	switch action {
	case "pass":
		c.passed++
	case "fail":
		c.failed++
		c.failing[id.pkg]++
		c.show(id)
	case "skip":
		c.skipped = append(c.skipped, id)
	}
	delete(c.output, id)
}

// endPackage keeps go test's own line about the package, such as "ok  	pkg	0.1s".
func (c *collector) endPackage(e event) {
	id := testID{pkg: e.Package}
	if e.Action == "fail" {
		c.endFailedPackage(id)
	}
	line := packageLine(c.text(id))
	if line == "" {
		line = map[string]string{"pass": "ok", "fail": "FAIL", "skip": "?"}[e.Action] + "\t" + e.Package
	}
	c.lines = append(c.lines, line)
	fmt.Fprintln(c.out, line)
	delete(c.output, id)
}

// endFailedPackage counts the tests that a panic, a time-out or os.Exit cut off, and a package that failed without any
// failing test (it does not compile, or TestMain failed).
func (c *collector) endFailedPackage(id testID) {
	for _, cut := range c.cutOff(id.pkg) {
		c.endTest(cut, "fail")
	}
	if c.failing[id.pkg] == 0 {
		c.failed++
		c.failing[id.pkg]++
	}
	c.show(id)
}

func (c *collector) cutOff(pkg string) []testID {
	var cut []testID
	for id := range c.running {
		if id.pkg == pkg {
			cut = append(cut, id)
		}
	}
	sort.Slice(cut, func(i, j int) bool { return cut[i].test < cut[j].test })
	return cut
}

func (c *collector) show(id testID) { fmt.Fprint(c.out, c.text(id)) }

func (c *collector) text(id testID) string {
	if kept := c.output[id]; kept != nil {
		return kept.String()
	}
	return ""
}

// runFailed is told that go test failed in a module; that must never end as a success, whatever the events said.
func (c *collector) runFailed(module string) {
	if c.failed == 0 {
		c.failed++
		c.lines = append(c.lines, "FAIL\tgo test in module "+module)
	}
}

// packageLine finds the line in a package's own output that says how it ended.
func packageLine(output string) string {
	for _, line := range strings.Split(output, "\n") {
		for _, start := range []string{"ok  \t", "FAIL\t", "?   \t", "\t"} {
			if strings.HasPrefix(line, start) {
				return strings.TrimRight(line, " \t")
			}
		}
	}
	return ""
}

func (c *collector) report() *report {
	return &report{lines: c.lines, passed: c.passed, failed: c.failed, skipped: c.skipped}
}
