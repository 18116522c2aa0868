package people_test

import (
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/meeting/meetingtest"
	"jitsi-meet-azure/test/e2e/people"
)

// town is two shards behind a real front door.
type town struct {
	tb     testing.TB
	clk    clock.Clock
	shards map[string]*meeting.Shard
	pods   map[string]*meetingtest.Pods
	door   *doortest.Door
	// through says which proxies the load balancer gives.
	through []atomic.Bool

	mu   sync.Mutex
	news []people.Event
}

func build(tb testing.TB, factor float64, proxies, bridges int) *town {
	tb.Helper()
	clk, err := clock.Start(begins(), factor)
	require.NoError(tb, err)
	w := &town{
		tb: tb, clk: clk, shards: map[string]*meeting.Shard{}, pods: map[string]*meetingtest.Pods{},
		through: make([]atomic.Bool, proxies),
	}
	for _, name := range []string{"a", "b"} {
		s := meeting.New(name, clk, nil)
		w.shards[name], w.pods[name] = s, meetingtest.Start(tb, s, name)
		for number := range bridges {
			s.AddBridge(bridgetest.New(bridgetest.Settings{Nickname: fmt.Sprintf("%s-%d", name, number), Now: clk.Now}))
		}
	}
	w.door = doortest.Open(tb, doortest.Options{Proxies: proxies, Change: func(c *config.Config) {
		for index := range c.Backends {
			b := &c.Backends[index]
			pods := w.pods[b.Shard]
			b.Host, b.Port = pods.WebAddress.String(), names.WebPort
			b.JicofoHost, b.JicofoPort = pods.JicofoAddress.String(), names.JicofoPort
		}
	}})
	for index, proxy := range w.door.Proxies {
		w.through[index].Store(true)
		proxy.WaitServers(tb, time.Minute, map[string]string{"a": "open", "b": "open"})
	}
	return w
}

// dial is the load balancer.
func (w *town) dial() func(context.Context) (net.Conn, error) {
	var next atomic.Uint32
	return func(ctx context.Context) (net.Conn, error) {
		for range w.door.Proxies {
			index := int(next.Add(1)) % len(w.door.Proxies)
			if w.through[index].Load() {
				return new(net.Dialer).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", w.door.Proxies[index].Ports.HTTPS))
			}
		}
		return nil, fmt.Errorf("no proxy")
	}
}

func (w *town) options(day people.Curve, peak int) people.Options {
	return people.Options{
		Clock: w.clk, Domain: doortest.Domain, Dial: w.dial(), Insecure: true, Seed: 1, Day: day, Peak: peak,
		From: w.clk.Now(), Until: w.clk.Now().Add(2 * time.Hour), Log: func(event people.Event) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.news = append(w.news, event)
		},
	}
}

