package frontdoor_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
)

// hostilePaths are what no browser asks for.
func hostilePaths() []string {
	paths := []string{
		"/", "//", "///", "/..", "/../../etc/passwd", "/%2F", "/%252F", "/%2e%2e/%2e%2e", "/a/../b", "/a%2fb", "/./a", "/;/a", "/a;b",
		"/a/..%2fxmpp-websocket?room=a", "/%2Fxmpp-websocket?room=a", "/xmpp-websocket%00?room=a", "/xmpp-websocket%3Froom=a",
		"/XMPP-WebSocket?room=a", "/http-bind/?room=a", "/http-bind/../xmpp-websocket?room=a", "/config.js/xmpp-websocket?room=a",
		"/%", "/%zz", "/%C3", "/%FF%FE", "/%00", "/a%00b", "/%0d%0aX:%20y", "/%E0%80%80", "/%ED%A0%80", "/%F4%90%80%80", "/%u0041",
	}
	for _, room := range []string{
		"", "%", "%%%", "%zz", "%00", "a%00b", "%C3", "%FF%FE", "%0d%0aX:%20y", "%25%25%25", "%2525252525252541", "+", "&room=b",
		"a&room=b", "a&room", "a;room=b", "a?room=b", "a#b", "/../../b", "%2F..%2F", "..", "'\"<>", "{}|^`\\", "%ED%A0%80",
		"%F0%9F%98%80", "%CC%81", "%EF%BC%85%EF%BC%94%EF%BC%91",
	} {
		paths = append(paths, "/xmpp-websocket?room="+room, "/tenant/http-bind?room="+room, "/config.js?room="+room)
	}
	for _, size := range []int{200, 2_000, 15_000, 17_000} {
		for _, unit := range []string{"a", "%", "%25", "%C3%A9", "%ff", "%E1%84%80", "/", "a%CC%81", "%EF%BC%85"} {
			name := strings.Repeat(unit, size/len(unit))
			paths = append(paths, "/xmpp-websocket?room="+name, "/"+name, "/"+name+"/http-bind?room="+name)
		}
	}
	return append(paths, "/xmpp-websocket", "/xmpp-websocket?", "/xmpp-websocket?room", "/xmpp-websocket?ROOM=a", "/http-bind?&&&=")
}

// hostileTargets are request lines beyond a path.
func hostileTargets() []string {
	return []string{
		"GET https://" + doortest.Domain + "/xmpp-websocket?room=a HTTP/1.1", "GET http://elsewhere.example/x HTTP/1.1",
		"GET http:// HTTP/1.1", "GET ://x HTTP/1.1", "GET x HTTP/1.1", "GET * HTTP/1.1", "OPTIONS * HTTP/1.1", "GET  / HTTP/1.1",
		"CONNECT " + doortest.Domain + ":443 HTTP/1.1", "CONNECT /room HTTP/1.1", "TRACE /room HTTP/1.1", "TRACK /room HTTP/1.1",
		"PROPFIND /room HTTP/1.1", "get /room HTTP/1.1", "G\x00T /room HTTP/1.1", "GET /\x80\xff HTTP/1.1", "GET /a\x00b HTTP/1.1",
		"GET /\u00e9 HTTP/1.1", "GET /a\tb HTTP/1.1", "GET /a\rb HTTP/1.1", "GET /room HTTP/9.9", "GET /room HTTP/1.1 x", "GET /room HTTQ/1.1",
		"GET /room", "PRI * HTTP/2.0", "", " ", "\x16\x03\x01\x02\x00\x01", strings.Repeat("A", 20_000) + " / HTTP/1.1",
	}
}

// hostileHeads are headers and bodies after a request line.
func hostileHeads() []string {
	host := "Host: " + doortest.Domain + "\r\n"
	smuggled := "GET /smuggled HTTP/1.1\r\n" + host + "\r\n"
	var flood strings.Builder
	for index := range 200 {
		fmt.Fprintf(&flood, "X-%d: y\r\n", index)
	}
	return []string{
		"\r\n", host + host + "\r\n", host + "Host: elsewhere.example\r\n\r\n", "Host: \r\n\r\n", "Host: a/b?c#d\r\n\r\n", "Host: \x00\r\n\r\n",
		host + flood.String() + "\r\n", host + "Cookie: " + strings.Repeat("a=b; ", 3_000) + "\r\n\r\n",
		host + "X: " + strings.Repeat("y", 20_000) + "\r\n\r\n", host + " folded\r\n\r\n", host + "No colon\r\n\r\n", host + "X y: z\r\n\r\n",
		host + "X: a\x00b\r\n\r\n", host + ": empty\r\n\r\n", host + "X: y\n\n", host + "X: y\r\r\n\r\n",
		host + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled,
		host + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + smuggled,
		host + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n" + smuggled, host + "Content-Length: 0, 44\r\n\r\n" + smuggled,
		host + "Content-Length: -1\r\n\r\n" + smuggled, host + "Content-Length: +0\r\n\r\n" + smuggled,
		host + "Content-Length: 99999999999999999999\r\n\r\n", host + "Content-Length: 0x0\r\n\r\n" + smuggled,
		host + "Transfer-Encoding: xchunked\r\n\r\n" + smuggled, host + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + smuggled,
		host + "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n" + smuggled, host + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + smuggled,
		host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + smuggled,
		host + "Transfer-Encoding: chunked\r\n\r\nzz\r\n" + smuggled, host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n" + smuggled,
		host + "Expect: 100-continue\r\nContent-Length: 0\r\n\r\n", host + "Expect: nonsense\r\n\r\n",
		host + "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
		host + "Upgrade: websocket\r\nConnection: close\r\n\r\n", host + "Connection: Host, X-Forwarded-For\r\n\r\n",
	}
}

