package decide_test

import (
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// retiring is a retirement of the bridge "old" in the given phase since two minutes.
func retiring(phase decide.Phase, change func(*decide.Removal)) decide.Removal {
	r := decide.Removal{
		Machine: "old", Instance: "old", Cause: decide.CauseRule, Phase: phase, Began: now.Add(-5 * time.Minute),
		Since: now.Add(-2 * time.Minute), Reported: now.Add(-2 * time.Minute), Version: "v1",
	}
	if change != nil {
		change(&r)
	}
	return r
}

func graceful(b *fleet.Bridge) { drained(b); b.Report.Stats.GracefulShutdown = true }

func finished(b *fleet.Bridge) { graceful(b); b.Report.Stats.ShuttingDown = true }

// The state machine, an arrow a case.
func TestRemoval(t *testing.T) {
	t.Parallel()
	old, other := bridge("old", 3*time.Hour), bridge("other", 2*time.Hour)
	tainted, asked := retiring(decide.PhaseTainting, nil), retiring(decide.PhaseStopping, func(r *decide.Removal) { r.Confirmed = true })
	unsure := retiring(decide.PhaseStopping, nil)
	endedFor := func(ago time.Duration) decide.Removal {
		return retiring(decide.PhaseStopping, func(r *decide.Removal) { r.Confirmed, r.EndedSince = true, now.Add(-ago) })
	}
	for _, c := range []struct {
		name   string
		stored decide.Removal
		floor  int
		b      fleet.Bridge
		other  fleet.Bridge
		want   verdict
		phase  decide.Phase
		close  bool
	}{
		{"drained, announced, waited, still idle", tainted, 1, but(old, drained), other, verdict{decide.Shutdown, decide.StillIdle}, decide.PhaseStopping, false},
		{"the drain was not taken", tainted, 1, old, other, verdict{decide.Drain, decide.DrainAgain}, decide.PhaseTainting, false},
		{"the drain was not announced", tainted, 1, but(old, func(b *fleet.Bridge) { b.Report.Draining = true }), other, verdict{"", decide.DrainUnannounced}, decide.PhaseTainting, false},
		{"two presences have not passed by the reaper's clock", retiring(decide.PhaseTainting, func(r *decide.Removal) { r.Since = now.Add(-14 * time.Second) }), 1, but(old, drained), other, verdict{"", decide.PresenceInterval}, decide.PhaseTainting, false},
		{"nor by the bridge's", retiring(decide.PhaseTainting, func(r *decide.Removal) { r.Reported = now.Add(-14 * time.Second) }), 1, but(old, drained), other, verdict{"", decide.PresenceInterval}, decide.PhaseTainting, false},
		{"a conference slipped in", tainted, 1, but(but(old, drained), busy), other, verdict{decide.Undrain, decide.Busy}, decide.PhaseUntainting, false},
		{"the other bridge is gone", tainted, 1, but(old, drained), but(other, silent), verdict{decide.Undrain, decide.LastHealthy}, decide.PhaseUntainting, false},
		{"the minimum was raised", tainted, 2, but(old, drained), other, verdict{decide.Undrain, decide.MinimumInForce}, decide.PhaseUntainting, false},
		{"an older one is back", tainted, 1, but(old, drained), bridge("other", 9*time.Hour), verdict{decide.Undrain, decide.NotOldest}, decide.PhaseUntainting, false},
		{"neither drained nor allowed any more", tainted, 1, but(old, busy), other, verdict{"", decide.Busy}, "", false},
		{"silent", tainted, 1, but(old, silent), other, verdict{"", decide.Silent}, decide.PhaseTainting, false},
		{"stale", tainted, 1, but(but(old, drained), func(b *fleet.Bridge) { b.Report.Stats.At = now.Add(-time.Hour) }), other, verdict{"", decide.Stale}, decide.PhaseTainting, false},
		{"emptying", retiring(decide.PhaseTainting, func(r *decide.Removal) { r.Cause = decide.CauseAge }), 1, but(but(bridge("old", 25*time.Hour), drained), busy), other, verdict{"", decide.Emptying}, decide.PhaseTainting, false},
		{"emptied", retiring(decide.PhaseTainting, func(r *decide.Removal) { r.Cause = decide.CauseAge }), 1, but(bridge("old", 25*time.Hour), drained), other, verdict{decide.Shutdown, decide.StillIdle}, decide.PhaseStopping, false},

		{"undrained", retiring(decide.PhaseUntainting, nil), 1, old, other, verdict{"", decide.Undrained}, decide.PhaseUntainting, true},
		{"not yet undrained", retiring(decide.PhaseUntainting, nil), 1, but(old, drained), other, verdict{decide.Undrain, decide.UndrainAgain}, decide.PhaseUntainting, false},
		{"nobody to undrain", retiring(decide.PhaseUntainting, func(r *decide.Removal) { r.EndedSince = now.Add(-time.Minute) }), 1, but(old, refusing), other, verdict{"", decide.DrainLost}, decide.PhaseUntainting, true},

		{"a conference goes on", asked, 1, but(but(old, graceful), busy), other, verdict{"", decide.ConferenceGoesOn}, decide.PhaseStopping, false},
		{"finished, at first sight", asked, 1, but(old, finished), other, verdict{"", decide.FinishedOnce}, decide.PhaseStopping, false},
		{"finished, and still", endedFor(time.Minute), 1, but(old, finished), other, verdict{decide.Delete, decide.Finished}, decide.PhaseDeleting, false},
		{"idle in a shutdown that refuses all comers", endedFor(time.Minute), 1, but(old, graceful), other, verdict{decide.Delete, decide.Finished}, decide.PhaseDeleting, false},
		{"ended by its time limit, with people", asked, 1, but(but(old, finished), busy), other, verdict{"", decide.ConferenceGoesOn}, decide.PhaseStopping, false},
		{"the port refuses", asked, 1, but(old, refusing), other, verdict{"", decide.RefusedOnce}, decide.PhaseStopping, false},
		{"it refused a moment ago already", endedFor(20 * time.Second), 1, but(old, refusing), other, verdict{"", decide.RefusedOnce}, decide.PhaseStopping, false},
		{"it keeps refusing", endedFor(time.Minute), 1, but(old, refusing), other, verdict{decide.Delete, decide.ProcessGone}, decide.PhaseDeleting, false},
		{"a time-out is no proof", endedFor(time.Minute), 1, but(old, silent), other, verdict{"", decide.Silent}, decide.PhaseStopping, false},
		{"it started again", asked, 1, old, other, verdict{"", decide.Restarted}, decide.PhaseStopping, true},
		{"it never confirmed, and Jicofo still has it", retiring(decide.PhaseStopping, func(r *decide.Removal) { r.EndedSince = now.Add(-time.Minute) }), 1, but(old, refusing), other, verdict{"", decide.RefusedOnce}, decide.PhaseStopping, false},
		{"it never confirmed, and Jicofo has lost it", retiring(decide.PhaseStopping, func(r *decide.Removal) { r.EndedSince = now.Add(-time.Minute) }), 1, but(old, func(b *fleet.Bridge) { refusing(b); b.Presence = fleet.PresenceAbsent }), other, verdict{decide.Delete, decide.ProcessGone}, decide.PhaseDeleting, false},
		{"called dead, and healed", retiring(decide.PhaseDeleting, func(r *decide.Removal) { r.EndedSince = now.Add(-time.Minute) }), 1, but(old, refusing), other, verdict{"", decide.CameBack}, decide.PhaseDeleting, true},
		{"the request got lost", unsure, 1, but(old, drained), other, verdict{decide.Shutdown, decide.StillIdle}, decide.PhaseStopping, false},
		{"the request may not show yet", retiring(decide.PhaseStopping, func(r *decide.Removal) { r.Since = now.Add(-10 * time.Second) }), 1, but(but(old, drained), busy), other, verdict{"", decide.ShutdownUnconfirmed}, decide.PhaseStopping, false},
		{"Azure counts it towards the minimum", endedFor(time.Minute), 2, but(old, refusing), other, verdict{"", decide.HeldForMinimum}, decide.PhaseDeleting, false},

		{"accepted", retiring(decide.PhaseDeleting, func(r *decide.Removal) { r.Accepted = now.Add(-time.Minute) }), 1, but(old, finished), other, verdict{"", decide.DeleteAccepted}, decide.PhaseDeleting, false},
		{"accepted and forgotten", retiring(decide.PhaseDeleting, func(r *decide.Removal) { r.Accepted, r.EndedSince = now.Add(-time.Hour), now.Add(-time.Hour) }), 1, but(old, finished), other, verdict{decide.Delete, decide.Finished}, decide.PhaseDeleting, false},
		{"on its way", retiring(decide.PhaseDeleting, nil), 1, but(old, func(b *fleet.Bridge) { silent(b); b.State = fleet.StateDeleting }), other, verdict{"", decide.BeingDeleted}, decide.PhaseDeleting, false},
		{"recorded, not sent, and back among the living", retiring(decide.PhaseDeleting, func(r *decide.Removal) { r.Confirmed = true }), 1, but(old, busy), other, verdict{"", decide.Restarted}, decide.PhaseDeleting, true},
		{"held for long enough", retiring(decide.PhaseDeleting, func(r *decide.Removal) {
			r.Confirmed, r.EndedSince, r.Since = true, now.Add(-time.Hour), now.Add(-16*time.Minute)
		}), 2, but(old, refusing), other, verdict{decide.Delete, decide.ProcessGone}, decide.PhaseDeleting, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shard := remembered(c.floor, c.b, c.other)
			shard.Memory.Slots[decide.SlotRetirement] = c.stored
			plan := decide.Decide(shard, decide.Default())
			if len(plan.Steps) != 1 {
				t.Fatalf("steps %+v", plan.Steps)
			}
			step := plan.Steps[0]
			if c.phase == "" { // the end of a removal that leaves nothing behind
				if !step.Close || step.Do != decide.Nothing || step.Reason != decide.DrainLost {
					t.Errorf("step %+v", step)
				}
				return
			}
			if got := (verdict{step.Do, step.Reason}); got != c.want || step.Record.Phase != c.phase || step.Close != c.close {
				t.Errorf("%q because %q, phase %q, close %v; want %q because %q, phase %q, close %v",
					got.do, got.reason, step.Record.Phase, step.Close, c.want.do, c.want.reason, c.phase, c.close)
			}
		})
	}
}

