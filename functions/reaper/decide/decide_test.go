package decide_test

import (
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// now is the moment of all cases.
var now = time.Date(2026, time.November, 24, 14, 30, 0, 0, time.UTC)

// bridge is a healthy, idle bridge that has been up for the given time.
func bridge(id string, up time.Duration) fleet.Bridge {
	return fleet.Bridge{
		Machine: fleet.Machine{ID: id, Instance: id, Created: now.Add(-up), State: fleet.StateRunning},
		Report: fleet.Report{
			Outcome: fleet.OutcomeAnswered, Fit: true, Started: now.Add(-up + time.Minute/2),
			Stats: fleet.Stats{
				At:                now.Add(-3 * time.Second),
				ClientsConfigured: 1, ClientsConnected: 1, RoomsConfigured: 1, RoomsJoined: 1,
			},
		},
		Presence: fleet.PresenceListed,
	}
}

// but is a bridge with a difference.
func but(b fleet.Bridge, change func(*fleet.Bridge)) fleet.Bridge {
	change(&b)
	return b
}

func busy(b *fleet.Bridge) {
	b.Report.Stats.Conferences, b.Report.Stats.LocalEndpoints, b.Report.Stats.Participants = 1, 3, 3
}

func drained(b *fleet.Bridge) { b.Report.Draining, b.Report.Stats.Drain = true, true }

func silent(b *fleet.Bridge) { b.Report = fleet.Report{Outcome: fleet.OutcomeSilent} }

func refusing(b *fleet.Bridge) { b.Report = fleet.Report{Outcome: fleet.OutcomeRefused} }

// remembered is a shard that was looked at a minute ago.
func remembered(floor int, bridges ...fleet.Bridge) decide.Shard {
	return decide.Shard{
		Name: "a", Now: now, Floor: floor, Bridges: bridges, Remembered: true,
		Memory: decide.Memory{
			Slots: map[decide.Slot]decide.Removal{}, Machines: map[string]decide.Past{}, LastTick: now.Add(-time.Minute),
		},
	}
}

// verdict is what a case wants of one bridge.
type verdict struct {
	do     decide.Do
	reason decide.Reason
}

func check(t *testing.T, shard decide.Shard, want map[string]verdict) decide.Plan {
	t.Helper()
	plan := decide.Decide(shard, decide.Default())
	if len(plan.Verdicts) != len(shard.Bridges) {
		t.Errorf("%d verdicts on %d bridges", len(plan.Verdicts), len(shard.Bridges))
	}
	for _, v := range plan.Verdicts {
		if got := (verdict{v.Do, v.Reason}); got != want[v.Machine.ID] {
			t.Errorf("%s: %q because %q, want %q because %q", v.Machine.ID, got.do, got.reason, want[v.Machine.ID].do, want[v.Machine.ID].reason)
		}
	}
	return plan
}

// The rule: healthy > 1 AND conferences == 0 AND uptime > 55 min AND the oldest healthy bridge of its shard.
func TestTheRule(t *testing.T) {
	t.Parallel()
	const day, hour = 24 * time.Hour, time.Hour
	old, young := bridge("old", 3*hour), bridge("young", 2*hour)
	kept := func(reason decide.Reason) verdict { return verdict{decide.Nothing, reason} }
	drain := verdict{decide.Drain, decide.IdleAndOldest}
	for _, c := range []struct {
		name    string
		floor   int
		bridges []fleet.Bridge
		want    map[string]verdict
	}{
		{
			"the oldest idle one of two goes", 1,
			[]fleet.Bridge{young, old},
			map[string]verdict{"old": drain, "young": kept(decide.NotOldest)},
		},
		{
			"a single one stays", 1,
			[]fleet.Bridge{old},
			map[string]verdict{"old": kept(decide.LastHealthy)},
		},
		{
			"a busy one stays", 1,
			[]fleet.Bridge{but(old, busy), young},
			map[string]verdict{"old": kept(decide.Busy), "young": kept(decide.NotOldest)},
		},
		{
			"55 minutes are not yet more than 55 minutes", 1,
			[]fleet.Bridge{but(bridge("old", 55*time.Minute), func(b *fleet.Bridge) { b.Report.Started = b.Created }), bridge("young", 50*time.Minute)},
			map[string]verdict{"old": kept(decide.Young), "young": kept(decide.NotOldest)},
		},
		{
			"a second more is", 1,
			[]fleet.Bridge{but(bridge("old", 55*time.Minute+time.Second), func(b *fleet.Bridge) { b.Report.Started = b.Created }), bridge("young", 50*time.Minute)},
			map[string]verdict{"old": drain, "young": kept(decide.NotOldest)},
		},
		{
			"a process that started again is young again", 1,
			[]fleet.Bridge{but(old, func(b *fleet.Bridge) { b.Report.Started = now.Add(-10 * time.Minute) }), young},
			map[string]verdict{"old": kept(decide.Young), "young": kept(decide.NotOldest)},
		},
		{
			"the minimum in force holds", 2,
			[]fleet.Bridge{old, young},
			map[string]verdict{"old": kept(decide.MinimumInForce), "young": kept(decide.NotOldest)},
		},
		{
			"above it the oldest goes", 2,
			[]fleet.Bridge{old, young, bridge("third", hour)},
			map[string]verdict{"old": drain, "young": kept(decide.NotOldest), "third": kept(decide.NotOldest)},
		},
		{
			"of two of the same age the identity decides, not the order of the list", 1,
			[]fleet.Bridge{bridge("b", hour), bridge("a", hour)},
			map[string]verdict{"a": drain, "b": kept(decide.NotOldest)},
		},
		{
			"an unhealthy one is neither counted nor the oldest", 1,
			[]fleet.Bridge{but(bridge("oldest", day), func(b *fleet.Bridge) { b.Report.Fit = false }), old, young},
			map[string]verdict{"oldest": kept(decide.Unfit), "old": drain, "young": kept(decide.NotOldest)},
		},
		{
			"one that somebody else drained is no reserve", 1,
			[]fleet.Bridge{old, but(young, drained)},
			map[string]verdict{"old": kept(decide.LastHealthy), "young": kept(decide.NotOldest)},
		},
		{
			"but may go itself", 1,
			[]fleet.Bridge{but(old, drained), young},
			map[string]verdict{"old": drain, "young": kept(decide.NotOldest)},
		},
		{
			"a busy one past its maximum age is drained", 1,
			[]fleet.Bridge{but(bridge("aged", day+time.Minute), busy), young},
			map[string]verdict{"aged": {decide.Drain, decide.PastMaximumAge}, "young": kept(decide.NotOldest)},
		},
		{
			"unless there is no other one", 1,
			[]fleet.Bridge{but(bridge("aged", day+time.Minute), busy)},
			map[string]verdict{"aged": kept(decide.LastHealthy)},
		},
		{
			"or the minimum needs it", 2,
			[]fleet.Bridge{but(bridge("aged", day+time.Minute), busy), young},
			map[string]verdict{"aged": kept(decide.MinimumInForce), "young": kept(decide.NotOldest)},
		},
		{"nothing follows from nothing", 1, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			check(t, remembered(c.floor, c.bridges...), c.want)
		})
	}
}

