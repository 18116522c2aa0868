package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/room"
)

func TestRoomSaysWhereItIs(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	key := room.Key("/Daily")
	c.proxies["haproxy-0"].rooms[key] = "b"
	for _, name := range []string{"daily", "/Daily", "key=" + key, "key=" + strings.ToLower(key)} {
		out, err := c.command(t, "room", name)
		require.NoError(t, err)
		assert.Equal(t, "key="+key+": shard b, say haproxy-0; nobody meets there, say haproxy-1\n", out)
	}
	out, err := c.command(t, "room", "tenant/Daily")
	require.NoError(t, err)
	assert.Equal(t, "key="+room.Key("/tenant/Daily")+": nobody meets there, say haproxy-0, haproxy-1\n", out)

	c.proxies["haproxy-1"].rooms[key] = "a"
	_, err = c.command(t, "room", "Daily")
	require.ErrorContains(t, err, "the room is split over shards a, b")
}

func TestRoomsCountsWhatEachProxyHas(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.proxies["haproxy-0"].rooms = map[string]string{"K1": "a", "K2": "a", "K3": "b"}
	c.proxies["haproxy-1"].rooms = map[string]string{"K1": "a", "K2": "b"}
	out, err := c.command(t, "rooms")
	require.NoError(t, err)
	assert.Equal(t, `PROXY      ROOMS  a  b
haproxy-0  3      2  1
haproxy-1  2      1  1
12:00:00 3 rooms, 1 of them on different shards in different proxies, 1 not in every proxy
`, out)

	c.proxies["haproxy-1"].ready = false
	out, err = c.command(t, "rooms")
	require.ErrorContains(t, err, "1 of 2 proxies are ready (haproxy-0)")
	assert.Contains(t, out, "haproxy-0  3      2  1")
}

func TestRoomsAreWatchedUntilInterrupted(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	ctx, interrupt := context.WithCancel(t.Context())
	looks := 0
	c.paused = func() {
		switch looks++; looks {
		case 1:
			c.fail["show table"] = errors.New("lost")
		case 2:
			clear(c.fail)
		case 3:
			interrupt()
		}
	}
	var out strings.Builder
	require.NoError(t, c.operator(&out).do(ctx, []string{"rooms", "--watch"}))
	assert.Equal(t, 2, strings.Count(out.String(), "0 rooms"), out.String())
	assert.Contains(t, out.String(), "12:00:10 not all could be found out: proxy haproxy-0: lost")
}

// A room's first request has no shard yet.
func TestTableOfTheRealHAProxy(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string]string{"ABC": "a"}, parseTable(`# table: shards, type: string, size:100000, used:2
0x7f16040a5f70: key=ABC use=0 exp=299921 shard=0 server_id=826367 server_key=a
0x7f16040a5f71: key=DEF use=1 exp=299921 shard=0 server_id=0
`))
}

func TestSplitsFindsRoomsInTwoPlaces(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b", "c")
	out, err := c.command(t, "splits")
	require.NoError(t, err)
	assert.Contains(t, out, "no split found")

	split, moving, counted := room.Key("split"), room.Key("moving"), room.Key("/tenant/counted")
	c.proxies["haproxy-0"].rooms = map[string]string{split: "b", moving: "b", "K": "a"}
	c.proxies["haproxy-1"].rooms = map[string]string{split: "a", moving: "a", "K": "a"}
	c.paused = func() { c.proxies["haproxy-1"].rooms[moving] = "b" }
	c.shards["a"].conferences = `["counted@muc.tenant.meet.jitsi","split@muc.meet.jitsi"]`
	c.shards["b"].conferences = `["counted@muc.other.meet.jitsi"]`
	c.shards["c"].conferences = `["[tenant]counted@muc.meet.jitsi"]`
	out, err = c.command(t, "splits")
	require.ErrorContains(t, err, "2 rooms are split")
	assert.Equal(t, "key="+split+": shard a, say haproxy-1; shard b, say haproxy-0\n"+
		"key="+counted+": Jicofo has a conference on shards a, c\n", out)
}

func TestSplitsSaysWhatItCouldNotLookAt(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		broken func(*cluster)
		want   string
	}{
		"Jicofo is away":   {func(c *cluster) { c.shards["b"].pods["jicofo"].ready = false }, "connection refused"},
		"Jicofo is odd":    {func(c *cluster) { c.shards["b"].conferences = "{}" }, "Jicofo of shard b: it is no list of rooms"},
		"a proxy is away":  {func(c *cluster) { c.proxies["haproxy-1"].ready = false }, "1 of 2 proxies are ready"},
		"a table is lost":  {func(c *cluster) { c.fail["show table"] = errors.New("lost") }, "proxy haproxy-1: lost"},
		"there is nothing": {func(c *cluster) { clear(c.proxies) }, "no proxy can be asked"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b", "c")
			c.shards["a"].conferences = `["daily@muc.meet.jitsi"]`
			c.shards["c"].conferences = `["daily@muc.meet.jitsi"]`
			test.broken(c)
			out, err := c.command(t, "splits")
			require.ErrorContains(t, err, "1 rooms are split")
			require.ErrorContains(t, err, "not everything could be looked at")
			require.ErrorContains(t, err, test.want)
			assert.Contains(t, out, "Jicofo has a conference on shards a, c")
		})
	}
}

