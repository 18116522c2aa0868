package frontdoor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
)

// crowdLag is how much later the last proxy notices everything.
const crowdLag = 5 * time.Second

// While one proxy sees a shard otherwise than the rest do, in either direction, new rooms are opened through all of them.
func TestAProxyNoticesLate(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		quick bool
		fail  func(shard *doortest.Shard)
		// A shard whose WebSockets live on keeps users of the late proxy until that one notices.
		split time.Duration
	}{
		"that Prosody has died": {true, func(s *doortest.Shard) { s.Set(crowdNoProsody); s.Cut() }, crowdGlimpse},
		"that Prosody hangs":    {false, func(s *doortest.Shard) { s.Set(crowdNoProsody) }, 4 * crowdLag},
		"that bridges are missing": {false, func(s *doortest.Shard) {
			s.Set(doortest.Health{Web: true, Prosody: true, Jicofo: true})
		}, 4 * crowdLag},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !test.quick {
				crowdLongOnly(t)
			}
			door, c := crowdDoor(t)
			shard := door.Shards["b"]
			shard.Lag(len(door.Proxies)-1, crowdLag)
			before := c.homes()
			test.fail(shard)
			t.Log("whole again after", c.waitWhole(t, crowdPatient, "b"))
			c.assertOnlyMoved(t, before, "b")
			c.waitSeen(t, map[string]string{"b": "down"})
			shard.Set(doortest.Well)
			c.assertComesBack(t, "b")
			c.assertUnsplit(t, test.split, crowdGlimpse)
		})
	}
}

func TestAProxyDrainsLate(t *testing.T) {
	t.Parallel()
	crowdLongOnly(t)
	door, c := crowdDoor(t)
	before := c.homes()
	for _, drained := range []bool{true, false, true, false} {
		for index, proxy := range door.Proxies {
			if index == len(door.Proxies)-1 {
				crowdPause(t.Context(), crowdLag)
			}
			proxy.Drain(t, "b", drained)
		}
		crowdPause(t.Context(), crowdLag)
	}
	c.waitSeen(t, nil)
	c.assertOnlyMoved(t, before)
	c.assertUnsplit(t, crowdGlimpse, crowdGlimpse)
}

// A room was on a shard that went down, and nobody came to it meanwhile: the table still has it there. When the shard is
// back for one proxy and not yet for another, its users have to meet all the same.
func TestARoomIsAsleepWhileItsShardIsDown(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 3})
	early, late, shard := door.Proxies[0], door.Proxies[2], door.Shards["b"]
	early.Pin(t, "asleep", "b")
	shard.Lag(2, crowdLag)
	shard.Set(crowdNoProsody)
	down := map[string]string{"a": "open", "b": "down"}
	for _, proxy := range door.Proxies {
		proxy.WaitServers(t, crowdPatient, down)
	}
	shard.Set(doortest.Well)
	early.WaitServers(t, crowdPatient, map[string]string{"a": "open", "b": "closed"})
	first, on, err := early.WebSocket("asleep")
	require.NoError(t, err)
	defer first.Close()
	crowdPause(t.Context(), 100*time.Millisecond)
	second, other, err := late.WebSocket("asleep")
	require.NoError(t, err)
	defer second.Close()
	t.Logf("%s sees %v and says %s, %s sees %v and says %s", early.Name, early.Servers(t), on, late.Name, late.Servers(t), other)
	assert.Equal(t, on, other, "the users are apart")
}

// BOSH answers up to a minute after it was asked. An answer from where a room was before must not bring the room back there.
func TestAnAnswerIsUnderWayWhileARoomMoves(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 2})
	here, there := door.Proxies[0], door.Proxies[1]
	here.Pin(t, "room", "a")
	crowdPause(t.Context(), time.Second)
	door.Shards["a"].Delay(3 * time.Second)
	answered := make(chan string)
	go func() {
		client, err := there.Connect()
		assert.NoError(t, err)
		shard, err := client.Shard("/http-bind?room=room")
		assert.NoError(t, err)
		answered <- shard
	}()
	crowdPause(t.Context(), time.Second)
	here.Pin(t, "room", "b")
	assert.Equal(t, "a", <-answered)
	crowdPause(t.Context(), time.Second)
	for _, proxy := range door.Proxies {
		assert.Equal(t, "b", proxy.Shard(t, "/room"), "%s has the room back on its old shard", proxy.Name)
	}
}
