package meeting_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/meeting/meetingtest"
	"jitsi-meet-azure/test/e2e/meeting/wire"
)

func TestTheEndOfASingletonCutsItsConferences(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		do    func(*meetingtest.Pods)
		cause meeting.Cause
	}{
		"Prosody stops":     {func(p *meetingtest.Pods) { p.Prosody.Stop() }, meeting.ProsodyStopped},
		"Prosody is killed": {func(p *meetingtest.Pods) { p.Prosody.Kill() }, meeting.ProsodyKilled},
		"Jicofo stops":      {func(p *meetingtest.Pods) { p.Jicofo.Stop() }, meeting.JicofoStopped},
		"Jicofo is killed":  {func(p *meetingtest.Pods) { p.Jicofo.Kill() }, meeting.JicofoKilled},
		"all are killed":    {(*meetingtest.Pods).Kill, meeting.ShardLost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, 144)
			b := s.bridge("jvb-1")
			s.join("alone", "zero")
			s.join("r", "one")
			s.join("r", "two")
			require.Equal(t, [2]int{1, 2}, load(b))
			end.do(s.pods)
			require.Len(t, s.shard.Cuts(), 1, "nobody misses the one who was alone")
			assert.Equal(t, end.cause, s.shard.Cuts()[0].Cause)
			assert.Equal(t, [2]int{0, 0}, load(b))
		})
	}
}

func TestARestartedProsodyKnowsNobody(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	b := s.bridge("jvb-1")
	one, two := s.join("r", "one"), s.join("r", "two")
	status, header, _ := s.get(s.pods.WebAddress, names.WebPort, "/http-bind")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "a", header.Get("X-Jitsi-Shard"))

	s.pods.Prosody.Stop()
	<-s.pods.Prosody.Done()
	one.closed()
	two.closed()
	assert.False(t, b.Presence().Listed, "the bridge has lost its connection")
	assert.Zero(t, s.stats().Selector.Known)
	status, header, _ = s.get(s.pods.WebAddress, names.WebPort, "/http-bind")
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Empty(t, header.Get("X-Jitsi-Shard"))

	meetingtest.Run(t, s.shard, meetingtest.Pod(t, "a", names.Prosody), s.pods.ProsodyAddress)
	old := s.dial(s.pods.WebAddress, "/xmpp-websocket?room=r", wire.Word{User: "one", Resume: one.greeting.Session})
	assert.Equal(t, websocket.StatusCode(wire.NoSession), (&user{scene: s, name: "one", connection: old}).closed())
	s.join("r", "one")
	s.join("r", "two")
	s.until(func() bool { return load(b) == [2]int{1, 2} }, "the bridge does not come back")
	assert.Len(t, s.shard.Cuts(), 1)
}

func TestARestartedJicofoStartsConferencesAnew(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	b := s.bridge("jvb-1")
	one := s.join("r", "one")
	s.join("r", "two")
	one.hears(wire.On)
	s.pods.Jicofo.Kill()
	one.hears(wire.Off)
	assert.Equal(t, [2]int{0, 0}, load(b))
	meetingtest.Run(t, s.shard, meetingtest.Pod(t, "a", names.Jicofo), s.pods.JicofoAddress)
	one.hears(wire.On)
	assert.Equal(t, [2]int{1, 2}, load(b))
}

func TestTheSystemTestEndsAndNothingIsACut(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	s.bridge("jvb-1")
	s.join("r", "one")
	s.join("r", "two")
	require.Len(t, s.shard.Conferences(), 1)
	t.Cleanup(func() { // Runs when the test's context has ended.
		select {
		case <-s.pods.Prosody.Done():
		case <-time.After(patience):
			t.Error("Prosody goes on")
		}
		assert.Empty(t, s.shard.Cuts())
	})
}
