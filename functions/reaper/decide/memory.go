package decide

import "time"

// Memory is what earlier ticks left behind about one shard. Losing it loses no safety: without memory nothing is under way
// and no witness has agreed for any length of time yet.
type Memory struct {
	// Slots are the machines that are being removed, at most one in each slot.
	Slots map[Slot]Removal
	// Machines is what is remembered about each machine, by its vmId.
	Machines map[string]Past
	// LastTick is when the shard was last looked at; zero for the first time.
	LastTick time.Time
}

// Slot is one of the two places of a shard in which a removal can be under way. One place, one removal: that two do not
// meet follows from the store's refusing a second record of the same key.
type Slot string

const (
	// SlotRetirement is for the retirement of a bridge that works, by the rule or by age.
	SlotRetirement Slot = "retirement"
	// SlotReplacement is for a bridge that never worked or is dead. It has a place of its own so that a bridge that takes
	// hours to empty does not keep a dead one.
	SlotReplacement Slot = "replacement"
)

// Slots lists the slots in the order in which they are looked at.
func Slots() []Slot { return []Slot{SlotRetirement, SlotReplacement} }

// Phase is a step of a removal. It is recorded before it is taken, so it means "this may have been done".
type Phase string

const (
	// PhaseTainting drains the bridge: Jicofo prefers others for new conferences.
	PhaseTainting Phase = "tainting"
	// PhaseUntainting undoes that.
	PhaseUntainting Phase = "untainting"
	// PhaseStopping asks the bridge for its graceful shutdown. From here there is no way back.
	PhaseStopping Phase = "stopping"
	// PhaseDeleting has the scale set delete the machine.
	PhaseDeleting Phase = "deleting"
)

// Cause is why a machine is being removed.
type Cause string

const (
	// CauseRule is the rule: more than one healthy bridge, no conference, old enough, the oldest.
	CauseRule Cause = "rule"
	// CauseAge is a bridge past its maximum age, drained while busy.
	CauseAge Cause = "maximum-age"
	// CauseStopping is a bridge found in its graceful shutdown without a record of it: somebody else began it, or the record
	// was lost.
	CauseStopping Cause = "found-stopping"
	// CauseNeverUp is a machine on which no bridge ever began to answer.
	CauseNeverUp Cause = "never-came-up"
	// CauseNeverReady is a bridge that answers and never became healthy.
	CauseNeverReady Cause = "never-ready"
	// CauseDead is a bridge that independent witnesses call dead.
	CauseDead Cause = "dead"
)

// Removal is the record of a removal under way.
type Removal struct {
	// Machine and Instance name the machine; see fleet.Machine.
	Machine, Instance string
	Cause             Cause
	Phase             Phase
	// Began is when the removal began, Since when its phase was recorded.
	Began, Since time.Time
	// Reported is the time, by the bridge's own clock, of the statistics on which it was decided to drain the bridge. With
	// Since it measures the wait for Jicofo to notice: by two clocks, so that neither can shorten it.
	Reported time.Time
	// Confirmed says that the graceful shutdown took place: the bridge itself has confirmed it, in its answer to the request or
	// in a report, or its port refuses connections and Jicofo has lost it.
	Confirmed bool
	// EndedSince is since when every look has found the bridge ended: it said so itself, or its port refused connections.
	EndedSince time.Time
	// Accepted is when Azure accepted the call that deletes the machine.
	Accepted time.Time
	// Version is what the store knows this record by, opaque to this package; empty for a record that is not stored yet.
	Version string
}

// Past is what is remembered about one machine. A "since" is zero while the thing is not so; it starts anew when the shard
// was not looked at for a while, because nobody can say what happened meanwhile.
type Past struct {
	// FirstSeen is when the machine first appeared in a list.
	FirstSeen time.Time
	// Watched says that the machine has been looked at without a gap from shortly after it was made.
	Watched bool
	// EverAnswered and EverHealthy say that a bridge on it once answered, or was healthy.
	EverAnswered, EverHealthy bool
	// UnreachableSince is since when the bridge has not answered, RefusedSince since when its port has refused connections.
	UnreachableSince, RefusedSince time.Time
	// UnhealthySince is since when the bridge has not been healthy.
	UnhealthySince time.Time
	// AbsentSince is since when Jicofo has not listed it.
	AbsentSince time.Time
	// StoppedSince is since when Azure has called the machine stopped or failed.
	StoppedSince time.Time
	// StuckSince is since when the bridge has had conferences without a single local endpoint.
	StuckSince time.Time
	// OwesUndrain says that the reaper drained the bridge, and gave its removal up before it could take that back.
	OwesUndrain bool
	// Reason is why the last tick left the machine alone or did not; a change of it is a line of the audit.
	Reason Reason
}
