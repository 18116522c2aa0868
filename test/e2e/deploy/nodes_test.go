package deploy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/vmsize"
	"jitsi-meet-azure/localcloud/kubernetes"
)

func TestPoolsOfAPlan(t *testing.T) {
	t.Parallel()
	planned := kubernetes.Plan{
		Cluster: map[string]any{"agentPoolProfiles": []any{map[string]any{
			"name": "system", "count": 2.0, "availabilityZones": []any{"1", "2"}, "vmSize": "Standard_D4s_v5",
		}}},
		Pools: map[string]map[string]any{"zone1": {
			"enableAutoScaling": true, "count": 1.0, "maxCount": 3.0, "availabilityZones": []any{"1"}, "vmSize": "Standard_D8s_v5",
		}},
	}
	all, err := pools(planned)
	require.NoError(t, err)
	require.Len(t, all, 3)
	assert.Equal(t, []any{"system", "2", 1}, []any{all[1].Name, all[1].Zone, all[1].Nodes})
	assert.Equal(t, []any{"zone1", "1", 3}, []any{all[2].Name, all[2].Zone, all[2].Nodes})
	assert.Equal(t, int64(7820), all[2].Allocatable.Cpu().MilliValue())

	planned.Pools["zone1"]["vmSize"] = "Standard_Unheard"
	_, err = pools(planned)
	require.ErrorContains(t, err, `node pool zone1: nothing is known about the size "Standard_Unheard"`)
}

// The figures are those of AKS' table and of its examples.
func TestWhatAKSKeepsOfANode(t *testing.T) {
	t.Parallel()
	for cores, want := range map[int]int{2: 100, 4: 140, 8: 180, 16: 260, 32: 420, 64: 740} {
		assert.Equal(t, want, reservedMilli(cores), "%d cores", cores)
	}
	small := allocatable(vmsize.Size{VCPUs: 4, MemoryGiB: 16})
	assert.Equal(t, int64(3860), small.Cpu().MilliValue())
	assert.Equal(t, int64(12<<30-100<<20), small.Memory().Value(), "a quarter of the memory, and 100 MiB")
	large := allocatable(vmsize.Size{VCPUs: 16, MemoryGiB: 64})
	assert.Equal(t, int64(64<<30-5_050_000_000-100<<20), large.Memory().Value(), "20 MB for each of 250 pods, 50 MB and 100 MiB")
	assert.Equal(t, int64(250), large.Pods().Value())
}

func TestOnlyTheOwnAPIServerIsTold(t *testing.T) {
	t.Parallel()
	d := &Deployment{kubeconfig: "/own"}
	base := []string{"PATH=/bin", "LOCALCLOUD_KUBECONFIG=/of-the-shell"}
	assert.Equal(t, []string{"PATH=/bin", "LOCALCLOUD_KUBECONFIG=/own"}, d.environ(base, true))
	assert.Equal(t, []string{"PATH=/bin"}, d.environ(base, false))
	assert.Equal(t, []string{"PATH=/bin"}, (&Deployment{}).environ(base, true))
}

func TestTail(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "a\nb", tail("a\nb\n"))
	assert.Equal(t, strings.Repeat("x\n", lastLines-1)+"x", tail(strings.Repeat("x\n", 100)))
}
