package frontdoor_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
)

// long says whether the numbers are those of a proof, not those of a test on every change.
func long() bool { return os.Getenv("FRONTDOOR_LONG") != "" }

// roomCount is how many rooms a proof takes.
func roomCount() int {
	if long() {
		return 10_000
	}
	return 200
}

// manyRequests lets this machine ask more than an office may.
func manyRequests(c *config.Config) { c.PerAddress.RequestsPerSecond = 1_000_000 }

// threeShards is a front door of three proxies and three shards for many requests.
func threeShards() doortest.Options {
	return doortest.Options{Shards: []string{"a", "b", "c"}, Proxies: 3, Change: manyRequests}
}

// browser keeps one connection to every proxy.
type browser struct {
	door    *doortest.Door
	clients []*doortest.Client
}

func newBrowser(tb testing.TB, door *doortest.Door) *browser {
	tb.Helper()
	b := &browser{door: door, clients: make([]*doortest.Client, len(door.Proxies))}
	tb.Cleanup(func() {
		for _, client := range b.clients {
			if client != nil {
				client.Close()
			}
		}
	})
	return b
}

// shard asks one proxy and returns the shard that answers.
func (b *browser) shard(proxy int, path string) (string, error) {
	if b.clients[proxy] == nil {
		client, err := b.door.Proxies[proxy].Connect()
		if err != nil {
			return "", err
		}
		b.clients[proxy] = client
	}
	shard, err := b.clients[proxy].Shard(path)
	if err != nil {
		b.clients[proxy].Close()
		b.clients[proxy] = nil
	}
	return shard, err
}

// agreement counts who answered for which room.
type agreement struct {
	mutex    sync.Mutex
	rooms    int
	requests int
	errors   []error
	splits   []string
	shares   map[string]int
}

// add takes the answers for one room: requests by shard.
func (a *agreement) add(name string, where map[string][]string, errors []error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	a.rooms++
	for shard, requests := range where {
		a.requests += len(requests)
		a.shares[shard]++
	}
	a.errors = append(a.errors, errors...)
	if len(where) > 1 {
		a.splits = append(a.splits, fmt.Sprintf("%q: %.600q", name, fmt.Sprint(where)))
	}
}

// require is the promise.
func (a *agreement) require(t *testing.T, what string, took time.Duration) {
	t.Helper()
	t.Logf("%s: %d rooms, %d requests, %d failed, %d split rooms, in %s (%.0f/s); rooms by shard %v",
		what, a.rooms, a.requests, len(a.errors), len(a.splits), took.Round(time.Millisecond),
		float64(a.requests)/took.Seconds(), a.shares)
	assert.Empty(t, a.errors[:min(5, len(a.errors))], "%d requests failed", len(a.errors))
	assert.Empty(t, a.splits[:min(5, len(a.splits))], "%d rooms are split", len(a.splits))
	mean := float64(a.rooms) / float64(len(a.shares))
	for _, shard := range slices.Sorted(maps.Keys(a.shares)) {
		assert.InDelta(t, 1.05, float64(a.shares[shard])/mean, 0.45, "shard %s has no fair share: %v", shard, a.shares)
	}
}

// askAll sends every request of every room through every proxy. Before each request it calls disturb, if there is one.
func askAll(t *testing.T, door *doortest.Door, what string, rooms []roomRequests, disturb func(room roomRequests, request int)) {
	t.Helper()
	total := &agreement{shares: map[string]int{}}
	begin := time.Now()
	var next atomic.Int64
	var workers sync.WaitGroup
	for range 8 {
		b := newBrowser(t, door)
		workers.Go(func() {
			for index := next.Add(1) - 1; index < int64(len(rooms)); index = next.Add(1) - 1 {
				askRoom(b, total, rooms[index], int(index), disturb)
			}
		})
	}
	workers.Wait()
	total.require(t, what, time.Since(begin))
}

// askRoom asks through the proxies in turn, beginning with another one for each room, and in any order.
func askRoom(b *browser, total *agreement, room roomRequests, turn int, disturb func(roomRequests, int)) {
	where := map[string][]string{}
	var errors []error
	paths := room.all()
	random := rand.New(rand.NewPCG(uint64(turn), 0))
	random.Shuffle(len(paths), func(i, j int) { paths[i], paths[j] = paths[j], paths[i] })
	for request := range len(paths) * len(b.clients) {
		if disturb != nil {
			disturb(room, request)
		}
		proxy := (request + turn) % len(b.clients)
		path := paths[request/len(b.clients)]
		shard, err := b.shard(proxy, path)
		if err != nil {
			errors = append(errors, err)
			continue
		}
		where[shard] = append(where[shard], fmt.Sprintf("%d%s", proxy, path))
	}
	total.add(room.name, where, errors)
}

// waitSameTables waits until the proxies remember the same.
func waitSameTables(t *testing.T, proxies ...*doortest.Proxy) map[string]string {
	t.Helper()
	table := map[string]string{}
	require.Eventually(t, func() bool {
		table = proxies[0].Table(t)
		for _, other := range proxies[1:] {
			if !maps.Equal(table, other.Table(t)) {
				return false
			}
		}
		return true
	}, 30*time.Second, 100*time.Millisecond, "the tables differ")
	return table
}
