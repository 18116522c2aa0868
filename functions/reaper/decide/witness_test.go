package decide_test

import (
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// long is longer than every witness has to agree for.
const long = 16 * time.Minute

// lost is what is remembered of a bridge that has not answered, and that Jicofo has not listed, for long.
func lost(change func(*decide.Past)) decide.Past {
	past := decide.Past{
		FirstSeen: now.Add(-3 * time.Hour), Watched: true, EverAnswered: true, EverHealthy: true,
		UnreachableSince: now.Add(-long), AbsentSince: now.Add(-long), UnhealthySince: now.Add(-long),
	}
	if change != nil {
		change(&past)
	}
	return past
}

// A bridge is dead when three witnesses that share no server say so for a quarter of an hour.
func TestTheDeadAreReplaced(t *testing.T) {
	t.Parallel()
	quiet := func(b *fleet.Bridge) { silent(b); b.Presence, b.Traffic = fleet.PresenceAbsent, fleet.TrafficNone }
	stopped := func(b *fleet.Bridge) { silent(b); b.Presence, b.State = fleet.PresenceAbsent, fleet.StateStopped }
	for _, c := range []struct {
		name   string
		change func(*fleet.Bridge)
		past   decide.Past
		want   verdict
	}{
		{"no traffic", quiet, lost(nil), verdict{decide.Delete, decide.Dead}},
		{"stopped", stopped, lost(func(p *decide.Past) { p.StoppedSince = now.Add(-long) }), verdict{decide.Delete, decide.Dead}},
		{"stopped only now", stopped, lost(nil), verdict{"", decide.NotRunning}},
		{"its process has been gone for hours", func(b *fleet.Bridge) {
			refusing(b)
			b.Presence, b.Traffic = fleet.PresenceAbsent, fleet.TrafficLittle
		}, lost(func(p *decide.Past) { p.RefusedSince, p.AbsentSince = now.Add(-3*time.Hour), now.Add(-3*time.Hour) }), verdict{decide.Delete, decide.Dead}},
		{"its process has been gone for less", func(b *fleet.Bridge) {
			refusing(b)
			b.Presence, b.Traffic = fleet.PresenceAbsent, fleet.TrafficLittle
		}, lost(func(p *decide.Past) { p.RefusedSince, p.AbsentSince = now.Add(-time.Hour), now.Add(-3*time.Hour) }), verdict{"", decide.Refused}},
		{"traffic, so it may carry media", func(b *fleet.Bridge) { quiet(b); b.Traffic = fleet.TrafficSome }, lost(nil), verdict{"", decide.Silent}},
		{"nobody knows of its traffic", func(b *fleet.Bridge) { quiet(b); b.Traffic = fleet.TrafficUnknown }, lost(nil), verdict{"", decide.Silent}},
		{"Jicofo does not answer", func(b *fleet.Bridge) { quiet(b); b.Presence = fleet.PresenceUnknown }, lost(nil), verdict{"", decide.Silent}},
		{"Jicofo lists it", func(b *fleet.Bridge) { quiet(b); b.Presence = fleet.PresenceListed }, lost(nil), verdict{"", decide.Silent}},
		{"absent for less", quiet, lost(func(p *decide.Past) { p.AbsentSince = now.Add(-14 * time.Minute) }), verdict{"", decide.Silent}},
		{"unreachable for less", quiet, lost(func(p *decide.Past) { p.UnreachableSince = now.Add(-14 * time.Minute) }), verdict{"", decide.Silent}},
		{"it answers, if only nonsense", func(b *fleet.Bridge) { quiet(b); b.Report.Outcome = fleet.OutcomeGarbled }, lost(nil), verdict{"", decide.Garbled}},
		{"nobody asked it", func(b *fleet.Bridge) { quiet(b); b.Report.Outcome = fleet.OutcomeNotAsked }, lost(nil), verdict{"", decide.NotAsked}},
		{"on its way out", func(b *fleet.Bridge) { quiet(b); b.State = fleet.StateDeleting }, lost(nil), verdict{"", decide.NotRunning}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shard := remembered(1, but(bridge("odd", 3*time.Hour), c.change))
			shard.Memory.Machines["odd"] = c.past
			check(t, shard, map[string]verdict{"odd": c.want})
		})
	}
}

