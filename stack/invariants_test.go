package stack_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/graphtest"
)

// forEachStack records every shipped environment and holds the invariant against it.
func forEachStack(t *testing.T, invariant func(*testing.T, graphtest.Graph)) {
	t.Helper()
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			invariant(t, record(t, loadStack(t, name), false))
		})
	}
}

func TestEveryResourceHasItsProviderAndParent(t *testing.T) {
	t.Parallel()
	explicit := map[string]string{"azure-native": "azure", "kubernetes": "kubernetes", "random": "random", "tls": "tls"}
	forEachStack(t, func(t *testing.T, graph graphtest.Graph) {
		t.Helper()
		for _, r := range graph.Resources {
			if r.Name == "meet" {
				continue
			}
			assert.NotEmpty(t, r.Parent, "%s %s has no parent", r.Type, r.Name)
			if !r.Custom || strings.HasPrefix(r.Type, "pulumi:providers:") {
				continue
			}
			pkg, _, _ := strings.Cut(r.Type, ":")
			assert.Equal(t, explicit[pkg], r.Provider, "provider of %s %s", r.Type, r.Name)
			assert.True(t, strings.HasPrefix(r.ParentType, "meet:"), "%s %s is a child of %s", r.Type, r.Name, r.ParentType)
		}
		for _, call := range graph.Calls {
			assert.Equal(t, "azure", call.Provider, "provider of the call of %s", call.Token)
		}
	})
}

// A resource made inside Apply would be missing from every preview. With all outputs unknown no Apply runs at all.
func TestNothingIsRegisteredInsideApply(t *testing.T) {
	t.Parallel()
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := loadStack(t, name)
			assert.Equal(t, names(record(t, env, false)), names(record(t, env, true)))
		})
	}
}

func names(graph graphtest.Graph) []string {
	var found []string
	for _, r := range graph.Resources {
		found = append(found, r.Type+" "+r.Name)
	}
	return found
}

func TestScaleSetPrefixAndAutoscaleAgree(t *testing.T) {
	t.Parallel()
	forEachStack(t, func(t *testing.T, graph graphtest.Graph) {
		t.Helper()
		sets := graph.Of("azure-native:compute:VirtualMachineScaleSet")
		require.NotEmpty(t, sets)
		for _, set := range sets {
			zones := set.Inputs["zones"]
			require.Len(t, zones, 1, set.Name)
			prefix, ok := graph.Find(prefixOf(t, set))
			require.True(t, ok, "prefix of %s", set.Name)
			assert.Equal(t, zones, prefix.Inputs["zones"], "zones of %s and its prefix", set.Name)
			settings := slices.DeleteFunc(graph.Of("azure-native:insights:AutoscaleSetting"), func(r graphtest.Resource) bool {
				return r.Inputs["targetResourceUri"] != graphtest.ID(set.Name)
			})
			require.Len(t, settings, 1, "autoscale settings of %s", set.Name)
			assert.Equal(t, true, settings[0].Inputs["enabled"], "an autoscale setting is off unless it says otherwise")
			addresses := 1 << (32 - int(prefix.Inputs["prefixLength"].(float64)))
			for _, profile := range settings[0].Inputs["profiles"].([]any) {
				capacity := profile.(map[string]any)["capacity"].(map[string]any)
				var maximum int
				_, err := fmt.Sscan(capacity["maximum"].(string), &maximum)
				require.NoError(t, err)
				assert.Less(t, maximum, addresses, "%s may outgrow its addresses", set.Name)
			}
		}
	})
}

// prefixOf is the logical name of the prefix that the set's machines take their addresses from.
func prefixOf(t *testing.T, set graphtest.Resource) string {
	t.Helper()
	const component = "network-"
	text, err := json.Marshal(set.Inputs["virtualMachineProfile"])
	require.NoError(t, err)
	_, after, found := strings.Cut(string(text), `"publicIPPrefix":{"id":"`+strings.TrimSuffix(graphtest.ID(component), ".id}"))
	require.True(t, found, "%s has no public IP prefix", set.Name)
	name, _, _ := strings.Cut(after, ".id}")
	return component + name
}

func TestCapacityIsNeverWritten(t *testing.T) {
	t.Parallel()
	forEachStack(t, func(t *testing.T, graph graphtest.Graph) {
		t.Helper()
		for _, set := range graph.Of("azure-native:compute:VirtualMachineScaleSet") {
			assert.NotContains(t, set.Inputs["sku"], "capacity", set.Name)
		}
		for _, pool := range graph.Of("azure-native:containerservice/v20240501:AgentPool") {
			assert.Equal(t, []string{"count"}, pool.Options["ignoreChanges"], pool.Name)
		}
	})
}

func TestNoSecretInPlain(t *testing.T) {
	t.Parallel()
	forEachStack(t, func(t *testing.T, graph graphtest.Graph) {
		t.Helper()
		text, err := graph.YAML()
		require.NoError(t, err)
		for _, secret := range []string{"SECRET-PASSWORD", "SECRET-KEY"} {
			assert.NotContains(t, string(text), secret)
		}
	})
}

func TestEveryTaggableResourceIsTagged(t *testing.T) {
	t.Parallel()
	// What Azure gives no tags: children of a tagged resource, and what lives in a directory rather than in a group.
	untagged := []string{
		"azure-native:network:Subnet", "azure-native:authorization:RoleAssignment", "azure-native:authorization:RoleDefinition",
		"azure-native:storage:BlobContainer", "azure-native:storage:Blob", "azure-native:storage:Table",
		"azure-native:containerservice/v20240501:MaintenanceConfiguration", "azure-native:operationalinsights:Table",
		"azure-native:insights:DiagnosticSetting", "azure-native:insights/v20230311:DataCollectionRuleAssociation",
	}
	forEachStack(t, func(t *testing.T, graph graphtest.Graph) {
		t.Helper()
		for _, r := range graph.Resources {
			if !strings.HasPrefix(r.Type, "azure-native:") || slices.Contains(untagged, r.Type) {
				continue
			}
			tags, ok := r.Inputs["tags"].(map[string]any)
			require.True(t, ok, "%s %s has no tags", r.Type, r.Name)
			for _, key := range []string{"environment", "component", "managed-by"} {
				assert.NotEmpty(t, tags[key], "tag %s of %s", key, r.Name)
			}
		}
	})
}
