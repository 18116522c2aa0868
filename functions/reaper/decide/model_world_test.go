package decide_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// The model: one shard of at most three machines and everything that can happen to them, one thing at a time. A state is a
// comparable value, so that a search can tell which ones it has seen. Time passes in minutes, which are also how far apart
// ticks are; what a policy measures in hours is a few minutes here.

const (
	most = 3 // machines
	// longest and oldest are where durations and ages, in minutes, stop counting. Nothing in the policy lies above them.
	longest = 2
	oldest  = 3
	never   = -1
)

// origin is the moment that every state is looked at: times are kept as minutes before it.
var origin = time.Date(2026, time.November, 24, 12, 0, 0, 0, time.UTC)

// scaled is the policy of the model. The proportions that matter are kept: a restart takes less than EndedFor and less than
// a minute, presences arrive within PresenceWait, and every other time is longer than a minute.
func scaled() decide.Policy {
	policy := decide.Default()
	policy.MinimumUptime = 90 * time.Second
	policy.MaximumAge = 150 * time.Second
	policy.StuckAfter = 0
	policy.BootDeadline = 90 * time.Second
	policy.DeadAfter = 90 * time.Second
	policy.GoneFor = 90 * time.Second
	policy.GiveUp = 90 * time.Second
	policy.WatchGap = 90 * time.Second
	policy.WatchFrom = 30 * time.Second
	policy.HoldFor = 90 * time.Second
	policy.AcceptedFor = 90 * time.Second
	return policy
}

// process is what runs on a machine.
type process uint8

const (
	booting    process = iota // nothing listens yet
	unready                   // a bridge that answers and is not in the brewery yet
	up                        // a bridge
	hung                      // a bridge that is so busy that it answers nobody; its media flows
	restarting                // it crashed, and is back within the minute
	exited                    // it ended after its graceful shutdown
	off                       // the machine is stopped
)

// machine is one machine as it really is. The fields that start with an s are as of its latest statistics, those that start
// with a p as of its latest presence, which is what Jicofo knows. stopping is the end of a graceful shutdown: nobody was on
// the bridge.
type machine struct {
	exists, deleting bool
	process          process
	age              uint8
	// young is for how many minutes yet the process of a bridge that crashed is younger than the minimum uptime.
	young               uint8
	conference          bool
	drained, graceful   bool
	sConference         bool
	sDrained, sGraceful bool
	stopping, sStopping bool
	pDrained, pStopping bool
	listed              bool
}

// serving says that people are in a conference on the machine.
func (m machine) serving() bool {
	return m.exists && m.conference && (m.process == up || m.process == hung)
}

// fine says that the machine has a bridge that works and takes conferences.
func (m machine) fine() bool {
	return m.exists && !m.deleting && m.process == up && m.listed && !m.graceful && !m.drained
}

// removal and past are decide.Removal and decide.Past with minutes for times.
type removal struct {
	machine                            int8
	cause, phase                       uint8
	since, reported, refused, accepted int8
	confirmed                          bool
	version                            uint8
}

type past struct {
	known, watched, answered, healthy, owes           bool
	unreachable, refused, unhealthy, absent, deadSaid int8
}

// pending is a step that a reaper has decided and is carrying out.
type pending struct {
	active  bool
	done    uint8 // operations of the step that are done
	do      uint8
	close   bool
	changed bool
	hasNext bool
	record  removal
	next    removal
	// others are the machines besides the step's own that were fine when the reaper looked, and floor the minimum then. short
	// says that they had less left than the warm reserve.
	others uint8
	floor  uint8
	short  bool
}

// state is everything.
type state struct {
	machines [most]machine
	floor    uint8
	// slots and pasts are the reaper's memory; lastTick is minutes ago, or never.
	slots    [2]removal
	occupied [2]bool
	pasts    [most]past
	lastTick int8
	// steps are what each reaper is carrying out.
	steps [2][2]pending
	// stamp is the latest version of a record.
	stamp uint8
	// lost says that the tables were lost once. It bounds how often.
	lost bool
}

var (
	causes = []decide.Cause{
		"", decide.CauseRule, decide.CauseAge, decide.CauseStopping, decide.CauseNeverUp, decide.CauseNeverReady, decide.CauseDead,
	}
	phases = []decide.Phase{"", decide.PhaseTainting, decide.PhaseUntainting, decide.PhaseStopping, decide.PhaseDeleting}
	does   = []decide.Do{decide.Nothing, decide.Drain, decide.Undrain, decide.Shutdown, decide.Delete}
)

