// Package tick is one run of the reaper over all shards: discover, probe, decide, remember, act, publish. It holds the order of
// things; what each does is in the package of that name.
//
// Shards are independent: what goes wrong with one keeps no other from being looked at, and each is decided on its own
// numbers alone.
package tick

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/remember"
)

// Azure is what is asked of Azure; see package discover.
type Azure interface {
	Fleet(ctx context.Context, scaleSetID string) ([]fleet.Machine, error)
	Traffic(ctx context.Context, scaleSetID string, machine fleet.Machine, over time.Duration, now time.Time) (fleet.Traffic, error)
	Delete(ctx context.Context, scaleSetID, instance string) error
}

// Bridges is what is asked of bridges and of Jicofo; see package probe.
type Bridges interface {
	Reports(ctx context.Context, machines []fleet.Machine) []fleet.Report
	Roster(ctx context.Context, jicofo string) (map[string]bool, error)
	Drain(ctx context.Context, address netip.Addr, on bool) error
	Shutdown(ctx context.Context, address netip.Addr) error
}

// Gauges takes what autoscale is to know about a shard; see package publish.
type Gauges interface {
	// Publish tells the stress of the shard's bridges at a moment. It must return within seconds.
	Publish(ctx context.Context, scaleSetID string, at time.Time, stress []float64) error
}

// Mode is how far a tick goes.
type Mode int

const (
	// Act does what is decided.
	Act Mode = iota
	// DryRun decides, reports, publishes and remembers what it saw, and does nothing to any bridge.
	DryRun
	// Look writes nothing at all.
	Look
)

// Shard is one shard to look after.
type Shard struct {
	Name       string
	ScaleSetID string
	// Jicofo is the URL of the shard's Jicofo.
	Jicofo string
	// Calendar says which autoscale minimum is in force.
	Calendar profile.Calendar
}

// Reaper is everything that a tick needs.
type Reaper struct {
	Azure   Azure
	Bridges Bridges
	Store   remember.Store
	// Gauges is told how loaded the bridges are; nil for nobody.
	Gauges Gauges
	Shards []Shard
	Policy decide.Policy
	Mode   Mode
	// Retention is how long the audit and the usage are kept.
	Retention time.Duration
	// Environment and Actor are for the audit: where, and who.
	Environment, Actor string
	Log                *slog.Logger
	// Now is the clock.
	Now func() time.Time
}

const (
	// engineRun is the longest time between two runs of Azure's autoscale engine: around a change of profiles either may
	// be in force for as long. Source: Azure docs, autoscale-understanding-settings.
	engineRun = time.Minute
	// ahead is how long a retirement takes from the first look to the deletion, and a little more. One that would end under
	// a higher minimum is not begun.
	ahead = 5 * time.Minute
	// trafficSpan is the least time over which a machine's traffic is asked for.
	trafficSpan = 15 * time.Minute
	// actWithin is how long what was seen may be acted upon.
	actWithin = 30 * time.Second
)

// Outcome is what a tick made of one shard.
type Outcome struct {
	Shard   string
	Floor   int
	Bridges []fleet.Bridge
	Plan    decide.Plan
	// Failed says of each slot's step why it was not taken, or what went wrong with it; nil where it was.
	Failed map[decide.Slot]error
	// Err joins what went wrong. With Looked false the shard could not be looked at, and nothing else is set.
	Err    error
	Looked bool
}

// Tick looks at every shard once. Its error joins those of the shards.
func (r *Reaper) Tick(ctx context.Context, invocation string) ([]Outcome, error) {
	outcomes := make([]Outcome, len(r.Shards))
	var all sync.WaitGroup
	for i, shard := range r.Shards {
		all.Go(func() {
			p := &patrol{Reaper: r, shard: shard, invocation: invocation, log: r.Log.With("shard", shard.Name, "invocation", invocation)}
			outcomes[i] = p.run(ctx)
		})
	}
	all.Wait()
	var problems []error
	for _, outcome := range outcomes {
		if outcome.Err != nil {
			problems = append(problems, fmt.Errorf("shard %s: %w", outcome.Shard, outcome.Err))
		}
	}
	return outcomes, errors.Join(problems...)
}

// clock is the present moment in the precision that storage keeps.
func (r *Reaper) clock() time.Time { return r.Now().UTC().Truncate(time.Millisecond) }
