package meeting

import (
	"context"
	"net/http"
	"time"

	"jitsi-meet-azure/signalling/names"
)

// reconnection is about how long Jicofo and the bridges take to come back to a Prosody that has started.
const reconnection = 10 * time.Second

// prosody is a running Prosody. What it has in memory is with the [Shard], and emptied when it ends.
type prosody struct {
	since     time.Time
	connected bool
}

func (s *Shard) runProsody(ctx context.Context, p *running) error {
	if err := p.accept(ctx, "xmpp-client"); err != nil {
		return err
	}
	answers := http.NewServeMux()
	answers.HandleFunc("/http-bind", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })
	if err := p.serve(ctx, "http", answers); err != nil {
		return err
	}
	self := &prosody{since: s.clk.Now()}
	p.program = p.reload
	p.end = func(how ending) { s.endProsody(self, how) }
	s.mu.Lock()
	defer s.unlock()
	s.prosody = self
	p.every(ctx, func() { s.tend(self) })
	return nil
}

// tend does what is due in Prosody.
func (s *Shard) tend(self *prosody) {
	s.mu.Lock()
	defer s.unlock()
	if s.prosody != self {
		return
	}
	if !self.connected && s.clk.Now().Sub(self.since) >= reconnection {
		self.connected = true
		s.connect()
	}
	now := time.Now()
	for _, member := range s.sessions {
		if member.socket == nil && !now.Before(member.expires) {
			s.leave(member)
		}
	}
}

// connect gives Jicofo and the bridges their connection to Prosody, or takes it away.
func (s *Shard) connect() {
	connected := s.connected()
	for _, b := range s.bridges {
		b.CutOff(!connected)
	}
	if s.jicofo != nil {
		s.jicofo.focus.LoseRoom(!connected)
	}
}

// endProsody forgets all rooms, and with them ends the conferences.
func (s *Shard) endProsody(self *prosody, how ending) {
	s.mu.Lock()
	defer s.unlock()
	if s.prosody != self {
		return
	}
	s.mourn(names.Prosody, how, map[ending]Cause{stopped: ProsodyStopped, killed: ProsodyKilled})
	for _, member := range s.sessions {
		if member.socket != nil {
			s.closing = append(s.closing, member.socket)
		}
	}
	s.prosody = nil
	clear(s.sessions)
	clear(s.rooms)
	s.connect()
}

// mourn cuts the conferences that a singleton takes with it.
func (s *Shard) mourn(service string, how ending, causes map[ending]Cause) {
	if how == killed {
		s.killed[service] = time.Now()
	}
	if cause, somebodyMissesIt := causes[how]; somebodyMissesIt {
		s.cutAll(cause)
	}
}