// Time that nobody watched does not count: after a gap, or a jump of the clock, every witness starts anew.
func TestWitnessesMustBeWatched(t *testing.T) {
	t.Parallel()
	for _, last := range []time.Time{{}, now.Add(-6 * time.Minute), now.Add(time.Minute)} {
		shard := remembered(1, but(bridge("odd", 3*time.Hour), func(b *fleet.Bridge) {
			silent(b)
			b.Presence, b.Traffic = fleet.PresenceAbsent, fleet.TrafficNone
		}))
		shard.Memory.Machines["odd"], shard.Memory.LastTick = lost(nil), last
		plan := check(t, shard, map[string]verdict{"odd": {"", decide.Silent}})
		if past := plan.Machines["odd"]; !past.UnreachableSince.Equal(now) || past.Watched || !past.EverHealthy {
			t.Errorf("last look at %v: remembered %+v", last, past)
		}
	}
}

// A machine on which nothing ever came up is replaced, also the only one: it was watched from its beginning, its port
// refuses connections, and Jicofo does not know it.
func TestMachinesThatNeverCameUp(t *testing.T) {
	t.Parallel()
	never := func(change func(*decide.Past)) decide.Past {
		return lost(func(p *decide.Past) {
			p.EverAnswered, p.EverHealthy, p.RefusedSince = false, false, now.Add(-20*time.Minute)
			if change != nil {
				change(p)
			}
		})
	}
	absent := func(b *fleet.Bridge) { refusing(b); b.Presence, b.Traffic = fleet.PresenceAbsent, fleet.TrafficLittle }
	for _, c := range []struct {
		name   string
		age    time.Duration
		change func(*fleet.Bridge)
		past   decide.Past
		want   verdict
	}{
		{"past the deadline", 21 * time.Minute, absent, never(nil), verdict{decide.Delete, decide.NeverCameUp}},
		{"before it", 20 * time.Minute, absent, never(nil), verdict{"", decide.Refused}},
		{"silent, so there may be a process", 21 * time.Minute, func(b *fleet.Bridge) { absent(b); silent(b) }, never(nil), verdict{"", decide.Silent}},
		{"it answered once", 21 * time.Minute, absent, never(func(p *decide.Past) { p.EverAnswered = true }), verdict{"", decide.Refused}},
		{"it sends what a meeting sends", 21 * time.Minute, func(b *fleet.Bridge) { absent(b); b.Traffic = fleet.TrafficSome }, never(nil), verdict{"", decide.Refused}},
		{"nobody knows what it sends", 21 * time.Minute, func(b *fleet.Bridge) { absent(b); b.Traffic = fleet.TrafficUnknown }, never(nil), verdict{"", decide.Refused}},
		{"watched anew, for hours", 9 * time.Hour, absent, never(func(p *decide.Past) {
			p.Watched, p.UnhealthySince = false, now.Add(-3*time.Hour)
		}), verdict{decide.Delete, decide.NeverCameUp}},
		{"not watched from its beginning", 21 * time.Minute, absent, never(func(p *decide.Past) { p.Watched = false }), verdict{"", decide.Refused}},
		{"refusing for less", 21 * time.Minute, absent, never(func(p *decide.Past) { p.RefusedSince = now.Add(-time.Minute) }), verdict{"", decide.Refused}},
		// It was not there before: Azure took its time, and by its own clock the machine may still start a bridge.
		{"refusing for less than the deadline", 40 * time.Minute, absent, never(func(p *decide.Past) {
			p.RefusedSince = now.Add(-19 * time.Minute)
		}), verdict{"", decide.Refused}},
		{"Jicofo knows it", 21 * time.Minute, func(b *fleet.Bridge) { absent(b); b.Presence = fleet.PresenceListed }, never(nil), verdict{"", decide.Refused}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shard := remembered(1, but(bridge("odd", c.age), c.change))
			shard.Memory.Machines["odd"] = c.past
			check(t, shard, map[string]verdict{"odd": c.want})
		})
	}
}

