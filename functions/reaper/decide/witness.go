package decide

import (
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// remember brings what is remembered about a machine up to this tick.
func (v *view) remember(b fleet.Bridge) Past {
	past := v.recall(b)
	past.OwesUndrain = past.OwesUndrain && (!b.Report.Answered() || !takes(b))
	outcome, stats := b.Report.Outcome, b.Report.Stats
	unreachable := outcome == fleet.OutcomeRefused || outcome == fleet.OutcomeSilent
	past.EverAnswered = past.EverAnswered || outcome == fleet.OutcomeAnswered || outcome == fleet.OutcomeGarbled
	past.EverHealthy = past.EverHealthy || v.health[b.ID] == ""
	v.since(&past.UnreachableSince, unreachable)
	v.since(&past.RefusedSince, outcome == fleet.OutcomeRefused)
	v.since(&past.UnhealthySince, v.health[b.ID] != "")
	v.since(&past.AbsentSince, b.Presence == fleet.PresenceAbsent)
	v.since(&past.StoppedSince, b.State == fleet.StateStopped || b.State == fleet.StateFailed)
	v.since(&past.StuckSince, b.Report.Answered() && stats.Conferences > 0 && stats.LocalEndpoints == 0)
	return past
}

// recall is what counts of what is remembered about a machine.
func (v *view) recall(b fleet.Bridge) Past {
	past, known := v.Memory.Machines[b.ID]
	if !known {
		return Past{FirstSeen: v.Now, Watched: !b.Created.IsZero() && v.age(b) <= v.policy.WatchFrom}
	}
	if v.unwatched() {
		// What was so before says nothing about how long it has been so.
		return Past{
			FirstSeen: past.FirstSeen, EverAnswered: past.EverAnswered, EverHealthy: past.EverHealthy, OwesUndrain: past.OwesUndrain,
		}
	}
	return past
}

// unwatched says that nobody looked at the shard for a while, or that a clock jumped.
func (v *view) unwatched() bool {
	gap := v.Now.Sub(v.Memory.LastTick)
	return gap < 0 || gap > v.policy.WatchGap
}

// since keeps the moment at which something began to be so.
func (v *view) since(began *time.Time, so bool) {
	switch {
	case !so:
		*began = time.Time{}
	case began.IsZero():
		*began = v.Now
	}
}

// Suspects are the machines of which Azure's network metrics should be asked before deciding: those that only these could
// call dead. Nobody else's are worth the calls.
func Suspects(shard Shard, policy Policy) []fleet.Machine {
	if !shard.Remembered || policy.DeadAfter == 0 && policy.BootDeadline == 0 {
		return nil
	}
	v := look(shard, policy)
	var suspects []fleet.Machine
	for _, b := range shard.Bridges {
		if v.lost(b) && b.State == fleet.StateRunning {
			suspects = append(suspects, b.Machine)
		}
	}
	return suspects
}

// lost says that for long enough the bridge has not answered the reaper and Jicofo has not listed it. The two are asked at
// different servers, and yet an overloaded bridge that carries media can fail both.
func (v *view) lost(b fleet.Bridge) bool {
	past := v.pasts[b.ID]
	return v.lasted(past.UnreachableSince, v.policy.witness()) && v.lasted(past.AbsentSince, v.policy.witness())
}

// dead says that all three witnesses agree: the bridge's port, Jicofo, and Azure, which either calls the machine stopped or
// failed, or has not seen it send a byte, or, where the port has refused connections for hours, has seen it send no meeting.
// The last is a process that ended for good on a machine that goes on.
func (v *view) dead(b fleet.Bridge) bool {
	if v.policy.DeadAfter == 0 || !v.lost(b) {
		return false
	}
	past, running := v.pasts[b.ID], b.State == fleet.StateRunning
	return v.lasted(past.StoppedSince, v.policy.DeadAfter) ||
		running && b.Traffic == fleet.TrafficNone ||
		running && b.Traffic == fleet.TrafficLittle && v.lasted(past.RefusedSince, v.policy.GoneFor) &&
			v.lasted(past.AbsentSince, v.policy.GoneFor)
}

// neverUp says that no bridge ever came up on a machine that is past its boot deadline. It was watched from its beginning, or
// for hours, and never answered; its port refuses connections, which a process that is merely overloaded does not; Jicofo
// does not know it; and Azure sees it send no meeting, which keeps a bridge whose port and name are merely set up wrongly.
//
// The port has refused for as long as the boot deadline: nothing refuses before the kernel runs, and from then on the machine
// counts too. By its own clock it is past the time at which it starts a bridge, however long Azure took to bring it up.
func (v *view) neverUp(b fleet.Bridge) bool {
	past := v.pasts[b.ID]
	return v.late(b) && !past.EverAnswered && v.lost(b) &&
		v.lasted(past.RefusedSince, max(v.policy.witness(), v.policy.BootDeadline)) &&
		b.State == fleet.StateRunning && (b.Traffic == fleet.TrafficNone || b.Traffic == fleet.TrafficLittle)
}

// neverReady says that a bridge past its boot deadline answers, was never healthy, and by its own fresh word serves nobody.
func (v *view) neverReady(b fleet.Bridge) bool {
	past, stats := v.pasts[b.ID], b.Report.Stats
	return v.late(b) && !past.EverHealthy && v.lasted(past.UnhealthySince, v.policy.witness()) &&
		b.State == fleet.StateRunning && b.Report.Answered() && !b.Report.Stopping() && v.fresh(b.Report) &&
		stats.Conferences == 0 && stats.LocalEndpoints == 0 && stats.Participants == 0
}

// late says that a machine is past its boot deadline, and that what is remembered of it covers its whole life, or at least
// hours in which it was never healthy.
func (v *view) late(b fleet.Bridge) bool {
	past := v.pasts[b.ID]
	return v.policy.BootDeadline > 0 && (past.Watched || v.lasted(past.UnhealthySince, v.policy.GoneFor)) &&
		!b.Created.IsZero() && v.age(b) > v.policy.BootDeadline
}

// replacement is the cause for which a machine is to be replaced; empty for one that is not.
func (v *view) replacement(b fleet.Bridge) Cause {
	switch {
	case b.State == fleet.StateDeleting:
		return ""
	case v.dead(b):
		return CauseDead
	case v.neverUp(b):
		return CauseNeverUp
	case v.neverReady(b):
		return CauseNeverReady
	default:
		return ""
	}
}
