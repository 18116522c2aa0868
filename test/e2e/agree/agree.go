// Package agree holds the simulator of package simulation/shard against a run of the system test: of each shard it simulates what the
// run measured, and compares the counts. It is pure.
//
// Taken from the run are the people, with every session of theirs, the machines that there were in the beginning, and when the zone was
// without power. The setting and the reaper's settings are those that were deployed. What bridges and Azure are like is the played
// world's (played.json), and so is the straight line from participants to load.
//
// What the simulator does not know: late and left-out ticks of a reaper on a fast clock, a reaper that is killed, a new image, and
// shards that are rolled by hand.
package agree

import (
	"cmp"
	"context"
	_ "embed" // the figures
	"fmt"
	"math"
	"slices"
	"time"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/shard"
)

//go:embed played.json
var played []byte

// Run is what was measured of one shard. All times are on the clock.
type Run struct {
	Shard string
	Seed  uint64
	// From is when there was everything, To the end.
	From, To time.Time
	// Setting is the autoscale setting, as package engine takes it.
	Setting []byte
	Reaper  Reaper
	// Machines are when those were made that there were at From, at least one, the oldest first.
	Machines []time.Time
	Stays    []Stay
	Outages  []Outage
}

// Reaper is the deployed one, as far as decisions go by it.
type Reaper struct {
	Policy decide.Policy
	// Profiles are the shard's, as package profile reads them.
	Profiles []byte
}

// Stay is somebody's time in a room on the shard; To is zero for one that went on at the end.
type Stay struct {
	Room     string
	From, To time.Time
}

// Outage is a time in which the shard's zone was without power.
type Outage struct{ From, To time.Time }

// Policy is what the reaper decides by with its deployed settings.
func Policy(told settings.Settings) decide.Policy {
	policy := decide.Default()
	policy.MinimumUptime, policy.MaximumAge, policy.StuckAfter = told.MinimumUptime, told.MaximumAge, told.StuckAfter
	policy.BootDeadline, policy.DeadAfter, policy.Reserve = told.BootDeadline, told.DeadAfter, told.Reserve
	return policy
}

// Simulate says what the simulator makes of a run. An error is a run that makes no sense.
func Simulate(ctx context.Context, run Run) (Counts, error) {
	input, err := run.input()
	if err != nil {
		return Counts{}, fmt.Errorf("shard %s: %w", run.Shard, err)
	}
	result, err := shard.Run(ctx, input)
	if err != nil {
		return Counts{}, fmt.Errorf("shard %s: %w", run.Shard, err)
	}
	outs := map[time.Time]bool{}
	for _, e := range result.Events {
		if e.Kind == shard.Added {
			outs[e.At] = true
		}
	}
	return Counts{
		Boots: result.Added, Retirements: result.Retired, ScaleOuts: len(outs), Hours: int(math.Round(result.MachineHours)),
		Moved: result.Lost,
	}, nil
}

// input is what the simulator is given.
func (run Run) input() (shard.Input, error) {
	model, err := capacity.Parse(played)
	if err != nil {
		return shard.Input{}, err
	}
	setting, err := engine.Parse(run.Setting)
	if err != nil {
		return shard.Input{}, err
	}
	calendar, err := profile.ParseCalendar(run.Reaper.Profiles)
	if err != nil {
		return shard.Input{}, err
	}
	day := run.day()
	input := shard.Input{
		Day: day, Model: model, Boot: model.Boot, Scaler: &scaler{setting: setting, every: model.EngineRun},
		Reaper: &shard.Reaper{Policy: run.Reaper.Policy, Calendar: calendar}, Start: len(run.Machines), Ages: []time.Duration{}, Keep: true,
	}
	for _, made := range run.Machines {
		input.Ages = append(input.Ages, day.Midnight.Sub(made))
	}
	for _, o := range run.Outages {
		input.Outages = append(input.Outages, shard.Outage{From: o.From.Sub(day.Midnight), To: o.To.Sub(day.Midnight)})
	}
	return input, nil
}

// day is who came when. It begins with the run, in place of a midnight.
func (run Run) day() demand.Day {
	begin := run.From.Truncate(time.Minute)
	d := demand.Day{Name: "measured", Seed: run.Seed, Midnight: begin, Length: run.To.Sub(begin).Truncate(time.Minute)}
	rooms := map[string]int{}
	for _, stay := range run.Stays {
		visit := demand.Visit{Join: max(stay.From.Sub(begin), 0), Leave: d.Length}
		if !stay.To.IsZero() {
			visit.Leave = stay.To.Sub(begin)
		}
		if visit.Leave <= visit.Join || visit.Join >= d.Length {
			continue
		}
		room, known := rooms[stay.Room]
		if !known {
			room = len(d.Rooms)
			rooms[stay.Room] = room
			d.Rooms = append(d.Rooms, stay.Room)
		}
		visit.Room = room
		d.Visits = append(d.Visits, visit)
	}
	slices.SortStableFunc(d.Visits, func(a, b demand.Visit) int { return cmp.Or(cmp.Compare(a.Join, b.Join), cmp.Compare(a.Room, b.Room)) })
	return d
}
