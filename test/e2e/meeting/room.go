package meeting

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/e2e/meeting/wire"
)

const (
	// hibernation is how long Prosody keeps the session of a client whose connection broke.
	// Source: docker-jitsi-meet, prosody's prosody.cfg.lua, smacks_hibernation_time.
	hibernation = time.Minute
	// minHibernation bounds it from below in real time: connecting again takes as long as TLS, HAProxy and this machine take,
	// whatever the clock shows.
	minHibernation = 5 * time.Second
	// reinvitation is how long after its bridge is lost Jicofo takes to have a conference on another one, and after how long it looks
	// again if there was none.
	reinvitation = 5 * time.Second
	// alone is how long a conference goes on with one participant.
	// Source: jicofo, jicofo.conference.single-participant-timeout.
	alone = 20 * time.Second
)

// room is one that somebody is in.
type room struct {
	name     string
	tenant   string
	local    string // the name without the tenant
	sessions map[*session]bool
	// conference is nil as long as no bridge carries one.
	conference *placed
	// retry is when Jicofo places it next; refused says that it could not the last time.
	retry   time.Time
	refused bool
	// alone is since when one participant has been left.
	alone time.Time
}

// placed is a conference on a bridge.
type placed struct {
	bridge *bridgetest.Bridge
	number int
	// process is when the bridge's process had started that took it.
	process time.Time
	at      time.Time
}

// session is one participant, whether connected at the moment or not.
type session struct {
	id, user string
	room     *room
	// socket is nil while the session hibernates, which it does until expires, in real time.
	socket  *socket
	expires time.Time
}

// address is the room's, as clients and Jicofo have it. Source: jitsi-meet, mod_muc_domain_mapper.
func (r *room) address() string {
	if r.tenant == "" {
		return r.local + "@" + names.MUCDomain
	}
	return fmt.Sprintf("%s@muc.%s.%s", r.local, r.tenant, names.XMPPDomain)
}

// media is what a participant has.
func (r *room) media() (wire.Media, string) {
	switch {
	case r.conference != nil:
		return wire.On, r.conference.bridge.Nickname()
	case len(r.sessions) > 1:
		return wire.Off, ""
	default:
		return wire.Alone, ""
	}
}

// tell lets every participant know what there is of media.
func (r *room) tell() {
	notice := wire.Notice{}
	notice.Media, notice.Bridge = r.media()
	for member := range r.sessions {
		if member.socket != nil {
			member.socket.tell(notice)
		}
	}
}

var (
	errNoProsody = errors.New("no Prosody runs")
	errNoSession = errors.New("no such session")
)

// enter lets a user into a room, or back into a session.
func (s *Shard) enter(name roomName, word wire.Word, socket *socket) (*session, wire.Notice, error) {
	s.mu.Lock()
	defer s.unlock()
	if s.prosody == nil {
		return nil, wire.Notice{}, errNoProsody
	}
	member := s.sessions[word.Resume]
	if word.Resume == "" {
		member = s.join(name, word.User)
	}
	if member == nil || member.user != word.User || member.room.name != name.String() {
		return nil, wire.Notice{}, errNoSession
	}
	if member.socket != nil {
		s.closing = append(s.closing, member.socket) // It broke, and Prosody has not noticed yet.
	}
	member.socket = socket
	notice := wire.Notice{Shard: s.name, Session: member.id, Resumed: word.Resume != ""}
	notice.Media, notice.Bridge = member.room.media()
	return member, notice, nil
}

// join adds a participant to a room. Jicofo begins a conference with the second.
func (s *Shard) join(name roomName, user string) *session {
	r := s.rooms[name.String()]
	if r == nil {
		r = &room{name: name.String(), tenant: name.tenant, local: name.local, sessions: map[*session]bool{}}
		s.rooms[r.name] = r
	}
	member := &session{id: rand.Text(), user: user, room: r}
	s.sessions[member.id] = member
	r.sessions[member] = true
	s.resized(r)
	return member
}

// breaks is told that a user's WebSocket is gone; left says that the user said goodbye before.
func (s *Shard) breaks(member *session, socket *socket, left bool) {
	s.mu.Lock()
	defer s.unlock()
	if s.sessions[member.id] != member || member.socket != socket {
		return
	}
	member.socket = nil
	if left {
		s.leave(member)
		return
	}
	member.expires = time.Now().Add(s.resumption())
}

// resumption is how long, in real time, a user may be away without having left.
func (s *Shard) resumption() time.Duration { return max(s.clk.Real(hibernation), minHibernation) }

// leave takes a participant out of a room; the last one ends the conference.
func (s *Shard) leave(member *session) {
	r := member.room
	delete(s.sessions, member.id)
	delete(r.sessions, member)
	s.resized(r)
	if len(r.sessions) == 0 {
		delete(s.rooms, r.name)
	}
}

// resized is told that somebody came or went.
func (s *Shard) resized(r *room) {
	count := len(r.sessions)
	switch {
	case r.conference == nil && count > 1:
		s.place(r)
	case r.conference == nil:
	case count == 0:
		s.end(r)
	default:
		if count == 1 {
			r.alone = s.clk.Now()
		}
		// A bridge that has lost it is found out by the next look.
		_ = r.conference.bridge.SetConference(r.conference.number, bridgetest.Conference{Local: count})
	}
	r.tell()
}

// place has Jicofo put a room's conference on a bridge, if that is due.
func (s *Shard) place(r *room) {
	now := s.clk.Now()
	if s.jicofo == nil || now.Before(r.retry) {
		return
	}
	bridge, number, err := s.jicofo.focus.Place(len(r.sessions))
	if err != nil {
		r.retry = now.Add(reinvitation)
		if !r.refused {
			r.refused = true
			s.say(Refused, r.name, fmt.Sprintf("%d wait: %v", len(r.sessions), err))
		}
		return
	}
	r.refused, r.retry = false, time.Time{}
	r.conference = &placed{bridge: bridge, number: number, process: bridge.Presence().Since, at: now}
	s.say(Started, r.name, "on bridge "+bridge.Nickname())
	r.tell()
}

// end ends a conference that nobody misses.
func (s *Shard) end(r *room) {
	_ = r.conference.bridge.EndConference(r.conference.number) // It is over either way.
	s.say(Ended, r.name, "on bridge "+r.conference.bridge.Nickname())
	r.conference = nil
	r.tell()
}
