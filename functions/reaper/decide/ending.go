package decide

import (
	"jitsi-meet-azure/functions/reaper/fleet"
)

// ended looks for proof that a bridge which was asked for its graceful shutdown has ended, where it does not say so itself.
// A port that keeps refusing connections is one. Silence is none.
func (t turn) ended(r Removal) Step {
	switch t.b.Report.Outcome {
	case fleet.OutcomeRefused:
		return t.lasting(r, RefusedOnce, t.gone)
	case fleet.OutcomeAnswered:
		return t.unstopped(r)
	default:
		if r.Confirmed && t.lasted(t.pasts[t.b.ID].StoppedSince, t.policy.witness()) {
			return t.remove(r, ProcessGone) // Azure itself says that nothing runs there any more.
		}
		return t.wait(r, t.health[t.b.ID])
	}
}

// gone is a bridge whose port keeps refusing connections. If it has confirmed its shutdown, that is the end of it. If it has
// not, because the answer got lost, Jicofo must have lost it as well. A machine that was to be deleted because the witnesses
// called it dead, and that they do not call so any more, was never asked to shut down.
func (t turn) gone(r Removal) Step {
	switch {
	case r.Confirmed:
		return t.remove(r, ProcessGone)
	case r.Phase == PhaseDeleting:
		return t.close(r, CameBack)
	case t.b.Presence != fleet.PresenceAbsent:
		return t.wait(r, RefusedOnce)
	default:
		r.Confirmed = true // by the two together
		return t.remove(r, ProcessGone)
	}
}

// finished is a bridge that reports the end of its graceful shutdown, with nobody on it. Until Jicofo has heard of that, a
// bridge that calls itself shutting down takes conferences again; Jicofo moves them away once it has. So one look is not
// enough: the next must find it ended still, be it by its own word or by a port that refuses.
// Source: jitsi-videobridge, Videobridge.isInGracefulShutdown, which is false in the state SHUTTING_DOWN.
func (t turn) finished(r Removal) Step {
	r.Confirmed = true
	if r.Phase != PhaseStopping && r.Phase != PhaseDeleting {
		r.Phase, r.Since = PhaseStopping, t.Now
	}
	return t.lasting(r, FinishedOnce, func(r Removal) Step { return t.remove(r, Finished) })
}

// lasting waits until the bridge has been found ended for long enough: to tell a process that is gone from one that crashed
// and is back within seconds, and for Jicofo to have noticed.
func (t turn) lasting(r Removal, meanwhile Reason, then func(Removal) Step) Step {
	if r.EndedSince.IsZero() || r.EndedSince.After(t.Now) {
		r.EndedSince = t.Now
	}
	if t.Now.Sub(r.EndedSince) < t.policy.EndedFor {
		return t.wait(r, meanwhile)
	}
	return then(r)
}

// unstopped is a bridge that answers and does not say that it shuts down although it was asked to.
func (t turn) unstopped(r Removal) Step {
	if !r.Confirmed && t.recent(r.Since, t.policy.PresenceWait+t.policy.Fresh) {
		// Its statistics may be older than the request.
		return t.wait(r, ShutdownUnconfirmed)
	}
	if r.Confirmed && !t.b.Report.Draining {
		// It had confirmed, so this is another process. It serves, and it owes us nothing.
		return t.close(r, Restarted)
	}
	// The request never reached it, or it is another process.
	r.Confirmed = false
	return t.secondLook(r)
}
