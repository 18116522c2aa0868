package shard

import (
	"fmt"
	"strconv"
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/simulation/capacity"
)

// machine is one machine of the scale set with its bridge.
type machine struct {
	serial int
	// id and instance are Azure's names for it.
	id, instance string
	// created, boots, deleted and gone are moments; deleted and gone are never while they have not come.
	created, boots, deleted, gone time.Duration
	up                            bool

	// drained and graceful are since when the bridge is drained, and shuts down gracefully; never while it does not.
	drained, graceful time.Duration
	// leaves says that the machine goes by itself once its last conference has ended.
	leaves bool

	rooms        map[int]bool
	participants int
	demand       capacity.Demand
	stress       float64
	// told is what the bridge last reported, and announced to Jicofo.
	told report
	// recent are the moments at which participants were added lately.
	recent []time.Duration

	// passed is up to when the sums below count; they are of this minute, in units of a second.
	passed      time.Duration
	sum         capacity.Demand
	conferences float64
}

// report is what a bridge says of itself every few seconds.
type report struct {
	at                        time.Duration
	stress                    float64
	conferences, participants int
	drained, graceful         bool
}

// never is a moment that has not come.
const never = time.Duration(1<<63 - 1)

func newMachine(serial int, now, boots time.Duration) *machine {
	return &machine{
		serial: serial, id: fmt.Sprintf("00000000-0000-0000-0000-%012d", serial), instance: strconv.Itoa(serial),
		created: now, boots: boots, deleted: never, gone: never, drained: never, graceful: never,
		rooms: map[int]bool{}, passed: now,
		told: report{at: -1 << 62},
	}
}

// there says that Azure counts it.
func (m *machine) there() bool { return m.deleted == never }

// pass adds the time up to now to the minute's sums.
func (m *machine) pass(now time.Duration) {
	seconds := (now - m.passed).Seconds()
	m.sum.Packets += m.demand.Packets * seconds
	m.sum.In += m.demand.In * seconds
	m.sum.Out += m.demand.Out * seconds
	m.conferences += float64(len(m.rooms)) * seconds
	m.passed = now
}

// mean is the mean demand of the minute that ends now, and begins the next one.
func (m *machine) mean(now time.Duration) (demand capacity.Demand, conferenceMinutes float64) {
	m.pass(now)
	const seconds = 60
	demand = capacity.Demand{Packets: m.sum.Packets / seconds, In: m.sum.In / seconds, Out: m.sum.Out / seconds}
	conferenceMinutes = m.conferences / seconds
	m.sum, m.conferences = capacity.Demand{}, 0
	return demand, conferenceMinutes
}

// settle brings the bridge's report up to a moment: it has made one at every multiple of the interval, of how things were then. It
// must be called before anything about the bridge changes.
func (m *machine) settle(now, every time.Duration, model *capacity.Model) {
	at := now - (now%every+every)%every
	if !m.up || at <= m.told.at {
		return
	}
	m.told = report{
		at: at, stress: model.Reported(m.stress), conferences: len(m.rooms), participants: m.participants,
		drained: m.drained < at, graceful: m.graceful < at,
	}
}

// recently counts the participants that were added in a span before now.
func (m *machine) recently(now, span time.Duration) int {
	first := 0
	for first < len(m.recent) && m.recent[first] <= now-span {
		first++
	}
	m.recent = m.recent[first:]
	return len(m.recent)
}

// listed is the machine as Azure lists it.
func (m *machine) listed(midnight time.Time, now time.Duration) fleet.Machine {
	state := fleet.StateRunning
	switch {
	case m.deleted != never:
		state = fleet.StateDeleting
	case now < m.created+(m.boots-m.created)/3:
		state = fleet.StateStarting
	}
	return fleet.Machine{ID: m.id, Instance: m.instance, Created: midnight.Add(m.created), State: state, Image: "1.0.0"}
}

// seen is what the reaper learns of the bridge.
func (m *machine) seen(midnight time.Time, now time.Duration) fleet.Bridge {
	b := fleet.Bridge{Machine: m.listed(midnight, now), Presence: fleet.PresenceAbsent}
	switch {
	case b.State == fleet.StateStarting || b.State == fleet.StateDeleting:
		b.Report.Outcome = fleet.OutcomeSilent
	case !m.up:
		b.Report.Outcome = fleet.OutcomeRefused
	default:
		b.Presence = fleet.PresenceListed
		b.Report = fleet.Report{
			Outcome: fleet.OutcomeAnswered, Fit: true, Draining: m.drained != never, Started: midnight.Add(m.boots),
			Stats: fleet.Stats{
				At: midnight.Add(m.told.at), Conferences: m.told.conferences, LocalEndpoints: m.told.participants,
				Participants: m.told.participants, Drain: m.told.drained, GracefulShutdown: m.told.graceful, Stress: m.told.stress,
				ClientsConfigured: 1, ClientsConnected: 1, RoomsConfigured: 1, RoomsJoined: 1,
			},
		}
	}
	return b
}
