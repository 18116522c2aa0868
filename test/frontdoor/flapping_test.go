package frontdoor_test

import (
	"maps"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
)

var crowdNoProsody = doortest.Health{Web: true, Jicofo: true, Operational: 2}

func TestProsodyDies(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	door, c := crowdDoor(t)
	before := c.homes()
	door.Shards["b"].Set(crowdNoProsody)
	door.Shards["b"].Cut()
	t.Log("whole again after", c.waitWhole(t, crowdPatient, "b"))
	c.assertOnlyMoved(t, before, "b")
	c.waitSeen(t, map[string]string{"b": "down"})
	door.Shards["b"].Set(doortest.Well)
	c.assertComesBack(t, "b")
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

// One failed check may be chance: nothing follows from it.
func TestOneCheckFails(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	door, c := crowdDoor(t)
	before := c.homes()
	for range 5 {
		door.Shards["b"].Set(crowdNoProsody)
		crowdPause(t.Context(), 1800*time.Millisecond) // less than two checks are apart
		door.Shards["b"].Set(doortest.Well)
		for range 50 {
			crowdPause(t.Context(), 100*time.Millisecond)
			for _, proxy := range door.Proxies {
				assert.Equal(t, "open", proxy.Servers(t)["b"])
			}
		}
	}
	c.assertOnlyMoved(t, before)
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

// A shard that keeps failing for a few seconds is left alone: it gets no new rooms, and its own are not cut.
func TestAShardFlaps(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	door, c := crowdDoor(t)
	before := c.homes()
	for _, proxy := range door.Proxies {
		c.work(func() { c.watchServers(t, proxy) })
	}
	flap := func(every time.Duration, times int) (from time.Time) {
		from = time.Now()
		for range times {
			door.Shards["b"].Set(crowdNoProsody)
			crowdPause(t.Context(), every)
			door.Shards["b"].Set(doortest.Well)
			crowdPause(t.Context(), every)
		}
		return from
	}
	from := flap(3*time.Second, 10) // one check fails, or two, as it happens
	t.Log("new rooms while it failed for 3 s at a time:", c.foundedOn("b", from, time.Now()))
	from = flap(5*time.Second, 6) // two checks fail, or three
	founded := func(shard string) int { return c.foundedOn(shard, from.Add(crowdSoon), time.Now()) }
	assert.Less(t, founded("b"), 1+(founded("a")+founded("c"))/10) // on a busy machine one check may fail
	c.assertOnlyMoved(t, before)
	c.waitSeen(t, nil)
	c.waitFoundedOn(t, "b")
	c.assertOnlyMoved(t, before)
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

// A shard is away for about as long as it takes to be held for lost, so that some proxies may have given it up and others not.
func TestAShardRestarts(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	door, c := crowdDoor(t)
	for _, proxy := range door.Proxies {
		c.work(func() { c.watchServers(t, proxy) })
	}
	for away := 8 * time.Second; away <= 20*time.Second; away += 1500 * time.Millisecond {
		c.fill(t, "b")
		door.Shards["b"].Kill()
		crowdPause(t.Context(), away)
		door.Revive(t, "b")
		c.waitSeen(t, nil)
		c.waitWhole(t, crowdPatient)
		t.Log(away, "away; rooms left on it:", c.living("b"))
		c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
	}
}

// watchServers notes how a proxy that is never killed sees the shards.
func (c *crowd) watchServers(t *testing.T, proxy *doortest.Proxy) {
	t.Helper()
	var last map[string]string
	for crowdPause(c.running, 200*time.Millisecond) {
		if seen := proxy.Servers(t); !maps.Equal(seen, last) {
			last = seen
			c.notes.add("%s sees %v", proxy.Name, seen)
		}
	}
}

// fill moves all lasting rooms to a shard, as an operator would, and again if an answer that was under way undid it.
func (c *crowd) fill(t *testing.T, shard string) {
	t.Helper()
	for deadline := time.Now().Add(3 * crowdPatient); c.living(shard) < len(c.homes()); crowdPause(t.Context(), 8*time.Second) {
		require.True(t, time.Now().Before(deadline), "the rooms do not come to %s", shard)
		for name, home := range c.homes() {
			if home.shard != shard {
				c.door.Proxies[0].Pin(t, name, shard)
			}
		}
	}
	c.waitWhole(t, crowdPatient)
	c.referee.forget()
}
