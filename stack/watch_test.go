package stack_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
)

// What watches may be removed, fail or be replaced: nothing that carries a conference, or anything else, refers to it.
func TestNothingDependsOnWhatWatches(t *testing.T) {
	t.Parallel()
	forEachStack(t, func(t *testing.T, graph graphtest.Graph) {
		t.Helper()
		watching := 0
		for _, r := range graph.Resources {
			if r.Name == "watch" || r.Parent == "watch" {
				watching++
				assert.NotContains(t, r.Options, "protect", r.Name)
				continue
			}
			text, err := json.Marshal(r.Inputs)
			require.NoError(t, err)
			assert.NotContains(t, string(text), "${watch-", "%s refers to what watches", r.Name)
			assert.False(t, slices.ContainsFunc(r.DependsOn, func(name string) bool { return strings.HasPrefix(name, "watch") }), r.Name)
		}
		assert.Greater(t, watching, 25)
	})
}

// Bridges take from monitoring the rule by which they are read, associated from outside, and nothing in themselves.
func TestBridgesDoNotKnowTheWorkspace(t *testing.T) {
	t.Parallel()
	forEachStack(t, func(t *testing.T, graph graphtest.Graph) {
		t.Helper()
		for _, set := range graph.Of("azure-native:compute:VirtualMachineScaleSet") {
			text, err := json.Marshal(set.Inputs)
			require.NoError(t, err)
			assert.NotContains(t, string(text), "${monitoring-", set.Name)
			assert.False(t, slices.ContainsFunc(set.DependsOn, func(name string) bool { return strings.HasPrefix(name, "monitoring") }), set.Name)
		}
	})
}

// Alerts and collection name containers and namespaces, which the deployed objects must have.
func TestAlertsNameContainersThatAreDeployed(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		deployed := map[string]bool{}
		for _, r := range graph.Resources {
			if !strings.HasPrefix(r.Type, "kubernetes:apps/") {
				continue
			}
			namespace := at(t, r.Inputs, "metadata", "namespace").(string)
			for _, container := range at(t, r.Inputs, "spec", "template", "spec", "containers").([]any) {
				deployed[namespace+"/"+at(t, container, "name").(string)] = true
			}
		}
		wanted := []string{"front-door/haproxy", "front-door/coturn"}
		for _, shard := range env.Shards {
			wanted = append(wanted, "shard-"+shard.Name+"/prosody", "shard-"+shard.Name+"/jicofo")
		}
		for _, name := range wanted {
			assert.True(t, deployed[name], "%s is in %v", name, deployed)
		}
		kept := at(t, find(t, graph, "monitoring-cluster").Inputs, "dataFlows", 0, "transformKql").(string)
		for _, shard := range env.Shards {
			assert.Contains(t, kept, `"shard-`+shard.Name+`"`)
		}
	})
}

// The front door is asked from outside where browsers trust what they are shown.
func TestOnlyATrustedFrontDoorIsAskedFromOutside(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		trusted := env.FrontDoor.CertificateSecret != "" || env.FrontDoor.KeyVaultCertificate.Given()
		assert.Equal(t, trusted, len(graph.Of("azure-native:insights:WebTest")) > 0)
		query := at(t, find(t, graph, "watch-certificate-expiring").Inputs, "criteria", "allOf", 0, "query")
		assert.Equal(t, !trusted, strings.Contains(query.(string), `"front door"`), "the stack's own certificate is served, or it is not")
		for _, shard := range env.Shards {
			assert.Contains(t, query, `"shard `+shard.Name+`", datetime(2027-11-24T00:00:00Z)`)
		}
	})
}
