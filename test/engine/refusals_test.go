package engine_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/drift"
	"jitsi-meet-azure/localcloud/store"
)

// A wrong configuration is refused as a whole before anything is asked of the cloud.
func TestAWrongConfigurationRegistersNothing(t *testing.T) {
	t.Parallel()
	w := newWorkspaceWithoutImage(t, "dev")
	w.set("meet:autoscale", 40, "maximum")
	w.set("meet:reaper", "* * * * *", "schedule")
	w.set("meet:bridges", "Standard_F8s_v3", "vmSize")
	refused, err := w.tryUp()
	require.Error(t, err)
	for _, part := range []string{"autoscale.maximum", "reaper.schedule", "bridges.vmSize", "pulumi config set"} {
		assert.Contains(t, refused.text, part)
	}
	assert.NotContains(t, refused.text, "goroutine", "a stack trace helps nobody")
	assert.Empty(t, w.happened(store.OpCreate, 0))
}

// A cluster that does not answer must end a run with a clear message, never with a plan to make everything in it anew.
func TestAClusterThatIsGoneIsNoReasonToRecreate(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	mark := w.mark()
	require.NoError(t, w.cloud().AddFault(store.Fault{
		Op: store.OpRead, Type: "StatefulSet", Name: "signalling-a-prosody", Times: 1,
		Error: "configured Kubernetes cluster is unreachable: dial tcp: i/o timeout",
	}))
	failed, err := w.tryUp("--refresh")
	require.Error(t, err)
	assert.Contains(t, failed.text, "unreachable")
	assert.Empty(t, w.happened(store.OpDelete, mark))
	assert.Empty(t, w.happened(store.OpCreate, mark))
	for _, step := range w.up().steps {
		assert.True(t, strings.HasPrefix(step, "update azure-native:compute:VirtualMachineScaleSet "), "forgotten: %s", step)
	}
}

// What somebody changed by hand shows in a drift check, what the autoscaler changed does not, and an `up` with a refresh
// puts the former right and leaves the latter alone.
func TestDriftIsSeenAndMended(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	w.up("--refresh")
	w.localcloud("set-capacity", "vmss-meet-dev-a", "3")
	seen := w.drift()
	assert.Empty(t, seen)

	network := "/subscriptions/00000000-0000-0000-0000-00000000c10d/resourceGroups/rg-meet-dev" +
		"/providers/Microsoft.Network/virtualNetworks/vnet-meet-dev"
	w.localcloud("drift", network, "tags.environment=mine")
	seen = w.drift()
	require.Len(t, seen, 1)
	assert.Equal(t, "update azure-native:network:VirtualNetwork network-vnet: tags.environment", seen[0].String())

	w.up("--refresh")
	assert.Equal(t, 3, w.liveBridges("vmss-meet-dev-a"))
	assert.Empty(t, w.drift())
}

// drift runs the check that the nightly workflow runs.
func (w *workspace) drift() []drift.Change {
	w.t.Helper()
	stdout, stderr, err := w.run("preview", "--refresh", "--json")
	require.NoError(w.t, err, stderr)
	require.True(w.t, json.Valid([]byte(stdout)), stdout)
	changes, err := drift.Read(strings.NewReader(stdout))
	require.NoError(w.t, err)
	return changes
}
