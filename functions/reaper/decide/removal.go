package decide

import (
	"slices"
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// The state machine of a removal. Each arrow is one step of one tick; what is left of a colon is seen, what is right of it
// is recorded and then done. "Nothing is certain" is a loop at every state and not drawn.
//
//	        rule holds: drain              announced and waited, rule still holds: shut down
//	(none) ------------------> tainting --------------------------------------------> stopping
//	   ^                          |                                                      |
//	   |  takes conferences       | rule no longer holds: undrain                        | no participant left, or
//	   +---------- untainting <---+                                                      | the process is gone: delete
//	   |                                                                                 v
//	   +--------------------------------------------------------------------------- deleting
//	                                                            in no list any more

// step is what to do in a slot: to carry on with what is under way there, or to begin something.
func (v *view) step(slot Slot) (Step, bool) {
	removal, under := v.Memory.Slots[slot]
	if !under {
		return v.begin(slot)
	}
	b, there := v.find(removal.Machine)
	if !there {
		// The list is whole, so the machine is gone, whoever deleted it.
		machine := fleet.Machine{ID: removal.Machine, Instance: removal.Instance}
		return Step{Slot: slot, Machine: machine, Record: removal, Close: true, Reason: Gone}, true
	}
	t := turn{view: v, slot: slot, stored: removal, b: b}
	return t.carryOn(), true
}

// begin looks for a machine to remove.
func (v *view) begin(slot Slot) (Step, bool) {
	if slot == SlotReplacement {
		b, found := v.first(func(b fleet.Bridge) bool { return v.replacement(b) != "" })
		if !found {
			return Step{}, false
		}
		cause := v.replacement(b)
		t := v.opening(slot, b, cause)
		if cause == CauseNeverReady {
			return t.drain(t.stored, NeverReady), true
		}
		return t.remove(t.stored, Reason(cause)), true
	}
	if b, found := v.first(func(b fleet.Bridge) bool { return b.Report.Stopping() && b.State == fleet.StateRunning }); found {
		t := v.opening(slot, b, CauseStopping)
		return t.confirmed(t.stored, FoundStopping), true
	}
	if b, found := v.first(func(b fleet.Bridge) bool { return b.Report.Answered() && v.pasts[b.ID].OwesUndrain }); found {
		t := v.opening(slot, b, CauseRule)
		return t.phase(t.stored, PhaseUntainting, Undrain, UndrainAgain), true
	}
	return v.retire(slot)
}

// first finds the oldest bridge that is so and of which no removal is under way.
func (v *view) first(so func(fleet.Bridge) bool) (fleet.Bridge, bool) {
	for _, b := range slices.SortedFunc(slices.Values(v.Bridges), older) {
		if !v.busy[b.ID] && so(b) {
			return b, true
		}
	}
	return fleet.Bridge{}, false
}

// retire begins a retirement of the oldest healthy bridge, where the rule or its age asks for it.
func (v *view) retire(slot Slot) (Step, bool) {
	b, found := v.find(v.oldest)
	if !found || v.busy[b.ID] {
		return Step{}, false
	}
	switch {
	case v.rule(b) == "":
		t := v.opening(slot, b, CauseRule)
		return t.drain(t.stored, IdleAndOldest), true
	case v.aged(b):
		t := v.opening(slot, b, CauseAge)
		return t.drain(t.stored, PastMaximumAge), true
	default:
		return Step{}, false
	}
}

// turn is one removal in one tick.
type turn struct {
	*view
	slot   Slot
	stored Removal
	b      fleet.Bridge
}

// opening is the turn of a removal that begins now.
func (v *view) opening(slot Slot, b fleet.Bridge, cause Cause) turn {
	return turn{view: v, slot: slot, b: b, stored: Removal{Machine: b.ID, Instance: b.Instance, Cause: cause, Began: v.Now}}
}

// carryOn is the next step of a removal whose machine is there: first what the world says of its own accord, then what the
// phase asks for.
func (t turn) carryOn() Step {
	r := t.stored
	if t.b.Report.Outcome != fleet.OutcomeRefused && !t.b.Report.Finished() || t.unwatched() {
		r.EndedSince = time.Time{}
	}
	if step, over := t.overtaken(r); over {
		return step
	}
	switch r.Phase {
	case PhaseTainting:
		return t.secondLook(r)
	case PhaseUntainting:
		return t.untaint(r)
	default:
		return t.ended(r)
	}
}

// overtaken is the next step where the phase does not matter, because the machine or the bridge is further already.
func (t turn) overtaken(r Removal) (Step, bool) {
	switch {
	case t.b.State == fleet.StateDeleting:
		return t.wait(r, BeingDeleted), true
	case r.Phase == PhaseDeleting && t.recent(r.Accepted, t.policy.AcceptedFor):
		return t.wait(r, DeleteAccepted), true
	case t.dead(t.b):
		return t.remove(r, Dead), true
	case r.Cause == CauseDead || r.Cause == CauseNeverUp:
		return t.replace(r), true
	case t.b.Report.Finished():
		return t.finished(r), true
	case t.b.Report.Stopping():
		return t.confirmed(r, ConferenceGoesOn), true
	default:
		return Step{}, false
	}
}

// recent says that a moment is set and less than a time ago.
func (t turn) recent(moment time.Time, limit time.Duration) bool {
	ago := t.Now.Sub(moment)
	return !moment.IsZero() && ago >= 0 && ago < limit
}

// replace deletes a machine on which nothing ever came up, and lets go of one that the witnesses do not agree on any more:
// so far nothing was done to it.
func (t turn) replace(r Removal) Step {
	if r.Cause == CauseNeverUp && t.neverUp(t.b) {
		return t.remove(r, NeverCameUp)
	}
	return t.close(r, CameBack)
}

// secondLook is taken at a drained bridge, once Jicofo must have noticed: it may have got a conference since the first, and
// the shard around it may have changed.
func (t turn) secondLook(r Removal) Step {
	switch t.b.Report.Outcome {
	case fleet.OutcomeAnswered:
	case fleet.OutcomeRefused:
		return t.lasting(r, RefusedOnce, func(r Removal) Step { return t.close(r, DrainLost) })
	default:
		return t.unanswered(r)
	}
	why, emptying := t.stillAllowed(r.Cause)
	switch {
	case why.uncertain():
		return t.wait(r, why)
	case !t.b.Report.Draining:
		return t.undrainedAlready(r, why == "" || emptying)
	case why != "" && !emptying:
		return t.phase(r, PhaseUntainting, Undrain, why)
	case !t.b.Report.Stats.Drain:
		return t.wait(r, DrainUnannounced)
	case !t.noticed(r):
		return t.wait(r, PresenceInterval)
	case emptying:
		return t.wait(r, Emptying)
	default:
		return t.shutdown(r)
	}
}

// undrainedAlready is a bridge that should be drained and is not: the request got lost, or somebody took it back.
func (t turn) undrainedAlready(r Removal, allowed bool) Step {
	switch {
	case allowed:
		return t.drain(r, DrainAgain)
	case t.recent(r.Since, t.policy.PresenceWait+t.policy.Fresh):
		return t.wait(r, DrainUnconfirmed) // a request that is late may still drain it, and then nobody would undo that
	default:
		return t.close(r, DrainLost)
	}
}

// noticed says that Jicofo must have learnt of the drain, by the reaper's clock and by the bridge's.
func (t turn) noticed(r Removal) bool {
	return t.Now.Sub(r.Since) >= t.policy.PresenceWait && t.b.Report.Stats.At.Sub(r.Reported) >= t.policy.PresenceWait
}

// stillAllowed says why the bridge may not be removed for its cause; emptying is a bridge past its maximum age that merely
// still has conferences.
func (t turn) stillAllowed(cause Cause) (why Reason, emptying bool) {
	if cause == CauseNeverReady {
		if t.neverReady(t.b) {
			return "", false
		}
		switch why := t.health[t.b.ID]; {
		case why.uncertain():
			return why, false
		case why == "":
			return CameBack, false
		default:
			return Busy, false
		}
	}
	why = t.rule(t.b)
	return why, cause == CauseAge && t.aged(t.b)
}

// untaint goes on until the bridge itself says that it is not drained.
func (t turn) untaint(r Removal) Step {
	switch {
	case t.b.Report.Outcome == fleet.OutcomeRefused:
		return t.lasting(r, RefusedOnce, func(r Removal) Step { return t.close(r, DrainLost) })
	case !t.b.Report.Answered():
		return t.unanswered(r)
	case t.b.Report.Draining:
		return t.phase(r, PhaseUntainting, Undrain, UndrainAgain)
	default:
		return t.close(r, Undrained)
	}
}

// unanswered waits for a drained bridge that gives no reliable answer, but not for ever: nothing is done yet that cannot be
// taken back, and the rest of the shard waits too. Once it answers it is undrained.
func (t turn) unanswered(r Removal) Step {
	past := t.pasts[t.b.ID]
	if !t.lasted(past.UnhealthySince, t.policy.GiveUp) || t.recent(r.Since, t.policy.GiveUp) {
		return t.wait(r, t.health[t.b.ID])
	}
	past.OwesUndrain = true
	t.pasts[t.b.ID] = past
	return t.close(r, GaveUp)
}
