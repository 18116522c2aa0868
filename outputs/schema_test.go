package outputs

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	invopop "github.com/invopop/jsonschema"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/golden"
)

// generate makes the schema from the Go type and its comments.
func generate(t *testing.T) *invopop.Schema {
	t.Helper()
	reflector := &invopop.Reflector{ExpandedStruct: true}
	require.NoError(t, reflector.AddGoComments("jitsi-meet-azure/outputs", "./", invopop.WithFullComment()))
	made := reflector.Reflect(&Outputs{})
	oneLine(made)
	for _, part := range made.Definitions {
		oneLine(part)
	}
	made.ID = SchemaID
	made.Title = "Outputs of an environment"
	shards, there := made.Properties.Get("shards")
	require.True(t, there)
	// Names of shards, as the configuration allows them; two at least.
	two := uint64(2)
	shards.PropertyNames, shards.MinProperties = &invopop.Schema{Pattern: "^[a-z][a-z0-9]{0,7}$"}, &two
	full := invopop.NewProperties()
	full.Set("phase", &invopop.Schema{Const: "full"})
	made.If, made.Then = &invopop.Schema{Properties: full, Required: []string{"phase"}}, &invopop.Schema{Required: []string{
		"frontDoor", "cluster", "kubeconfig", "shards", "thresholds", "reaper", "vault", "monitoring",
	}}
	return made
}

// oneLine takes the line breaks out of descriptions, which are where the comments have them.
func oneLine(part *invopop.Schema) {
	part.Description = strings.ReplaceAll(part.Description, "\n", " ")
	for at := part.Properties.Oldest(); at != nil; at = at.Next() {
		at.Value.Description = strings.ReplaceAll(at.Value.Description, "\n", " ")
	}
}

func TestSchemaIsMadeFromTheType(t *testing.T) {
	t.Parallel()
	made, err := json.MarshalIndent(generate(t), "", "  ")
	require.NoError(t, err)
	golden.Compare(t, "schema.json", string(made)+"\n")
}

// Every key has a description that is a sentence: for many it is all that an operator reads.
func TestEveryKeyIsDescribed(t *testing.T) {
	t.Parallel()
	made := generate(t)
	check := func(name string, part *invopop.Schema) {
		for at := part.Properties.Oldest(); at != nil; at = at.Next() {
			described := at.Value.Description
			assert.NotEmpty(t, described, "%s.%s", name, at.Key)
			assert.True(t, strings.HasSuffix(described, "."), "%s.%s: %s", name, at.Key, described)
		}
	}
	check("Outputs", made)
	for name, part := range made.Definitions {
		check(name, part)
	}
	assert.Len(t, made.Definitions, 9)
}

// kept is the list of what consumers may rely on: key, type and whether it is always there.
const kept = "testdata/keys.golden.txt"

// The schema only grows. A line of the list may never go: UPDATE=1 adds lines and takes none away.
func TestTheSchemaOnlyGrows(t *testing.T) {
	t.Parallel()
	now := keys(generate(t))
	before, err := os.ReadFile(kept)
	if os.Getenv(golden.Variable) != "1" {
		require.NoError(t, err)
	}
	promised := strings.Split(strings.TrimSpace(string(before)), "\n")
	for _, line := range promised {
		assert.True(t, slices.Contains(now, line), "%q: a consumer may rely on it; add keys, and change or remove none", line)
	}
	all := slices.Concat(now, promised)
	slices.Sort(all)
	golden.Compare(t, kept, strings.Join(slices.Compact(all), "\n")+"\n")
}

// The recorded list of the stack's exports is in the schema.
func TestTheSchemaHasEveryExport(t *testing.T) {
	t.Parallel()
	exported, err := os.ReadFile("../stack/testdata/outputs.golden.txt")
	require.NoError(t, err)
	var names []string
	for _, line := range keys(generate(t)) {
		names = append(names, strings.Fields(line)[0])
	}
	assert.ElementsMatch(t, strings.Fields(string(exported)), names)
}

// keys lists a schema as "Type.key type required".
func keys(made *invopop.Schema) []string {
	parts := maps.Clone(made.Definitions)
	parts["Outputs"] = made
	var all []string
	for name, part := range parts {
		for at := part.Properties.Oldest(); at != nil; at = at.Next() {
			line := fmt.Sprintf("%s.%s %s%s", name, at.Key, at.Value.Type, strings.TrimPrefix(at.Value.Ref, "#/$defs/"))
			if slices.Contains(part.Required, at.Key) {
				line += " required"
			}
			all = append(all, line)
		}
	}
	slices.Sort(all)
	return all
}
