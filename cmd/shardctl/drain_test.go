package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestDrainReachesRunningAndFutureProxies(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	_, err := c.command(t, "drain", "a")
	require.NoError(t, err)
	assert.Equal(t, []string{"create configmap", "haproxy-0: drain a", "haproxy-1: drain a"}, c.did)
	assert.Equal(t, map[string]string{"a": "2026-03-01T12:00:00Z"}, c.drained)

	// Again: nothing is lost, above all not since when the shard has been drained.
	c.now = c.now.Add(time.Hour)
	_, err = c.command(t, "drain", "a")
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"a": "2026-03-01T12:00:00Z"}, c.drained)
}

func TestUndrainUndoesDrain(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	_, err := c.command(t, "drain", "a")
	require.NoError(t, err)
	for _, proxy := range c.proxies {
		proxy.mounted = map[string]string{"a": ""}
	}
	c.paused = func() { // Kubernetes brings it to one proxy long before the other
		assert.NotContains(t, c.drained, "a")
		for name, proxy := range c.proxies {
			assert.True(t, proxy.forced["a"], "%s must not take new rooms before the other", name)
		}
		if c.now.Sub(start) < time.Minute {
			c.proxies["haproxy-1"].closed["a"] = true
			return
		}
		clear(c.proxies["haproxy-1"].closed)
	}
	out, err := c.command(t, "undrain", "a")
	require.NoError(t, err)
	assert.Empty(t, c.drained)
	for _, proxy := range c.proxies {
		assert.False(t, proxy.forced["a"])
	}
	assert.Contains(t, out, "fit for new rooms, which takes up to three minutes: proxy haproxy-0 has it drained, proxy haproxy-1 has it drained")
	assert.Contains(t, out, ": proxy haproxy-1 has it drained\n")
	_, err = c.command(t, "undrain", "a")
	require.NoError(t, err, "undrain may be repeated")
}

func TestUndrainIsContinuedAfterAnInterruption(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"state drain", "patch", "show servers state", "state ready"} {
		t.Run(call, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b")
			_, err := c.command(t, "drain", "a")
			require.NoError(t, err)
			c.fail[call] = errors.New("lost")
			_, err = c.command(t, "undrain", "a")
			require.ErrorContains(t, err, "lost")
			clear(c.fail)
			c.now = start
			_, err = c.command(t, "undrain", "a")
			require.NoError(t, err)
			assert.Empty(t, c.drained)
			assert.Empty(t, c.proxies["haproxy-0"].mounted)
			assert.False(t, c.proxies["haproxy-0"].forced["a"])
		})
	}
}

func TestUndrainWaitsForAShardThatIsNotWell(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	_, err := c.command(t, "drain", "a")
	require.NoError(t, err)
	c.proxies["haproxy-1"].down["a"] = true
	_, err = c.command(t, "undrain", "a")
	require.ErrorContains(t, err, "proxy haproxy-1 has it down")

	c.now = start
	c.proxies["haproxy-1"].ready = false
	_, err = c.command(t, "undrain", "a")
	require.ErrorContains(t, err, "not every proxy can take the shard back")
}

func TestDrainRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		broken func(*cluster)
		want   string
		shard  string
	}{
		"an unknown shard": {func(*cluster) {}, `the cluster has no shard "z"; it has a, b`, "z"},
		"the last shard": {func(c *cluster) {
			c.proxies["haproxy-1"].closed["b"] = true
		}, "proxy haproxy-1 has no other shard that serves", "a"},
		"when others are down": {func(c *cluster) {
			c.proxies["haproxy-0"].down["b"] = true
		}, "proxy haproxy-0 has no other shard that serves", "a"},
		"half a drain": {func(c *cluster) {
			c.proxies["haproxy-1"].ready = false
		}, "not every proxy took the drain: 1 of 2 proxies are ready (haproxy-0)", "a"},
		"an old proxy": {func(c *cluster) {
			delete(c.proxies["haproxy-1"].known, "a")
		}, "proxy haproxy-1 refuses: No such server.", "a"},
		"without proxies":    {func(c *cluster) { clear(c.proxies) }, "no proxy can take the drain", "a"},
		"a lost connection":  {func(c *cluster) { c.fail["set server"] = errors.New("lost") }, "proxy haproxy-0: lost", "a"},
		"a hidden ConfigMap": {func(c *cluster) { c.fail["configmap"] = errors.New("forbidden") }, "forbidden", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b")
			test.broken(c)
			_, err := c.command(t, "drain", test.shard)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestStatusShowsEveryShard(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b", "c")
	_, err := c.command(t, "drain", "b")
	require.NoError(t, err)
	clear(c.proxies["haproxy-1"].forced) // as after its restart
	c.proxies["haproxy-1"].mounted = c.drained
	c.proxies["haproxy-1"].down["c"] = true
	c.proxies["haproxy-0"].closed["c"] = true
	c.shards["c"].pods["jicofo"].ready = false
	c.shards["a"].revision = "old"
	c.shards["a"].relays[0].revision = "old"
	c.shards["b"].relays = append(c.shards["b"].relays, &fakePod{revision: "old", ready: true})
	c.shards["c"].relays = nil
	out, err := c.command(t, "status")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 4)
	assert.Regexp(t, `^a +serving +- +ready +ready +0 +0 +2 +1 of 1$`, lines[1])
	assert.Regexp(t, `^b +drained +2026-03-01T12:00:00Z +ready, to be rolled +ready, to be rolled +0 +0 +2 +1 of 2, 1 to be rolled$`, lines[2])
	assert.Regexp(t, `^c +haproxy-0=closed,haproxy-1=down +- +ready, to be rolled +down, to be rolled( +unknown){3} +-$`, lines[3])
}

func TestServersOfTheRealHAProxy(t *testing.T) {
	t.Parallel()
	view, err := parseServers(`1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_fqdn
2 shards 800621 a 127.0.0.1 2 0 0 100 1 -
2 shards 800622 b 127.0.0.1 2 0 100 100 1 -
2 shards 800623 c 127.0.0.1 0 0 100 100 1 -
2 shards 800624 d - 2 32 100 100 1 web.shard-d.svc.cluster.local
2 shards 800625 e 127.0.0.1 2 8 100 100 1 -
2 shards 800626 f 127.0.0.1 2 16 100 100 1 -

`)
	require.NoError(t, err)
	assert.Equal(t, map[string]serving{
		"a": {true, false, 0}, "b": {true, false, 100}, "c": {false, false, 100}, "d": {false, false, 100},
		"e": {true, true, 100}, "f": {true, true, 100},
	}, view)

	_, err = parseServers("Can't find backend.\n")
	require.ErrorContains(t, err, "Can't find backend.")
}
