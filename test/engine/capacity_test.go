package engine_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/localcloud/store"
)

// A deployment must not take a live bridge away, whatever the autoscaler does meanwhile. The local cloud deletes the
// newest instances of a scale set whose capacity is lowered, as Azure does.
func TestADeploymentNeverDeletesALiveBridge(t *testing.T) {
	t.Parallel()
	const set = "vmss-meet-dev-a"
	eight := 8
	cases := map[string]struct {
		flags []string
		race  bool
		live  int
	}{
		"seven bridges, without a refresh":                     {nil, false, 7},
		"seven bridges, with a refresh":                        {[]string{"--refresh"}, false, 7},
		"an eighth comes between the refresh and the update":   {[]string{"--refresh"}, true, 8},
		"an eighth comes just before the update, no refreshes": {nil, true, 8},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, "dev")
			w.set("meet:bridges", 28, "prefixLength")
			w.set("meet:autoscale", 14, "maximum")
			w.up()
			w.localcloud("set-capacity", set, "7")
			if c.race {
				require.NoError(t, w.cloud().AddFault(store.Fault{
					Op: store.OpUpdate, Type: "VirtualMachineScaleSet", Name: set, Times: 1, SetCapacity: &eight,
				}))
			}
			mark := w.mark()
			w.set("meet:tags", "meetings", "cost-centre")
			changed := w.up(c.flags...)
			assert.Contains(t, changed.steps, "update azure-native:compute:VirtualMachineScaleSet bridges-a-scale-set")
			assert.Empty(t, w.happened(store.OpInstanceDeleted, mark))
			assert.Equal(t, c.live, w.liveBridges(set))
			assert.Empty(t, changed.counts()["delete"]+changed.counts()["replace"])
		})
	}
}
