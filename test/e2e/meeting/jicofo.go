package meeting

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"slices"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/signalling/names"
)

// jicofo is a running Jicofo.
type jicofo struct{ focus *bridgetest.Jicofo }

func (s *Shard) runJicofo(ctx context.Context, p *running) error {
	self := &jicofo{focus: bridgetest.NewJicofo()}
	if err := p.serve(ctx, "http", s.jicofoAnswers(self, p.sandbox.Address)); err != nil {
		return err
	}
	p.program = p.curl
	p.end = func(how ending) { s.endJicofo(self, how) }
	s.mu.Lock()
	defer s.unlock()
	self.focus.Add(s.bridges...)
	self.focus.LoseRoom(!s.connected())
	s.jicofo = self
	p.every(ctx, func() { s.attend(self) })
	return nil
}

// attend does what is due in Jicofo: it looks after the bridges of the conferences, and after those who have none.
func (s *Shard) attend(self *jicofo) {
	s.mu.Lock()
	defer s.unlock()
	if s.jicofo != self {
		return
	}
	now := s.clk.Now()
	for _, r := range s.rooms {
		if r.conference == nil {
			if len(r.sessions) > 1 {
				s.place(r)
			}
			continue
		}
		if cause := r.conference.wrong(); cause != "" {
			s.cut(r, cause)
		} else if len(r.sessions) == 1 && now.Sub(r.alone) >= alone {
			s.end(r)
		}
	}
}

// wrong says why a conference cannot stay on its bridge; empty if it can.
// Source: jicofo, BridgeSelector and JitsiMeetConferenceImpl, which re-invite everybody on a bridge that is removed, fails its
// health check or shuts down.
func (c *placed) wrong() Cause {
	seen := c.bridge.Presence()
	switch {
	case !seen.Listed || !seen.Since.Equal(c.process):
		return BridgeLost
	case seen.ShuttingDown:
		return BridgeEnding
	case !seen.Operational:
		return BridgeUnfit
	default:
		return ""
	}
}

// endJicofo ends all conferences: nobody looks after them any more, and clients leave when they see Jicofo go.
func (s *Shard) endJicofo(self *jicofo, how ending) {
	s.mu.Lock()
	defer s.unlock()
	if s.jicofo != self {
		return
	}
	s.mourn(names.Jicofo, how, map[ending]Cause{stopped: JicofoStopped, killed: JicofoKilled})
	s.jicofo = nil
}

// jicofoAnswers is Jicofo's REST interface. Source: jicofo, ktor/Application.kt.
func (s *Shard) jicofoAnswers(self *jicofo, address netip.Addr) http.Handler {
	// The one path that the reaper asks for is answered by what the reaper's own tests are held against.
	network := bridgetest.NewNetwork(0)
	at := netip.AddrPortFrom(address, names.JicofoPort)
	network.Connect(at, self.focus)
	answers := http.NewServeMux()
	answers.HandleFunc("GET /debug", func(w http.ResponseWriter, request *http.Request) {
		forward(w, request, network, at.String())
	})
	answers.HandleFunc("GET /debug/conferences", func(w http.ResponseWriter, _ *http.Request) { document(w, s.addresses()) })
	answers.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) { document(w, s.statistics()) })
	answers.HandleFunc("GET /about/version", func(w http.ResponseWriter, _ *http.Request) {
		document(w, map[string]string{"name": "JiCoFo", "version": "1.0.1", "os": "Linux"})
	})
	answers.HandleFunc("GET /about/health", func(w http.ResponseWriter, _ *http.Request) {
		if s.selector().Operational > 0 {
			return
		}
		http.Error(w, "No operational bridges available", http.StatusInternalServerError)
	})
	return answers
}

// document answers with JSON.
func document(w http.ResponseWriter, content any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(content) // A client that is gone wants no answer.
}

// forward asks a network without sockets in the name of a client.
func forward(w http.ResponseWriter, request *http.Request, network http.RoundTripper, host string) {
	asked := request.Clone(request.Context())
	asked.URL.Scheme, asked.URL.Host, asked.RequestURI = "http", host, ""
	answer, err := network.RoundTrip(asked)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = answer.Body.Close() }()
	w.Header().Set("Content-Type", answer.Header.Get("Content-Type"))
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body) // A client that is gone wants no answer.
}

// selector is what Jicofo says of its bridges. Those in a graceful shutdown do not count as operational, drained ones do.
// Source: jicofo, BridgeSelector.stats.
type selector struct {
	Bridges     int `json:"bridge_count"`
	Operational int `json:"operational_bridge_count"`
	Retiring    int `json:"in_shutdown_bridge_count"`
	Versions    int `json:"bridge_version_count"`
}

// statistics are the body of /stats. A room with one participant is a conference too.
type statistics struct {
	Selector     selector `json:"bridge_selector"`
	Conferences  int      `json:"conferences"`
	Participants int      `json:"participants"`
	Largest      int      `json:"largest_conference"`
	Healthy      bool     `json:"healthy"`
}

func (s *Shard) statistics() statistics {
	said := statistics{Selector: s.selector()}
	s.mu.Lock()
	defer s.unlock()
	said.Healthy = s.connected()
	for _, r := range s.rooms {
		said.Conferences++
		said.Participants += len(r.sessions)
		said.Largest = max(said.Largest, len(r.sessions))
	}
	return said
}

func (s *Shard) selector() selector {
	s.mu.Lock()
	defer s.unlock()
	said := selector{}
	versions := map[string]bool{}
	for _, b := range s.bridges {
		seen := b.Presence()
		if !seen.Listed || !s.connected() {
			continue
		}
		said.Bridges++
		versions[seen.Version] = true
		if seen.Graceful {
			said.Retiring++
		} else if seen.Operational {
			said.Operational++
		}
	}
	said.Versions = len(versions)
	return said
}

// addresses are those of the rooms that Jicofo has a conference in.
func (s *Shard) addresses() []string {
	s.mu.Lock()
	defer s.unlock()
	found := make([]string, 0, len(s.rooms))
	for _, r := range s.rooms {
		found = append(found, r.address())
	}
	slices.Sort(found)
	return found
}
