package decide

import (
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// drain records that the bridge is being drained and drains it.
func (t turn) drain(r Removal, why Reason) Step {
	r.Reported = t.b.Report.Stats.At
	return t.phase(r, PhaseTainting, Drain, why)
}

// shutdown asks for the graceful shutdown. A bridge with people on it refuses new conferences from here, so that whatever it
// has then is all there will be; one without goes on to its end at once, see finished. Its answer confirms it.
func (t turn) shutdown(r Removal) Step {
	step := t.phase(r, PhaseStopping, Shutdown, StillIdle)
	after := step.Record
	after.Confirmed = true
	step.After = &after
	return step
}

// confirmed notes that the bridge itself says that it is shutting down.
func (t turn) confirmed(r Removal, why Reason) Step {
	r.Confirmed = true
	if r.Phase != PhaseStopping {
		r.Phase, r.Since = PhaseStopping, t.Now
	}
	return t.wait(r, why)
}

// remove has the machine deleted. A retirement waits where Azure counts the machine towards the minimum in force, but not
// for long: a machine without a bridge serves nobody, and deleting it makes Azure put a new one in its place.
func (t turn) remove(r Removal, why Reason) Step {
	if r.Phase != PhaseDeleting {
		r.Phase, r.Since = PhaseDeleting, t.Now
	}
	r.Accepted = time.Time{}
	if t.slot == SlotRetirement && why != Dead && t.standing() < t.Floor && t.recent(r.Since, t.policy.HoldFor) {
		return t.wait(r, HeldForMinimum)
	}
	after := r
	after.Accepted = t.Now
	step := t.make(r, Delete, why)
	step.After = &after
	return step
}

// standing counts the machines that Azure would still count without this one.
func (t turn) standing() int {
	count := 0
	for _, other := range t.Bridges {
		if other.ID != t.b.ID && other.State != fleet.StateDeleting {
			count++
		}
	}
	return count
}

// phase enters a phase, also anew, and does what belongs to it.
func (t turn) phase(r Removal, phase Phase, do Do, why Reason) Step {
	r.Phase, r.Since = phase, t.Now
	return t.make(r, do, why)
}

func (t turn) wait(r Removal, why Reason) Step { return t.make(r, Nothing, why) }

func (t turn) close(r Removal, why Reason) Step {
	step := t.make(r, Nothing, why)
	step.Close = true
	return step
}

func (t turn) make(r Removal, do Do, why Reason) Step {
	// Whatever is done is recorded anew, even if nothing in the record changes: the store lets through only whoever has
	// seen the latest version, so of two reapers at once one does nothing.
	return Step{
		Slot: t.slot, Machine: t.b.Machine, Record: r, Changed: do != Nothing || r != t.stored || r.Version == "", Do: do, Reason: why,
	}
}
