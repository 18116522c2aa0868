package runbook_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// tried are the commands that were run against the local system, one a line. Whoever changes one on the page runs it and then
// changes it there.
func tried(t *testing.T) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", "tried.txt"))
	require.NoError(t, err)
	return slices.DeleteFunc(strings.Split(string(content), "\n"), func(line string) bool { return line == "" || strings.HasPrefix(line, "#") })
}

func TestCommandsWithoutTheSignWereTried(t *testing.T) {
	t.Parallel()
	list := tried(t)
	var without []string
	for _, b := range blocks(page(t)) {
		if !b.untried {
			without = append(without, b.lines...)
		}
	}
	assert.Greater(t, len(without), 60)
	for _, line := range without {
		assert.NotRegexp(t, `(^|[(|] *)(az|gh|dig|kubelogin) `, line, "it needs Azure: mark its block with %q", untried)
	}
	in := func(list []string) func(string) bool {
		return func(line string) bool { return slices.Contains(list, line) }
	}
	assert.Empty(t, slices.DeleteFunc(slices.Clone(without), in(list)), "run these against the local system, and add them to testdata/tried.txt")
	assert.Empty(t, slices.DeleteFunc(slices.Clone(list), in(without)), "the page has these no longer: remove them from testdata/tried.txt")
}

// commands are what a program's usage, a constant in its source, names at the beginnings of lines.
func commands(t *testing.T, file string) []string {
	t.Helper()
	_, usage, found := strings.Cut(read(t, file), "const usage = `")
	require.True(t, found, "%s has no usage", file)
	usage, _, _ = strings.Cut(usage, "`")
	var names []string
	for _, match := range regexp.MustCompile(`(?m)^  ([a-z-]+)\b`).FindAllStringSubmatch(usage, -1) {
		names = append(names, match[1])
	}
	require.NotEmpty(t, names)
	return names
}

// everything is what the page says in shell: its blocks and its code spans.
func everything(t *testing.T) []string {
	t.Helper()
	said := code(page(t))
	for _, b := range blocks(page(t)) {
		said = append(said, b.lines...)
	}
	return said
}

func TestEveryCommandExists(t *testing.T) {
	t.Parallel()
	for program, file := range map[string]string{
		"shardctl": "cmd/shardctl/main.go", "operate": "cmd/operate/main.go", "localcloud": "localcloud/cmd/localcloud/commands.go",
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			known, times := commands(t, file), 0
			called := regexp.MustCompile(`(?:^|[;&|(] *)` + program + `((?: --[a-z]+ [^ ]+)*) ([a-z-]+)`)
			for _, said := range everything(t) {
				for _, match := range called.FindAllStringSubmatch(said, -1) {
					times++
					assert.Contains(t, known, match[2], said)
				}
			}
			assert.Positive(t, times)
		})
	}
}

func TestEveryTargetExists(t *testing.T) {
	t.Parallel()
	makefile := read(t, "Makefile")
	times := 0
	for _, said := range everything(t) {
		for _, match := range regexp.MustCompile(`(?:^|[;&|(] *)make ((?:-s )?[a-z2-]+(?: [a-z-]+)*)`).FindAllStringSubmatch(said, -1) {
			for target := range strings.FieldsSeq(strings.TrimPrefix(match[1], "-s ")) {
				times++
				assert.Contains(t, makefile, "\n.PHONY: "+target+"\n", "make %s: %s", target, said)
			}
		}
	}
	assert.Greater(t, times, 3)
}

func TestEveryScriptExists(t *testing.T) {
	t.Parallel()
	for _, said := range everything(t) {
		for _, match := range regexp.MustCompile(`\bscripts/[a-z-]+\.sh`).FindAllString(said, -1) {
			if match != "scripts/malleus.sh" { // jitsi-meet-torture's
				assert.FileExists(t, filepath.Join(root, filepath.FromSlash(match)))
			}
		}
	}
}
