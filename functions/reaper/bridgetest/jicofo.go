package bridgetest

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Brewery is the room in which the bridges of a shard meet its Jicofo.
const Brewery = "jvbbrewery@internal-muc.meet.jitsi"

// ErrNoBridge is a Jicofo without a bridge to put a conference on.
var ErrNoBridge = errors.New("no bridge available")

// Jicofo plays a shard's Jicofo. It may be used by several goroutines.
type Jicofo struct {
	faults faults

	mu      sync.Mutex
	bridges []*Bridge
	lost    bool
	// stopping holds the bridges that refused a conference because of their graceful shutdown, by the start of their
	// process: Jicofo remembers that until they leave the room.
	stopping map[*Bridge]time.Time
	// placed are the participants that were placed since a bridge's latest presence.
	placed map[*Bridge]placement
}

type placement struct {
	since        time.Time
	participants int
}

// NewJicofo returns a Jicofo that knows some bridges, as soon as they have announced themselves.
func NewJicofo(bridges ...*Bridge) *Jicofo {
	return &Jicofo{bridges: bridges, stopping: map[*Bridge]time.Time{}, placed: map[*Bridge]placement{}}
}

// Add lets more bridges join the brewery room.
func (j *Jicofo) Add(bridges ...*Bridge) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.bridges = append(j.bridges, bridges...)
}

// LoseRoom takes Jicofo's own connection to the brewery room away, or gives it back: it answers, and knows no bridge.
func (j *Jicofo) LoseRoom(lost bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lost = lost
}

// Break makes Jicofo answer wrongly on a path, or on all paths if it is empty.
func (j *Jicofo) Break(path string, fault Fault) { j.faults.set(path, fault) }

// Mend takes all faults away.
func (j *Jicofo) Mend() { j.faults.clear() }

// Place starts a conference on the bridge that Jicofo chooses. Bridges that are not drained come first, whether they are
// shutting down or not; of what is left, those that are not in a graceful shutdown; of these, the one with the least to do.
// A bridge that refuses because of its graceful shutdown is remembered, and the next one asked.
// Source: jicofo, BridgeSelector.selectBridge, ColibriV2SessionManager.
func (j *Jicofo) Place(participants int) (*Bridge, int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	refused := map[*Bridge]bool{}
	for {
		chosen, found := j.choose(refused)
		if !found {
			return nil, 0, ErrNoBridge
		}
		conference, err := chosen.StartConference(participants)
		if err == nil {
			j.note(chosen, participants)
			return chosen, conference, nil
		}
		if errors.Is(err, ErrGraceful) {
			j.stopping[chosen] = chosen.Presence().Since
		}
		refused[chosen] = true
	}
}

// candidate is a bridge that a conference could go to.
type candidate struct {
	bridge   *Bridge
	presence Presence
	load     int
}

func (j *Jicofo) choose(refused map[*Bridge]bool) (*Bridge, bool) {
	candidates := slices.DeleteFunc(j.known(), func(c candidate) bool {
		return refused[c.bridge] || !c.presence.Operational || c.presence.ShuttingDown
	})
	candidates = prefer(candidates, func(c candidate) bool { return !c.presence.Draining })
	candidates = prefer(candidates, func(c candidate) bool { return !c.presence.Graceful })
	if len(candidates) == 0 {
		return nil, false
	}
	return slices.MinFunc(candidates, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.load, b.load), cmp.Compare(a.bridge.Nickname(), b.bridge.Nickname()))
	}).bridge, true
}

// prefer keeps those that are so, unless that were none.
func prefer(candidates []candidate, so func(candidate) bool) []candidate {
	preferred := slices.DeleteFunc(slices.Clone(candidates), func(c candidate) bool { return !so(c) })
	if len(preferred) == 0 {
		return candidates
	}
	return preferred
}

// known are the bridges in the brewery room.
func (j *Jicofo) known() []candidate {
	var known []candidate
	for _, b := range j.bridges {
		presence := b.Presence()
		if !presence.Listed || j.lost {
			continue
		}
		if since, remembered := j.stopping[b]; remembered && since.Equal(presence.Since) {
			presence.Graceful = true
		}
		load := presence.Participants
		if placed := j.placed[b]; placed.since.Equal(presence.At) {
			load += placed.participants
		}
		known = append(known, candidate{bridge: b, presence: presence, load: load})
	}
	return known
}

// note counts the participants that a bridge got since its latest presence.
func (j *Jicofo) note(b *Bridge, participants int) {
	at := b.Presence().At
	placed := j.placed[b]
	if !placed.since.Equal(at) {
		placed = placement{since: at}
	}
	placed.participants += participants
	j.placed[b] = placed
}

// door implements [Host].
func (j *Jicofo) door() Kind { return j.faults.door("") }

// answer implements [Host].
func (j *Jicofo) answer(request *http.Request) (reply, Kind) {
	return respond(j.faults.on(request.URL.Path), func() reply {
		if request.Method+" "+request.URL.Path != "GET /debug" {
			return plain(http.StatusNotFound, "")
		}
		return j.debug()
	})
}

// debug is the body of /debug.
// Source: jicofo, JicofoServices.getDebugState, BridgeSelector.debugState, Bridge.debugState.
func (j *Jicofo) debug() reply {
	j.mu.Lock()
	defer j.mu.Unlock()
	bridges := map[string]any{}
	for _, c := range j.known() {
		seen := c.presence
		bridges[Brewery+"/"+c.bridge.Nickname()] = map[string]any{
			"drain": seen.Draining, "endpoints": c.load, "endpoint-restart-requests": 0, "graceful-shutdown": seen.Graceful,
			"healthy": seen.Operational, "operational": seen.Operational, "overloaded": c.load >= 80, "region": "null",
			"relay-id": "null", "release": "null", "shutting-down": seen.ShuttingDown, "stress": float64(c.load) / 100,
			"version": seen.Version,
		}
	}
	body, err := json.Marshal(map[string]any{
		"focus_manager":   map[string]any{"focus_count": 0, "conferences": map[string]any{}},
		"bridge_selector": map[string]any{"strategy": "SingleBridgeSelectionStrategy", "bridge": bridges},
		"jibri_detector":  "null", "sip_jibri_detector": "null", "jigasi_detector": "null",
		"av_moderation": map[string]any{}, "conference_iq_handler": map[string]any{},
	})
	if err != nil {
		return plain(http.StatusInternalServerError, err.Error())
	}
	return document(string(body))
}
