package meeting_test

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"testing"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/meeting/meetingtest"
	"jitsi-meet-azure/test/e2e/meeting/wire"
)

func TestAConferenceFromTheFirstToTheLast(t *testing.T) {
	t.Parallel()
	s := begin(t, 5) // Seconds pass before a conference with one participant ends.
	b := s.bridge("jvb-1")

	one := s.join("Daily", "one")
	assert.Equal(t, "a", one.greeting.Shard)
	assert.False(t, one.greeting.Resumed)
	assert.Equal(t, wire.Alone, one.greeting.Media)
	assert.Equal(t, [2]int{0, 0}, load(b), "nobody to talk to")
	assert.Equal(t, 1, s.stats().Conferences, "Jicofo counts a room with one")

	two := s.join("daily", "two")
	assert.Equal(t, wire.On, two.greeting.Media, "capitals make no other room")
	assert.Equal(t, "jvb-1", one.hears(wire.On).Bridge)
	assert.Equal(t, [2]int{1, 2}, load(b))
	s.join("daily", "three")
	assert.Equal(t, [2]int{1, 3}, load(b))
	going := s.shard.Conferences()
	require.Len(t, going, 1)
	assert.Equal(t, meeting.Conference{Room: "daily", Bridge: "jvb-1", Participants: 3, Since: going[0].Since}, going[0])

	two.leave()
	assert.Equal(t, websocket.StatusNormalClosure, two.closed())
	assert.Equal(t, [2]int{1, 2}, load(b))
	one.leave()
	one.closed()
	assert.Equal(t, [2]int{1, 1}, load(b), "it goes on for a while with one")
	s.until(func() bool { return load(b) == [2]int{0, 0} }, "it goes on with one for ever")
	assert.Empty(t, s.shard.Cuts())
	assert.Zero(t, b.Lost())
	assert.Equal(t, []string{"on bridge jvb-1"}, s.heard(meeting.Ended))
}

func TestTheLastOneEndsAConference(t *testing.T) {
	t.Parallel()
	s := begin(t, 5) // Seconds pass before a conference with one participant ends.
	b := s.bridge("jvb-1")
	one, two := s.join("r", "one"), s.join("r", "two")
	require.Equal(t, [2]int{1, 2}, load(b))
	one.leave()
	one.closed()
	two.leave()
	two.closed()
	assert.Equal(t, [2]int{0, 0}, load(b))
	participants, waiting := s.shard.Load()
	assert.Zero(t, participants)
	assert.Zero(t, waiting)
}

func TestABridgeDiesUnderAConference(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]struct {
		do    func(*bridgetest.Bridge)
		cause meeting.Cause
	}{
		"killed":    {(*bridgetest.Bridge).Kill, meeting.BridgeLost},
		"destroyed": {(*bridgetest.Bridge).Destroy, meeting.BridgeLost},
		"restarted": {func(b *bridgetest.Bridge) { b.Restart(0) }, meeting.BridgeLost},
		"cut off":   {func(b *bridgetest.Bridge) { b.CutOff(true) }, meeting.BridgeLost},
		"unfit":     {func(b *bridgetest.Bridge) { b.SetFit(false) }, meeting.BridgeUnfit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := begin(t, 144)
			first := s.bridge("jvb-1")
			one, two := s.join("r", "one"), s.join("r", "two")
			one.hears(wire.On)
			require.Equal(t, [2]int{1, 2}, load(first))
			second := s.bridge("jvb-2")
			end.do(first)
			one.hears(wire.Off)
			two.hears(wire.Off)
			one.hears(wire.On)
			require.Len(t, s.shard.Cuts(), 1)
			cut := s.shard.Cuts()[0]
			assert.Equal(t, end.cause, cut.Cause)
			assert.Equal(t, "r", cut.Room)
			assert.Equal(t, "jvb-1", cut.Bridge)
			assert.Equal(t, 2, cut.Participants)
			if name != "restarted" { // A bridge that has just started again is as good as any.
				assert.Equal(t, "jvb-2", two.hears(wire.On).Bridge)
				assert.Equal(t, [2]int{1, 2}, load(second))
			}
		})
	}
}

func TestNoBridge(t *testing.T) {
	t.Parallel()
	s := begin(t, 1000)
	s.until(func() bool { return s.stats().Selector.Known == 0 }, "no statistics")
	one, two := s.join("r", "one"), s.join("r", "two")
	assert.Equal(t, wire.Off, two.greeting.Media)
	one.hears(wire.Off)
	participants, waiting := s.shard.Load()
	assert.Equal(t, [2]int{2, 2}, [2]int{participants, waiting})
	s.until(func() bool { return len(s.heard(meeting.Refused)) > 0 }, "it is not recorded")
	s.bridge("jvb-1")
	one.hears(wire.On)
	two.hears(wire.On)
	assert.Len(t, s.heard(meeting.Refused), 1, "said once, not at each look")
	assert.Empty(t, s.shard.Cuts())
}

