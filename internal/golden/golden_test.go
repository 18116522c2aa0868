package golden

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// recorder is a testing.TB that keeps what a failing test would print.
type recorder struct {
	testing.TB
	failures []string
}

func (*recorder) Helper()      {}
func (*recorder) Name() string { return "TestOther/case_one" }

func (r *recorder) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

func TestCompareFailsWithDifferenceAndCommand(t *testing.T) {
	t.Setenv(Variable, "")
	path := filepath.Join(t.TempDir(), "a.golden")
	if err := os.WriteFile(path, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := &recorder{TB: t}
	Compare(r, path, "one\nthree\n")
	if len(r.failures) != 1 {
		t.Fatalf("want one failure, got %q", r.failures)
	}
	for _, want := range []string{
		"- two\n+ three\n",
		"UPDATE=1 go test ./internal/golden -run '^TestOther$/^case_one$'",
	} {
		if !strings.Contains(r.failures[0], want) {
			t.Errorf("the failure does not say %q:\n%s", want, r.failures[0])
		}
	}
}

func TestCompareFailsWithoutFile(t *testing.T) {
	t.Setenv(Variable, "")
	r := &recorder{TB: t}
	Compare(r, filepath.Join(t.TempDir(), "none"), "x")
	if len(r.failures) != 1 || !strings.Contains(r.failures[0], "UPDATE=1") {
		t.Errorf("a missing file must fail and name the command: %q", r.failures)
	}
}

func TestUpdateRewrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "a.golden")
	t.Setenv(Variable, "1")
	Compare(t, path, []byte("fresh\n"))
	t.Setenv(Variable, "")
	Compare(t, path, "fresh\n")
}

func TestDiffHidesWhatIsFarAway(t *testing.T) {
	t.Parallel()
	old := strings.Repeat("same\n", 20) + "old\n"
	changed := strings.Repeat("same\n", 20) + "new\n"
	want := "@@ 17 equal lines @@\n" + strings.Repeat("  same\n", 3) + "- old\n+ new\n  \n"
	if got := Diff(old, changed); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// Following the edits must lead from the old text to the new one, whatever both are.
func TestEditsAreComplete(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "c"}))
		old, changed := lines.Draw(t, "old"), lines.Draw(t, "changed")
		var fromOld, fromChanged []string
		for _, e := range compare(old, changed) {
			if e.kind != '+' {
				fromOld = append(fromOld, e.line)
			}
			if e.kind != '-' {
				fromChanged = append(fromChanged, e.line)
			}
		}
		if strings.Join(fromOld, " ") != strings.Join(old, " ") {
			t.Fatalf("old text lost: %v", fromOld)
		}
		if strings.Join(fromChanged, " ") != strings.Join(changed, " ") {
			t.Fatalf("new text lost: %v", fromChanged)
		}
	})
}
