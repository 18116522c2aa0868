package frontdoor_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
)

// Agreement must not need the table: these proxies know nothing of each other.
func TestProxiesAgreeUnsynced(t *testing.T) {
	t.Parallel()
	options := threeShards()
	options.Alone = true
	askAll(t, doortest.Open(t, options), "unsynced", manyRooms(), nil)
}

func TestProxiesAgreeSynced(t *testing.T) {
	t.Parallel()
	options := threeShards()
	options.Change = func(c *config.Config) {
		manyRequests(c)
		c.Table.Expiry = time.Hour // the rooms are counted at the end
	}
	door := doortest.Open(t, options)
	rooms := manyRooms()
	askAll(t, door, "synced", rooms, nil)
	table := waitSameTables(t, door.Proxies...)
	assert.GreaterOrEqual(t, len(table), roomCount())
	assert.LessOrEqual(t, len(table), len(rooms))
}

// Every proxy forgets every room once, in the midst of its requests.
func TestProxiesAgreeHalfSynced(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, threeShards())
	var forgotten atomic.Int64
	rooms := manyRooms()
	askAll(t, door, "half synced", rooms, func(r roomRequests, request int) {
		quarter := 3 * len(r.all()) / 4
		if request > 0 && request%quarter == 0 && request/quarter <= 3 {
			p := door.Proxies[request/quarter-1]
			answer := p.Admin(t, fmt.Sprintf("show table shards key %s; clear table shards key %s", r.key, r.key))
			if strings.Contains(answer, "server_key=") {
				forgotten.Add(1)
			}
		}
	})
	t.Logf("rooms were forgotten %d times", forgotten.Load())
	assert.Greater(t, forgotten.Load(), int64(2*len(rooms)), "the test does not disturb what it means to")
}

// The rooms are put where no hash would put them, so that only the table tells the third proxy.
func TestAThirdProxyLearnsTheRooms(t *testing.T) {
	t.Parallel()
	door := doortest.New(t, threeShards())
	for _, p := range door.Proxies[:2] {
		p.Start(t)
	}
	for _, p := range door.Proxies[:2] {
		p.WaitReady(t)
	}
	const rooms = 300
	for index := range rooms {
		door.Proxies[0].Pin(t, fmt.Sprintf("pinned%d", index), []string{"a", "b", "c"}[index%3])
	}
	require.Len(t, waitSameTables(t, door.Proxies[:2]...), rooms)
	door.Proxies[2].Start(t)
	door.Proxies[2].WaitReady(t)
	b := newBrowser(t, door)
	for index := range rooms {
		for proxy := range door.Proxies {
			for _, path := range []string{"/Pinned%d", "/xmpp-websocket?room=pinned%d", "/config.js?room=pinned%d"} {
				shard, err := b.shard(proxy, fmt.Sprintf(path, index))
				require.NoError(t, err)
				assert.Equal(t, []string{"a", "b", "c"}[index%3], shard, "proxy %d, room %d", proxy, index)
			}
		}
	}
	t.Logf("a proxy that starts later: %d rooms, %d requests", rooms, rooms*9)
}

// Many members of a room that nobody knows yet come at the same moment, through all proxies.
func TestProxiesAgreeOnConcurrentFirstRequests(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, threeShards())
	total := &agreement{shares: map[string]int{}}
	begin := time.Now()
	var browsers []*browser
	for range 4 {
		browsers = append(browsers, newBrowser(t, door))
	}
	for index := range roomCount() {
		where, errors := atOnce(browsers, requestsOf("", fmt.Sprintf("/First%%20%d%%C3%%89", index)).all())
		total.add(fmt.Sprintf("first %d", index), where, errors)
	}
	total.require(t, "concurrent first requests", time.Since(begin))
}

// atOnce has every browser ask through every proxy at the same time.
func atOnce(browsers []*browser, paths []string) (where map[string][]string, errors []error) {
	where = map[string][]string{}
	var mutex sync.Mutex
	var members sync.WaitGroup
	start := make(chan struct{})
	for index, b := range browsers {
		for proxy := range b.clients {
			members.Go(func() {
				path := paths[(index*len(b.clients)+proxy)%len(paths)]
				<-start
				shard, err := b.shard(proxy, path)
				mutex.Lock()
				defer mutex.Unlock()
				if err != nil {
					errors = append(errors, err)
					return
				}
				where[shard] = append(where[shard], fmt.Sprintf("%d%s", proxy, path))
			})
		}
	}
	close(start)
	members.Wait()
	return where, errors
}

// The client compares the shard's header of its keep-alive with the one of its WebSocket, and reloads where they differ.
func TestPageConfigurationAndKeepAliveFollowTheWebSocket(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, threeShards())
	b := newBrowser(t, door)
	for index := range 60 {
		name := fmt.Sprintf("meeting%d", index)
		client, shard, err := door.Proxies[index%3].WebSocket(name)
		require.NoError(t, err)
		t.Cleanup(client.Close)
		require.NoError(t, client.Echo("ping"))
		assert.Equal(t, 1, door.Shards[shard].Rooms()[name], "%s says the header, but the WebSocket is elsewhere", shard)
		for proxy := range door.Proxies {
			for _, path := range []string{
				"/", "/config.js?room=", "/xmpp-websocket?room=", "/http-bind?room=", "/conference-request/v1?room=",
			} {
				answered, err := b.shard(proxy, path+name)
				require.NoError(t, err)
				assert.Equal(t, shard, answered, "%s%s through proxy %d", path, name, proxy)
			}
		}
	}
}
