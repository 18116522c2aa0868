package kubernetes_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

// A plan tells the same pools before a cluster is there as the cluster afterwards.
func TestNodesOfAPlan(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	cfg := rpcprovider.Config{Store: w.cloud}
	hosts, err := kubernetes.Hosts(cfg)
	require.NoError(t, err)
	require.Equal(t, []string{host}, hosts)
	deployed, err := kubernetes.NewOperator(cfg, host).Plan()
	require.NoError(t, err)
	planned := kubernetes.Plan{Cluster: clusterProperties(), Pools: map[string]map[string]any{"zone1": {
		"availabilityZones": []any{"1"}, "count": 1.0, "enableAutoScaling": true, "maxCount": 3.0, "mode": "User", "vmSize": "Standard_D4s_v5",
		"nodeLabels": map[string]any{"meet.jitsi/pool": "shards"}, "nodeTaints": []any{"meet.jitsi/shard=true:NoSchedule"},
	}}}
	before, err := planned.NodePools()
	require.NoError(t, err)
	after, err := deployed.NodePools()
	require.NoError(t, err)
	require.Len(t, before, 4)
	require.Len(t, after, 4)
	for i := range before[:3] {
		assert.Equal(t, before[i], after[i])
	}
	last := before[3]
	assert.Equal(t, "Standard_D4s_v5", last.VMSize)
	assert.Equal(t, 3, last.Nodes, "with the autoscaler at its maximum")
	assert.Equal(t, "westeurope-1", last.Labels["topology.kubernetes.io/zone"])
	assert.Equal(t, "rg-nodes", last.Labels["kubernetes.azure.com/cluster"])

	_, _, err = deployed.Networks()
	require.ErrorContains(t, err, "podCidr")
	planned.Cluster["networkProfile"].(map[string]any)["podCidr"] = "10.244.0.0/16"
	pods, services, err := planned.Networks()
	require.NoError(t, err)
	assert.Equal(t, []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("10.30.0.0/24")}, []netip.Prefix{pods, services})

	planned.Pools["zone1"]["nodeTaints"] = []any{"nonsense"}
	_, err = planned.NodePools()
	require.ErrorContains(t, err, "node pool zone1")
	_, err = kubernetes.NewOperator(cfg, "elsewhere").Plan()
	require.Error(t, err)
}
