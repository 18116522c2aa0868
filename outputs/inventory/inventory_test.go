package inventory

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/outputs"
)

func deployed(tb testing.TB, name string) []byte {
	tb.Helper()
	document, err := os.ReadFile("../testdata/" + name + ".json")
	require.NoError(tb, err)
	return document
}

func of(t *testing.T, name string) outputs.Outputs {
	t.Helper()
	read, err := outputs.Parse(deployed(t, name))
	require.NoError(t, err)
	return read
}

func TestInventoriesOfDeployedEnvironments(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"dev", "prod", "image"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := JSON(Of(of(t, name)))
			require.NoError(t, err)
			golden.Compare(t, "testdata/"+name+".json", text)
			// Ansible reads it as YAML, of which JSON is a part.
			again, err := yaml.YAMLToJSON(text)
			require.NoError(t, err)
			require.NoError(t, Validate(again))
		})
	}
}

// Every host that a joining group names has its variables where its shard is.
func TestEveryHostIsKnown(t *testing.T) {
	t.Parallel()
	all := Of(of(t, "prod"))
	own := map[string]bool{}
	for host := range all.Children["prod"].Hosts {
		own[host] = true
	}
	for _, shard := range all.Children["prod"].Children {
		for host, vars := range shard.Hosts {
			assert.NotEmpty(t, vars, host)
			own[host] = true
		}
	}
	assert.Len(t, own, 2+2*3)
	for _, name := range []string{everyShard, everyRelay, "zone_1", "zone_2", "zone_3"} {
		joined := all.Children[name]
		assert.NotEmpty(t, joined.Hosts, name)
		for host, vars := range joined.Hosts {
			assert.True(t, own[host], "%s is in %s only", host, name)
			assert.Empty(t, vars, "%s has variables twice", host)
		}
	}
}

func TestNoSecretIsInIt(t *testing.T) {
	t.Parallel()
	read := of(t, "dev")
	read.Kubeconfig = "client-key-data: secret"
	text, err := JSON(Of(read))
	require.NoError(t, err)
	assert.NotContains(t, string(text), "client-key-data")
}

func TestWhatAnsibleWouldRefuseIsRefused(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a group with a hyphen":     `{"all":{"children":{"zone-1":{}}}}`,
		"an unknown part":           `{"all":{"machines":{}}}`,
		"a keyword as a variable":   `{"all":{"vars":{"environment":"dev"}}}`,
		"hosts as a list":           `{"all":{"hosts":["a"]}}`,
		"a second root":             `{"all":{},"other":{}}`,
		"an object as a variable":   `{"all":{"vars":{"a":{"b":1}}}}`,
		"the same host given twice": `{"all":{"hosts":{"ab":{},"ab":{}}}}`,
	} {
		require.Error(t, Validate([]byte(text)), name)
	}
}

func FuzzInventory(f *testing.F) {
	for _, name := range []string{"dev", "prod", "image"} {
		f.Add(deployed(f, name))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		read, err := outputs.Parse(document)
		if err != nil {
			return
		}
		text, err := JSON(Of(read))
		require.NoError(t, err, "whatever the schema takes has an inventory")
		var again map[string]Group
		require.NoError(t, json.Unmarshal(text, &again))
	})
}
