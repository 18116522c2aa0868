package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
)

func TestDrainReachesRunningAndFutureProxies(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	_, err := c.command(t, "drain", "a")
	require.NoError(t, err)
	assert.Equal(t, []string{"create configmap", "haproxy-0: a=0", "haproxy-1: a=0"}, c.did)
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
	_, err = c.command(t, "undrain", "a")
	require.NoError(t, err)
	assert.Empty(t, c.drained)
	for _, proxy := range c.proxies {
		assert.Equal(t, config.Weight, proxy.weights["a"])
	}
	_, err = c.command(t, "undrain", "a")
	require.NoError(t, err, "undrain may be repeated")
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
			c.proxies["haproxy-1"].weights["b"] = 0
		}, "proxy haproxy-1 has no other shard that serves", "a"},
		"when others are down": {func(c *cluster) {
			c.proxies["haproxy-0"].down["b"] = true
		}, "proxy haproxy-0 has no other shard that serves", "a"},
		"half a drain": {func(c *cluster) {
			c.proxies["haproxy-1"].ready = false
		}, "not every proxy took the drain: 1 of 2 proxies are ready (haproxy-0)", "a"},
		"an old proxy": {func(c *cluster) {
			delete(c.proxies["haproxy-1"].weights, "a")
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
		"create configmap", "haproxy-0: a=0", "haproxy-1: a=0",
		"delete a/prosody", "delete a/jicofo",
		"haproxy-0: a=100", "haproxy-1: a=100", "forget a",
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
		"drained by hand":  {func(c *cluster) { c.proxies["haproxy-1"].weights["b"] = 0 }, "proxy haproxy-1 has shard b drained"},
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
		"a proxy lost the drain": {func(c *cluster) { c.proxies["haproxy-1"].weights["a"] = config.Weight }, "the drain does not hold"},
		"another shard failed":   {func(c *cluster) { c.proxies["haproxy-1"].down["b"] = true }, "another shard is out of service"},
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
		if c.shards["a"].pods["prosody"].uid == 100 {
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

func TestRoomSaysWhereItIs(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.proxies["haproxy-0"].rooms[config.RoomKey("/Daily")] = "b"
	out, err := c.command(t, "room", "daily")
	require.NoError(t, err)
	assert.Contains(t, out, "shard b, say haproxy-0")
	assert.Contains(t, out, "nobody meets there, say haproxy-1")

	c.proxies["haproxy-1"].rooms[config.RoomKey("daily")] = "a"
	_, err = c.command(t, "room", "Daily")
	require.ErrorContains(t, err, "the room is split over shards a, b")
}

func TestStatusShowsEveryShard(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b", "c")
	_, err := c.command(t, "drain", "b")
	require.NoError(t, err)
	c.proxies["haproxy-1"].down["c"] = true
	c.shards["c"].pods["jicofo"].ready = false
	c.shards["a"].revision = "old"
	out, err := c.command(t, "status")
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 4)
	assert.Regexp(t, `^a +serving +- +ready +ready +0 +0 +2$`, lines[1])
	assert.Regexp(t, `^b +drained +2026-03-01T12:00:00Z +ready, to be rolled +ready, to be rolled +0 +0 +2$`, lines[2])
	assert.Regexp(t, `^c +haproxy-0=serving,haproxy-1=down +- +ready, to be rolled +down, to be rolled( +unknown){3}$`, lines[3])
}

// What HAProxy 2.6 prints.
func TestServersOfTheRealHAProxy(t *testing.T) {
	t.Parallel()
	view, err := parseServers(`1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_fqdn
2 shards 800621 a 127.0.0.1 2 0 0 100 1 -
2 shards 800622 b 127.0.0.1 2 0 100 100 1 -
2 shards 800623 c 127.0.0.1 0 0 100 100 1 -
2 shards 800624 d - 2 32 100 100 1 web.shard-d.svc.cluster.local

`)
	require.NoError(t, err)
	assert.Equal(t, map[string]serving{"a": {true, 0}, "b": {true, 100}, "c": {false, 100}, "d": {false, 100}}, view)

	_, err = parseServers("Can't find backend.\n")
	require.ErrorContains(t, err, "Can't find backend.")
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	for name, arguments := range map[string][]string{
		"nothing": {}, "unknown": {"restart", "a"}, "no shard": {"roll"}, "two shards": {"roll", "a", "b"}, "a flag": {"--force", "roll", "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, problems strings.Builder
			assert.Equal(t, 2, run(t.Context(), arguments, &out, &problems))
			assert.Contains(t, problems.String(), "shardctl [flags] COMMAND")
		})
	}
}

// The real kubectl is a program: this one prints what it was given.
func TestKubectlIsRunAsAProgram(t *testing.T) {
	folder := t.TempDir()
	script := "#!/bin/sh\nif [ \"$1\" = fail ]; then echo 'no such context' >&2; exit 1; fi\nprintf '%s|' \"$@\"; cat\n"
	require.NoError(t, os.WriteFile(filepath.Join(folder, "kubectl"), []byte(script), 0o700))
	t.Setenv("PATH", folder+":"+os.Getenv("PATH"))

	text, err := (&command{context: "dev"}).run(t.Context(), "input", "get", "pods")
	require.NoError(t, err)
	assert.Equal(t, "--context|dev|get|pods|input", text)

	_, err = (&command{}).run(t.Context(), "", "fail")
	require.ErrorContains(t, err, "kubectl fail: exit status 1: no such context")
	exit := &exec.ExitError{}
	require.ErrorAs(t, err, &exit)
}

func TestPauseEndsWithTheContext(t *testing.T) {
	t.Parallel()
	require.NoError(t, pauseFor(time.Millisecond)(t.Context()))
}
