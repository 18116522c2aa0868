package workspace

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const changeable = `config:
  meet:location: westeurope # where
  recycle:
    start: "04:00"
  meet:shards:
    - name: a
      zone: 1
    - {name: b, zone: 2}
  other:location: elsewhere
`

// copied is a workspace with a copy of the configuration, and the copy.
func copied(t *testing.T, content string) (Workspace, string) {
	t.Helper()
	root, file := t.TempDir(), filepath.Join(t.TempDir(), "Pulumi.dev.yaml")
	write(t, filepath.Join(root, "Pulumi.yaml"), projectFile)
	write(t, file, content)
	space, err := New(Options{Root: root, Stack: "dev", Config: file})
	require.NoError(t, err)
	return space, file
}

func TestChange(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		path  string
		value any
		// from and to are what is another text in the file afterwards; nothing else changes.
		from, to string
	}{
		"a setting":             {"location", "northeurope", "meet:location: westeurope # where", "meet:location: northeurope"},
		"in the other spelling": {"recycle.start", "05:00", `start: "04:00"`, `start: "05:00"`},
		"a new setting":         {"protect", true, "  other:location: elsewhere\n", "  other:location: elsewhere\n  meet:protect: true\n"},
		"new keys":              {"a.b", 1, "  other:location: elsewhere\n", "  other:location: elsewhere\n  meet:a:\n    b: 1\n"},
		"in a list":             {"shards[1].zone", 3, "{name: b, zone: 2}", "{name: b, zone: 3}"},
		"another item":          {"shards[2]", map[string]any{"name": "c"}, "    - {name: b, zone: 2}\n", "    - {name: b, zone: 2}\n    - name: c\n"},
		"taken out":             {"recycle", nil, "  recycle:\n    start: \"04:00\"\n", ""},
		"an item taken out":     {"shards[1]", nil, "    - {name: b, zone: 2}\n", ""},
		"nothing to take out":   {"a.b", nil, "", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			space, file := copied(t, changeable)
			require.NoError(t, space.Change(c.path, c.value))
			want := strings.Replace(changeable, c.from, c.to, 1)
			assert.YAMLEq(t, want, read(t, file))
		})
	}
}

func TestWhatCannotBeChanged(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"":                 "not the path of a setting",
		"a..b":             "not the path of a setting",
		"location.name":    "nothing below a str",
		"shards[3]":        "no such position",
		"shards[2].zone":   "no such position",
		"shards.first":     "no such position",
		"shards[-1].zone":  "no such position",
		"shards[0].zone.x": "nothing below a int",
	} {
		space, file := copied(t, changeable)
		require.ErrorContains(t, space.Change(path, "x"), want, path)
		assert.Equal(t, changeable, read(t, file), path)
	}
}

func TestTheConfigurationInTheRepositoryIsNotChanged(t *testing.T) {
	t.Parallel()
	space, _ := fixture(t)
	require.ErrorContains(t, space.Change("location", "x"), "not to be changed")
	assert.Equal(t, devFile, read(t, filepath.Join(space.Root(), "Pulumi.dev.yaml")))
}
