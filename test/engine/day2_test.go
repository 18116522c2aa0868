package engine_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/localcloud/store"
)

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
