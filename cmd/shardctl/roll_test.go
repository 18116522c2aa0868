package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestWaitEmptyWaitsForMeetingsAndForMemory(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	shard := c.shards["a"]
	shard.stats = `{"conferences":2,"participants":7,"bridge_selector":{"operational_bridge_count":2}}`
	c.proxies["haproxy-1"].rooms["KEY"] = "a"
	looks := 0
	c.looked = func(string) {
		switch looks++; looks {
		case 3:
			shard.stats = empty
		case 5:
			clear(c.proxies["haproxy-1"].rooms)
		case 6: // somebody came back between two looks
			shard.stats = `{"conferences":1,"participants":1,"bridge_selector":{}}`
		case 7:
			shard.stats = empty
		}
	}
	out, err := c.command(t, "wait-empty", "a")
	require.NoError(t, err)
	assert.Equal(t, 8, looks, out)
	assert.Contains(t, out, "2 conferences, 7 participants")
	assert.Contains(t, out, "the front door still remembers rooms of it")
	assert.Contains(t, out, "nobody meets on shard a")
	assert.Empty(t, c.did, "waiting changes nothing")
}

func TestWaitEmptyNeverTakesSilenceForEmptiness(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*cluster){
		"no answer":            func(c *cluster) { c.shards["a"].pods["jicofo"].ready = false },
		"no numbers":           func(c *cluster) { c.shards["a"].stats = `{}` },
		"nonsense":             func(c *cluster) { c.shards["a"].stats = `<html>` },
		"a proxy away":         func(c *cluster) { c.proxies["haproxy-1"].ready = false },
		"only participants":    func(c *cluster) { c.shards["a"].stats = `{"conferences":0,"participants":1,"bridge_selector":{}}` },
		"a proxy says nothing": func(c *cluster) { c.fail["show table"] = errors.New("lost") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b")
			broken(c)
			_, err := c.command(t, "wait-empty", "a")
			require.ErrorContains(t, err, "gave up waiting until shard a is empty")
		})
	}
}

func TestRollRestartsOnlyAnEmptyDrainedShard(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b", "c")
	c.shards["a"].stats = `{"conferences":1,"participants":2,"bridge_selector":{"operational_bridge_count":2}}`
	looks := 0
	c.looked = func(shard string) {
		assert.Equal(t, "a", shard)
		if looks++; looks == 4 {
			c.shards["a"].stats = empty
		}
		if looks <= 4 {
			assert.Len(t, c.did, 3, "only the drain happens while people meet")
		}
	}
	out, err := c.command(t, "roll", "a")
	require.NoError(t, err, out)
	assert.Equal(t, []string{
		"create configmap", "haproxy-0: drain a", "haproxy-1: drain a",
		"delete a/prosody", "delete a/jicofo",
		"haproxy-0: drain a", "haproxy-1: drain a", "forget a", "haproxy-0: ready a", "haproxy-1: ready a",
	}, c.did)
	for name, shard := range c.shards {
		assert.Equal(t, name == "a", shard.pods["prosody"].uid == 100, "shard %s", name)
	}
}

func TestRollRefusesWhileAnotherShardIsOutOfService(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		broken func(*cluster)
		want   string
	}{
		"drained":          {func(c *cluster) { c.drained = map[string]string{"b": "2026-03-01T11:00:00Z"} }, "shard b is drained"},
		"drained by hand":  {func(c *cluster) { c.proxies["haproxy-1"].forced["b"] = true }, "proxy haproxy-1 has shard b drained"},
		"not settled":      {func(c *cluster) { c.proxies["haproxy-1"].closed["b"] = true }, "proxy haproxy-1 has shard b closed"},
		"down":             {func(c *cluster) { c.proxies["haproxy-0"].down["b"] = true }, "proxy haproxy-0 has shard b down"},
		"Prosody away":     {func(c *cluster) { delete(c.shards["b"].pods, "prosody") }, "shard b: prosody not ready"},
		"Jicofo not ready": {func(c *cluster) { c.shards["b"].pods["jicofo"].ready = false }, "shard b: jicofo not ready"},
		"a proxy away":     {func(c *cluster) { c.proxies["haproxy-1"].ready = false }, "1 of 2 proxies are ready"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b", "c")
			test.broken(c)
			_, err := c.command(t, "roll", "a")
			require.ErrorContains(t, err, test.want)
			assert.Empty(t, c.did, "a refused roll changes nothing")
		})
	}
}