// Missing, stale or contradictory data means keep, also where it is the other bridge's.
func TestWhatIsNotKnownIsKept(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*fleet.Bridge)
		want   decide.Reason
		other  decide.Reason // of a younger one, which is then the oldest healthy one or not
	}{
		{"silent", silent, decide.Silent, decide.LastHealthy},
		{"not asked", func(b *fleet.Bridge) { b.Report = fleet.Report{} }, decide.NotAsked, decide.LastHealthy},
		{"garbled", func(b *fleet.Bridge) { b.Report = fleet.Report{Outcome: fleet.OutcomeGarbled} }, decide.Garbled, decide.LastHealthy},
		{"refused", refusing, decide.Refused, decide.LastHealthy},
		{"Azure does not say how it is", func(b *fleet.Bridge) { b.State = fleet.StateUnknown }, decide.StateUnknown, decide.LastHealthy},
		{"Azure is changing it", func(b *fleet.Bridge) { b.State = fleet.StateStarting }, decide.NotRunning, decide.LastHealthy},
		{"unfit", func(b *fleet.Bridge) { b.Report.Fit = false }, decide.Unfit, decide.LastHealthy},
		{"old statistics", func(b *fleet.Bridge) { b.Report.Stats.At = now.Add(-31 * time.Second) }, decide.Stale, decide.LastHealthy},
		{"statistics from the future", func(b *fleet.Bridge) { b.Report.Stats.At = now.Add(31 * time.Second) }, decide.Stale, decide.LastHealthy},
		{"not logged in", func(b *fleet.Bridge) { b.Report.Stats.ClientsConnected = 0 }, decide.NotRegistered, decide.LastHealthy},
		{"not in the brewery", func(b *fleet.Bridge) { b.Report.Stats.RoomsJoined = 0 }, decide.NotRegistered, decide.LastHealthy},
		{"nothing configured", func(b *fleet.Bridge) {
			b.Report.Stats.ClientsConfigured, b.Report.Stats.ClientsConnected = 0, 0
		}, decide.NotRegistered, decide.LastHealthy},
		{"no conference, but participants", func(b *fleet.Bridge) { b.Report.Stats.LocalEndpoints = 1 }, decide.Contradictory, decide.NotOldest},
		{"no age", func(b *fleet.Bridge) { b.Created = time.Time{} }, decide.AgeUnknown, decide.AgeUnknown},
		{"no start", func(b *fleet.Bridge) { b.Report.Started = time.Time{} }, decide.AgeUnknown, decide.NotOldest},
		{"started before it was made", func(b *fleet.Bridge) { b.Report.Started = b.Created.Add(-time.Hour) }, decide.AgeUnknown, decide.NotOldest},
		{"started in the future", func(b *fleet.Bridge) { b.Report.Started = now.Add(time.Hour) }, decide.AgeUnknown, decide.NotOldest},
		{"a conference without participants", func(b *fleet.Bridge) { b.Report.Stats.Conferences = 1 }, decide.Busy, decide.NotOldest},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shard := remembered(1, but(bridge("odd", 3*time.Hour), c.change), bridge("other", 2*time.Hour))
			check(t, shard, map[string]verdict{"odd": {decide.Nothing, c.want}, "other": {decide.Nothing, c.other}})
		})
	}
}

