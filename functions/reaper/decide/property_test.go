package decide_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// anyBridge draws a bridge in any condition; most are well.
func anyBridge(t *rapid.T, id string) fleet.Bridge {
	often := func(label string) bool { return rapid.IntRange(0, 9).Draw(t, label) > 0 }
	up := time.Duration(rapid.IntRange(0, 30*60).Draw(t, "up for minutes")) * time.Minute
	b := bridge(id, up)
	if rapid.Bool().Draw(t, "busy") {
		busy(&b)
	}
	if !often("takes conferences") {
		drained(&b)
	}
	if !often("runs on") {
		graceful(&b)
		b.Report.Stats.ShuttingDown = rapid.Bool().Draw(t, "past it")
	}
	if !often("fit") {
		b.Report.Fit = false
	}
	if !often("fresh") {
		b.Report.Stats.At = now.Add(-time.Hour)
	}
	if !often("registered") {
		b.Report.Stats.RoomsJoined = 0
	}
	if !often("running") {
		b.State = rapid.SampledFrom([]fleet.State{
			fleet.StateUnknown, fleet.StateStarting, fleet.StateStopped, fleet.StateFailed, fleet.StateDeleting,
		}).Draw(t, "state")
	}
	if !often("answers") {
		b.Report = fleet.Report{Outcome: rapid.SampledFrom([]fleet.Outcome{
			fleet.OutcomeNotAsked, fleet.OutcomeRefused, fleet.OutcomeSilent, fleet.OutcomeGarbled,
		}).Draw(t, "outcome")}
	}
	b.Presence = rapid.SampledFrom([]fleet.Presence{fleet.PresenceUnknown, fleet.PresenceListed, fleet.PresenceAbsent}).Draw(t, "presence")
	b.Traffic = rapid.SampledFrom([]fleet.Traffic{fleet.TrafficUnknown, fleet.TrafficNone, fleet.TrafficSome}).Draw(t, "traffic")
	return b
}

func anyShard(t *rapid.T) decide.Shard {
	var bridges []fleet.Bridge
	for i := range rapid.IntRange(0, 6).Draw(t, "bridges") {
		bridges = append(bridges, anyBridge(t, fmt.Sprintf("m%d", i)))
	}
	shard := remembered(rapid.IntRange(0, 4).Draw(t, "floor"), bridges...)
	for _, b := range bridges {
		if rapid.Bool().Draw(t, "known") {
			shard.Memory.Machines[b.ID] = anyPast(t)
		}
	}
	for _, slot := range decide.Slots() {
		if len(bridges) > 0 && rapid.IntRange(0, 3).Draw(t, "removal") == 0 {
			shard.Memory.Slots[slot] = anyRemoval(t, rapid.SampledFrom(bridges).Draw(t, "of").ID)
		}
	}
	return shard
}

func anyMoment(t *rapid.T, label string) time.Time {
	ago := rapid.IntRange(-1, 60).Draw(t, label)
	if ago < 0 {
		return time.Time{}
	}
	return now.Add(-time.Duration(ago) * time.Minute)
}

func anyPast(t *rapid.T) decide.Past {
	return decide.Past{
		FirstSeen: now.Add(-time.Hour), Watched: rapid.Bool().Draw(t, "watched"),
		EverAnswered: rapid.Bool().Draw(t, "answered"), EverHealthy: rapid.Bool().Draw(t, "healthy"),
		UnreachableSince: anyMoment(t, "unreachable"), RefusedSince: anyMoment(t, "refused"), UnhealthySince: anyMoment(t, "unhealthy"),
		AbsentSince: anyMoment(t, "absent"), StoppedSince: anyMoment(t, "stopped"), StuckSince: anyMoment(t, "stuck"),
	}
}

func anyRemoval(t *rapid.T, id string) decide.Removal {
	return decide.Removal{
		Machine: id, Instance: id,
		Cause: rapid.SampledFrom([]decide.Cause{
			decide.CauseRule, decide.CauseAge, decide.CauseStopping, decide.CauseNeverUp, decide.CauseNeverReady, decide.CauseDead,
		}).Draw(t, "cause"),
		Phase: rapid.SampledFrom([]decide.Phase{
			decide.PhaseTainting, decide.PhaseUntainting, decide.PhaseStopping, decide.PhaseDeleting,
		}).Draw(t, "phase"),
		Began: now.Add(-time.Hour), Since: anyMoment(t, "since"), Reported: anyMoment(t, "reported"), Confirmed: rapid.Bool().Draw(t, "confirmed"),
		EndedSince: anyMoment(t, "ended"), Accepted: anyMoment(t, "accepted"), Version: "v",
	}
}

// wellAndTaking is an independent reading of "healthy and untainted".
func wellAndTaking(b fleet.Bridge) bool {
	r := b.Report
	age := now.Sub(r.Stats.At)
	return b.State == fleet.StateRunning && r.Outcome == fleet.OutcomeAnswered && r.Fit && age <= 30*time.Second && age >= -30*time.Second &&
		!r.Stats.GracefulShutdown && !r.Stats.ShuttingDown && r.Stats.RoomsJoined == 1 && r.Stats.ClientsConnected == 1 &&
		!r.Draining && !r.Stats.Drain
}