// until waits for what must come. It looks in the test's own goroutine.
func (w *town) until(limit time.Duration, so func() bool, otherwise func() string) {
	w.tb.Helper()
	for limit := time.After(limit); !so(); {
		select {
		case <-limit:
			require.Fail(w.tb, otherwise())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// gathered are meetings that all begin now and go on until the end of the test.
func gathered(rooms, each int) people.Curve {
	var day people.Curve
	for number := range rooms {
		name := fmt.Sprintf("room-%d", number)
		if number%3 == 0 {
			name = "team/" + name
		}
		day.Lasting = append(day.Lasting, people.Lasting{Room: name, From: 5 * time.Hour, To: 23 * time.Hour, People: each})
	}
	return day
}

// homes are the rooms with a conference, by shard.
func (w *town) homes() map[string]string {
	homes := map[string]string{}
	for name, s := range w.shards {
		for _, c := range s.Conferences() {
			homes[c.Room] = name
		}
	}
	return homes
}

// everybody waits until all are in and have media.
func (w *town) everybody(crowd *people.Crowd, rooms, each int, limit time.Duration) {
	w.tb.Helper()
	w.until(limit, func() bool {
		now := crowd.Now()
		return now.Joined == rooms*each && now.Connecting == 0 && now.Waiting == 0 && now.Rooms == rooms && len(w.homes()) == rooms
	}, func() string { return fmt.Sprintf("not everybody is together: %+v, %+v", crowd.Now(), crowd.Ledger()) })
}

func TestAShardIsLostAndItsRoomsMoveWhole(t *testing.T) {
	t.Parallel()
	const rooms, each = 20, 4
	w := build(t, 20, 2, 2)
	crowd, err := people.Run(t.Context(), w.options(gathered(rooms, each), 0))
	require.NoError(t, err)
	w.everybody(crowd, rooms, each, time.Minute)
	before := w.homes()
	onA := slices.DeleteFunc(slices.Collect(maps.Keys(before)), func(room string) bool { return before[room] != "a" })
	require.NotEmpty(t, onA)
	require.Less(t, len(onA), rooms, "both shards have rooms")
	calm := crowd.Ledger()
	assert.Equal(t, rooms*each, calm.Joins)
	assert.Zero(t, calm.Reconnections+calm.Cuts+calm.Reloads+len(calm.Moves))

	w.pods["a"].Kill()
	w.everybody(crowd, rooms, each, time.Minute)
	after := crowd.Ledger()
	assert.Equal(t, map[string]people.Share{"b": {People: rooms * each, Rooms: rooms}}, crowd.Now().Shards, "nobody stays behind")
	var moved []string
	for _, move := range after.Moves {
		moved = append(moved, move.Room)
		assert.Equal(t, [2]string{"a", "b"}, [2]string{move.From, move.To})
		assert.Equal(t, each, move.Users)
		assert.Equal(t, people.Broken, move.Why)
		assert.False(t, move.Whole.Before(move.Began))
		assert.Less(t, move.Took, 40*time.Second)
	}
	assert.ElementsMatch(t, onA, moved, "the rooms of the lost shard, each once, and no other")
	assert.Empty(t, after.LongPartings())
	assert.Equal(t, len(onA)*each, after.Rejoined)
	assert.Zero(t, after.Resumed)
	assert.Positive(t, after.Refused, "until the front door had given the shard up")
	assert.Greater(t, after.WithoutMedia, time.Duration(len(onA)*each)*10*time.Second)
	assert.Len(t, w.shards["a"].Cuts(), len(onA))
	for _, cut := range w.shards["a"].Cuts() {
		assert.Equal(t, meeting.ShardLost, cut.Cause)
	}
	assert.Empty(t, w.shards["b"].Cuts())
	counts, goOn := presences(t, crowd)
	assert.Equal(t, map[string]int{"a": len(onA) * each, "b": rooms * each}, counts)
	assert.Equal(t, rooms*each, goOn)
}

func TestAProxyGoesAndNobodyNotices(t *testing.T) {
	t.Parallel()
	const rooms, each = 12, 3
	w := build(t, 20, 2, 2)
	crowd, err := people.Run(t.Context(), w.options(gathered(rooms, each), 0))
	require.NoError(t, err)
	w.everybody(crowd, rooms, each, time.Minute)
	before := w.homes()

	w.through[0].Store(false)
	w.door.Proxies[0].Kill()
	w.until(time.Minute, func() bool { return crowd.Ledger().Resumed > 0 }, func() string { return "nobody comes back" })
	w.everybody(crowd, rooms, each, time.Minute)
	after := crowd.Ledger()
	assert.Equal(t, after.Reconnections, after.Resumed, "with the old session")
	assert.Less(t, after.Resumed, rooms*each, "half of them were on the other proxy")
	assert.Equal(t, before, w.homes())
	assert.Zero(t, after.WithoutMedia, "media goes past the front door")
	assert.Empty(t, after.Moves)
	counts, goOn := presences(t, crowd)
	assert.Equal(t, rooms*each, counts["a"]+counts["b"], "a session that is taken up again is the same presence")
	assert.Equal(t, rooms*each, goOn)
	for name, s := range w.shards {
		assert.Empty(t, s.Cuts(), name)
	}
	assert.Len(t, after.Certificates, 2, "each proxy of the test has one of its own")
}

func TestADayOfComingAndGoing(t *testing.T) {
	t.Parallel()
	w := build(t, 300, 1, 2)
	day := people.Curve{Points: []people.Point{{At: 5 * time.Hour, Share: .2}, {At: 6 * time.Hour, Share: 1}, {At: 7 * time.Hour, Share: .1}}}
	options := w.options(day, 60)
	options.From = w.clk.Now()
	options.Until = options.From.Add(30 * time.Minute)
	crowd, err := people.Run(t.Context(), options)
	require.NoError(t, err)
	stays := 0
	for _, m := range crowd.Plan() {
		stays += len(m.Stays)
	}
	select {
	case <-crowd.Done():
	case <-time.After(3 * time.Minute):
		require.Fail(t, "they do not go home", "%+v", crowd.Now())
	}
	l := crowd.Ledger()
	assert.Equal(t, stays, l.Due)
	assert.Equal(t, stays, l.Joins+l.Never)
	assert.LessOrEqual(t, l.Never, stays/50, "who stays for a second may find the machine busy: %+v", l)
	assert.Zero(t, l.Refused+l.Reconnections+l.Cuts+l.Reloads+len(l.Moves))
	assert.Empty(t, l.Partings)
	counts, goOn := presences(t, crowd)
	assert.Equal(t, l.Joins, counts["a"]+counts["b"])
	assert.Zero(t, goOn)
	now := crowd.Now()
	assert.Zero(t, now.Joined+now.Connecting+now.Waiting+now.Rooms)
	for name, s := range w.shards {
		assert.Empty(t, s.Cuts(), name)
		participants, _ := s.Load()
		assert.Zero(t, participants, "everybody said goodbye to shard %s", name)
	}
}