func place[T comparable](list []T, wanted T) uint8 {
	for i, one := range list {
		if one == wanted {
			return uint8(i)
		}
	}
	panic(fmt.Sprintf("%v is in no list", wanted)) //nolint:forbidigo // the model lacks a word: no state can stand for that
}

func name(i int) string { return string(rune('a' + i)) }

func index(id string) int8 { return int8(id[0] - 'a') }

func ago(minutes int8) time.Time {
	if minutes == never {
		return time.Time{}
	}
	return origin.Add(-time.Duration(minutes) * time.Minute)
}

func minutes(t time.Time) int8 {
	if t.IsZero() {
		return never
	}
	return min(int8(origin.Sub(t)/time.Minute), longest)
}

func (r removal) open() decide.Removal {
	version := ""
	if r.version > 0 {
		version = string(rune('0' + r.version))
	}
	return decide.Removal{
		Machine: name(int(r.machine)), Instance: name(int(r.machine)), Cause: causes[r.cause], Phase: phases[r.phase],
		Began: origin, Since: ago(r.since), Reported: ago(r.reported), EndedSince: ago(r.refused), Accepted: ago(r.accepted),
		Confirmed: r.confirmed, Version: version,
	}
}

func shut(r decide.Removal) removal {
	version := uint8(0)
	if r.Version != "" {
		version = r.Version[0] - '0'
	}
	return removal{
		machine: index(r.Machine), cause: place(causes, r.Cause), phase: place(phases, r.Phase), since: minutes(r.Since),
		reported: minutes(r.Reported), refused: minutes(r.EndedSince), accepted: minutes(r.Accepted), confirmed: r.Confirmed,
		version: version,
	}
}

func (p past) open() decide.Past {
	return decide.Past{
		FirstSeen: origin, Watched: p.watched, EverAnswered: p.answered, EverHealthy: p.healthy,
		UnreachableSince: ago(p.unreachable), RefusedSince: ago(p.refused), UnhealthySince: ago(p.unhealthy),
		AbsentSince: ago(p.absent), StoppedSince: ago(p.deadSaid), OwesUndrain: p.owes,
	}
}

func shutPast(p decide.Past) past {
	return past{
		known: true, owes: p.OwesUndrain, watched: p.Watched, answered: p.EverAnswered, healthy: p.EverHealthy,
		unreachable: minutes(p.UnreachableSince), refused: minutes(p.RefusedSince), unhealthy: minutes(p.UnhealthySince),
		absent: minutes(p.AbsentSince), deadSaid: minutes(p.StoppedSince),
	}
}

// bridge is what a tick finds out about machine i. Whoever is muted does not answer this time.
func (s *state) bridge(i int, muted bool) fleet.Bridge {
	m := s.machines[i]
	id := name(i)
	b := fleet.Bridge{Machine: fleet.Machine{
		ID: id, Instance: id, Created: ago(int8(m.age)), State: fleet.StateRunning,
	}, Presence: fleet.PresenceAbsent, Traffic: fleet.TrafficSome}
	if m.listed {
		b.Presence = fleet.PresenceListed
	}
	started := b.Created
	if m.young > 0 {
		started = ago(int8(longest - m.young))
	}
	switch m.process {
	case up, unready:
		b.Report = fleet.Report{Outcome: fleet.OutcomeAnswered, Fit: m.process == up, Draining: m.drained, Started: started, Stats: fleet.Stats{
			At: origin, Drain: m.sDrained, GracefulShutdown: m.sGraceful && !m.sStopping, ShuttingDown: m.sStopping,
			ClientsConfigured: 1, ClientsConnected: 1, RoomsConfigured: 1, RoomsJoined: 1,
		}}
		if m.sConference {
			b.Report.Stats.Conferences, b.Report.Stats.LocalEndpoints, b.Report.Stats.Participants = 1, 2, 2
			b.Report.Stats.Stress = 1 // one conference fills a bridge of the model
		}
	case hung:
		b.Report.Outcome = fleet.OutcomeSilent
	case off:
		b.Report.Outcome, b.State, b.Traffic = fleet.OutcomeSilent, fleet.StateStopped, fleet.TrafficNone
	default:
		b.Report.Outcome, b.Traffic = fleet.OutcomeRefused, fleet.TrafficLittle
	}
	if muted {
		b.Report = fleet.Report{Outcome: fleet.OutcomeSilent}
	}
	if m.deleting {
		b.State = fleet.StateDeleting
	}
	return b
}