func TestARetiredBridgeCountsAsSuch(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	b := s.bridge("jvb-1")
	s.join("r", "one")
	s.join("r", "two")
	server, err := bridgetest.Serve(t.Context(), netip.AddrPortFrom(meetingtest.Address(t), 8080), b)
	require.NoError(t, err)
	t.Cleanup(server.Close)
	answer, err := http.Post("http://"+server.Address().String()+"/colibri/shutdown", "application/json", jsonBody(`{"graceful-shutdown":true}`))
	require.NoError(t, err)
	answer.Body.Close()
	s.until(func() bool { return s.stats().Selector.Retiring == 1 }, "Jicofo does not notice")
	assert.Zero(t, s.stats().Selector.Operational)
	assert.Len(t, s.shard.Conferences(), 1, "its conference goes on")
	assert.Empty(t, s.shard.Cuts())
}

func TestAProxyOrAWebServerGoesAndNobodyHasLeft(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	b := s.bridge("jvb-1")
	one, two := s.join("r", "one"), s.join("r", "two")
	one.hears(wire.On)
	another := meetingtest.Address(t)
	meetingtest.Run(t, s.shard, meetingtest.Pod(t, "a", names.Web), another)

	s.pods.Web.Stop()
	one.closed()
	two.closed()
	assert.Equal(t, [2]int{1, 2}, load(b), "media does not go through the web server")
	back := s.joinAt(another, "r", "one", one.greeting.Session)
	assert.Equal(t, wire.Notice{Shard: "a", Session: one.greeting.Session, Resumed: true, Media: wire.On, Bridge: "jvb-1"}, back.greeting)
	// A second connection for a session whose first one only seems to be there.
	again := s.joinAt(another, "r", "one", one.greeting.Session)
	assert.True(t, again.greeting.Resumed)
	back.closed()
	assert.Equal(t, [2]int{1, 2}, load(b))

	s.until(func() bool { return load(b) != [2]int{1, 2} }, "who does not come back never leaves")
	late := s.dial(another, "/xmpp-websocket?room=r", wire.Word{User: "two", Resume: two.greeting.Session})
	assert.Equal(t, websocket.StatusCode(wire.NoSession), (&user{scene: s, name: "two", connection: late}).closed())
	assert.Empty(t, s.shard.Cuts())
}

func TestNobodyTakesSomebodyElsesSession(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	one := s.join("r", "one")
	for _, attempt := range []struct{ path, user string }{
		{"/xmpp-websocket?room=r", "two"}, {"/xmpp-websocket?room=other", "one"}, {"/tenant/xmpp-websocket?room=r", "one"},
	} {
		connection := s.dial(s.pods.WebAddress, attempt.path, wire.Word{User: attempt.user, Resume: one.greeting.Session})
		assert.Equal(t, websocket.StatusCode(wire.NoSession), (&user{scene: s, name: "thief", connection: connection}).closed(), attempt)
	}
}

func TestWhatOperatorsAndTheReaperAskJicofo(t *testing.T) {
	t.Parallel()
	s := begin(t, 144)
	status, _, _ := s.get(s.pods.JicofoAddress, names.JicofoPort, "/about/health")
	assert.Equal(t, http.StatusInternalServerError, status, "without a bridge")
	s.bridge("jvb-1")
	status, _, _ = s.get(s.pods.JicofoAddress, names.JicofoPort, "/about/health")
	assert.Equal(t, http.StatusOK, status)

	s.join("Daily", "one")
	s.dial(s.pods.WebAddress, "/Team/xmpp-websocket?room=Weekly", wire.Word{User: "two"})
	s.until(func() bool { return s.stats().Participants == 2 }, "Jicofo does not count the participants")
	_, _, body := s.get(s.pods.JicofoAddress, names.JicofoPort, "/debug/conferences")
	assert.JSONEq(t, `["daily@muc.meet.jitsi","weekly@muc.team.meet.jitsi"]`, body)

	_, _, body = s.get(s.pods.JicofoAddress, names.JicofoPort, "/debug")
	var debug struct {
		Selector struct {
			Bridges map[string]any `json:"bridge"`
		} `json:"bridge_selector"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &debug))
	assert.Contains(t, debug.Selector.Bridges, bridgetest.Brewery+"/jvb-1")
}
