package frontdoor_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
)

// The deployed timings, and a bound for what they bring about: a busy machine makes everything later, nothing earlier.
var (
	crowdTimings = config.Defaults("", nil, nil)
	crowdSoon    = 15 * time.Second // a shard that fails is closed to new rooms by then
	crowdPatient = 90 * time.Second
)

func crowdDoor(t *testing.T) (*doortest.Door, *crowd) {
	t.Helper()
	door := doortest.Open(t, doortest.Options{Shards: []string{"a", "b", "c"}, Proxies: 3})
	return door, crowdIn(t, door)
}

// waitSeen waits until all proxies see the shards so; what is not named is open.
func (c *crowd) waitSeen(t *testing.T, not map[string]string) {
	t.Helper()
	want := map[string]string{}
	for shard := range c.door.Shards {
		want[shard] = "open"
	}
	maps.Copy(want, not)
	for _, proxy := range c.door.Proxies {
		proxy.WaitServers(t, crowdPatient, want)
	}
}

// assertComesBack watches a shard that is well from now on: no room moves, no socket is cut, and new rooms come only after
// the shard has been well for a while.
func (c *crowd) assertComesBack(t *testing.T, shards ...string) {
	t.Helper()
	before, since := c.homes(), time.Now()
	c.waitSeen(t, nil)
	for _, shard := range shards {
		c.waitFoundedOn(t, shard)
		assert.Zero(t, c.foundedOn(shard, since, since.Add(crowdTimings.Settle-time.Second)), "%s had not settled", shard)
	}
	t.Logf("%v open again after %v", shards, time.Since(since).Round(time.Second))
	c.assertOnlyMoved(t, before)
}

func TestAShardIsKilledAndComesBack(t *testing.T) {
	t.Parallel()
	door, c := crowdDoor(t)
	before := c.homes()
	door.Shards["b"].Kill()
	t.Log("whole again after", c.waitWhole(t, crowdPatient, "b"))
	c.assertOnlyMoved(t, before, "b")
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
	c.waitSeen(t, map[string]string{"b": "down"})
	door.Revive(t, "b")
	c.assertComesBack(t, "b")
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

func TestTwoShardsAreKilledAndComeBack(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	door, c := crowdDoor(t)
	for range 3 {
		before := c.homes()
		lost := []string{"a", "b", "c"} // of which the one with the fewest rooms survives
		slices.SortFunc(lost, func(x, y string) int { return c.living(y) - c.living(x) })
		lost = lost[:2]
		door.Shards[lost[0]].Kill()
		door.Shards[lost[1]].Kill()
		t.Log(lost, "are lost; whole again after", c.waitWhole(t, crowdPatient, lost...))
		c.assertOnlyMoved(t, before, lost...)
		c.waitSeen(t, map[string]string{lost[0]: "down", lost[1]: "down"})
		door.Revive(t, lost[0])
		door.Revive(t, lost[1])
		c.assertComesBack(t, lost...)
		c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
	}
}

// living counts the lasting rooms on a shard.
func (c *crowd) living(shard string) int {
	count := 0
	for _, home := range c.homes() {
		if home.shard == shard {
			count++
		}
	}
	return count
}

func TestAShardIsDrained(t *testing.T) {
	t.Parallel()
	door, c := crowdDoor(t)
	for _, drain := range []func(p *doortest.Proxy, drained bool){
		func(p *doortest.Proxy, drained bool) { p.Drain(t, "b", drained) },
		func(p *doortest.Proxy, drained bool) {
			p.Admin(t, "set server shards/b state "+map[bool]string{true: "drain", false: "ready"}[drained])
		},
	} {
		before := c.homes()
		require.Positive(t, c.living("b"))
		for _, proxy := range door.Proxies {
			drain(proxy, true)
		}
		c.waitSeen(t, map[string]string{"b": "closed"})
		closed := time.Now()
		crowdPause(t.Context(), crowdSoon)
		assert.Zero(t, c.foundedOn("b", closed.Add(time.Second), time.Now()))
		for _, proxy := range door.Proxies {
			drain(proxy, false)
		}
		c.waitSeen(t, nil)
		c.waitFoundedOn(t, "b")
		c.assertOnlyMoved(t, before)
		c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
	}
}

func TestAShardWithoutBridges(t *testing.T) {
	t.Parallel()
	door, c := crowdDoor(t)
	before, since := c.homes(), time.Now()
	door.Shards["b"].Set(doortest.Health{Web: true, Prosody: true, Jicofo: true})
	c.waitSeen(t, map[string]string{"b": "closed"})
	t.Log("closed after", time.Since(since))
	closed := time.Now()
	c.assertOnlyMoved(t, before)
	c.waitWhole(t, crowdPatient, "b")
	t.Log("whole again after", time.Since(since))
	assert.Greater(t, time.Since(since), crowdTimings.Patience)
	assert.Zero(t, c.foundedOn("b", closed.Add(time.Second), time.Now()))
	c.assertOnlyMoved(t, before, "b")
	// The proxies take the shard down within seconds of each other.
	c.assertUnsplit(t, 15*time.Second, crowdGlimpse)
	c.waitSeen(t, map[string]string{"b": "down"})
	door.Shards["b"].Set(doortest.Well)
	c.assertComesBack(t, "b")
	c.assertUnsplit(t, 15*time.Second, crowdGlimpse)
}

// Neither is a reason to move a room that works: the shard's bridges are being retired, or no shard is any better.
func TestBridgesAreMissingAndNobodyIsMoved(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	none := doortest.Health{Web: true, Prosody: true, Jicofo: true}
	for name, test := range map[string]struct {
		shards []string
		health doortest.Health
		closed map[string]string
	}{
		"retiring":      {[]string{"b"}, doortest.Health{Web: true, Prosody: true, Jicofo: true, Retiring: 2}, map[string]string{"b": "closed"}},
		"all":           {[]string{"a", "b", "c"}, none, nil},
		"Jicofo is out": {[]string{"a", "b", "c"}, doortest.Health{Web: true, Prosody: true}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door, c := crowdDoor(t)
			before := c.homes()
			for _, shard := range test.shards {
				door.Shards[shard].Set(test.health)
			}
			crowdPause(t.Context(), crowdSoon)
			c.waitSeen(t, test.closed)
			start := time.Now()
			crowdPause(t.Context(), 2*crowdTimings.Patience)
			c.waitSeen(t, test.closed)
			for shard := range door.Shards {
				founded := c.foundedOn(shard, start, time.Now())
				assert.Equal(t, test.closed[shard] == "", founded > 0, "%s has %d new rooms", shard, founded)
			}
			for _, shard := range test.shards {
				door.Shards[shard].Set(doortest.Well)
			}
			c.waitSeen(t, nil)
			c.assertOnlyMoved(t, before)
			c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
		})
	}
}
