// Package golden compares what a test made with a file under version control.
//
// A file that is out of date fails the test with the difference and with the one command that accepts the change:
// running the same test with UPDATE=1 rewrites the file.
package golden

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Variable is the environment variable that makes [Compare] rewrite files instead of failing. It counts when it is "1".
const Variable = "UPDATE"

// Compare fails the test if the file at path (relative to the test's package folder) does not hold exactly got. With
// UPDATE=1 it writes got to the file instead, making its folder where needed.
func Compare[Text ~string | ~[]byte](tb testing.TB, path string, got Text) {
	tb.Helper()
	if os.Getenv(Variable) == "1" {
		if err := write(path, []byte(got)); err != nil {
			tb.Fatalf("rewriting the golden file: %v", err)
		}
		return
	}
	if problem := check(path, []byte(got)); problem != "" {
		tb.Errorf("%s\nIf the change is intended, accept it with:\n\n    %s\n", problem, command(tb.Name()))
	}
}

func write(path string, got []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("making the folder: %w", err)
	}
	// Golden files are source code: everyone who can read the repository may read them.
	if err := os.WriteFile(path, got, 0o644); err != nil { //nolint:gosec // see above
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func check(path string, got []byte) string {
	want, err := os.ReadFile(path) //nolint:gosec // the path comes from the test itself
	if err != nil {
		return fmt.Sprintf("the golden file cannot be read: %v", err)
	}
	if bytes.Equal(want, got) {
		return ""
	}
	return fmt.Sprintf("%s is out of date (- file, + test):\n%s", path, Diff(string(want), string(got)))
}

// command is what accepts a change of the named test, to be run in the module's root folder.
func command(test string) string {
	patterns := strings.Split(test, "/")
	for i, name := range patterns {
		patterns[i] = "^" + name + "$"
	}
	return fmt.Sprintf("%s=1 go test ./%s -run '%s'", Variable, packageFolder(), strings.Join(patterns, "/"))
}

// packageFolder is the folder of the package under test, relative to the module's root. The go command runs tests in
// their package's folder; where that cannot be told, all packages are named.
func packageFolder() string {
	folder, err := os.Getwd()
	if err != nil {
		return "..."
	}
	for root := folder; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			return strings.TrimPrefix(strings.TrimPrefix(folder, root), string(filepath.Separator))
		}
		if root == filepath.Dir(root) {
			return "..."
		}
	}
}
