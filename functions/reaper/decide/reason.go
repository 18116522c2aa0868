package decide

// Reason is why a bridge is left alone, or what is done to it and why: the machine-readable half of every decision.
// docs/reaper.md explains each; a test holds the two together.
type Reason string

// Reasons for leaving a bridge alone because something is missing, stale or contradictory.
const (
	// NoMemory is given to all bridges of a shard whose memory cannot be read.
	NoMemory Reason = "no-memory"
	// NotAsked is a bridge without an address, or that the tick had no time for.
	NotAsked Reason = "not-asked"
	// Silent is a machine that gives no complete answer in time.
	Silent Reason = "silent"
	// Garbled is a bridge whose answer cannot be relied on.
	Garbled Reason = "garbled"
	// StateUnknown is a machine of which Azure does not say that it runs.
	StateUnknown Reason = "state-unknown"
	// Stale is a bridge whose statistics are old, or from the future.
	Stale Reason = "stale-statistics"
	// Contradictory is a bridge whose numbers contradict each other.
	Contradictory Reason = "contradictory"
	// AgeUnknown is the oldest bridge if Azure and the bridge contradict each other about its age, and every bridge of a shard
	// in which Azure does not say when a healthy one was made, so that nobody knows which is the oldest.
	AgeUnknown Reason = "age-unknown"
)

// Reasons for leaving a bridge alone because it is not one to retire.
const (
	// Refused is a machine on whose port no process listens.
	Refused Reason = "refused"
	// NotRunning is a machine that Azure calls starting, stopped, failed or being deleted.
	NotRunning Reason = "not-running"
	// Unfit is a bridge whose own health check fails.
	Unfit Reason = "unfit"
	// NotRegistered is a bridge that is not logged in to all its brewery rooms.
	NotRegistered Reason = "not-registered"
	// Stopping is a bridge in its graceful shutdown.
	Stopping Reason = "stopping"
	// NotOldest is a healthy bridge that is younger than another healthy one.
	NotOldest Reason = "not-oldest"
	// Young is a bridge that has not been up for longer than the minimum uptime.
	Young Reason = "young"
	// LastHealthy is a bridge besides which no healthy one takes new conferences.
	LastHealthy Reason = "last-healthy"
	// MinimumInForce is a bridge without which there would be fewer healthy ones than autoscale's minimum in force.
	MinimumInForce Reason = "minimum-in-force"
	// WarmReserve is a bridge without which the shard would have less capacity left than its warm reserve.
	WarmReserve Reason = "warm-reserve"
	// Busy is a bridge with a conference.
	Busy Reason = "busy"
	// OtherRemoval is a bridge that could be removed if another one of its shard were not being removed.
	OtherRemoval Reason = "other-removal-under-way"
)

// Reasons for beginning or carrying on a removal.
const (
	// IdleAndOldest begins a retirement: the rule holds.
	IdleAndOldest Reason = "idle-and-oldest"
	// PastMaximumAge begins a retirement of a busy bridge.
	PastMaximumAge Reason = "past-maximum-age"
	// FoundStopping takes over a bridge that is in its graceful shutdown already.
	FoundStopping Reason = "found-stopping"
	// NeverCameUp and NeverReady replace a machine that missed its boot deadline.
	NeverCameUp Reason = "never-came-up"
	NeverReady  Reason = "never-ready"
	// Dead replaces a machine that all witnesses call dead.
	Dead Reason = "dead"
	// DrainAgain repeats a drain that has not been taken.
	DrainAgain Reason = "drain-again"
	// StillIdle asks for the graceful shutdown: the second look found the rule to hold still.
	StillIdle Reason = "still-idle"
	// UndrainAgain repeats an undrain that has not been taken.
	UndrainAgain Reason = "undrain-again"
	// Finished deletes a bridge that keeps reporting the end of its graceful shutdown, with no participant.
	Finished Reason = "finished"
	// ProcessGone deletes a machine whose bridge ended: after the shutdown its port kept refusing connections.
	ProcessGone Reason = "process-gone"
)

// Reasons for waiting within a removal.
const (
	// DrainUnannounced waits for the drain to appear in what the bridge announces.
	DrainUnannounced Reason = "drain-unannounced"
	// DrainUnconfirmed waits for a request to drain the bridge to have arrived or got lost for certain.
	DrainUnconfirmed Reason = "drain-unconfirmed"
	// PresenceInterval waits for Jicofo to have noticed the drain.
	PresenceInterval Reason = "presence-interval"
	// Emptying waits for the conferences of a bridge past its maximum age to end.
	Emptying Reason = "emptying"
	// ConferenceGoesOn waits for a conference that slipped in before the graceful shutdown.
	ConferenceGoesOn Reason = "conference-goes-on"
	// ShutdownUnconfirmed waits for statistics that are newer than the request for the graceful shutdown.
	ShutdownUnconfirmed Reason = "shutdown-unconfirmed"
	// FinishedOnce waits to find the bridge ended again: Jicofo must have noticed first.
	FinishedOnce Reason = "finished-once"
	// RefusedOnce waits to see the port refuse connections again.
	RefusedOnce Reason = "refused-once"
	// HeldForMinimum keeps a machine whose bridge has ended, because Azure counts it towards the minimum in force.
	HeldForMinimum Reason = "held-for-minimum"
	// DeleteAccepted waits for Azure to begin a deletion that it accepted.
	DeleteAccepted Reason = "delete-accepted"
	// BeingDeleted waits for Azure to finish a deletion.
	BeingDeleted Reason = "being-deleted"
)

// Reasons for ending a removal.
const (
	// Gone ends it because the machine is in no list any more.
	Gone Reason = "gone"
	// Undrained ends it because the bridge takes conferences again.
	Undrained Reason = "undrained"
	// DrainLost ends it because the bridge is not drained and may no longer be removed.
	DrainLost Reason = "drain-lost"
	// Restarted ends it because the bridge's process is a new one, which knows nothing of a shutdown.
	Restarted Reason = "restarted"
	// GaveUp ends it because a drained bridge has given no reliable answer for long. It is undrained once it answers.
	GaveUp Reason = "gave-up"
	// CameBack ends a replacement: the witnesses do not agree any more, or the bridge became healthy.
	CameBack Reason = "came-back"
)

// uncertain says that the reason is a lack of knowledge, from which nothing follows: not the removal of a bridge, and not
// the end of a removal either.
func (r Reason) uncertain() bool {
	switch r {
	case NoMemory, NotAsked, Silent, Garbled, StateUnknown, Stale, Contradictory, AgeUnknown:
		return true
	default:
		return false
	}
}
