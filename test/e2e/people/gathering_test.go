package people

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/test/e2e/meeting/wire"
)

// empty is a room of a crowd of nobody, whose clock is a hundred times as fast.
func empty(t *testing.T) (*Crowd, *gathering) {
	t.Helper()
	clk, err := clock.Start(time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC), 100)
	require.NoError(t, err)
	c := &Crowd{options: Options{Clock: clk, Log: func(Event) {}}, gatherings: map[string]*gathering{}}
	g := c.gathering("r")
	return c, g
}

func pass(by time.Duration) { <-time.After(by) }

func TestARoomThatMovesWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, g := empty(t)
		g.arrive("a", true)
		g.arrive("a", true)
		began := c.options.Clock.Now()
		g.lost(Broken)
		g.part("a")
		pass(time.Second)
		g.lost(Broken)
		g.part("a")
		pass(2 * time.Second)
		g.arrive("b", false)
		assert.Empty(t, c.ledger.Moves, "half of it")
		pass(time.Second)
		g.arrive("b", false)
		require.Len(t, c.ledger.Moves, 1)
		assert.Equal(t, Move{
			Room: "r", From: "a", To: "b", Began: began, Whole: began.Add(400 * time.Second), Took: 4 * time.Second, Users: 2, Why: Broken,
		}, c.ledger.Moves[0])
		assert.Empty(t, c.Ledger().Partings)
		g.part("b")
		g.leave()
		g.part("b")
		g.leave()
		assert.Empty(t, c.gatherings)
		assert.Len(t, c.ledger.Moves, 1, "and no other")
	})
}

func TestARoomThatComesBackHasNotMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, g := empty(t)
		g.arrive("a", true)
		g.lost(Broken)
		g.part("a")
		g.arrive("a", false)
		assert.Nil(t, g.trouble)
		assert.Empty(t, c.ledger.Moves)
	})
}

func TestARoomThatEndsOnItsWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, g := empty(t)
		g.arrive("a", true)
		g.arrive("a", true)
		g.lost(Broken)
		g.part("a")
		g.part("a")
		g.arrive("b", false)
		g.part("b")
		g.leave()
		g.leave()
		require.Len(t, c.ledger.Moves, 1)
		assert.Zero(t, c.ledger.Moves[0].Whole)
		assert.Equal(t, "b", c.ledger.Moves[0].To)
		assert.Empty(t, c.gatherings)
	})
}

func TestASplitIsTimed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, g := empty(t)
		g.arrive("a", true)
		g.arrive("b", true)
		pass(SplitBound)
		assert.Empty(t, c.Ledger().LongPartings())
		assert.Len(t, c.Ledger().Partings, 1, "one that goes on counts too")
		pass(time.Second)
		require.Len(t, c.Ledger().LongPartings(), 1)
		g.lost(Elsewhere)
		g.part("b")
		pass(time.Minute)
		g.arrive("a", false)
		parting := c.Ledger().LongPartings()
		require.Len(t, parting, 1)
		assert.Equal(t, SplitBound+time.Second, parting[0].Lasted)
		assert.Equal(t, map[string]int{"a": 1, "b": 1}, parting[0].Users)
		assert.Empty(t, c.ledger.Moves, "it has always been at home on a")
	})
}

