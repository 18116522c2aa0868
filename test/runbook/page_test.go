// Package runbook_test keeps docs/operations.md honest: every alert and every output is in it, every link leads somewhere, every
// command exists, and every command that the page calls tried is in the list of those that were.
package runbook_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	root = "../.."
	// untried begins a block that needs Azure.
	untried = "# ☁"
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(content)
}

func page(t *testing.T) string {
	t.Helper()
	return read(t, "docs/operations.md")
}

// block is a piece of shell on the page.
type block struct {
	// untried says that the block needs Azure.
	untried bool
	// lines are its commands: without comments and indentation, continued lines joined.
	lines []string
}

var (
	fenced   = regexp.MustCompile("(?s)\n *```sh\n(.*?)\n *```\n")
	anyFence = regexp.MustCompile("(?s)\n *```.*?\n *```\n")
	comment  = regexp.MustCompile(`(^|\s+)# .*$`)
)

// blocks are the pieces of shell of a text.
func blocks(text string) []block {
	var found []block
	for _, match := range fenced.FindAllStringSubmatch(text, -1) {
		var b block
		joined := ""
		for line := range strings.Lines(match[1]) {
			line = strings.TrimSpace(line)
			if line == untried {
				b.untried = true
				continue
			}
			line = strings.TrimSpace(joined + comment.ReplaceAllString(line, ""))
			if rest, continued := strings.CutSuffix(line, `\`); continued {
				joined = strings.TrimSpace(rest) + " "
				continue
			}
			joined = ""
			if line != "" {
				b.lines = append(b.lines, line)
			}
		}
		found = append(found, b)
	}
	return found
}

// section is what a page has below a heading, up to the next one of the same level.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, after, found := strings.Cut(text, "\n"+heading+"\n")
	require.True(t, found, "the page has no heading %q", heading)
	level, _, _ := strings.Cut(heading, " ")
	before, _, _ := strings.Cut(after, "\n"+level+" ")
	return before
}

var spans = regexp.MustCompile("`([^`\n]+)`")

// code are the code spans of a text, without its blocks.
func code(text string) []string {
	var found []string
	for _, match := range spans.FindAllStringSubmatch(anyFence.ReplaceAllString(text, "\n"), -1) {
		found = append(found, match[1])
	}
	return found
}

func TestBlocksAreRead(t *testing.T) {
	t.Parallel()
	found := blocks("a\n```sh\nmake up   # what for\n  # only a comment\naz x \\\n  --y 'a # b'\n```\n\n   ```sh\n   # ☁\n   az z\n   ```\n```text\nno\n```\n")
	require.Equal(t, []block{
		// A sign within quotes is taken for a comment: none of the page's commands has one.
		{lines: []string{"make up", "az x --y 'a"}},
		{untried: true, lines: []string{"az z"}},
	}, found)
}
