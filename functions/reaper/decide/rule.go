package decide

import (
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/gauge"
)

// rule says why the bridge may not be retired; empty means that it may. This is the rule:
//
//	healthy > 1  AND  conferences == 0  AND  uptime > minimum  AND  it is the oldest healthy bridge of its shard
//
// where "healthy > 1" counts the bridge itself and those that take new conferences, so that one of these always remains,
// never fewer than the minimum of the autoscale profile in force, and never less room than the warm reserve. Whether it is
// idle comes last: a bridge whose reason is [Busy] fulfils everything else.
func (v *view) rule(b fleet.Bridge) Reason {
	if why := v.health[b.ID]; why != "" {
		return why
	}
	if !v.ordered {
		return AgeUnknown
	}
	if v.oldest != b.ID {
		return NotOldest
	}
	if !v.ageKnown(b) {
		return AgeUnknown
	}
	if v.uptime(b) <= v.policy.MinimumUptime {
		return Young
	}
	if why := v.needed(b); why != "" {
		return why
	}
	return v.occupied(b)
}

// unhealthy says why a bridge is not healthy; empty means that it is: it runs, its own health check passes, its statistics
// are fresh, it is logged in to all its brewery rooms, and it is not shutting down.
//
// The health check alone would not do: a bridge that has lost its shard's Prosody passes it.
// Source: jitsi-videobridge, JvbHealthChecker.
func (v *view) unhealthy(b fleet.Bridge) Reason {
	switch b.State {
	case fleet.StateRunning:
	case fleet.StateUnknown:
		return StateUnknown
	default:
		return NotRunning
	}
	switch b.Report.Outcome {
	case fleet.OutcomeAnswered:
		return v.ailing(b.Report)
	case fleet.OutcomeRefused:
		return Refused
	case fleet.OutcomeSilent:
		return Silent
	case fleet.OutcomeGarbled:
		return Garbled
	default:
		return NotAsked
	}
}

// ailing says what is wrong with a bridge that answers.
func (v *view) ailing(r fleet.Report) Reason {
	switch {
	case r.Stopping():
		return Stopping
	case !v.fresh(r):
		return Stale
	case !r.Fit:
		return Unfit
	case !registered(r.Stats):
		return NotRegistered
	default:
		return ""
	}
}

func (v *view) fresh(r fleet.Report) bool {
	return v.Now.Sub(r.Stats.At).Abs() <= v.policy.Fresh
}

func registered(s fleet.Stats) bool {
	return s.ClientsConfigured > 0 && s.ClientsConnected == s.ClientsConfigured &&
		s.RoomsConfigured > 0 && s.RoomsJoined == s.RoomsConfigured
}

// ageKnown says that the two witnesses of a bridge's age agree: Azure, which made the machine, and the bridge, which cannot
// have started before that, nor in the future.
func (v *view) ageKnown(b fleet.Bridge) bool {
	if b.Created.IsZero() || b.Report.Started.IsZero() {
		return false
	}
	skew := v.policy.Skew
	return !b.Report.Started.Before(b.Created.Add(-skew)) && !b.Report.Started.After(v.Now.Add(skew)) &&
		!b.Created.After(v.Now.Add(skew))
}

// uptime is how long the bridge has been up: its machine and its process, whichever is younger.
func (v *view) uptime(b fleet.Bridge) time.Duration {
	return min(v.age(b), v.Now.Sub(b.Report.Started))
}

func (v *view) age(b fleet.Bridge) time.Duration { return v.Now.Sub(b.Created) }

// needed says why the shard cannot do without the bridge; empty means that it can.
func (v *view) needed(b fleet.Bridge) Reason {
	others, said := v.others(b)
	switch {
	case len(others) < 1:
		return LastHealthy
	case len(others) < v.Floor:
		return MinimumInForce
	// Where none says its stress, nothing is published and nobody adds a bridge for the reserve; it then keeps none either.
	case v.policy.Reserve > 0 && said && !(gauge.SpareOf(others) >= v.policy.Reserve):
		// Azure would add one in its place, which would be retired in turn. A sum that is no number is not enough either.
		return WarmReserve
	default:
		return ""
	}
}

// others are the stresses of the bridges that take conferences beside one; said is that any of them, or that one, tells it.
func (v *view) others(b fleet.Bridge) (stresses []float64, said bool) {
	said = !b.Report.Stats.StressUnknown
	for _, other := range v.Bridges {
		if other.ID == b.ID || v.health[other.ID] != "" || !takes(other) || v.busy[other.ID] {
			continue
		}
		stress := other.Report.Stats.Stress
		if other.Report.Stats.StressUnknown {
			stress = 1 // nobody can say that it has room
		}
		said = said || !other.Report.Stats.StressUnknown
		stresses = append(stresses, stress)
	}
	return stresses, said
}

// occupied says why the bridge is not idle; empty means that it is.
func (v *view) occupied(b fleet.Bridge) Reason {
	s := b.Report.Stats
	switch {
	case s.Conferences == 0 && (s.LocalEndpoints > 0 || s.Participants > 0):
		return Contradictory
	case s.Conferences == 0:
		return ""
	case s.LocalEndpoints == 0 && v.policy.StuckAfter > 0 && v.lasted(v.pasts[b.ID].StuckSince, v.policy.StuckAfter):
		// A conference can outlive its participants on the bridge, for ever.
		// Source: jitsi-videobridge, issues 1806 and 1890.
		return ""
	default:
		return Busy
	}
}

// lasted says that something has been so since a moment, and for at least a time.
func (v *view) lasted(since time.Time, atLeast time.Duration) bool {
	return !since.IsZero() && v.Now.Sub(since) >= atLeast
}

// aged says that a bridge is one to drain while it is busy: everything but idleness speaks for retiring it, and it is past
// its maximum age.
func (v *view) aged(b fleet.Bridge) bool {
	return v.policy.MaximumAge > 0 && v.age(b) > v.policy.MaximumAge && v.rule(b) == Busy
}