func TestAMachineThatIsInNoListIsGone(t *testing.T) {
	t.Parallel()
	shard := remembered(1, bridge("other", time.Hour))
	shard.Memory.Slots[decide.SlotRetirement] = retiring(decide.PhaseDeleting, nil)
	plan := decide.Decide(shard, decide.Default())
	if len(plan.Steps) != 1 || !plan.Steps[0].Close || plan.Steps[0].Reason != decide.Gone {
		t.Errorf("steps %+v", plan.Steps)
	}
}

// One removal at a time: the next oldest has to wait.
func TestOneRetirementAtATime(t *testing.T) {
	t.Parallel()
	shard := remembered(1, but(but(bridge("old", 30*time.Hour), graceful), busy), bridge("next", 3*time.Hour), bridge("last", 2*time.Hour))
	shard.Memory.Slots[decide.SlotRetirement] = retiring(decide.PhaseStopping, nil)
	check(t, shard, map[string]verdict{
		"old": {decide.Nothing, decide.ConferenceGoesOn}, "next": {decide.Nothing, decide.OtherRemoval}, "last": {decide.Nothing, decide.NotOldest},
	})
}

// A bridge in a graceful shutdown that nobody recorded is taken over: it takes no new conference whoever asked for it.
func TestAShutdownWithoutARecordIsTakenOver(t *testing.T) {
	t.Parallel()
	shard := remembered(1, but(bridge("old", 3*time.Hour), finished), bridge("other", 2*time.Hour))
	plan := check(t, shard, map[string]verdict{"old": {decide.Nothing, decide.FoundStopping}, "other": {decide.Nothing, decide.LastHealthy}})
	record := plan.Steps[0].Record
	if record.Phase != decide.PhaseStopping || !record.Confirmed || record.Cause != decide.CauseStopping || !plan.Steps[0].Changed {
		t.Errorf("step %+v", plan.Steps[0])
	}
}