// A bridge that answers and never became healthy takes the careful way out: drained, looked at again, shut down.
func TestBridgesThatNeverBecameReady(t *testing.T) {
	t.Parallel()
	unready := func(b *fleet.Bridge) { b.Report.Stats.RoomsJoined, b.Presence = 0, fleet.PresenceAbsent }
	past := lost(func(p *decide.Past) { p.EverHealthy, p.UnreachableSince = false, time.Time{} })
	shard := remembered(1, but(bridge("odd", 21*time.Minute), unready))
	shard.Memory.Machines["odd"] = past
	plan := check(t, shard, map[string]verdict{"odd": {decide.Drain, decide.NeverReady}})
	if plan.Steps[0].Slot != decide.SlotReplacement {
		t.Errorf("slot %s", plan.Steps[0].Slot)
	}
	record := plan.Steps[0].Record
	record.Since, record.Reported, record.Version = now.Add(-time.Minute), now.Add(-time.Minute), "v"
	for _, c := range []struct {
		name   string
		change func(*fleet.Bridge)
		want   verdict
	}{
		{"still not", unready, verdict{decide.Shutdown, decide.StillIdle}},
		{"ready after all", func(*fleet.Bridge) {}, verdict{decide.Undrain, decide.CameBack}},
		{"serving somebody", func(b *fleet.Bridge) { unready(b); busy(b) }, verdict{decide.Undrain, decide.Busy}},
		{"silent", silent, verdict{"", decide.Silent}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := but(bridge("odd", 22*time.Minute), drained)
			shard := remembered(1, but(b, c.change))
			shard.Memory.Machines["odd"] = past
			shard.Memory.Slots[decide.SlotReplacement] = record
			check(t, shard, map[string]verdict{"odd": c.want})
		})
	}
}

// A bridge that takes hours to empty does not keep a dead one.
func TestReplacementsHaveAPlaceOfTheirOwn(t *testing.T) {
	t.Parallel()
	dead := but(bridge("dead", 2*time.Hour), func(b *fleet.Bridge) {
		silent(b)
		b.Presence, b.Traffic = fleet.PresenceAbsent, fleet.TrafficNone
	})
	shard := remembered(1, but(but(bridge("old", 30*time.Hour), graceful), busy), dead)
	shard.Memory.Slots[decide.SlotRetirement] = retiring(decide.PhaseStopping, nil)
	shard.Memory.Machines["dead"] = lost(nil)
	check(t, shard, map[string]verdict{"old": {"", decide.ConferenceGoesOn}, "dead": {decide.Delete, decide.Dead}})
}

func TestSuspectsAreThoseThatOnlyTrafficCouldCallDead(t *testing.T) {
	t.Parallel()
	gone := func(b *fleet.Bridge) { silent(b); b.Presence = fleet.PresenceAbsent }
	shard := remembered(1, bridge("well", time.Hour), but(bridge("odd", 3*time.Hour), gone), but(bridge("new", 3*time.Hour), gone),
		but(bridge("stopped", 3*time.Hour), func(b *fleet.Bridge) { gone(b); b.State = fleet.StateStopped }))
	shard.Memory.Machines["odd"], shard.Memory.Machines["stopped"] = lost(nil), lost(nil)
	suspects := decide.Suspects(shard, decide.Default())
	if len(suspects) != 1 || suspects[0].ID != "odd" {
		t.Errorf("suspects %v", suspects)
	}
	policy := decide.Default()
	policy.DeadAfter, policy.BootDeadline = 0, 0
	if suspects := decide.Suspects(shard, policy); len(suspects) > 0 {
		t.Errorf("suspects %v although switched off", suspects)
	}
}
