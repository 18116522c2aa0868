package frontdoor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/haproxy/room"
)

// staysReachable holds that no proxy gives a shard up for so long. It looks in this goroutine, unlike testify's Never, whose
// last look may still be under way when the test ends and takes the proxies with it.
func staysReachable(t *testing.T, door *doortest.Door, shard string, during time.Duration) {
	t.Helper()
	look := time.NewTicker(200 * time.Millisecond)
	defer look.Stop()
	for end := time.Now().Add(during); time.Now().Before(end); <-look.C {
		for _, proxy := range door.Proxies {
			require.NotEqual(t, "down", proxy.Servers(t)[shard], "shard %s is down for %s", shard, proxy.Name)
		}
	}
}

// All shards lose their bridges, for longer than the patience with one of them, and get them back one after the other.
func TestBridgesComeBackOneShardAfterTheOther(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 2})
	for _, shard := range door.Shards {
		shard.Set(doortest.Health{Web: true, Prosody: true, Jicofo: true})
	}
	staysReachable(t, door, "b", 40*time.Second)
	door.Shards["a"].Set(doortest.Well)
	staysReachable(t, door, "b", 15*time.Second)
	door.Shards["b"].Set(doortest.Well)
	door.Proxies[0].WaitServers(t, crowdPatient, map[string]string{"a": "open", "b": "open"})
}

// A shard's bridges are all being retired, for longer than the patience, and its Jicofo is silent for a moment.
func TestJicofoIsSilentWhileBridgesAreRetired(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 2})
	retiring := doortest.Health{Web: true, Prosody: true, Jicofo: true, Retiring: 2}
	door.Shards["b"].Set(retiring)
	staysReachable(t, door, "b", 40*time.Second)
	door.Shards["b"].Set(doortest.Health{Web: true, Prosody: true})
	staysReachable(t, door, "b", 10*time.Second)
	door.Shards["b"].Set(retiring)
	staysReachable(t, door, "b", 5*time.Second)
}

// A proxy that alone loses every shard is itself what is cut off. It must come back with the table that it had.
func TestAProxyLosesEveryShard(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 2})
	cut, other := door.Proxies[0], door.Proxies[1]
	against := "a" // where the hash would not put the room
	if cut.Shard(t, "/room") == "a" {
		against = "b"
	}
	other.Pin(t, "room", against)
	require.Eventually(t, func() bool { return cut.Table(t)[room.Key("/room")] == against }, crowdPatient, 50*time.Millisecond)
	hide := func(hidden bool) {
		for _, shard := range door.Shards {
			shard.Hide(0, hidden)
		}
	}
	hide(true)
	cut.WaitServers(t, crowdPatient, map[string]string{"a": "down", "b": "down"})
	require.Eventually(t, func() bool { return !cut.Says("/ready") }, crowdPatient, 100*time.Millisecond)
	hide(false)
	cut.WaitReady(t)
	assert.Equal(t, against, cut.Shard(t, "/xmpp-websocket?room=room"))
	assert.Equal(t, against, other.Table(t)[room.Key("/room")])
}

// A server that is not checked, as while its name does not resolve, must not keep the rest from being judged.
func TestAServerIsInMaintenance(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 1, Shards: []string{"a", "b", "c"}})
	proxy := door.Proxies[0]
	for _, server := range []string{"shards/c", "bridges/a", "proxies/haproxy-5"} {
		proxy.Admin(t, "set server "+server+" state maint")
	}
	door.Shards["b"].Set(doortest.Health{Web: true, Prosody: true, Jicofo: true, Retiring: 1})
	// Shard a has no bridges that could be counted, b retires its own, c is away: a and b are all there is.
	require.Eventually(t, func() bool { return proxy.Servers(t)["c"] == "down" || proxy.Servers(t)["c"] == "closed" },
		crowdPatient, 100*time.Millisecond)
	proxy.Drain(t, "b", true)
	require.Eventually(t, func() bool { return proxy.Servers(t)["b"] == "closed" }, crowdPatient, 100*time.Millisecond)
	assert.NotContains(t, proxy.Output(), "shards.lua:")
}