// A drained bridge that falls silent does not hold its shard up for ever. When it answers again, the drain is taken back.
func TestASilentBridgeIsGivenUpAndOwedAnUndrain(t *testing.T) {
	t.Parallel()
	long := now.Add(-31 * time.Minute)
	shard := remembered(1, but(bridge("old", 3*time.Hour), silent), bridge("other", 2*time.Hour))
	shard.Memory.Slots[decide.SlotRetirement] = retiring(decide.PhaseTainting, func(r *decide.Removal) { r.Since = long })
	shard.Memory.Machines["old"] = decide.Past{FirstSeen: long, UnhealthySince: long, UnreachableSince: long}
	plan := decide.Decide(shard, decide.Default())
	if len(plan.Steps) != 1 || !plan.Steps[0].Close || plan.Steps[0].Reason != decide.GaveUp || !plan.Machines["old"].OwesUndrain {
		t.Fatalf("steps %+v, remembered %+v", plan.Steps, plan.Machines["old"])
	}
	back := remembered(1, but(bridge("old", 3*time.Hour), drained), bridge("other", 2*time.Hour))
	back.Memory.Machines["old"] = plan.Machines["old"]
	check(t, back, map[string]verdict{"old": {decide.Undrain, decide.UndrainAgain}, "other": {decide.Nothing, decide.NotOldest}})
	if again := decide.Decide(remembered(1, bridge("old", 3*time.Hour)), decide.Default()); again.Machines["old"].OwesUndrain {
		t.Error("a bridge that takes conferences owes nothing")
	}
}

