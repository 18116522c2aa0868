package config

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lockedBuffer takes a process' output while a test reads it.
type lockedBuffer struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

// spellings are requests that all belong to one room, written as browsers and clients write them.
func spellings(tenant, room string) []string {
	// The client signals the room in lower case; it encodes what encodeURIComponent encodes.
	// JavaScript writes a small dotted capital I with two characters.
	lower := strings.ToLower(strings.ReplaceAll(room, "\u0130", "i\u0307"))
	signalled := strings.ToLower(strings.ReplaceAll(url.QueryEscape(lower), "+", "%20"))
	page := url.PathEscape(room)
	return []string{
		tenant + "/" + page,
		tenant + "/" + url.PathEscape(strings.ToUpper(room)),
		tenant + "/" + strings.ToUpper(page),
		tenant + "/" + strings.ToLower(page),
		"/" + tenant + "/" + page,
		tenant + "/" + page + "?jwt=x&room=other",
		tenant + "/xmpp-websocket?room=" + signalled,
		tenant + "/xmpp-websocket?prefix=&room=" + strings.ToUpper(signalled) + "&token=x",
		tenant + "/http-bind?room=" + signalled,
		tenant + "/http-bind?room=" + url.QueryEscape(signalled), // encoded twice
		tenant + "/conference-request/v1?room=" + signalled,
		tenant + "/config.js?room=" + signalled,
		strings.ToUpper(tenant) + "/xmpp-websocket?room=" + signalled,
	}
}

func TestAllSpellingsOfARoomReachOneShardThroughAllProxies(t *testing.T) {
	t.Parallel()
	shards := []*shardServer{newShard(t, "a"), newShard(t, "b"), newShard(t, "c")}
	// Proxies that know nothing of each other: agreement must not need the table.
	proxies := startProxies(t, 2, false, shards...)
	used := map[string]int{}
	for _, room := range []string{
		"Daily", "daily stand-up", "100%", "50% off", "a+b", "a?b+c", "what/ever", "x..y", "%41", "%2541", "Tom & Jerry",
		"\u00c9quipe", "h\u00e9h\u00e9", "\u4f1a\u8b70", "\u0412\u0441\u0442\u0440\u0435\u0447\u0430", "\u039f\u03b4\u03cc\u03c3", "\u0130zmir", strings.Repeat("long", 100), "-", "libs", "static", "config", "http-bind-room",
	} {
		for _, tenant := range []string{"", "/Acme"} {
			where := map[string][]string{}
			for _, path := range spellings(tenant, room) {
				for _, p := range proxies {
					shard := p.shard(t, path)
					where[shard] = append(where[shard], p.name+" "+path)
				}
			}
			assert.Len(t, where, 1, "room %q of tenant %q is split", room, tenant)
			for shard := range where {
				used[shard]++
			}
		}
	}
	assert.Len(t, used, 3, "some shard gets no room at all: %v", used)
}

func TestRandomRoomsAreKeyedAsRoomKeySays(t *testing.T) {
	t.Parallel()
	proxies := startProxies(t, 1, false, newShard(t, "a"), newShard(t, "b"))
	random := rand.New(rand.NewPCG(1, 2))
	alphabet := []rune("abcXYZ019-_.~!*'()%+?&=/#;,@ \u00e9\u00c9\u00df\u4f1a\u0130\u0307\u03a3\u03c2\u0416\u212a\U00010400")
	for range 150 {
		room := make([]rune, 1+random.IntN(20))
		for index := range room {
			room[index] = alphabet[random.IntN(len(alphabet))]
		}
		name := "r" + string(room)
		proxies[0].shard(t, "/xmpp-websocket?room="+strings.ReplaceAll(url.QueryEscape(name), "+", "%20"))
		require.Contains(t, proxies[0].table(t), RoomKey(url.PathEscape(name)), "room %q", name)
	}
	assert.LessOrEqual(t, len(proxies[0].table(t)), 150)
}