// Whatever the shard looks like and whatever is remembered of it:
func TestPropertiesOfEveryPlan(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shard := anyShard(t)
		plan := decide.Decide(shard, decide.Default())
		under := map[string]bool{}
		for _, removal := range shard.Memory.Slots {
			under[removal.Machine] = true
		}
		slots := map[decide.Slot]bool{}
		for _, step := range plan.Steps {
			if slots[step.Slot] {
				t.Fatalf("two steps in the slot %s", step.Slot)
			}
			slots[step.Slot] = true
			if stored, ok := shard.Memory.Slots[step.Slot]; ok && stored.Machine != step.Record.Machine {
				t.Fatalf("the removal of %s became one of %s", stored.Machine, step.Record.Machine)
			}
			at := slices.IndexFunc(shard.Bridges, func(b fleet.Bridge) bool { return b.ID == step.Record.Machine })
			if at < 0 {
				if !step.Close {
					t.Fatalf("%s of a machine that is not there", step.Do)
				}
				continue
			}
			checkStep(t, shard, step, shard.Bridges[at], under)
		}
		for _, v := range plan.Verdicts {
			if v.Reason == "" {
				t.Fatalf("no reason for %s", v.Machine.ID)
			}
		}
	})
}

// checkStep holds a step against what must be true of it by everything else that is known.
func checkStep(t *rapid.T, shard decide.Shard, step decide.Step, b fleet.Bridge, under map[string]bool) {
	others := 0
	for _, other := range shard.Bridges {
		if other.ID != b.ID && wellAndTaking(other) && !under[other.ID] {
			others++
		}
	}
	idle := b.Report.Stats.LocalEndpoints == 0
	switch step.Do {
	case decide.Shutdown:
		if !b.Report.Answered() || !idle || !b.Report.Draining || !b.Report.Stats.Drain {
			t.Fatalf("shutdown of %+v", b)
		}
		if step.Record.Cause != decide.CauseNeverReady && (others < 1 || others < shard.Floor) {
			t.Fatalf("shutdown with %d others, floor %d", others, shard.Floor)
		}
	case decide.Delete:
		dead := !b.Report.Answered() && b.Report.Outcome != fleet.OutcomeGarbled && b.Presence == fleet.PresenceAbsent
		if !b.Report.Finished() && b.Report.Outcome != fleet.OutcomeRefused && !dead {
			t.Fatalf("deletion of %+v", b)
		}
	case decide.Drain:
		if step.Record.Cause != decide.CauseNeverReady && (others < 1 || others < shard.Floor) {
			t.Fatalf("drained with %d others, floor %d", others, shard.Floor)
		}
	default:
	}
	if b.Report.Outcome == fleet.OutcomeNotAsked && (step.Do == decide.Drain || step.Do == decide.Shutdown || step.Do == decide.Delete) {
		t.Fatalf("%s of a bridge that nobody asked", step.Do)
	}
}

// The order of a list says nothing.
func TestTheOrderOfTheListMakesNoDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shard := anyShard(t)
		shuffled := shard
		shuffled.Bridges = rapid.Permutation(shard.Bridges).Draw(t, "order")
		one, other := decide.Decide(shard, decide.Default()), decide.Decide(shuffled, decide.Default())
		if len(one.Steps) != len(other.Steps) {
			t.Fatalf("%d steps or %d", len(one.Steps), len(other.Steps))
		}
		for i := range one.Steps {
			a, b := one.Steps[i], other.Steps[i]
			if a.Record != b.Record || a.Do != b.Do || a.Reason != b.Reason || a.Close != b.Close {
				t.Fatalf("%+v\n%+v", a, b)
			}
		}
	})
}

// A retirement begins exactly when the four parts of the rule hold, read independently.
func TestTheRuleAgainstAPlainReading(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shard := anyShard(t)
		shard.Memory.Slots, shard.Memory.Machines = nil, nil
		policy := decide.Default()
		policy.MaximumAge = 0
		var oldest *fleet.Bridge
		taking := 0
		stopping := false
		for i, b := range shard.Bridges {
			well := b
			well.Report.Draining, well.Report.Stats.Drain = false, false
			if wellAndTaking(well) && (oldest == nil || b.Created.Before(oldest.Created) || b.Created.Equal(oldest.Created) && b.ID < oldest.ID) {
				oldest = &shard.Bridges[i]
			}
			if wellAndTaking(b) {
				taking++
			}
			stopping = stopping || b.Report.Stopping() && b.State == fleet.StateRunning
		}
		want := false
		if oldest != nil && !stopping {
			others := taking
			if wellAndTaking(*oldest) {
				others--
			}
			want = others >= 1 && others >= shard.Floor && oldest.Report.Stats.Conferences == 0 &&
				now.Sub(oldest.Report.Started) > 55*time.Minute && now.Sub(oldest.Created) > 55*time.Minute
		}
		plan := decide.Decide(shard, policy)
		got := len(plan.Steps) == 1 && plan.Steps[0].Do == decide.Drain && plan.Steps[0].Record.Machine == oldest.ID
		if got != want {
			t.Fatalf("retires: %v, the plain reading says %v: %+v", got, want, plan.Steps)
		}
	})
}
