package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/localcloud/store"
)

// Changes that a platform team makes on any day. None may replace or delete anything, take a bridge away, or restart a
// live Prosody or Jicofo; each may touch only what it is about.
func TestDayTwoChangesTouchOnlyWhatTheyMust(t *testing.T) {
	t.Parallel()
	const (
		sets   = "azure-native:compute:VirtualMachineScaleSet"
		scales = "azure-native:insights:AutoscaleSetting"
	)
	cases := map[string]struct {
		change func(*workspace)
		// touched are the only types that may be updated, and must be.
		touched []string
	}{
		"a newer bridge image": {
			func(w *workspace) { w.publishImage("1.0.1") }, nil,
		},
		"another bridge package, so other cloud-init": {
			func(w *workspace) { w.set("meet:bridges", "2.3-308-gabcdef012-1", "packageVersion") }, []string{sets},
		},
		"another network threshold": {
			func(w *workspace) { w.set("meet:autoscale", 60, "networkPercent") }, []string{scales, "azure-native:web:WebApp"},
		},
		"a higher maximum": {
			func(w *workspace) { w.set("meet:autoscale", 4, "maximum") }, []string{scales, "azure-native:web:WebApp"},
		},
		"a Kubernetes upgrade": {
			func(w *workspace) { w.set("meet:cluster", "1.35", "kubernetesVersion") },
			[]string{"azure-native:containerservice/v20240501:ManagedCluster"},
		},
		"another HAProxy": {
			func(w *workspace) { w.set("meet:frontDoor", "2.6.19-alpine", "imageTag") }, []string{"kubernetes:apps/v1:StatefulSet"},
		},
		"another Jitsi": {
			func(w *workspace) { w.set("meet:jitsi", "stable-11146-3", "imageTag") },
			[]string{"kubernetes:apps/v1:StatefulSet", "kubernetes:apps/v1:Deployment"},
		},
		"the reaper made to watch only": {
			func(w *workspace) { w.set("meet:reaper", true, "dryRun") }, []string{"azure-native:web:WebApp"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := deployed(t, "dev")
			w.localcloud("set-capacity", "vmss-meet-dev-a", "2")
			mark := w.mark()
			c.change(w)
			changed := w.up()
			types := map[string]bool{}
			for _, step := range changed.steps {
				parts := strings.Fields(step)
				assert.Equal(t, "update", parts[0], step)
				types[parts[1]] = true
			}
			for _, touched := range c.touched {
				assert.True(t, types[touched], "%s is not updated: %v", touched, changed.steps)
				delete(types, touched)
			}
			assert.Empty(t, types, "touched without need: %v", changed.steps)
			assert.Empty(t, w.happened(store.OpInstanceDeleted, mark))
			assert.Empty(t, w.happened(store.OpDelete, mark))
			assertNoSingletonRestarted(t, w.events()[mark:])
			assert.Empty(t, w.up("--expect-no-changes").steps)
		})
	}
}

// A new shard is added beside the others: of theirs nothing changes, and no other shard's bridges notice.
func TestAddingAShardTouchesNoOtherShard(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	mark := w.mark()
	w.configure(func(config map[string]any) {
		config["meet:shards"] = append(config["meet:shards"].([]any), map[string]any{
			"name": "c", "zone": 3, "bridgeSubnet": "10.40.2.64/27", "signallingAddress": "10.40.1.12",
		})
	})
	changed := w.up()
	for _, step := range changed.steps {
		parts := strings.Fields(step)
		if parts[0] == "create" {
			continue
		}
		assert.Equal(t, "update", parts[0], step)
		for _, other := range []string{"-a-", "-b-"} {
			assert.NotContains(t, parts[2]+"-", other, "the new shard touches %s", step)
		}
	}
	assert.Positive(t, changed.counts()["create"])
	assert.Empty(t, w.happened(store.OpDelete, mark))
	assert.Empty(t, w.happened(store.OpInstanceDeleted, mark))
	assertNoSingletonRestarted(t, w.events()[mark:])
}

// What a removed shard leaves behind must not be in the way of a later one of the same name.
func TestAShardComesBackUnderItsName(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	shards := func(change func([]any) []any) {
		w.configure(func(config map[string]any) { config["meet:shards"] = change(config["meet:shards"].([]any)) })
		w.up()
	}
	add := func(all []any) []any {
		return append(all, map[string]any{
			"name": "c", "zone": 3, "bridgeSubnet": "10.40.2.64/27", "signallingAddress": "10.40.1.12",
		})
	}
	shards(add)
	shards(func(all []any) []any { return all[:2] })
	shards(add)
	assert.Empty(t, w.up("--expect-no-changes").steps)
}

// A new name of the front door renews its certificate, whose preview knows neither the certificate nor its key.
func TestANewDomainCanBePreviewed(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	w.set("meet:domain", "other.example.org")
	stdout, stderr, err := w.run("preview", "--diff")
	require.NoError(t, err, stdout+stderr)
	for _, authority := range []string{"signalling-a-ca]", "signalling-b-ca]"} {
		assert.NotContains(t, stdout, "::"+authority, "bridges trust no new authority")
	}
}

// assertNoSingletonRestarted looks for restarted pods of Prosody and Jicofo, which hold every room of their shard in
// memory, and of relays, which carry media.
func assertNoSingletonRestarted(t *testing.T, events []store.Event) {
	t.Helper()
	for _, e := range events {
		if e.Op != "pods-restarted" {
			continue
		}
		for _, singleton := range []string{"/prosody", "/jicofo"} {
			assert.False(t, strings.HasSuffix(e.ID, singleton), "%s was restarted: %s", e.ID, e.Detail)
		}
		assert.NotContains(t, e.ID, "/turn-", "%s was restarted: %s", e.ID, e.Detail)
	}
}
