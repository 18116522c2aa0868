package azure

import (
	"fmt"
	"slices"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
)

// Kind is what an event is about.
type Kind string

// The kinds of events.
const (
	// Scaled is a change of the number of machines by the autoscale engine, Refused one that the local cloud refused; that is told
	// once as long as the reason stays the same. Switched is another profile in force.
	Scaled   Kind = "scaled"
	Refused  Kind = "refused"
	Switched Kind = "switched"
	// Created is a new machine, Booted a bridge that came up. Reaped is a machine that the reaper deleted, Removed one that the
	// autoscale engine did away with, and Gone is when either is gone.
	Created Kind = "created"
	Booted  Kind = "booted"
	Reaped  Kind = "reaped"
	Removed Kind = "removed"
	Gone    Kind = "gone"
	// Lost is a machine that died with its zone, Restored one that boots again.
	Lost     Kind = "lost"
	Restored Kind = "restored"
	// Trouble is something that this package could not do.
	Trouble Kind = "trouble"
)

// Event is something that happened in Azure.
type Event struct {
	// At is when, on the clock.
	At    time.Time
	Kind  Kind
	Shard string
	// Machine is whom it is about; empty if it is about the scale set.
	Machine Machine
	// Capacity is how many machines the set has after it, those being deleted left out.
	Capacity int
	// Text says more, for example why the engine scaled.
	Text string
}

// State is what a machine does.
type State string

// The states of machines. Stopped is a machine whose bridge has ended, Deleted one that is being deleted or gone, and Dead one
// whose zone has failed.
const (
	Booting  State = "booting"
	Serving  State = "serving"
	Draining State = "draining"
	Stopped  State = "stopped"
	Deleted  State = "deleted"
	Dead     State = "lost"
)

// Status is a machine at this moment.
type Status struct {
	Machine

	State State
	// Conferences and Participants are those on its bridge, CPU is its processor load in percent by the latest measurement.
	Conferences, Participants int
	CPU                       float64
}

// Fleet are all machines that a shard has had, the oldest first.
func (c *Cloud) Fleet(shard string) []Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	var fleet []Status
	for _, m := range c.all() {
		if m.shard.Name == shard {
			fleet = append(fleet, m.status())
		}
	}
	slices.SortStableFunc(fleet, func(a, b Status) int { return a.Created.Compare(b.Created) })
	return fleet
}

// Events are what has happened until now.
func (c *Cloud) Events() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events)
}

// Violations are the times at which a shard had fewer bridges up than the minimum of its profile in force, for longer than one
// run of the engine and one boot take. A zone that has failed, and the boot after it, are no violation.
func (c *Cloud) Violations() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.violations)
}

// note records an event about a shard, and a machine of it or nil. The caller holds mu.
func (c *Cloud) note(s *shard, m *machine, kind Kind, text string) {
	e := Event{At: c.options.Clock.Now(), Kind: kind, Shard: s.Name, Capacity: s.capacity(), Text: text}
	if m != nil {
		e.Machine = m.Machine
	}
	c.events = append(c.events, e)
	if c.options.Log != nil {
		c.options.Log(e)
	}
}

// floor watches a shard's minimum.
type floor struct {
	// since is when fewer bridges were up first; zero while there are enough.
	since time.Time
	told  bool
}

// watch looks whether enough bridges are up. The caller holds mu.
func (c *Cloud) watch(s *shard, now time.Time) {
	in, found := s.setting.InForce(now)
	up := 0
	for _, m := range s.machines {
		if state := m.state(); state == Serving || state == Draining {
			up++
		}
	}
	if !found || up >= in.Minimum || c.failed[s.Zone] {
		s.floor = floor{}
		return
	}
	if s.floor.since.IsZero() {
		s.floor.since = now
	}
	// The two steps are for this package's own looking around.
	allowed := longestRun + c.options.BootTime + 2*step
	if lasts := now.Sub(s.floor.since); lasts > allowed && !s.floor.told {
		s.floor.told = true
		c.violations = append(c.violations, fmt.Sprintf("shard %s: %d of %d bridges were up at %s, for longer than %s, with profile %s",
			s.Name, up, in.Minimum, now.UTC().Format(time.RFC3339), allowed, in.Name))
	}
}

// draining says that a bridge takes no new conferences while others are there.
func draining(b *bridgetest.Bridge) bool {
	graceful, stopping, _ := b.Stopping()
	return b.Draining() || !graceful.IsZero() || !stopping.IsZero()
}