func TestRollLooksAgainBeforeItRestarts(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meanwhile func(*cluster)
		want      string
	}{
		"a proxy lost the drain": {func(c *cluster) {
			fresh := newFakeProxy([]string{"a", "b", "c"}) // it started before the ConfigMap had reached it
			fresh.stale = true
			c.proxies["haproxy-1"] = fresh
		}, "the drain does not hold: proxy haproxy-1 sends new rooms to shard a"},
		"another shard failed": {func(c *cluster) { c.proxies["haproxy-1"].down["b"] = true }, "another shard is out of service"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b", "c")
			c.looked = func(string) { test.meanwhile(c) }
			_, err := c.command(t, "roll", "a")
			require.ErrorContains(t, err, test.want)
			assert.NotContains(t, strings.Join(c.did, "\n"), "delete")
		})
	}
}

func TestRollIsContinuedAfterAnInterruption(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	// The new pods stay without a bridge until the first roll has given up.
	c.looked = func(string) {
		if c.shards["a"].pods["jicofo"].uid == 100 {
			c.shards["a"].stats = `{"conferences":0,"participants":0,"bridge_selector":{"operational_bridge_count":0}}`
		}
	}
	_, err := c.command(t, "roll", "a")
	require.ErrorContains(t, err, "no bridge has connected")
	assert.Contains(t, c.drained, "a", "a shard that does not serve stays drained")

	c.now = start.Add(30 * time.Minute)
	c.looked = func(string) { c.shards["a"].stats = empty }
	c.did = nil
	_, err = c.command(t, "roll", "a")
	require.NoError(t, err)
	assert.NotContains(t, strings.Join(c.did, "\n"), "delete", "the pods were restarted already")
	assert.Empty(t, c.drained)
}

func TestRollRestartsAgainWhatAnotherRestartLeftOld(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*fakePod){
		"a crash after the drain, before the deployment": func(p *fakePod) { p.revision = "old" },
		"a deployment long before the drain":             func(p *fakePod) { p.created = start.Add(-24 * time.Hour) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b")
			c.drained = map[string]string{"a": start.Add(-2 * time.Hour).Format(time.RFC3339)}
			for _, pod := range c.shards["a"].pods {
				*pod = fakePod{revision: "new", created: start.Add(-time.Hour), ready: true}
			}
			spoil(c.shards["a"].pods["jicofo"])
			_, err := c.command(t, "roll", "a")
			require.NoError(t, err)
			assert.Contains(t, c.did, "delete a/jicofo")
		})
	}
}

func TestRollWaitsForPodsOfTheDeployedTemplate(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.madeFrom = "old" // as when Kubernetes has not seen the new template yet
	c.paused = func() {
		if c.shards["a"].pods["prosody"].uid == 100 && c.shards["a"].pods["prosody"].revision == "old" {
			assert.Contains(t, c.drained, "a")
			c.shards["a"].pods["prosody"].revision, c.shards["a"].pods["jicofo"].revision = "new", "new"
		}
	}
	out, err := c.command(t, "roll", "a")
	require.NoError(t, err)
	assert.Contains(t, out, "prosody is not ready, jicofo is not ready")
}

func TestRollReportsAPodThatCannotBeDeleted(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.fail["delete"] = errors.New("forbidden")
	_, err := c.command(t, "roll", "a")
	require.ErrorContains(t, err, "roll a: forbidden")
	assert.Contains(t, c.drained, "a")
}

func TestReloadWaitsForTheCertificateToArrive(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.shards["a"].mounted = "an older certificate"
	out, err := c.command(t, "reload-certificates", "a")
	require.NoError(t, err)
	assert.Contains(t, out, "it still has older ones")
	assert.Equal(t, []string{"reload a"}, c.did)
}
