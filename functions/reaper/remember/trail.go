package remember

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
)

// Entry is one line of the audit: a decision on a machine, or on a shard as a whole, and what it was decided on. All of it is
// for people; nothing reads it back. Texts are cut after a kilobyte.
type Entry struct {
	// When it was decided, and Environment and Shard where.
	When               time.Time
	Environment, Shard string
	// Machine, Instance and Image say which machine; empty for the shard as a whole.
	Machine, Instance, Image string
	// Action is what was done or left, in one word.
	Action string
	// Reason says why, in the reaper's own terms, Detail in those of whatever failed.
	Reason decide.Reason
	Detail string
	// Cause and Phase are those of the machine's removal.
	Cause decide.Cause
	Phase decide.Phase
	// Invocation is the tick, as the host calls it. Actor is who decided: the reaper, or the person who stopped it.
	Invocation, Actor string
	// DryRun says that nothing was done.
	DryRun bool
	// Capacity and Load are the numbers that it was decided on; nil where they were not known.
	Capacity *Capacity
	Load     *Load
}

// Capacity is what a shard had.
type Capacity struct {
	// Healthy are its healthy bridges, Floor the minimum in force.
	Healthy, Floor int
}

// Load is what a bridge said of itself; see fleet.Stats.
type Load struct {
	Conferences, LocalEndpoints, Participants int
	UptimeSeconds                             int64
}

// Sample is what one bridge carried at one moment.
type Sample struct {
	Shard, Machine, Image string
	Healthy               bool
	Load
	// BitRateIn and BitRateOut are kilobits a second.
	BitRateIn, BitRateOut int64
	// Stress is the bridge's own estimate of its load; 1 is full.
	Stress float64
}

func (e Entry) columns() columns {
	c := columns{"DryRun": e.DryRun}
	c.moment("When", e.When)
	for name, value := range map[string]string{
		"Environment": e.Environment, "Shard": e.Shard, "Machine": e.Machine, "Instance": e.Instance, "Image": e.Image,
		"Action": e.Action, "Reason": string(e.Reason), "Detail": e.Detail, "Cause": string(e.Cause), "Phase": string(e.Phase),
		"Invocation": e.Invocation, "Actor": e.Actor,
	} {
		c.text(name, value)
	}
	if e.Capacity != nil {
		c.number("Healthy", int64(e.Capacity.Healthy))
		c.number("Floor", int64(e.Capacity.Floor))
	}
	if e.Load != nil {
		e.Load.addTo(c)
	}
	return c
}

func (s Sample) columns(at time.Time) columns {
	c := columns{"Healthy": s.Healthy}
	c.moment("At", at)
	c.text("Shard", s.Shard)
	c.text("Machine", s.Machine)
	c.text("Image", s.Image)
	s.addTo(c)
	c.number("BitRateIn", s.BitRateIn)
	c.number("BitRateOut", s.BitRateOut)
	c.fraction("Stress", s.Stress)
	return c
}

func (l Load) addTo(c columns) {
	c.number("Conferences", int64(l.Conferences))
	c.number("LocalEndpoints", int64(l.LocalEndpoints))
	c.number("Participants", int64(l.Participants))
	c.number("UptimeSeconds", l.UptimeSeconds)
}

func (s *store) Audit(ctx context.Context, entries []Entry) error {
	all := newBatch()
	for _, e := range entries {
		key := e.When.UTC().Format(instant) + "_" + keyPart(e.Machine) + "_" + keyPart(e.Action)
		all.add(e.Shard, e.When, all.unused(e.Shard, key), e.columns())
	}
	if err := all.submit(ctx, s.decisions); err != nil {
		return fmt.Errorf("writing the audit: %w", err)
	}
	return nil
}

func (s *store) Use(ctx context.Context, at time.Time, samples []Sample) error {
	all := newBatch()
	for _, sample := range samples {
		key := at.UTC().Format(clock) + "_" + keyPart(sample.Machine)
		all.add(sample.Shard, at, all.unused(sample.Shard, key), sample.columns(at))
	}
	if err := all.submit(ctx, s.usage); err != nil {
		return fmt.Errorf("writing the usage: %w", err)
	}
	return nil
}

// batch collects rows of many partitions. What cannot be written does not keep the rest from being written.
type batch struct {
	changes  map[string][]change
	keys     map[string]bool
	problems []error
}

func newBatch() *batch { return &batch{changes: map[string][]change{}, keys: map[string]bool{}} }

// unused numbers a key that is in use already. Keys hold their time, so that a shard's are unlike over all its partitions
// that one call can reach.
func (b *batch) unused(shard, key string) string {
	free := key
	for n := 2; b.keys[shard+"_"+free]; n++ {
		free = key + "_" + strconv.Itoa(n)
	}
	b.keys[shard+"_"+free] = true
	return free
}

func (b *batch) add(shard string, at time.Time, key string, c columns) {
	if err := checkShard(shard); err != nil {
		b.problems = append(b.problems, err)
		return
	}
	if at.IsZero() {
		b.problems = append(b.problems, fmt.Errorf("row %s has no time", key))
		return
	}
	partition := datePartition(shard, at)
	entity, err := encode(partition, key, c)
	if err != nil {
		b.problems = append(b.problems, err)
		return
	}
	b.changes[partition] = append(b.changes[partition], change{entity: entity})
}

func (b *batch) submit(ctx context.Context, t table) error {
	for _, partition := range slices.Sorted(maps.Keys(b.changes)) {
		for chunk := range slices.Chunk(b.changes[partition], transaction) {
			if err := t.submit(ctx, chunk); err != nil {
				b.problems = append(b.problems, fmt.Errorf("%d rows of %s: %w", len(chunk), partition, err))
			}
		}
	}
	return errors.Join(b.problems...)
}
