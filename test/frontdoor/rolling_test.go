package frontdoor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
)

// A shard is added while the proxies, one after another, are restarted with the configuration that knows it.
func TestAShardIsAdded(t *testing.T) {
	t.Parallel()
	door := doortest.New(t, doortest.Options{Shards: []string{"a", "b", "c"}, Proxies: 3, Change: crowdStop})
	for _, proxy := range door.Proxies {
		door.Configure(t, proxy, "a", "b")
		proxy.Start(t)
	}
	for _, proxy := range door.Proxies {
		proxy.WaitReady(t)
	}
	c := crowdIn(t, door)
	before, start := c.homes(), time.Now()
	for index, proxy := range door.Proxies {
		assert.Zero(t, c.foundedOn("c", start, time.Now()), "%s does not know the new shard", proxy.Name)
		proxy.Stop(t, 2*time.Second)
		door.Configure(t, proxy, "a", "b", "c")
		proxy.Start(t)
		proxy.WaitReady(t)
		if index < len(door.Proxies)-1 {
			require.Equal(t, "closed", proxy.Servers(t)["c"])
			crowdPause(t.Context(), 3*time.Second) // some rooms are founded through it
		}
	}
	c.waitSeen(t, nil)
	c.waitFoundedOn(t, "c")
	c.waitWhole(t, crowdPatient)
	c.assertStayed(t, before)
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}