func TestWithoutMemoryNothingIsDone(t *testing.T) {
	t.Parallel()
	shard := remembered(1, bridge("old", 3*time.Hour), bridge("young", 2*time.Hour))
	shard.Remembered, shard.Memory = false, decide.Memory{}
	plan := check(t, shard, map[string]verdict{"old": {reason: decide.NoMemory}, "young": {reason: decide.NoMemory}})
	if len(plan.Steps) > 0 {
		t.Errorf("steps %v", plan.Steps)
	}
}

// A conference that has outlived its participants on the bridge counts as none after half an hour, unless switched off.
func TestStuckConferences(t *testing.T) {
	t.Parallel()
	stuck := but(bridge("stuck", 3*time.Hour), func(b *fleet.Bridge) { b.Report.Stats.Conferences, b.Report.Stats.Participants = 1, 2 })
	for _, c := range []struct {
		name  string
		since time.Duration
		limit time.Duration
		want  decide.Reason
	}{
		{"for less", 29 * time.Minute, 30 * time.Minute, decide.Busy},
		{"for as long", 30 * time.Minute, 30 * time.Minute, decide.IdleAndOldest},
		{"switched off", 10 * time.Hour, 0, decide.Busy},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shard := remembered(1, stuck, bridge("young", 2*time.Hour))
			shard.Memory.Machines["stuck"] = decide.Past{FirstSeen: now.Add(-3 * time.Hour), StuckSince: now.Add(-c.since)}
			policy := decide.Default()
			policy.StuckAfter = c.limit
			if got := decide.Decide(shard, policy).Verdicts[0].Reason; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
