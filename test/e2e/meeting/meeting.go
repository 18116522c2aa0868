// Package meeting plays what the pods of one shard run: the web servers, Prosody, Jicofo and the TURN relays, as far as somebody
// notices who meets there. Users come over real WebSockets, conferences are placed on bridges as Jicofo places them, and what ends
// with a pod in reality ends with it here. What each pod is for, and on which ports it listens, comes from its deployed template.
//
// Times that belong to a meeting are those of the clock. Only [resumption] is bounded from below in real time.
package meeting

import (
	"slices"
	"strings"
	"sync"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/internal/clock"
)

// Kind is what an [Event] is about.
type Kind string

// The kinds of events.
const (
	Started Kind = "conference started"
	Ended   Kind = "conference ended"
	WasCut  Kind = "conference cut"
	Refused Kind = "no bridge for a conference"
	Bridges Kind = "bridge"
	Service Kind = "service"
)

// Event is something that happened on a shard.
type Event struct {
	// At is the time on the clock.
	At    time.Time
	Shard string
	Kind  Kind
	// Room is empty where the event is not about one.
	Room string
	Text string
}

// Conference is one that is going on.
type Conference struct {
	// Room is the room's name, behind its tenant and a slash if there is one.
	Room string
	// Bridge is the nickname of the bridge that carries it.
	Bridge       string
	Participants int
	// Since is when it began on this bridge, on the clock.
	Since time.Time
}

// Shard is the signalling of one shard. It may be used by several goroutines.
type Shard struct {
	name string
	clk  clock.Clock
	log  func(Event)

	mu sync.Mutex
	// news and closing are told and closed once the lock is free: both may take their time, and the first may ask back.
	news    []Event
	closing []*socket

	bridges []*bridgetest.Bridge
	// prosody and jicofo are those that run; nil while none does.
	prosody *prosody
	jicofo  *jicofo
	// What Prosody has in memory: its sessions by their id, and the rooms of these by name.
	sessions map[string]*session
	rooms    map[string]*room
	cuts     []Cut
	// killed is when a service was killed last, in real time.
	killed map[string]time.Time
}

// New makes a shard of which nothing runs yet. Log may be nil; it is called by several goroutines.
func New(name string, clk clock.Clock, log func(Event)) *Shard {
	if log == nil {
		log = func(Event) {}
	}
	return &Shard{
		name: name, clk: clk, log: log,
		sessions: map[string]*session{}, rooms: map[string]*room{}, killed: map[string]time.Time{},
	}
}

// AddBridge lets a bridge that has booted join the shard's brewery room. To add one twice does no harm. It is without a connection
// to Prosody (see [bridgetest.Bridge.CutOff]) as long as no Prosody runs.
func (s *Shard) AddBridge(b *bridgetest.Bridge) {
	s.mu.Lock()
	defer s.unlock()
	b.CutOff(!s.connected())
	if slices.Contains(s.bridges, b) {
		return
	}
	s.bridges = append(s.bridges, b)
	if s.jicofo != nil {
		s.jicofo.focus.Add(b)
	}
	s.say(Bridges, "", b.Nickname()+" registers")
}

// connected says that Prosody has run for long enough for Jicofo and the bridges to have found it.
func (s *Shard) connected() bool { return s.prosody != nil && s.prosody.connected }

// Conferences are those that are going on, by room.
func (s *Shard) Conferences() []Conference {
	s.mu.Lock()
	defer s.unlock()
	var found []Conference
	for name, r := range s.rooms {
		if c := r.conference; c != nil {
			found = append(found, Conference{Room: name, Bridge: c.bridge.Nickname(), Participants: len(r.sessions), Since: c.at})
		}
	}
	slices.SortFunc(found, func(a, b Conference) int { return strings.Compare(a.Room, b.Room) })
	return found
}

// Load says how many people are on the shard, and how many of these are in a room with others and have no bridge.
func (s *Shard) Load() (participants, waiting int) {
	s.mu.Lock()
	defer s.unlock()
	for _, r := range s.rooms {
		participants += len(r.sessions)
		if len(r.sessions) > 1 && r.conference == nil {
			waiting += len(r.sessions)
		}
	}
	return participants, waiting
}

// say keeps an event until the lock is free.
func (s *Shard) say(kind Kind, room, text string) {
	s.news = append(s.news, Event{At: s.clk.Now(), Shard: s.name, Kind: kind, Room: room, Text: text})
}

// unlock frees the lock, closes what is to be closed and tells what there is to tell.
func (s *Shard) unlock() {
	news, closing := s.news, s.closing
	s.news, s.closing = nil, nil
	s.mu.Unlock()
	for _, socket := range closing {
		socket.close()
	}
	for _, event := range news {
		s.log(event)
	}
}

// beat is how often Prosody and Jicofo look what is due: every second on the clock, but no more often than a machine with better
// things to do can stand.
func (s *Shard) beat() time.Duration { return max(s.clk.Real(time.Second), 20*time.Millisecond) }
