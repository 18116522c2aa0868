package stack_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/outputs"
	"jitsi-meet-azure/vmss/cloudinit"
)

// The whole graph of every shipped environment is in git, so that a review of any change sees what it does to each.
func TestGraphIsAsInGit(t *testing.T) {
	t.Parallel()
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := loadStack(t, name)
			graph := record(t, env, false)
			for _, shard := range env.Shards {
				compareUserData(t, graph, name, shard.Name)
			}
			rendered, err := graph.YAML()
			require.NoError(t, err)
			golden.Compare(t, "testdata/"+name+".golden.yaml", rendered)
		})
	}
}

// compareUserData holds what cloud-init tells the bridges of a shard against a file of its own, and leaves that file's name in
// the graph. Scripts and units are the same for every shard and in vmss/cloudinit/testdata; here is what is not.
func compareUserData(t *testing.T, graph graphtest.Graph, stack, shard string) {
	t.Helper()
	set := find(t, graph, "bridges-"+shard+"-scale-set")
	var document struct {
		WriteFiles []cloudinit.File `json:"write_files"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(customData(t, set)), &document))
	var text strings.Builder
	for _, file := range document.WriteFiles {
		if strings.HasPrefix(file.Path, "/etc/jitsi-bridge/") && !strings.HasSuffix(file.Path, ".jq") {
			fmt.Fprintf(&text, "%s\n\n%s\n", file.Path, file.Content)
		}
	}
	path := "testdata/" + stack + "-" + shard + ".user-data.golden.txt"
	golden.Compare(t, path, text.String())
	profile, ok := at(t, set.Inputs, "virtualMachineProfile", "osProfile").(map[string]any)
	require.True(t, ok)
	profile["customData"] = "see " + path
}

// Operators' tools read the outputs through the contract; a key that only one side knows breaks them.
func TestOutputsAreTheContract(t *testing.T) {
	t.Parallel()
	graph := record(t, loadStack(t, "prod"), false)
	exported := keysOf(graph.Outputs)
	assert.Equal(t, jsonKeys(reflect.TypeFor[outputs.Outputs]()), exported)
	assertMapKeys(t, graph.Outputs["frontDoor"], reflect.TypeFor[outputs.FrontDoor]())
	assertMapKeys(t, graph.Outputs["cluster"], reflect.TypeFor[outputs.Cluster]())
	assertMapKeys(t, graph.Outputs["image"], reflect.TypeFor[outputs.Image]())
	assertMapKeys(t, graph.Outputs["thresholds"], reflect.TypeFor[outputs.Thresholds]())
	assertMapKeys(t, graph.Outputs["reaper"], reflect.TypeFor[outputs.Reaper]())
	assertMapKeys(t, graph.Outputs["vault"], reflect.TypeFor[outputs.Vault]())
	assertMapKeys(t, graph.Outputs["monitoring"], reflect.TypeFor[outputs.Monitoring]())
	for name, shard := range graph.Outputs["shards"].(pulumi.Map) {
		require.NotEmpty(t, name)
		assertMapKeys(t, shard, reflect.TypeFor[outputs.Shard]())
		assertMapKeys(t, shard.(pulumi.Map)["turn"], reflect.TypeFor[outputs.Turn]())
	}
}

// Removing or renaming a key breaks whoever reads it: this list only ever grows.
func TestNoOutputEverDisappears(t *testing.T) {
	t.Parallel()
	var keys []string
	for _, part := range []reflect.Type{
		reflect.TypeFor[outputs.Outputs](), reflect.TypeFor[outputs.FrontDoor](), reflect.TypeFor[outputs.Cluster](),
		reflect.TypeFor[outputs.Image](), reflect.TypeFor[outputs.Thresholds](), reflect.TypeFor[outputs.Reaper](),
		reflect.TypeFor[outputs.Shard](), reflect.TypeFor[outputs.Turn](), reflect.TypeFor[outputs.Vault](),
		reflect.TypeFor[outputs.Monitoring](),
	} {
		for _, key := range jsonKeys(part) {
			keys = append(keys, part.Name()+"."+key)
		}
	}
	golden.Compare(t, "testdata/outputs.golden.txt", []byte(strings.Join(keys, "\n")+"\n"))
}

func TestImagePhaseRegistersOnlyTheGallery(t *testing.T) {
	t.Parallel()
	env := loadStack(t, "dev")
	env.Phase = environment.PhaseImage
	var types []string
	for _, r := range record(t, env, false).Resources {
		types = append(types, r.Type)
	}
	assert.Equal(t, []string{
		"azure-native:compute:Gallery", "azure-native:compute:GalleryImage", "azure-native:resources:ResourceGroup",
		"meet:gallery:Gallery", "meet:stack:Environment",
		"pulumi:providers:azure-native", "pulumi:providers:random", "pulumi:providers:tls",
	}, types)
}

func keysOf(m pulumi.Map) []string {
	var keys []string
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func jsonKeys(structure reflect.Type) []string {
	var keys []string
	for field := range structure.NumField() {
		key, _, _ := strings.Cut(structure.Field(field).Tag.Get("json"), ",")
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func assertMapKeys(t *testing.T, exported any, structure reflect.Type) {
	t.Helper()
	m, ok := exported.(pulumi.Map)
	require.True(t, ok, "%s is exported as %T", structure.Name(), exported)
	assert.Equal(t, jsonKeys(structure), keysOf(m), structure.Name())
}
