package meeting

import (
	"fmt"
	"slices"
	"time"

	"jitsi-meet-azure/signalling/names"
)

// Cause is why a conference was cut.
type Cause string

// The causes. A service that is killed was not asked to stop before.
const (
	// BridgeLost is a bridge whose process, machine or connection to the shard is gone.
	BridgeLost Cause = "bridge lost"
	// BridgeEnding is a bridge that announced, with a conference on it, that it ends within the minute: Jicofo moves everybody away.
	BridgeEnding Cause = "bridge ending"
	// BridgeUnfit is a bridge that does not pass its health check any more: Jicofo moves everybody away.
	BridgeUnfit    Cause = "bridge unfit"
	ProsodyStopped Cause = "Prosody stopped"
	ProsodyKilled  Cause = "Prosody killed"
	JicofoStopped  Cause = "Jicofo stopped"
	JicofoKilled   Cause = "Jicofo killed"
	// ShardLost is a cut at about the time at which both Prosody and Jicofo were killed.
	ShardLost Cause = "shard lost"
)

// Cut is a conference that was cut off under its participants.
type Cut struct {
	// At is the time on the clock.
	At           time.Time
	Shard        string
	Room         string
	Bridge       string
	Participants int
	Cause        Cause

	moment time.Time // in reality
}

// together is how far apart, in real time, the deaths of a zone may be noticed: each part of the system test that plays one ends it
// on its own.
const together = 5 * time.Second

// Cuts are the conferences that were cut off so far, in order.
func (s *Shard) Cuts() []Cut {
	s.mu.Lock()
	defer s.unlock()
	cuts := slices.Clone(s.cuts)
	for index := range cuts {
		if s.lostAround(cuts[index].moment) {
			cuts[index].Cause = ShardLost
		}
	}
	return cuts
}

// lostAround says that both singletons were killed at about some moment.
func (s *Shard) lostAround(moment time.Time) bool {
	for _, service := range names.Singletons() {
		at, killed := s.killed[service]
		if !killed || moment.Sub(at).Abs() > together {
			return false
		}
	}
	return true
}

// cut ends a room's conference under its participants.
func (s *Shard) cut(r *room, cause Cause) {
	c := r.conference
	if c == nil {
		return
	}
	_ = c.bridge.EndConference(c.number) // A bridge that is gone does not know it.
	r.conference = nil
	r.retry = s.clk.Now().Add(reinvitation)
	made := Cut{
		At: s.clk.Now(), Shard: s.name, Room: r.name, Bridge: c.bridge.Nickname(), Participants: len(r.sessions), Cause: cause,
		moment: time.Now(),
	}
	s.cuts = append(s.cuts, made)
	s.say(WasCut, r.name, fmt.Sprintf("%s, %d participants, on bridge %s", cause, made.Participants, made.Bridge))
	r.tell()
}

// cutAll ends all conferences.
func (s *Shard) cutAll(cause Cause) {
	for _, r := range s.rooms {
		s.cut(r, cause)
	}
}
