package plan_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/e2e/deploy/plan"
)

// planned is what Pulumi writes, cut down.
const planned = `{"manifest": {}, "resourcePlans": {
	"urn:1": {"goal": {"type": "azure-native:containerservice/v20240501:ManagedCluster", "inputDiff": {"adds": {
		"location": "westeurope", "nodeResourceGroup": "nodes", "networkProfile": "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
		"agentPoolProfiles": [{"name": "system", "count": 2, "availabilityZones": ["1", "2"], "mode": "System", "vmSize": "Standard_D4s_v5",
			"nodeTaints": ["CriticalAddonsOnly=true:NoSchedule"]}]}}}},
	"urn:2": {"goal": {"type": "azure-native:containerservice/v20240501:AgentPool", "inputDiff": {"adds": {
		"agentPoolName": "zone1", "enableAutoScaling": true, "count": 1, "maxCount": 3, "availabilityZones": ["1"], "vmSize": "Standard_D8s_v5"}}}},
	"urn:3": {"goal": {"type": "azure-native:network:Subnet"}}, "urn:4": {}}}`

func TestRead(t *testing.T) {
	t.Parallel()
	cluster, pools, err := plan.Read([]byte(planned))
	require.NoError(t, err)
	assert.Equal(t, "westeurope", cluster["location"])
	require.Len(t, pools, 1)
	assert.Equal(t, []any{"1"}, pools["zone1"]["availabilityZones"])

	for text, want := range map[string]string{
		"{}":                           "the plan of 0 resources makes no cluster",
		"[]":                           "read the plan",
		`{"resourcePlans": {"a": {}}}`: "the plan of 1 resources makes no cluster",
		strings.ReplaceAll(planned, "azure-native:network:Subnet", "x:AgentPool"): "a pool without a name",
		strings.ReplaceAll(planned, `"agentPoolName": "zone1",`, ""):              "a pool without a name",
	} {
		_, _, err := plan.Read([]byte(text))
		require.ErrorContains(t, err, want)
	}
	two := strings.Replace(planned, `"azure-native:network:Subnet"`, `"x:ManagedCluster", "inputDiff": {"adds": {"a": 1}}`, 1)
	_, _, err = plan.Read([]byte(two))
	require.ErrorContains(t, err, "a second cluster")
}

// FuzzRead: whatever Pulumi writes, there is a cluster or an error.
func FuzzRead(f *testing.F) {
	f.Add([]byte(planned))
	f.Add([]byte(`{"resourcePlans":{"a":{"goal":{"type":"x:ManagedCluster","inputDiff":{"adds":{"b":[1]}}}}}}`))
	f.Fuzz(func(t *testing.T, document []byte) {
		cluster, pools, err := plan.Read(document)
		if (err == nil) != (cluster != nil) || (err == nil) != (pools != nil) {
			t.Fatalf("%v, %v, %v", cluster, pools, err)
		}
	})
}
