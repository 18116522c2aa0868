package outputs

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// read gives what a deployed environment printed. The tests of the engine write these files.
func read(tb testing.TB, name string) []byte {
	tb.Helper()
	document, err := os.ReadFile("testdata/" + name + ".json")
	require.NoError(tb, err)
	return document
}

func TestDeployedEnvironmentsFollowTheSchema(t *testing.T) {
	t.Parallel()
	for name, shards := range map[string]int{"dev": 2, "prod": 3, "image": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			parsed, err := Parse(read(t, name))
			require.NoError(t, err)
			assert.Len(t, parsed.Shards, shards)
		})
	}
}

// visit calls do for every object of a document, with where it is; do may change the object, and visit tells when it has.
func visit(at string, value any, do func(at string, object map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		do(at, value)
		for _, key := range slices.Sorted(maps.Keys(value)) {
			visit(at+"/"+key, value[key], do)
		}
	case []any:
		for _, item := range value {
			visit(at+"/*", item, do)
		}
	}
}

func decode(t *testing.T, document []byte) map[string]any {
	t.Helper()
	var tree map[string]any
	require.NoError(t, json.Unmarshal(document, &tree))
	return tree
}

func encode(t *testing.T, tree any) []byte {
	t.Helper()
	document, err := json.Marshal(tree)
	require.NoError(t, err)
	return document
}

// Wherever a key is missing, unknown or of another type, the document is refused, and the place is told.
func TestEveryDeviationIsRefused(t *testing.T) {
	t.Parallel()
	document := read(t, "dev")
	places := 0
	visit("", decode(t, document), func(at string, object map[string]any) {
		for _, key := range slices.Sorted(maps.Keys(object)) {
			if at == "/shards" {
				continue // Names of shards are free.
			}
			places++
			for what, change := range map[string]func(map[string]any){
				"missing":      func(o map[string]any) { delete(o, key) },
				"unknown":      func(o map[string]any) { o[key+"New"] = o[key] },
				"null":         func(o map[string]any) { o[key] = nil },
				"another type": func(o map[string]any) { o[key] = []any{map[string]any{}} },
			} {
				tree := decode(t, document)
				visit("", tree, func(inner string, o map[string]any) {
					if inner == at {
						change(o)
					}
				})
				_, err := Parse(encode(t, tree))
				require.Error(t, err, "%s/%s %s", at, key, what)
				if at != "" {
					require.ErrorContains(t, err, at, "%s/%s %s", at, key, what)
				}
			}
		}
	})
	assert.Greater(t, places, 40)
}

func TestEverythingThatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	tree := decode(t, read(t, "dev"))
	tree["phase"] = "half"
	tree["frontDoor"].(map[string]any)["address"] = "example.org"
	tree["shards"].(map[string]any)["a"].(map[string]any)["zone"] = 4
	tree["shards"].(map[string]any)["B"] = tree["shards"].(map[string]any)["b"]
	delete(tree["image"].(map[string]any), "gallery")
	_, err := Parse(encode(t, tree))
	for _, part := range []string{"/phase:", "/frontDoor/address:", "/shards/a/zone:", "/shards", "/image: missing property 'gallery'"} {
		require.ErrorContains(t, err, part)
	}
}

func TestWhatIsNoObjectIsRefused(t *testing.T) {
	t.Parallel()
	for _, document := range []string{"", "null", "[]", "{}", "{", `"x"`, `{"a":1}{"b":2}`} {
		_, err := Parse([]byte(document))
		require.Error(t, err, document)
	}
	twice := strings.Replace(string(read(t, "image")), "{", `{"phase": "full",`, 1)
	_, err := Parse([]byte(twice))
	require.ErrorContains(t, err, "duplicate field")
}

func TestSchemaIsACopy(t *testing.T) {
	t.Parallel()
	Schema()[0] = 'x'
	_, err := Compile(Schema())
	require.NoError(t, err)
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"dev", "prod", "image"} {
		f.Add(read(f, name))
	}
	f.Add([]byte(`{"shards":{"a":{"zone":1e400}}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		parsed, err := Parse(document)
		if err != nil {
			return
		}
		// What is taken survives being written and read again.
		again, err := Parse(encode(t, parsed))
		require.NoError(t, err)
		assert.Equal(t, parsed, again)
	})
}
