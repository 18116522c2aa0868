package frontdoor_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
)

// A full table forgets nobody, and rooms that it cannot take are still on one shard.
func TestAFullTable(t *testing.T) {
	t.Parallel()
	const entries = 1000
	options := threeShards()
	options.Change = func(c *config.Config) {
		manyRequests(c)
		c.Table.Entries = entries
	}
	door := doortest.Open(t, options)
	b := newBrowser(t, door)
	moved := map[string]string{} // where no hash puts a room
	for index := range 50 {
		room := fmt.Sprintf("moved%d", index)
		moved[room] = []string{"a", "b", "c"}[index%3]
		door.Proxies[0].Pin(t, room, moved[room])
	}
	for index := range 2 * entries {
		_, err := b.shard(index%3, fmt.Sprintf("/http-bind?room=filling%d", index))
		require.NoError(t, err)
	}
	for _, p := range door.Proxies {
		require.Eventually(t, func() bool { return len(p.Table(t)) == entries }, 10*time.Second, 100*time.Millisecond, p.Name)
	}
	var late []roomRequests
	for index := range 200 {
		late = append(late, requestsOf(fmt.Sprintf("late%d", index), fmt.Sprintf("/Late%d", index)))
	}
	askAll(t, door, "rooms beyond a full table", late, nil)
	b = newBrowser(t, door) // the old connections may have been idle for too long
	for index, p := range door.Proxies {
		table := p.Table(t)
		assert.Len(t, table, entries)
		for room, shard := range moved {
			assert.Equal(t, shard, table[roomKey(room)], "%s forgets %s", p.Name, room)
			answered, err := b.shard(index, "/xmpp-websocket?room="+room)
			require.NoError(t, err)
			assert.Equal(t, shard, answered, room)
		}
	}
}

// smallBounds is a front door at which one address is soon at its bounds.
func smallBounds(t *testing.T, connections, requests int) *doortest.Proxy {
	t.Helper()
	return doortest.Open(t, doortest.Options{Proxies: 1, Change: func(c *config.Config) {
		c.PerAddress = config.PerAddress{Connections: connections, RequestsPerSecond: requests}
	}}).Proxies[0]
}

func TestConnectionsOfOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	const bound = 20
	p := smallBounds(t, bound, 1000)
	var open []*tls.Conn
	for range bound {
		connection, err := dialFrom(p, "127.0.0.1")
		require.NoError(t, err, "refused below the bound")
		t.Cleanup(func() { connection.Close() })
		status, err := ask(connection, "/room")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
		open = append(open, connection)
	}
	for range 5 {
		_, err := dialFrom(p, "127.0.0.1")
		require.Error(t, err, "accepted beyond the bound")
	}
	plain, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", p.Ports.HTTP))
	if err == nil {
		plain.Body.Close()
	}
	require.Error(t, err, "accepted without TLS")
	other, err := dialFrom(p, "127.0.0.2")
	require.NoError(t, err, "another address pays for the first")
	defer other.Close()
	for _, connection := range open { // those that are open go on
		status, err := ask(connection, "/room")
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, status)
	}
	require.NoError(t, open[0].Close())
	require.Eventually(t, func() bool {
		connection, err := dialFrom(p, "127.0.0.1")
		if err != nil {
			return false
		}
		return connection.Close() == nil
	}, 5*time.Second, 50*time.Millisecond, "the bound stays reached")
}

func TestRequestsOfOneAddressAreBounded(t *testing.T) {
	t.Parallel()
	const perSecond = 5
	p := smallBounds(t, 100, perSecond)
	status := func(address string) int {
		connection, err := dialFrom(p, address)
		require.NoError(t, err)
		defer connection.Close()
		status, err := ask(connection, "/room")
		require.NoError(t, err)
		return status
	}
	began, allowed := time.Now(), 0
	for ; allowed < 40*perSecond && status("127.0.0.1") == http.StatusOK; allowed++ {
	}
	assert.GreaterOrEqual(t, allowed, 10*perSecond, "refused below the bound")
	// The bound is one of ten seconds; a busy machine may need more than these.
	assert.Less(t, allowed, 20*perSecond+int(time.Since(began).Seconds())*perSecond)
	assert.Equal(t, http.StatusTooManyRequests, status("127.0.0.1"))
	assert.Equal(t, http.StatusOK, status("127.0.0.2"), "another address pays for the first")
	require.Eventually(t, func() bool { return status("127.0.0.1") == http.StatusOK }, 40*time.Second, time.Second)
	t.Logf("%d requests before the first 429", allowed)
}

// The numbers that are deployed, as all of an office open their meetings within seconds: each loads the page and what
// belongs to it, and stays connected.
func TestAnOfficeIsNotRefused(t *testing.T) {
	t.Parallel()
	p := doortest.Open(t, doortest.Options{Proxies: 1}).Proxies[0]
	const people = 1000
	files := []string{"/office", "/config.js?room=office", "/libs/app.js", "/css/all.css", "/images/logo.svg", "/xmpp-websocket?room=office"}
	begin := time.Now()
	var mutex sync.Mutex
	statuses := map[int]int{}
	desks := make(chan bool, 50)
	var group sync.WaitGroup
	for range people {
		group.Go(func() {
			desks <- true
			defer func() { <-desks }()
			connection, err := dialFrom(p, "127.0.0.1")
			if err != nil {
				t.Errorf("a connection is refused: %v", err)
				return
			}
			t.Cleanup(func() { connection.Close() })
			for _, file := range files {
				status, err := ask(connection, file)
				if err != nil {
					t.Errorf("%s is not answered: %v", file, err)
				}
				mutex.Lock()
				statuses[status]++
				mutex.Unlock()
			}
		})
	}
	group.Wait()
	t.Logf("%d people in %s: %v", people, time.Since(begin), statuses)
	assert.Equal(t, map[int]int{http.StatusOK: people * len(files)}, statuses)
}
