package frontdoor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/haproxy/room"
)

// crowdStop lets a stopping proxy go sooner than deployed; the scripts and signals are the same.
func crowdStop(settings *config.Config) { settings.StopAfter = 5 * time.Second }

// assertKnowsRooms wants every lasting room in a proxy's table, where it is.
func (c *crowd) assertKnowsRooms(t *testing.T, proxy *doortest.Proxy) {
	t.Helper()
	table := proxy.Table(t)
	for name, home := range c.homes() {
		assert.Equal(t, home.shard, table[room.Key("/"+name)], "%s knows %s otherwise", proxy.Name, name)
	}
}

// crowdOffRing puts rooms where the hash alone would not: from then on only the table knows where they are.
func crowdOffRing(t *testing.T, door *doortest.Door, c *crowd) {
	t.Helper()
	door.Shards["b"].Kill()
	c.waitWhole(t, crowdPatient, "b")
	door.Revive(t, "b")
	c.waitSeen(t, nil)
}

func TestAProxyIsKilledAndComesBack(t *testing.T) {
	t.Parallel()
	door, c := crowdDoor(t)
	crowdOffRing(t, door, c)
	before := c.homes()
	proxy := door.Proxies[1]
	repeats := 1
	if long() {
		repeats = 5
	}
	for range repeats {
		proxy.Kill()
		c.waitWhole(t, crowdPatient)
		c.assertStayed(t, before)
		start := time.Now()
		proxy.Start(t)
		proxy.WaitReady(t)
		t.Log("ready after", time.Since(start))
		c.assertKnowsRooms(t, proxy)
		crowdPause(t.Context(), 5*time.Second)
		c.assertStayed(t, before)
	}
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

func TestAllProxiesAreKilledAndComeBack(t *testing.T) {
	t.Parallel()
	door, c := crowdDoor(t)
	restart := func() {
		for _, proxy := range door.Proxies {
			proxy.Kill()
		}
		start := time.Now()
		for _, proxy := range door.Proxies {
			proxy.Start(t)
		}
		for _, proxy := range door.Proxies {
			proxy.WaitReady(t)
		}
		t.Log("ready after", time.Since(start))
		c.waitWhole(t, crowdPatient)
		t.Log("whole after", time.Since(start))
	}
	before := c.homes()
	restart()
	c.assertStayed(t, before) // the hash says again what it said before
	if long() {
		crowdOffRing(t, door, c)
		before = c.homes()
		restart()
		moved := 0
		for name, home := range c.homes() {
			if home.shard != before[name].shard {
				moved++
			}
		}
		t.Logf("%d of %d rooms went back to where the hash says", moved, len(before))
	}
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

func TestAProxyStopsAndReloads(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	door := doortest.Open(t, doortest.Options{Shards: []string{"a", "b", "c"}, Proxies: 3, Change: crowdStop})
	c := crowdIn(t, door)
	crowdOffRing(t, door, c)
	before := c.homes()
	proxy := door.Proxies[2]
	proxy.Stop(t, 3*time.Second)
	c.waitWhole(t, crowdPatient)
	proxy.Start(t)
	proxy.WaitReady(t)
	c.assertKnowsRooms(t, proxy)
	for _, proxy := range door.Proxies {
		pid := proxy.Admin(t, "show info")
		proxy.Reload(t)
		require.Eventually(t, func() bool { return proxy.Says("/live") && proxy.Admin(t, "show info") != pid }, crowdPatient, 100*time.Millisecond)
		start := time.Now()
		require.Eventually(t, func() bool { return proxy.Says("/synced") }, crowdPatient, 20*time.Millisecond)
		c.assertKnowsRooms(t, proxy)
		t.Log("synced after", time.Since(start))
		proxy.WaitReady(t)
		t.Log("ready after", time.Since(start))
	}
	c.waitWhole(t, crowdPatient)
	c.assertStayed(t, before)
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

// A proxy that did not exist before has the rooms before it gets users.
func TestProxiesAreAdded(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	door := doortest.New(t, doortest.Options{Shards: []string{"a", "b", "c"}, Proxies: 4})
	for _, proxy := range door.Proxies[:2] {
		proxy.Start(t)
		proxy.WaitReady(t)
	}
	c := crowdIn(t, door)
	door.Shards["b"].Kill()
	c.waitWhole(t, crowdPatient, "b")
	door.Revive(t, "b")
	before := c.homes()
	for _, proxy := range door.Proxies[2:] {
		proxy.Start(t)
		proxy.WaitReady(t)
		c.assertKnowsRooms(t, proxy)
	}
	c.waitSeen(t, nil)
	c.assertOnlyMoved(t, before)
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

// A proxy that reaches no other proxy's table does not take users while others do.
func TestAProxyIsCutOff(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	var cut bool
	door := doortest.New(t, doortest.Options{Proxies: 3, Change: func(settings *config.Config) {
		for index := range settings.Peers {
			if cut {
				settings.Peers[index].Port = 1
			}
		}
	}})
	for _, proxy := range door.Proxies[:2] {
		proxy.Start(t)
		proxy.WaitReady(t)
	}
	lonely := door.Proxies[2]
	cut = true
	lonely.Ports.Peers = doortest.FreePort(t) // nobody finds it either
	door.Configure(t, lonely, "a", "b")
	lonely.Start(t)
	for end := time.Now().Add(crowdPatient); time.Now().Before(end); {
		crowdPause(t.Context(), 100*time.Millisecond)
		require.False(t, lonely.Says("/ready"), "it takes users, but has not learned the rooms")
	}
	require.True(t, lonely.Says("/live"))
	door.Proxies[0].Kill()
	door.Proxies[1].Kill()
	lonely.WaitReady(t) // better one than none
}
