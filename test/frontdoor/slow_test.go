package frontdoor_test

import (
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/haproxy/doortest"
)

// A shard that is slow stays where it is, and so do its rooms; nobody else waits for it.
func TestASlowShard(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, threeShards())
	delay, span := 2*time.Second, 8*time.Second
	if long() {
		delay, span = 6*time.Second, 20*time.Second // longer than timeout check, not long enough to be down
	}
	b := newBrowser(t, door)
	rooms := map[string][]string{}
	for index := range 90 {
		room := fmt.Sprintf("meeting%d", index)
		shard, err := b.shard(index%3, "/xmpp-websocket?room="+room)
		require.NoError(t, err)
		rooms[shard] = append(rooms[shard], room)
	}
	door.Shards["b"].Delay(delay)
	var members sync.WaitGroup
	for _, shard := range []string{"a", "b", "c"} {
		member := newBrowser(t, door)
		members.Go(func() { assertServed(t, member, shard, rooms[shard], time.Now().Add(span), delay) })
	}
	members.Wait()
	door.Shards["b"].Delay(0)
	b = newBrowser(t, door) // the old connections have been idle for too long
	for shard, names := range rooms {
		for _, room := range names {
			for proxy := range door.Proxies {
				answered, err := b.shard(proxy, "/"+room)
				require.NoError(t, err)
				assert.Equal(t, shard, answered, "%s has moved", room)
			}
		}
	}
}

// assertServed asks for a shard's rooms and for new ones.
func assertServed(t *testing.T, member *browser, shard string, rooms []string, until time.Time, delay time.Duration) {
	t.Helper()
	var waits []time.Duration
	for index := 0; time.Now().Before(until); index++ {
		begin := time.Now()
		answered, err := member.shard(index%3, "/xmpp-websocket?room="+rooms[index%len(rooms)])
		if err != nil || answered != shard {
			t.Errorf("a room of shard %s is answered by %q: %v", shard, answered, err)
		}
		waits = append(waits, time.Since(begin))
		<-time.After(20 * time.Millisecond)
	}
	slices.Sort(waits)
	most := waits[len(waits)*9/10] // this machine is slow at times, too
	t.Logf("shard %s: %d requests, most took less than %s, the slowest %s", shard, len(waits), most, waits[len(waits)-1])
	if shard == "b" {
		assert.Greater(t, waits[0], delay-100*time.Millisecond)
	} else {
		assert.Less(t, most, delay/2, "others wait for a slow shard")
	}
}

// begunHTTP2 is what begins a connection, with settings but none set.
const begunHTTP2 = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

// slowClients are what may be sent at once and then byte by byte, by the protocol that was agreed on.
var slowClients = []struct{ what, protocol, prompt, slow string }{
	{"nothing", "http/1.1", "", ""},
	{"a head", "http/1.1", "", "GET /room HTTP/1.1\r\nHost: " + doortest.Domain + "\r\nX: " + strings.Repeat("y", 200)},
	{"nothing", "h2", "", ""},
	{"a preface", "h2", "", begunHTTP2},
	{"a preface alone", "h2", begunHTTP2, ""},
	{"pings", "h2", begunHTTP2, strings.Repeat("\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678", 40)},
	{"a head", "h2", begunHTTP2 + "\x00\x00\x01\x01\x00\x00\x00\x00\x01\x82", strings.Repeat("\x00\x00\x01\x09\x00\x00\x00\x00\x01\x84", 60)},
}

// Connections that send nothing, or a head byte by byte, are closed and keep nobody else from being served.
func TestSlowClients(t *testing.T) {
	t.Parallel()
	p := doortest.Open(t, doortest.Options{Proxies: 1}).Proxies[0]
	lives := make([]time.Duration, 50*len(slowClients))
	var clients sync.WaitGroup
	for index := range lives {
		kind := slowClients[index%len(slowClients)]
		connection, err := dialFrom(p, "127.0.0.1", kind.protocol)
		require.NoError(t, err)
		require.Equal(t, kind.protocol, connection.ConnectionState().NegotiatedProtocol)
		t.Cleanup(func() { connection.Close() })
		clients.Go(func() { lives[index] = lifeOfSlow(connection, kind.prompt, kind.slow) })
	}
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		clients.Wait()
	}()
	longest, requests := serveUntil(t, p, closed)
	for index, kind := range slowClients {
		var lived []time.Duration
		for client := index; client < len(lives); client += len(slowClients) {
			lived = append(lived, lives[client])
		}
		t.Logf("%d slow clients that send %s by %s lived %s to %s",
			len(lived), kind.what, kind.protocol, slices.Min(lived), slices.Max(lived))
		assert.Greater(t, slices.Min(lived), 8*time.Second)
		assert.Less(t, slices.Max(lived), 20*time.Second)
	}
	t.Logf("meanwhile %d requests of a user, the slowest took %s", requests, longest)
	assert.Less(t, longest, 5*time.Second)
}

// serveUntil is what a user sees meanwhile.
func serveUntil(t *testing.T, p *doortest.Proxy, closed <-chan struct{}) (longest time.Duration, requests int) {
	t.Helper()
	user := newBrowser(t, &doortest.Door{Proxies: []*doortest.Proxy{p}})
	for ; ; requests++ {
		begin := time.Now()
		_, err := user.shard(0, fmt.Sprintf("/xmpp-websocket?room=user%d", requests))
		require.NoError(t, err)
		longest = max(longest, time.Since(begin))
		select {
		case <-closed:
			return longest, requests
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// lifeOfSlow is how long a proxy bears a client that sends little.
func lifeOfSlow(connection net.Conn, prompt, slow string) time.Duration {
	begin := time.Now()
	_ = connection.SetDeadline(begin.Add(2 * time.Minute))
	_, _ = io.WriteString(connection, prompt)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, connection)
	}()
	for {
		select {
		case <-gone:
			return time.Since(begin)
		case <-time.After(300 * time.Millisecond):
			if slow != "" {
				_, _ = io.WriteString(connection, slow[:1])
				slow = slow[1:]
			}
		}
	}
}

// A connection that does not even begin TLS lives as long as an idle one; what it takes from others is bounded all the same.
func TestClientsThatDoNotBeginTLS(t *testing.T) {
	t.Parallel()
	p := doortest.Open(t, doortest.Options{Proxies: 1, Change: func(c *config.Config) { c.PerAddress.Connections = 100 }}).Proxies[0]
	begin := time.Now()
	var clients sync.WaitGroup
	for range 100 {
		connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.Ports.HTTPS))
		require.NoError(t, err)
		t.Cleanup(func() { connection.Close() })
		clients.Go(func() { _, _ = io.Copy(io.Discard, connection) })
	}
	require.Eventually(t, func() bool {
		_, err := dialFrom(p, "127.0.0.1")
		return err != nil
	}, 5*time.Second, 50*time.Millisecond)
	other, err := dialFrom(p, "127.0.0.2")
	require.NoError(t, err)
	require.NoError(t, other.Close())
	if !long() {
		return
	}
	clients.Wait()
	t.Logf("clients that do not begin TLS lived up to %s", time.Since(begin))
	assert.Less(t, time.Since(begin), time.Minute)
}
