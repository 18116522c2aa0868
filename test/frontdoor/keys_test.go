package frontdoor_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/haproxy/room"
)

func TestOnlySignallingIsRemembered(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 1})
	p := door.Proxies[0]
	for _, path := range []string{
		"/", "/room", "/tenant/room", "/libs/app.js", "/tenant/static/x.css", "/config.js", "/config.js?room=x", "/robots.txt",
		"/about/health", "/x?room=y", "/xmpp-websocket/?room=x", "/http-bind/x?room=x", "/.well-known/x", "/images/%2e%2e/x",
	} {
		p.Shard(t, path)
	}
	assert.Empty(t, p.Table(t))
	want := map[string]string{}
	for index, path := range []string{
		"/xmpp-websocket?room=%s", "/http-bind?room=%s", "/conference-request/v1?room=%s", "/xmpp%%2Dwebsocket?x&room=%s",
	} {
		name := fmt.Sprintf("Secret%d", index)
		want[room.Key("/"+name)] = p.Shard(t, fmt.Sprintf(path, name))
		want[room.Key("/tenant/"+name)] = p.Shard(t, "/tenant"+fmt.Sprintf(path, name))
	}
	assert.Equal(t, want, p.Table(t))
	for key, shard := range want {
		assert.Eventually(t, func() bool { return strings.Contains(p.Output(), "shard="+shard+" room="+key) },
			5*time.Second, 50*time.Millisecond, "requests are logged with the room's key")
	}
	assert.NotContains(t, strings.ToLower(p.Output()), "secret", "a log names a room")
}

// Operators and the log find a room by the key that the program computes.
func TestRoomKeyIsTheProxysKey(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 1, Change: manyRequests})
	b := newBrowser(t, door)
	names := append(randomNames(2*roomCount()), difficultNames...)
	want, keys := map[string]string{}, map[string]string{}
	for index, name := range names {
		if index%3 == 0 { // cut somewhere: no longer any letter, nor well encoded
			name = strings.ReplaceAll(name, " ", "\xc3")
		}
		encoded := componentEncoded(name)
		if index%5 == 0 {
			encoded = encoded[:len(encoded)-1] + "%"
		}
		if index%7 == 0 { // a zero byte, at once or in the end
			encoded = strings.Replace(encoded, "%20", []string{"%00", "%2500"}[index%2], 1)
		}
		tenant := []string{"", "/T%C3%A9nant", "//x/y"}[index%3]
		shard, err := b.shard(0, tenant+"/xmpp-websocket?room="+encoded)
		require.NoError(t, err, name)
		key := room.Key(tenant + "/" + encoded)
		want[key], keys[tenant+"/"+encoded] = shard, key
	}
	got := door.Proxies[0].Table(t)
	var wrong []string
	for path, key := range keys {
		if got[key] != want[key] {
			wrong = append(wrong, path)
		}
	}
	assert.Empty(t, wrong[:min(5, len(wrong))], "%d of %d names have another key", len(wrong), len(keys))
	assert.LessOrEqual(t, len(got), len(want), "one room has several keys")
	t.Logf("room.Key: %d names, %d keys", len(names), len(want))
}

// Whoever names no room stays together by address at least; an operator's mistake pins nothing.
func TestRequestsWithoutARoom(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 2, Alone: true})
	shards := map[string]bool{}
	for _, p := range door.Proxies {
		for range 10 {
			shards[p.Shard(t, "/http-bind")] = true
			shards[p.Shard(t, "/xmpp-websocket?token=x")] = true
		}
		assert.Len(t, p.Table(t), 1)
		for _, query := range []string{"", "?key=short&shard=a", "?shard=a"} {
			answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/%s", p.Ports.Pin, query))
			require.NoError(t, err)
			require.NoError(t, answer.Body.Close())
			assert.Equal(t, http.StatusBadRequest, answer.StatusCode, query)
		}
		assert.Len(t, p.Table(t), 1)
	}
	assert.Len(t, shards, 1)
}

// roomKey is the key of a room that signalling names.
func roomKey(name string) string { return room.Key("/" + name) }
