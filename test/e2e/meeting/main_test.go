package meeting_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/meeting/meetingtest"
	"jitsi-meet-azure/test/e2e/meeting/wire"
)

// patience is how long a test waits for what must come.
const patience = 20 * time.Second

// scene is a shard that serves.
type scene struct {
	t     *testing.T
	clk   clock.Clock
	shard *meeting.Shard
	pods  *meetingtest.Pods

	mu   sync.Mutex
	news []meeting.Event
}

func begin(t *testing.T, factor float64) *scene {
	t.Helper()
	clk, err := clock.Start(time.Date(2026, 3, 4, 5, 0, 0, 0, time.UTC), factor)
	require.NoError(t, err)
	s := &scene{t: t, clk: clk}
	s.shard = meeting.New("a", clk, func(event meeting.Event) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.news = append(s.news, event)
	})
	s.pods = meetingtest.Start(t, s.shard, "a")
	return s
}

// heard are the events of a kind so far.
func (s *scene) heard(kind meeting.Kind) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var texts []string
	for _, event := range s.news {
		if event.Kind == kind {
			texts = append(texts, event.Text)
		}
	}
	return texts
}

// bridge is one that has booted and that Jicofo counts.
func (s *scene) bridge(nickname string) *bridgetest.Bridge {
	s.t.Helper()
	before := s.stats().Selector.Operational
	b := bridgetest.New(bridgetest.Settings{Nickname: nickname, Now: s.clk.Now})
	s.shard.AddBridge(b)
	s.until(func() bool { return s.stats().Selector.Operational == before+1 }, "Jicofo does not find the bridge")
	return b
}

// until waits for what must come. It looks in the test's own goroutine.
func (s *scene) until(so func() bool, otherwise string) {
	s.t.Helper()
	for limit := time.After(patience); !so(); {
		select {
		case <-limit:
			require.Fail(s.t, otherwise)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

type stats struct {
	Selector struct {
		Known       int `json:"bridge_count"`
		Operational int `json:"operational_bridge_count"`
		Retiring    int `json:"in_shutdown_bridge_count"`
	} `json:"bridge_selector"`
	Conferences  int `json:"conferences"`
	Participants int `json:"participants"`
}

func (s *scene) stats() (read stats) {
	s.t.Helper()
	status, _, body := s.get(s.pods.JicofoAddress, names.JicofoPort, "/stats")
	require.Equal(s.t, http.StatusOK, status)
	require.NoError(s.t, json.Unmarshal([]byte(body), &read), body)
	return read
}

// get asks a pod.
func (s *scene) get(address netip.Addr, port int, path string) (status int, header http.Header, body string) {
	s.t.Helper()
	client := http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(fmt.Sprintf("http://%s:%d%s", address, port, path))
	require.NoError(s.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(s.t, err)
	return answer.StatusCode, answer.Header, string(text)
}

// user is somebody in a room.
type user struct {
	*scene
	name       string
	connection *websocket.Conn
	greeting   wire.Notice
}

// dial opens a WebSocket through a web server and says the first word.
func (s *scene) dial(at netip.Addr, path string, word wire.Word) *websocket.Conn {
	s.t.Helper()
	address := fmt.Sprintf("ws://%s:%d%s", at, names.WebPort, path)
	options := &websocket.DialOptions{Subprotocols: []string{wire.Subprotocol}}
	connection, answer, err := websocket.Dial(s.t.Context(), address, options) //nolint:bodyclose // the connection is the body
	require.NoError(s.t, err)
	require.Equal(s.t, wire.Subprotocol, connection.Subprotocol())
	require.Empty(s.t, answer.Header.Get("X-Jitsi-Shard"), "the real web server does not say it on this status")
	s.t.Cleanup(func() { _ = connection.CloseNow() })
	text, err := wire.Encode(word)
	require.NoError(s.t, err)
	require.NoError(s.t, connection.Write(s.t.Context(), websocket.MessageText, text))
	return connection
}

func (s *scene) join(room, name string) *user { return s.joinAt(s.pods.WebAddress, room, name, "") }

func (s *scene) joinAt(at netip.Addr, room, name, session string) *user {
	s.t.Helper()
	u := &user{scene: s, name: name}
	u.connection = s.dial(at, "/xmpp-websocket?room="+room, wire.Word{User: name, Resume: session})
	u.greeting = u.next()
	return u
}

// next is what the shard says next.
func (u *user) next() wire.Notice {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), patience)
	defer cancel()
	_, text, err := u.connection.Read(ctx)
	require.NoError(u.t, err, "user %s", u.name)
	notice, err := wire.ParseNotice(text)
	require.NoError(u.t, err)
	return notice
}

// hears waits until the shard says that the media is so.
func (u *user) hears(media wire.Media) wire.Notice {
	u.t.Helper()
	notice := u.next()
	assert.Equal(u.t, media, notice.Media, "user %s", u.name)
	return notice
}

func (u *user) leave() {
	u.t.Helper()
	text, err := wire.Encode(wire.Word{Leave: true})
	require.NoError(u.t, err)
	require.NoError(u.t, u.connection.Write(u.t.Context(), websocket.MessageText, text))
}

// closed waits until the WebSocket is, and returns its last status.
func (u *user) closed() websocket.StatusCode {
	u.t.Helper()
	ctx, cancel := context.WithTimeout(u.t.Context(), patience)
	defer cancel()
	for {
		if _, _, err := u.connection.Read(ctx); err != nil {
			require.NoError(u.t, ctx.Err(), "user %s is still connected", u.name)
			return websocket.CloseStatus(err)
		}
	}
}

func load(b *bridgetest.Bridge) (load [2]int) {
	load[0], load[1] = b.Load()
	return load
}