func TestWhoIsWithoutMedia(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC)
	after := func(minutes int) time.Time { return at.Add(time.Duration(minutes) * time.Minute) }
	for name, test := range map[string]struct {
		play    func(c *Crowd, m *media)
		without int // minutes
		cuts    int
	}{
		"nobody to talk to": {func(c *Crowd, m *media) { m.hear(c, wire.Alone, after(0)); m.end(c, after(9)) }, 0, 0},
		"a conference": {func(c *Crowd, m *media) {
			m.hear(c, wire.Alone, after(0))
			m.hear(c, wire.On, after(1))
			m.end(c, after(9))
		}, 0, 0},
		"its bridge is lost": {func(c *Crowd, m *media) {
			m.hear(c, wire.On, after(0))
			m.hear(c, wire.Off, after(1))
			m.hear(c, wire.On, after(3))
			m.end(c, after(9))
		}, 2, 1},
		"no bridge until the end": {func(c *Crowd, m *media) { m.hear(c, wire.Off, after(0)); m.end(c, after(9)) }, 9, 0},
		"the others give up": {func(c *Crowd, m *media) {
			m.hear(c, wire.Off, after(0))
			m.hear(c, wire.Alone, after(4))
			m.end(c, after(9))
		}, 4, 0},
		"the shard is lost": {func(c *Crowd, m *media) {
			m.hear(c, wire.On, after(0))
			m.unheard(c)
			m.missed(after(1))
			m.hear(c, wire.Alone, after(3))
			m.hear(c, wire.On, after(4))
			m.end(c, after(9))
		}, 3, 0},
		"and the others do not come": {func(c *Crowd, m *media) {
			m.hear(c, wire.On, after(0))
			m.missed(after(1))
			m.hear(c, wire.Alone, after(3))
			m.end(c, after(9))
		}, 2, 0},
		"a session that was taken up again": {func(c *Crowd, m *media) {
			m.hear(c, wire.On, after(0))
			m.unheard(c)
			m.hear(c, wire.On, after(5))
			m.end(c, after(9))
		}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, m := &Crowd{}, &media{}
			test.play(c, m)
			assert.Equal(t, time.Duration(test.without)*time.Minute, c.ledger.WithoutMedia)
			assert.Equal(t, test.cuts, c.ledger.Cuts)
			assert.Zero(t, c.waiting)
		})
	}
}

func TestWaitsGrow(t *testing.T) {
	t.Parallel()
	u := newUser(&Crowd{}, Stay{User: "one", Room: "r"})
	assert.Zero(t, u.wait(), "at once")
	for tries, most := range map[int]time.Duration{1: firstRetry, 2: 2 * firstRetry, 3: 4 * firstRetry, 6: lastRetry, 5000: lastRetry} {
		u.tries = tries
		wait := u.wait()
		assert.True(t, wait >= most/2 && wait <= most, "%s after %d tries", wait, tries)
	}
}

func TestRooms(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][3]string{
		"Daily":      {"/Daily", "/xmpp-websocket?room=daily", "daily"},
		"Team/DAILY": {"/Team/DAILY", "/team/xmpp-websocket?room=daily", "team/daily"},
	} {
		r, err := parseRoom(text)
		require.NoError(t, err)
		assert.Equal(t, want, [3]string{r.page(), r.signalling(), r.key()})
	}
	for _, text := range []string{"", "/", "a/b/c", "a b", "a/", "-a", strings.Repeat("é", 3)} {
		_, err := parseRoom(text)
		assert.ErrorContains(t, err, "is no room", text)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	for page, want := range map[string]string{
		`<script>var config = {deploymentInfo: {shard: 'a'}};</script>`:                           "a",
		"config = {\n  deploymentInfo: {\n    region: \"westeurope\",\n    shard: \"b2\",\n  } }": "b2",
	} {
		shard, err := shardOf([]byte(page))
		require.NoError(t, err)
		assert.Equal(t, want, shard)
	}
	for _, page := range []string{"", "shard: 'a'", "deploymentInfo: {shard: ''}", "deploymentInfo: {region: 'x'} shard: 'a'"} {
		_, err := shardOf([]byte(page))
		assert.Error(t, err, page)
	}
}

func FuzzPage(f *testing.F) {
	f.Add([]byte(`deploymentInfo: {shard: 'a'}`))
	f.Fuzz(func(t *testing.T, page []byte) {
		if shard, err := shardOf(page); err == nil {
			require.NotEmpty(t, shard)
			require.Contains(t, string(page), shard)
		}
	})
}
