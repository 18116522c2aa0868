package doortest

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Health is what a shard's parts would say to a health check.
type Health struct {
	// Web and Prosody say whether these answer.
	Web, Prosody bool
	// Jicofo says whether Jicofo answers; Operational and Retiring are the bridges that it counts.
	Jicofo                bool
	Operational, Retiring int
}

// Well is a shard that serves.
var Well = Health{Web: true, Prosody: true, Jicofo: true, Operational: 2}

// Shard is a fake shard: its web service with signalling, and its Jicofo. Every proxy reaches it at an address of its own,
// so that one proxy can be made to notice later than the others what the shard's health is.
type Shard struct {
	Name string
	// Port and JicofoPort are the same at every address.
	Port, JicofoPort int

	mutex   sync.Mutex
	history []moment
	lag     map[string]time.Duration
	delay   time.Duration
	hidden  map[string]bool
	servers []*http.Server
	open    map[net.Conn]string // live WebSockets and their rooms
	seen    http.Header
}

// moment is a health from a time on.
type moment struct {
	at     time.Time
	health Health
}

// gate is the address at which one proxy reaches all shards.
func gate(proxy int) string { return fmt.Sprintf("127.0.0.%d", 10+proxy) }

func newShard(tb testing.TB, name string, proxies int) *Shard {
	tb.Helper()
	s := &Shard{
		Name: name, history: []moment{{time.Time{}, Well}},
		lag: map[string]time.Duration{}, hidden: map[string]bool{}, open: map[net.Conn]string{},
	}
	s.Port, s.JicofoPort = FreePort(tb), FreePort(tb)
	s.Revive(tb, proxies)
	tb.Cleanup(s.Kill)
	return s
}

// listenAt listens on a port at the gates of proxies.
func listenAt(port, proxies int) ([]net.Listener, error) {
	var listeners []net.Listener
	for proxy := range proxies {
		listener, err := listen(gate(proxy), port)
		if err != nil {
			for _, made := range listeners {
				_ = made.Close()
			}
			return nil, fmt.Errorf("listening for proxy %d: %w", proxy, err)
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

func (s *Shard) serve(web, jicofo []net.Listener) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, service := range []struct {
		listeners []net.Listener
		handler   http.HandlerFunc
	}{{web, s.web}, {jicofo, s.jicofo}} {
		server := &http.Server{Handler: service.handler, ReadHeaderTimeout: time.Minute}
		s.servers = append(s.servers, server)
		for _, listener := range service.listeners {
			go func() { _ = server.Serve(listener) }()
		}
	}
}

// Set changes the shard's health.
func (s *Shard) Set(health Health) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.history = append(s.history, moment{time.Now(), health})
}

// Lag lets a proxy notice changes of the shard's health so much later.
func (s *Shard) Lag(proxy int, by time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.lag[gate(proxy)] = by
}

// Hide lets nothing of the shard get through to a proxy.
func (s *Shard) Hide(proxy int, hidden bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.hidden[gate(proxy)] = hidden
}

// Delay makes every answer of the web service come so much later.
func (s *Shard) Delay(by time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.delay = by
}

// Kill lets the shard vanish with all its connections.
func (s *Shard) Kill() {
	s.mutex.Lock()
	servers := s.servers
	s.servers = nil
	for connection := range s.open {
		_ = connection.Close()
	}
	s.mutex.Unlock()
	for _, server := range servers {
		_ = server.Close()
	}
}

// Cut closes the shard's WebSockets, as a Prosody that ends does: a web service that answers for it keeps none of them.
func (s *Shard) Cut() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for connection := range s.open {
		_ = connection.Close()
	}
}

// Revive brings a killed shard back at its addresses.
func (s *Shard) Revive(tb testing.TB, proxies int) {
	tb.Helper()
	web, err := listenAt(s.Port, proxies)
	require.NoError(tb, err)
	jicofo, err := listenAt(s.JicofoPort, proxies)
	require.NoError(tb, err)
	s.serve(web, jicofo)
}

// Rooms counts the live WebSockets of each room.
func (s *Shard) Rooms() map[string]int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	rooms := map[string]int{}
	for _, room := range s.open {
		rooms[room]++
	}
	return rooms
}

// Seen are the headers of the last request that was no health check.
func (s *Shard) Seen() http.Header {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.seen.Clone()
}

// now is the shard's health as it is, seen is as the asking proxy notices it.
func (s *Shard) now(r *http.Request) (now, seen Health, delay time.Duration) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	host, _, _ := net.SplitHostPort(local.String())
	if s.hidden[host] {
		return Health{}, Health{}, s.delay
	}
	until := time.Now().Add(-s.lag[host])
	for _, m := range s.history {
		now = m.health
		if !m.at.After(until) {
			seen = m.health
		}
	}
	return now, seen, s.delay
}

func (s *Shard) jicofo(w http.ResponseWriter, r *http.Request) {
	_, seen, _ := s.now(r)
	if !seen.Jicofo {
		drop(w)
		return
	}
	fmt.Fprintf(w, `{"conferences":3,"bridge_selector":{"bridge_count":%d,"operational_bridge_count":%d,"in_shutdown_bridge_count":%d}}`,
		seen.Operational+seen.Retiring, seen.Operational, seen.Retiring)
}

func (s *Shard) web(w http.ResponseWriter, r *http.Request) {
	now, seen, delay := s.now(r)
	isCheck := r.URL.Path == "/http-bind" && r.Method == http.MethodGet && r.URL.RawQuery == ""
	if isCheck {
		now = seen
	}
	select {
	case <-time.After(delay):
	case <-r.Context().Done():
	}
	switch {
	case !now.Web:
		drop(w)
		return
	case isSignalling(r) && !now.Prosody:
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	if !isCheck {
		s.mutex.Lock()
		s.seen = r.Header.Clone()
		s.mutex.Unlock()
	}
	w.Header().Set("X-Jitsi-Shard", s.Name)
	if strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		s.upgrade(w, r)
	}
}

func isSignalling(r *http.Request) bool {
	return strings.HasSuffix(r.URL.Path, "/http-bind") || strings.HasSuffix(r.URL.Path, "/xmpp-websocket")
}

// drop closes the connection of a request without an answer.
func drop(w http.ResponseWriter) {
	if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = connection.Close()
	}
}
