// Package shard simulates one shard through a day: people who meet, a Jicofo that puts their conferences on bridges, whoever decides
// how many machines there are, and the reaper. Shards have nothing to do with each other, so that an environment is as many of these
// as it has shards.
//
// # What is the deployed thing itself
//
// The autoscale setting as the stack renders it, through the model of Azure's engine (package autoscale/engine); the reaper's
// decisions and its steps (packages decide and act).
//
// # What is a model
//
// People (package demand), what they cost a bridge and how long things take (package capacity). Bridges never fail here, nobody's
// network does, and every call of the reaper succeeds. Two people in a room use a bridge like any others: that browsers can talk
// directly is left out, which makes bridges look a little fuller than they are. A conference stays on one bridge, however large it is;
// so it is deployed.
//
// A simulation is pure and has no clock: the same input always gives the same result, to the byte.
package shard

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
)

// Input is what a simulation is made from.
type Input struct {
	Day   demand.Day
	Model capacity.Model
	// Boot is how long a machine takes until its bridge is in use: [capacity.Model.Boot] or [capacity.Model.PlainBoot].
	Boot capacity.Span
	// Scaler decides how many machines there are.
	Scaler Scaler
	// Reaper retires bridges; nil where nobody does.
	Reaper *Reaper
	// Start is how many bridges are up when it begins, at least one. Ages are those of their machines, the oldest first; none for
	// those of an ordinary day.
	Start int
	Ages  []time.Duration
	// Outages are when the zone is without power, one after the other.
	Outages []Outage
	// Recycle is the local time of day, since midnight, of the nightly recycle. The age of the oldest machine is read two hours
	// after it.
	Recycle time.Duration
	// Keep keeps every minute and every event.
	Keep bool
}

// Reaper is the reaper of the shard. It looks once a minute.
type Reaper struct {
	Policy   decide.Policy
	Calendar profile.Calendar
}

// recycled is how long after the recycle the age of the oldest machine is read.
const recycled = 2 * time.Hour

// Run simulates the day. An error is an input that makes no sense, or a result that does not add up; the latter is a mistake in this
// package and names the day's seed.
func Run(ctx context.Context, in Input) (Result, error) {
	if err := in.validate(); err != nil {
		return Result{}, fmt.Errorf("simulating %s: %w", in.Day.Name, err)
	}
	w := newWorld(in)
	if err := w.run(ctx); err != nil {
		return Result{}, fmt.Errorf("simulating %s, seed %d: %w", in.Day.Name, in.Day.Seed, err)
	}
	return w.result, nil
}

// inOrder says that the outages are.
func (in Input) inOrder() bool {
	last := -in.Day.Warmup
	for _, o := range in.Outages {
		if o.From < last || o.To <= o.From {
			return false
		}
		last = o.To
	}
	return true
}

func (in Input) validate() error {
	var problems []error
	for _, given := range []struct {
		wrong bool
		what  string
	}{
		{in.Scaler == nil, "there is no scaler"},
		{in.Start < 1, "there must be a bridge at the start"},
		{in.Day.Midnight.Year() <= 1970, "the day must be later than 1970"}, // metrics are kept by the minute since then
		{in.Day.Length < time.Hour || in.Day.Length%time.Minute != 0, "the day must be of whole minutes and an hour or longer"},
		{in.Day.Warmup < 0 || in.Day.Warmup%time.Minute != 0, "the time before the day must be of whole minutes"},
		{!slices.Contains([]int{0, in.Start}, len(in.Ages)), "there must be an age for each bridge at the start"},
		{!in.inOrder(), "outages must have a length, and come one after the other"},
		{in.Boot.Least <= 0 || in.Boot.Most < in.Boot.Least, "the boot time makes no sense"},
	} {
		if given.wrong {
			problems = append(problems, errors.New(given.what))
		}
	}
	for i, v := range in.Day.Visits {
		if v.Room < 0 || v.Room >= len(in.Day.Rooms) || v.Leave <= v.Join || v.Join < -in.Day.Warmup {
			problems = append(problems, fmt.Errorf("visit %d is in no room, of no length, or too early", i+1))
			break
		}
	}
	return errors.Join(problems...)
}
