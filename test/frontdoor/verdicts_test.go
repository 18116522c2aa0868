package frontdoor_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/output"
)

// crowdHome is where a lasting room is, and how many WebSockets its users have opened since it was made.
type crowdHome struct {
	shard    string
	connects int
}

func (c *crowd) homes() map[string]crowdHome {
	c.referee.mutex.Lock()
	defer c.referee.mutex.Unlock()
	homes := map[string]crowdHome{}
	for _, room := range c.referee.rooms {
		if room.lasting {
			homes[room.name] = crowdHome{room.home, room.connects}
		}
	}
	return homes
}

// waitWhole waits until all users of every lasting room are together, none of them on the shards that are lost, and returns
// how long that took.
func (c *crowd) waitWhole(t *testing.T, within time.Duration, lost ...string) time.Duration {
	t.Helper()
	start := time.Now()
	broken := func() []string {
		c.referee.mutex.Lock()
		defer c.referee.mutex.Unlock()
		var names []string
		for _, room := range c.referee.rooms {
			if room.lasting && (!room.whole || slices.Contains(lost, room.home)) {
				names = append(names, room.name)
			}
		}
		return names
	}
	require.Eventually(t, func() bool { return len(broken()) == 0 }, within, 100*time.Millisecond, "not whole: %v", crowdList(broken))
	return time.Since(start)
}

// crowdList prints a list as it is when it is printed.
type crowdList func() []string

func (l crowdList) String() string {
	var text string
	for _, name := range l() {
		text += name + " "
	}
	return text
}

// assertOnlyMoved wants every lasting room where it was, with the very same WebSockets, but for those on lost shards.
func (c *crowd) assertOnlyMoved(t *testing.T, before map[string]crowdHome, lost ...string) {
	t.Helper()
	moved := 0
	for room, now := range c.homes() {
		if slices.Contains(lost, before[room].shard) {
			moved++
			assert.NotContains(t, lost, now.shard, room)
			continue
		}
		assert.Equal(t, before[room], now, "%s was touched", room)
	}
	if len(lost) > 0 {
		require.Positive(t, moved, "nobody was on %v", lost)
	}
}

// assertStayed wants every lasting room on the shard where it was; its users may have had to come again.
func (c *crowd) assertStayed(t *testing.T, before map[string]crowdHome) {
	t.Helper()
	for room, now := range c.homes() {
		assert.Equal(t, before[room].shard, now.shard, "%s has moved", room)
	}
}

// foundedOn counts the rooms that were founded on a shard in a span of time.
func (c *crowd) foundedOn(shard string, from, to time.Time) int {
	c.referee.mutex.Lock()
	defer c.referee.mutex.Unlock()
	count := 0
	for _, room := range c.referee.rooms {
		if room.firstShard == shard && room.firstTime.After(from) && room.firstTime.Before(to) {
			count++
		}
	}
	return count
}

// waitFoundedOn waits until new rooms come to a shard.
func (c *crowd) waitFoundedOn(t *testing.T, shard string) {
	t.Helper()
	since := time.Now()
	require.Eventually(t, func() bool { return c.foundedOn(shard, since, time.Now()) > 0 }, time.Minute, 100*time.Millisecond,
		"%s gets no new room", shard)
}

// crowdGlimpse is how long a user may seem to be on two shards when it leaves one for the other on a busy machine.
const crowdGlimpse = time.Second

// assertUnsplit wants that no room's users were on two shards at a time for longer than that.
func (c *crowd) assertUnsplit(t *testing.T, lasting, others time.Duration) {
	t.Helper()
	c.referee.mutex.Lock()
	defer c.referee.mutex.Unlock()
	for _, room := range c.referee.rooms {
		most := others
		if room.lasting {
			most = lasting
		}
		assert.LessOrEqual(t, room.longestSplit, most, "%s, founded on %s at %s, was split from %s: %v",
			room.name, room.firstShard, room.firstTime.Format(time.TimeOnly), room.splitFrom.Format(time.TimeOnly), room.splitUsers)
	}
}

// report logs what the referee has seen.
func (c *crowd) report(t *testing.T) {
	t.Helper()
	var users, splits, moves, connects int
	var longest time.Duration
	for _, room := range c.referee.rooms {
		users, moves, connects = users+room.users, moves+room.moves, connects+room.connects
		longest = max(longest, room.longestSplit)
		if room.longestSplit > 0 {
			splits++
		}
	}
	t.Logf("%d rooms, %d users, %d WebSockets, %d failed attempts, %d reloads; %d moves, %d splits, the longest %v",
		len(c.referee.rooms), users, connects, c.failures.Load(), c.reloads.Load(), moves, splits, longest.Round(time.Millisecond))
	if t.Failed() {
		t.Log(c.notes.String())
	}
}

// crowdNotes are what led to a failure, with the times.
type crowdNotes struct{ output.Buffer }

func (n *crowdNotes) add(format string, arguments ...any) {
	fmt.Fprintf(n, "%s "+format+"\n", append([]any{time.Now().Format("15:04:05.000")}, arguments...)...)
}
