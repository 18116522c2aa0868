// Package decide holds the reaper's decisions: a pure function of what is known about one shard. It reads no clock and talks
// to nobody; the same input always gives the same plan.
//
// Read rule.go for the rule that retires a bridge, removal.go for the state machine that carries a removal through, and
// witness.go for what it takes to call a bridge dead. Throughout, what is missing, stale or contradictory means: leave it.
package decide

import (
	"cmp"
	"slices"
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// Shard is what is known about one shard at one tick. Bridges must be all machines of the shard's scale set: a partial list
// must not be decided upon.
type Shard struct {
	Name string
	Now  time.Time
	// Floor is the minimum of the autoscale profile in force, the highest within one run of Azure's engine and for as long
	// as a retirement takes.
	Floor   int
	Bridges []fleet.Bridge
	// Remembered says that Memory was read. Without it nothing is done.
	Remembered bool
	Memory     Memory
}

// Plan is what follows.
type Plan struct {
	// Verdicts has one entry for each bridge, in the order of Shard.Bridges.
	Verdicts []Verdict
	// Steps are what to do, at most one for each slot.
	Steps []Step
	// Machines is what to remember about each machine that is there.
	Machines map[string]Past
	// Healthy counts the healthy bridges, Taking those of them that take new conferences by their own word.
	Healthy, Taking int
	// Stress is the stress that each bridge reports which is healthy, takes new conferences and is not being removed, neither
	// by a removal that goes on nor by one that begins with this plan. They are in the order of Shard.Bridges. One that does
	// not report any has none here. See package gauge.
	Stress []float64
	// StressBefore is the same if no step of the plan is taken, as in a dry run.
	StressBefore []float64
}

// Verdict is the decision on one bridge.
type Verdict struct {
	Machine fleet.Machine
	// Do is what is done to it in this tick, [Nothing] for most.
	Do Do
	// Phase and Cause are those of its removal; empty where none is under way.
	Phase  Phase
	Cause  Cause
	Reason Reason
}

// Do is something that is done to a bridge.
type Do string

const (
	// Nothing leaves it as it is.
	Nothing Do = ""
	// Drain turns its drain mode on.
	Drain Do = "drain"
	// Undrain turns its drain mode off.
	Undrain Do = "undrain"
	// Shutdown asks it for a graceful shutdown.
	Shutdown Do = "shutdown"
	// Delete has its scale set delete the machine.
	Delete Do = "delete"
)

// Step is one step of a removal. Record is stored before Do is done, and After, where there is one, once that succeeded.
type Step struct {
	Slot    Slot
	Machine fleet.Machine
	// Record is the removal as it is from now on. Changed says that it differs from what is stored.
	Record  Removal
	Changed bool
	Do      Do
	// After is the removal once Do has succeeded; nil where success shows by itself in a later report.
	After *Removal
	// Close ends the removal: its record is cleared.
	Close  bool
	Reason Reason
}

// Decide makes the plan for one shard.
func Decide(shard Shard, policy Policy) Plan {
	v := look(shard, policy)
	plan := Plan{Machines: v.pasts}
	for _, b := range shard.Bridges {
		if v.health[b.ID] == "" {
			plan.Healthy++
			if takes(b) {
				plan.Taking++
			}
		}
	}
	if shard.Remembered {
		for _, slot := range Slots() {
			if step, ok := v.step(slot); ok {
				plan.Steps = append(plan.Steps, step)
				v.busy[step.Record.Machine] = true
			}
		}
	}
	plan.Stress, plan.StressBefore = v.stress(plan.Steps), v.before()
	plan.Verdicts = v.verdicts(plan.Steps)
	for _, verdict := range plan.Verdicts {
		past := plan.Machines[verdict.Machine.ID]
		past.Reason = verdict.Reason
		plan.Machines[verdict.Machine.ID] = past
	}
	return plan
}

// view is a shard with what is worked out once and used often.
type view struct {
	Shard
	policy Policy
	// pasts is the memory of each machine, brought up to this tick.
	pasts map[string]Past
	// health says why a bridge is not healthy; empty for a healthy one.
	health map[string]Reason
	// busy holds the machines of removals under way.
	busy map[string]bool
	// oldest is the oldest healthy bridge; ordered is false where that cannot be told.
	oldest  string
	ordered bool
}

func look(shard Shard, policy Policy) *view {
	v := &view{
		Shard: shard, policy: policy,
		pasts: map[string]Past{}, health: map[string]Reason{}, busy: map[string]bool{},
	}
	for _, b := range shard.Bridges {
		v.health[b.ID] = v.unhealthy(b)
	}
	for _, b := range shard.Bridges {
		v.pasts[b.ID] = v.remember(b)
	}
	for _, removal := range shard.Memory.Slots {
		v.busy[removal.Machine] = true
	}
	v.order()
	return v
}

// order finds the oldest healthy bridge.
func (v *view) order() {
	healthy := slices.DeleteFunc(slices.Clone(v.Bridges), func(b fleet.Bridge) bool { return v.health[b.ID] != "" })
	slices.SortFunc(healthy, older)
	v.ordered = !slices.ContainsFunc(healthy, func(b fleet.Bridge) bool { return b.Created.IsZero() })
	if len(healthy) > 0 {
		v.oldest = healthy[0].ID
	}
}

// older orders bridges by age; of two made at the same moment, by identity, so that the order never depends on a list's.
func older(a, b fleet.Bridge) int {
	return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
}

func (v *view) find(id string) (fleet.Bridge, bool) {
	at := slices.IndexFunc(v.Bridges, func(b fleet.Bridge) bool { return b.ID == id })
	if at < 0 {
		return fleet.Bridge{}, false
	}
	return v.Bridges[at], true
}

// takes says that a bridge takes new conferences: it is drained neither by its own word now nor by its last announcement.
func takes(b fleet.Bridge) bool { return !b.Report.Draining && !b.Report.Stats.Drain }

// stress is that of the bridges which the shard can count on once the steps are taken. Every removal under way has a step; where
// the step ends it, its bridge is there for the shard again.
func (v *view) stress(steps []Step) []float64 {
	leaving := map[string]bool{}
	for _, step := range steps {
		leaving[step.Record.Machine] = leaving[step.Record.Machine] || !step.Close
	}
	return v.without(leaving)
}

// before is that of the bridges which the shard can count on if no step is taken.
func (v *view) before() []float64 {
	leaving := map[string]bool{}
	for _, removal := range v.Memory.Slots {
		leaving[removal.Machine] = true
	}
	return v.without(leaving)
}

// without is the stress of all bridges that take conferences and say it, but for those that leave.
func (v *view) without(leaving map[string]bool) []float64 {
	var stress []float64
	for _, b := range v.Bridges {
		if v.health[b.ID] == "" && takes(b) && !leaving[b.ID] && !b.Report.Stats.StressUnknown {
			stress = append(stress, b.Report.Stats.Stress)
		}
	}
	return stress
}

// verdicts says of every bridge what is done to it and why.
func (v *view) verdicts(steps []Step) []Verdict {
	all := make([]Verdict, 0, len(v.Bridges))
	for _, b := range v.Bridges {
		verdict := Verdict{Machine: b.Machine, Reason: v.keep(b)}
		for _, step := range steps {
			if step.Record.Machine == b.ID {
				verdict.Do, verdict.Reason = step.Do, step.Reason
				verdict.Phase, verdict.Cause = step.Record.Phase, step.Record.Cause
			}
		}
		all = append(all, verdict)
	}
	return all
}

// keep is why a bridge without a removal is left alone.
func (v *view) keep(b fleet.Bridge) Reason {
	if !v.Remembered {
		return NoMemory
	}
	if why := v.rule(b); why != "" {
		return why
	}
	return OtherRemoval
}