func TestConferences(t *testing.T) {
	t.Parallel()
	keys, err := parseConferences(`["daily@muc.meet.jitsi", "daily@muc.ten_ant.meet.jitsi", "[ten_ant]daily@muc.meet.jitsi",
		"caf%c3%a9@muc.meet.jitsi", "3f2c@breakout.meet.jitsi", "3f2c@breakout.tenant.meet.jitsi"]`)
	require.NoError(t, err)
	tenant := room.Key("/ten.ant/Daily") // the web server makes underscores of a tenant's dots
	assert.Equal(t, []string{room.Key("/Daily"), tenant, tenant, room.Key("/Caf\u00e9")}, keys)

	for _, text := range []string{
		"", "null", "{}", `["daily"]`, `["@muc.meet.jitsi"]`, `[null]`, `[7]`, `["daily@muc.meet.jitsi"`, `["daily@muc.meet.jitsi"] x`,
		`["daily@muc.meet.jitsi/focus"]`, `["daily@muc.example.org"]`, `["daily@muc.xmeet.jitsi"]`, `["daily@internal-muc.meet.jitsi"]`,
		"<html>",
	} {
		_, err := parseConferences(text)
		require.Error(t, err, text)
		assert.NotContains(t, err.Error(), "daily", "users' names are in no message")
	}
}

func FuzzConferences(f *testing.F) {
	f.Add(`["daily@muc.meet.jitsi","[tenant]caf%c3%a9@muc.meet.jitsi"]`)
	f.Add(`["daily@muc.tenant.meet.jitsi","0@breakout.meet.jitsi"]`)
	f.Fuzz(func(t *testing.T, text string) {
		keys, err := parseConferences(text)
		if err != nil {
			require.Empty(t, keys)
		}
		require.LessOrEqual(t, len(keys), strings.Count(text, "@")+strings.Count(text, `\u0040`))
		for _, key := range keys {
			require.Regexp(t, "^[0-9A-F]{32}$", key)
		}
	})
}

func TestRepairChoosesTheShard(t *testing.T) {
	t.Parallel()
	key := room.Key("Daily")
	for name, test := range map[string]struct {
		at        []string // per proxy
		jicofo    []string // shards that count it
		arguments []string
		want, err string
	}{
		"where most have it":        {at: []string{"a", "b", "b"}, jicofo: []string{"a"}, want: "b"},
		"where the only one has it": {at: []string{"", "", "a"}, want: "a"},
		"on a tie where Jicofo is":  {at: []string{"a", "b", ""}, jicofo: []string{"b"}, want: "b"},
		"unknown, where Jicofo is":  {at: []string{"", "", ""}, jicofo: []string{"c"}, want: "c"},
		"where it is told":          {at: []string{"a", "b", "b"}, arguments: []string{"a"}, want: "a"},
		"a tie of all":              {at: []string{"a", "b", "c"}, jicofo: []string{"a", "b"}, err: "nor does Jicofo (shards: a, b); name the shard"},
		"nobody knows":              {at: []string{"", "", ""}, err: "nor does Jicofo (shards: ); name the shard"},
		"no such shard":             {at: []string{"a", "b", "b"}, arguments: []string{"z"}, err: `no shard "z"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b", "c")
			c.proxies["haproxy-2"], c.wantedProxies = newFakeProxy([]string{"a", "b", "c"}), 3
			for index, shard := range test.at {
				if shard != "" {
					c.proxies["haproxy-"+string(rune('0'+index))].rooms[key] = shard
				}
			}
			for _, shard := range test.jicofo {
				c.shards[shard].conferences = `["daily@muc.meet.jitsi"]`
			}
			out, err := c.command(t, append([]string{"repair", "Daily"}, test.arguments...)...)
			if test.err != "" {
				require.ErrorContains(t, err, test.err)
				assert.Empty(t, c.did)
				return
			}
			require.NoError(t, err)
			assert.Contains(t, out, "every proxy has the room on shard "+test.want+"; users on another shard come over")
			assert.Equal(t, []string{"haproxy-0: pin to " + test.want, "haproxy-1: pin to " + test.want, "haproxy-2: pin to " + test.want}, c.did)
		})
	}
}

func TestRepairRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		broken func(*cluster)
		want   string
	}{
		"a shard that is down":   {func(c *cluster) { c.proxies["haproxy-1"].down["b"] = true }, "proxy haproxy-1 has shard b down"},
		"a shard that is new":    {func(c *cluster) { delete(c.proxies["haproxy-1"].known, "b") }, "proxy haproxy-1 has shard b down"},
		"without proxies":        {func(c *cluster) { clear(c.proxies) }, "no proxy can be told"},
		"what cannot be told":    {func(c *cluster) { c.fail["GET /?key="] = errors.New("lost") }, "gave up waiting until every proxy has the room on shard b"},
		"half a success to pass": {func(c *cluster) { c.proxies["haproxy-1"].ready = false }, "not every proxy was told: 1 of 2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCluster("a", "b")
			test.broken(c)
			_, err := c.command(t, "repair", "Daily", "b")
			require.ErrorContains(t, err, test.want)
		})
	}
	c := newCluster("a", "b")
	c.shards["a"].pods["jicofo"].ready = false
	_, err := c.command(t, "repair", "Daily")
	require.ErrorContains(t, err, "Jicofo cannot be asked")
	assert.Empty(t, c.did)
}

// An answer to a request from before the repair writes the old shard into the table.
func TestRepairOutlastsLateAnswers(t *testing.T) {
	t.Parallel()
	c := newCluster("a", "b")
	c.paused = func() {
		if c.now.Sub(start) == 50*time.Second {
			c.proxies["haproxy-1"].rooms[room.Key("Daily")] = "a"
		}
	}
	out, err := c.command(t, "repair", "Daily", "b")
	require.NoError(t, err)
	assert.Len(t, c.did, 4, "%s", out)
	assert.Equal(t, "b", c.proxies["haproxy-1"].rooms[room.Key("Daily")])
	assert.GreaterOrEqual(t, c.now.Sub(start), 50*time.Second+lateAnswers)
}