func TestOnlySignallingIsRemembered(t *testing.T) {
	t.Parallel()
	p := startProxies(t, 1, false, newShard(t, "a"), newShard(t, "b"))[0]
	for _, path := range []string{
		"/", "/room", "/tenant/room", "/libs/app.js", "/tenant/static/x.css", "/config.js", "/config.js?room=x", "/robots.txt",
	} {
		p.shard(t, path)
	}
	assert.Empty(t, p.table(t))
	shard := p.shard(t, "/xmpp-websocket?room=room")
	assert.Equal(t, map[string]string{RoomKey("room"): shard}, p.table(t))
}

func TestProxiesTellEachOther(t *testing.T) {
	t.Parallel()
	shards := []*shardServer{newShard(t, "a"), newShard(t, "b")}
	proxies := startProxies(t, 2, true, shards...)
	for index := range 20 {
		proxies[index%2].shard(t, fmt.Sprintf("/xmpp-websocket?room=room%d", index))
	}
	require.Eventually(t, func() bool {
		first, second := proxies[0].table(t), proxies[1].table(t)
		return len(first) == 20 && maps.Equal(first, second)
	}, 10*time.Second, 50*time.Millisecond)
}

func TestADrainedShardKeepsItsRoomsAndGetsNoNew(t *testing.T) {
	t.Parallel()
	shards := []*shardServer{newShard(t, "a"), newShard(t, "b")}
	proxies := startProxies(t, 2, true, shards...)
	before := map[string]string{}
	for index := range 40 {
		room := fmt.Sprintf("old%d", index)
		before[room] = proxies[0].shard(t, "/xmpp-websocket?room="+room)
	}
	require.Contains(t, slices.Collect(maps.Values(before)), "b")
	require.Eventually(t, func() bool { return len(proxies[1].table(t)) == 40 }, 10*time.Second, 50*time.Millisecond)

	for _, p := range proxies {
		require.Empty(t, p.admin(t, "set server shards/b weight 0"))
	}
	for room, shard := range before {
		for _, p := range proxies {
			assert.Equal(t, shard, p.shard(t, "/xmpp-websocket?room="+room), "signalling of %s moved", room)
			assert.Equal(t, shard, p.shard(t, "/"+room), "the page of %s moved", room)
		}
	}
	for index := range 20 {
		assert.Equal(t, "a", proxies[index%2].shard(t, fmt.Sprintf("/xmpp-websocket?room=new%d", index)))
	}

	for _, p := range proxies {
		require.Empty(t, p.admin(t, fmt.Sprintf("set server shards/b weight %d", Weight)))
	}
	assertServes(t, proxies[0], "b")
}

func TestAProxyStartsWithTheDrainedShardsDrained(t *testing.T) {
	t.Parallel()
	shards := []*shardServer{newShard(t, "a"), newShard(t, "b")}
	p := &proxy{name: "haproxy-0", ports: freePorts(t), client: newClient(t)}
	p.start(t, []Peer{{Name: p.name, Host: "127.0.0.1", Port: p.ports.Peers}}, []string{"b"}, shards...)
	for index := range 20 {
		assert.Equal(t, "a", p.shard(t, fmt.Sprintf("/xmpp-websocket?room=room%d", index)))
	}
	// A shard that was never on the hash ring must be able to join it.
	require.Empty(t, p.admin(t, fmt.Sprintf("set server shards/b weight %d", Weight)))
	assertServes(t, p, "b")
}

func assertServes(t *testing.T, p *proxy, shard string) {
	t.Helper()
	for index := range 100 {
		if p.shard(t, fmt.Sprintf("/xmpp-websocket?room=later%d", index)) == shard {
			return
		}
	}
	t.Errorf("none of 100 new rooms reaches shard %s", shard)
}

func TestAClientCannotClaimAnAddress(t *testing.T) {
	t.Parallel()
	p := startProxies(t, 1, false, newShard(t, "a"))[0]
	seen := p.get(t, "/room", "X-Forwarded-For: 203.0.113.7").Get("Seen-Forwarded-For")
	assert.Equal(t, "127.0.0.1", seen)
}

func TestRoomKeyOfInvalidTextIsStillAKey(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"", "%", "%%%", "\xff", "%ff", strings.Repeat("a", 100_000)} {
		assert.Len(t, RoomKey(path), 32)
		assert.True(t, utf8.ValidString(RoomKey(path)))
	}
}