// hostileTexts are whole requests with their methods.
func hostileTexts() map[string]string {
	texts := map[string]string{}
	host := "\r\nHost: " + doortest.Domain + "\r\n\r\n"
	for _, path := range hostilePaths() {
		texts["GET "+path+" HTTP/1.1"+host] = http.MethodGet
		texts["HEAD "+path+" HTTP/1.0"+host] = http.MethodHead
	}
	for _, target := range hostileTargets() {
		texts[target+host] = strings.Fields(target + " GET")[0]
	}
	for _, head := range hostileHeads() {
		texts["POST /http-bind?room=a HTTP/1.1\r\n"+head] = http.MethodPost
		texts["GET /room HTTP/1.0\r\n"+head] = http.MethodGet
	}
	return texts
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	options := threeShards()
	door := doortest.Open(t, options)
	b := newBrowser(t, door)
	before := map[string]string{}
	for index := range 100 {
		room := fmt.Sprintf("peaceful%d", index)
		shard, err := b.shard(index%3, "/xmpp-websocket?room="+room)
		require.NoError(t, err)
		before[room] = shard
	}
	var processes []string
	for _, p := range door.Proxies {
		processes = append(processes, process(t, p))
	}
	statuses := map[int]int{}
	texts := hostileTexts()
	for _, p := range door.Proxies {
		for text, method := range texts {
			status := hostileAsk(t, p, method, text)
			assert.True(t, status == 0 || status >= 100 && status < 600, "%d for %.80q", status, text)
			statuses[status]++
			if status == http.StatusBadGateway || status == http.StatusServiceUnavailable {
				t.Logf("%d for %.120q", status, text)
			}
		}
	}
	t.Logf("%d hostile requests by status (0: closed): %v", len(texts)*len(door.Proxies), statuses)
	for index, p := range door.Proxies {
		assert.Equal(t, processes[index], process(t, p), "%s has died", p.Name)
		assert.True(t, p.Says("/live") && p.Says("/ready"), p.Name)
		assert.Less(t, len(p.Table(t)), len(before)+len(texts))
		for key := range p.Table(t) {
			assert.Regexp(t, "^[0-9A-F]{32}$", key)
		}
	}
	b = newBrowser(t, door) // the old connections may have been idle for too long
	for room, shard := range before {
		for proxy := range door.Proxies {
			for _, path := range []string{"/", "/xmpp-websocket?room="} {
				answered, err := b.shard(proxy, path+room)
				require.NoError(t, err)
				assert.Equal(t, shard, answered, "%s%s has moved", path, room)
			}
		}
	}
}

// A shard believes what the proxy says about the client, and nothing that the client says itself.
func TestAClientCannotClaimAnAddress(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Shards: []string{"a"}, Proxies: 1})
	client, err := door.Proxies[0].Connect()
	require.NoError(t, err)
	defer client.Close()
	for _, path := range []string{"/room", "/xmpp-websocket?room=x", "/config.js"} {
		for _, headers := range [][]string{
			nil,
			{"X-Forwarded-For: 203.0.113.7"},
			{"x-forwarded-for: 203.0.113.7, 203.0.113.8", "X-FORWARDED-FOR: 203.0.113.9"},
			{"X-Forwarded-For: 203.0.113.7", "Connection: X-Forwarded-For, X-Forwarded-Proto"},
			{"Forwarded: for=203.0.113.7;proto=http", "X-Real-IP: 203.0.113.7", "X-Forwarded-Proto: http", "X-Real-Ip: 203.0.113.8"},
		} {
			answer, err := client.Do(http.MethodGet, path, headers...)
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			require.Equal(t, http.StatusOK, answer.StatusCode)
			seen := door.Shards["a"].Seen()
			assert.Equal(t, []string{"127.0.0.1"}, seen.Values("X-Forwarded-For"), headers)
			assert.Equal(t, []string{"https"}, seen.Values("X-Forwarded-Proto"), headers)
			assert.Empty(t, seen.Values("Forwarded"), headers)
			assert.Empty(t, seen.Values("X-Real-Ip"), headers)
		}
	}
}
