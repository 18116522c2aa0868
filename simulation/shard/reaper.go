package shard

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"jitsi-meet-azure/functions/reaper/act"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/gauge"
)

// How far around the present the reaper looks for the minimum in force, as package tick does.
const lookBack, lookAhead = time.Minute, 5 * time.Minute

// tick is one look of the reaper: its real decision over what the bridges report, and its real steps.
func (w *world) tick(ctx context.Context) error {
	if w.blind() {
		return nil
	}
	now := w.wall()
	seen := decide.Shard{
		Name: "simulated", Now: now, Floor: w.Reaper.Calendar.Minimum(now, lookBack, lookAhead),
		Bridges: make([]fleet.Bridge, 0, len(w.machines)), Remembered: true, Memory: w.memory,
	}
	for _, m := range w.machines {
		w.touch(m)
		seen.Bridges = append(seen.Bridges, m.seen(w.Day.Midnight, w.now))
	}
	plan := decide.Decide(seen, w.Reaper.Policy)
	w.memory.Machines, w.memory.LastTick = plan.Machines, now
	for _, step := range plan.Steps {
		if err := act.Carry(ctx, seen.Name, step, w, w); err != nil {
			return err
		}
	}
	if len(plan.Stress) > 0 {
		w.metrics.publish(now, plan.Stress, gauge.SpareOf(plan.Stress))
	}
	return nil
}

// Write implements [act.Ledger].
func (w *world) Write(_ context.Context, _ string, slot decide.Slot, r decide.Removal) (string, error) {
	if w.memory.Slots[slot].Version != r.Version {
		return "", fmt.Errorf("the %s was written by somebody else", slot)
	}
	w.version++
	r.Version = strconv.Itoa(w.version)
	w.memory.Slots[slot] = r
	return r.Version, nil
}

// Clear implements [act.Ledger].
func (w *world) Clear(_ context.Context, _ string, slot decide.Slot, _ string) error {
	delete(w.memory.Slots, slot)
	return nil
}

// Drain implements [act.Hands].
func (w *world) Drain(_ context.Context, machine fleet.Machine, on bool) error {
	m, err := w.find(machine.Instance)
	if err != nil {
		return err
	}
	w.touch(m)
	switch {
	case !on:
		m.drained = never
	case m.drained == never:
		m.drained = w.now
		w.note(Drained, "bridge %d", m.serial)
	}
	return nil
}

// Shutdown implements [act.Hands].
func (w *world) Shutdown(_ context.Context, machine fleet.Machine) error {
	m, err := w.find(machine.Instance)
	if err == nil && m.graceful == never {
		w.touch(m)
		m.graceful = w.now
	}
	return err
}

// Delete implements [act.Hands].
func (w *world) Delete(_ context.Context, machine fleet.Machine) error {
	m, err := w.find(machine.Instance)
	if err == nil && m.there() {
		w.touch(m)
		w.goAway(m, Retired, "the reaper deletes it")
	}
	return err
}