// shard is what a tick sees.
func (s *state) shard(muted int) decide.Shard {
	shard := decide.Shard{Name: "a", Now: origin, Floor: int(s.floor), Remembered: true, Memory: decide.Memory{
		Slots: map[decide.Slot]decide.Removal{}, Machines: map[string]decide.Past{}, LastTick: ago(s.lastTick),
	}}
	for i, m := range s.machines {
		if m.exists {
			shard.Bridges = append(shard.Bridges, s.bridge(i, i == muted))
		}
		if m.exists && s.pasts[i].known {
			shard.Memory.Machines[name(i)] = s.pasts[i].open()
		}
	}
	for at, slot := range decide.Slots() {
		if s.occupied[at] {
			shard.Memory.Slots[slot] = s.slots[at].open()
		}
	}
	return shard
}

var errStop = errors.New("the reaper stops here")

// desk is the world as act.Carry sees it: the ledger and the hands. It lets the operations that were done before pass, does
// one, and stops the reaper at the next.
type desk struct {
	s        *state
	step     *pending
	passed   uint8
	acted    bool
	breach   string
	conflict bool
	// crowd says that another reaper may have moved on meanwhile, so that a step that comes late can meet another shard
	// than the one it was decided for. What it must not do even then is cut a conference.
	crowd bool
}

// turn says whether the operation is the one to do now; err stops the reaper.
func (d *desk) turn() (mine bool, err error) {
	if d.passed < d.step.done {
		d.passed++
		return false, nil
	}
	if d.acted {
		return false, errStop
	}
	d.acted = true
	return true, nil
}

func (d *desk) Write(_ context.Context, _ string, slot decide.Slot, r decide.Removal) (string, error) {
	at := place(decide.Slots(), slot)
	mine, err := d.turn()
	if err != nil {
		return "", err
	}
	if !mine {
		return string(rune('0' + d.step.record.version)), nil
	}
	record := shut(r)
	stored := uint8(0)
	if d.s.occupied[at] {
		stored = d.s.slots[at].version
	}
	if stored != record.version {
		d.conflict = true
		return "", errors.New("conflict")
	}
	record.version = 1
	if d.crowd { // a version is never used again soon, as Azure's never are
		d.s.stamp = d.s.stamp%5 + 1
		record.version = d.s.stamp
	}
	d.s.slots[at], d.s.occupied[at] = record, true
	d.step.record.version = record.version
	return string(rune('0' + record.version)), nil
}

func (d *desk) Clear(_ context.Context, _ string, slot decide.Slot, version string) error {
	at := place(decide.Slots(), slot)
	mine, err := d.turn()
	if err != nil || !mine {
		return err
	}
	if d.s.occupied[at] && string(rune('0'+d.s.slots[at].version)) != version {
		d.conflict = true
		return errors.New("conflict")
	}
	d.s.slots[at], d.s.occupied[at] = removal{}, false
	return nil
}

// target is the machine that an operation reaches; nil where it is gone or has no process to hear it.
func (d *desk) target(id string) *machine {
	m := &d.s.machines[index(id)]
	if !m.exists {
		return nil
	}
	return m
}

func (d *desk) Drain(_ context.Context, to fleet.Machine, on bool) error {
	mine, err := d.turn()
	if err != nil || !mine {
		return err
	}
	m := d.target(to.ID)
	if m == nil || m.process != up && m.process != unready {
		return errors.New("no answer")
	}
	m.drained = on
	return nil
}

func (d *desk) Shutdown(_ context.Context, to fleet.Machine) error {
	mine, err := d.turn()
	if err != nil || !mine {
		return err
	}
	m := d.target(to.ID)
	if m == nil || m.process != up && m.process != unready {
		return errors.New("no answer")
	}
	if !m.pDrained && !d.crowd {
		d.breach = "a bridge was shut down before Jicofo knew that it was drained"
	}
	switch {
	case d.crowd, d.step.record.cause == place(causes, decide.CauseNeverReady):
	case d.step.others == 0:
		d.breach = "the last healthy bridge that takes conferences was shut down"
	case count(d.step.others) < int(d.step.floor):
		d.breach = "a bridge of the minimum in force was shut down"
	case d.step.short:
		d.breach = "a bridge of the warm reserve was shut down"
	}
	m.graceful = true
	m.stopping = m.stopping || !m.conference
	return nil
}

func (d *desk) Delete(_ context.Context, to fleet.Machine) error {
	mine, err := d.turn()
	if err != nil || !mine {
		return err
	}
	m := d.target(to.ID)
	if m == nil {
		return nil // Azure takes the deletion of what is gone
	}
	if m.serving() {
		d.breach = "a machine with a live conference was deleted"
	}
	m.deleting, m.conference = true, false
	return nil
}

func count(set uint8) (n int) {
	for ; set > 0; set &= set - 1 {
		n++
	}
	return n
}
