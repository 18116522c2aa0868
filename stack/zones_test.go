package stack_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/graphtest"
)

var reference = regexp.MustCompile(`\$\{([^}]+)\.[a-zA-Z]+\}`)

// The loss of a zone must take down the shards in it and nothing else, so nothing that a shard needs may be tied to
// another zone.
func TestNoShardDependsOnAnotherZone(t *testing.T) {
	t.Parallel()
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := loadStack(t, name)
			graph := record(t, env, false)
			for _, shard := range env.Shards {
				start := ownedBy(graph, shard.Name)
				require.NotEmpty(t, start)
				for _, reached := range closure(t, graph, start) {
					if zone := onlyZone(reached); zone != "" {
						assert.Equal(t, strconv.Itoa(shard.Zone), zone, "shard %s needs %s %s", shard.Name, reached.Type, reached.Name)
					}
				}
			}
		})
	}
}

// What all shards share may be tied to no zone at all.
func TestSharedPartsSpanAllZones(t *testing.T) {
	t.Parallel()
	forEachStack(t, func(t *testing.T, graph graphtest.Graph) {
		t.Helper()
		assert.Empty(t, graph.Of("azure-native:network:NatGateway"), "a NAT gateway lives in one zone")
		for _, address := range graph.Of("azure-native:network:PublicIPAddress") {
			assert.Equal(t, []any{"1", "2", "3"}, address.Inputs["zones"], address.Name)
		}
		for _, cluster := range graph.Of("azure-native:containerservice/v20240501:ManagedCluster") {
			for _, pool := range cluster.Inputs["agentPoolProfiles"].([]any) {
				assert.Equal(t, []any{"1", "2", "3"}, pool.(map[string]any)["availabilityZones"])
			}
		}
	})
}

// Every pod of a shard is held to the shard's zone by its node affinity.
func TestSignallingIsHeldToItsZone(t *testing.T) {
	t.Parallel()
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := loadStack(t, name)
			graph := record(t, env, false)
			for _, shard := range env.Shards {
				zone := fmt.Sprintf("%s-%d", env.Location, shard.Zone)
				workloads := 0
				for _, r := range graph.Resources {
					if r.Parent != "signalling-"+shard.Name || !strings.HasPrefix(r.Type, "kubernetes:apps/") {
						continue
					}
					workloads++
					text, err := json.Marshal(r.Inputs)
					require.NoError(t, err)
					assert.Contains(t, string(text),
						`{"key":"topology.kubernetes.io/zone","operator":"In","values":["`+zone+`"]}`, r.Name)
				}
				assert.Equal(t, 3, workloads, "Prosody, Jicofo and web of shard %s", shard.Name)
			}
		})
	}
}

// ownedBy are the resources that belong to one shard: by their tag or by the component they hang under.
func ownedBy(graph graphtest.Graph, shard string) []graphtest.Resource {
	var owned []graphtest.Resource
	for _, r := range graph.Resources {
		tags, _ := r.Inputs["tags"].(map[string]any)
		_, component, _ := strings.Cut(r.Parent, "-")
		if tags["shard"] == shard || (component == shard && r.Custom) {
			owned = append(owned, r)
		}
	}
	return owned
}

// closure follows references between resources from start onwards.
func closure(t *testing.T, graph graphtest.Graph, start []graphtest.Resource) []graphtest.Resource {
	t.Helper()
	seen := map[string]bool{}
	queue := start
	var reached []graphtest.Resource
	for len(queue) > 0 {
		next := queue[0]
		queue = queue[1:]
		if seen[next.Name] {
			continue
		}
		seen[next.Name] = true
		reached = append(reached, next)
		text, err := json.Marshal(next.Inputs)
		require.NoError(t, err)
		for _, match := range reference.FindAllStringSubmatch(string(text), -1) {
			if found, ok := graph.Find(match[1]); ok {
				queue = append(queue, found)
			}
		}
	}
	return reached
}

// onlyZone is the zone of a resource that lives in exactly one.
func onlyZone(r graphtest.Resource) string {
	for _, key := range []string{"zones", "availabilityZones"} {
		if zones, ok := r.Inputs[key].([]any); ok && len(zones) == 1 {
			return fmt.Sprint(zones[0])
		}
	}
	return ""
}