// Azure's word that nothing runs there any more is enough for a bridge that has confirmed its shutdown, whatever is
// switched off.
func TestAMachineThatIsOffAfterItsShutdownIsDeleted(t *testing.T) {
	t.Parallel()
	shard := remembered(1, but(bridge("old", 3*time.Hour), func(b *fleet.Bridge) { silent(b); b.State = fleet.StateStopped }), bridge("other", 2*time.Hour))
	shard.Memory.Slots[decide.SlotRetirement] = retiring(decide.PhaseStopping, func(r *decide.Removal) { r.Confirmed = true })
	shard.Memory.Machines["old"] = decide.Past{FirstSeen: now.Add(-time.Hour), StoppedSince: now.Add(-16 * time.Minute)}
	policy := decide.Default()
	policy.DeadAfter = 0
	if plan := decide.Decide(shard, policy); len(plan.Steps) != 1 || plan.Steps[0].Do != decide.Delete {
		t.Errorf("steps %+v", plan.Steps)
	}
}

// Looks that are far apart do not add up: nobody knows what the port did in between.
func TestALookBeforeAGapDoesNotCount(t *testing.T) {
	t.Parallel()
	shard := remembered(1, but(bridge("old", 3*time.Hour), refusing), bridge("other", 2*time.Hour))
	shard.Memory.LastTick = now.Add(-6 * time.Minute)
	shard.Memory.Slots[decide.SlotRetirement] = retiring(decide.PhaseStopping, func(r *decide.Removal) {
		r.Confirmed, r.EndedSince = true, now.Add(-6*time.Minute)
	})
	check(t, shard, map[string]verdict{"old": {decide.Nothing, decide.RefusedOnce}, "other": {decide.Nothing, decide.LastHealthy}})
}
