package tick

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"jitsi-meet-azure/functions/reaper/act"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/remember"
)

// patrol is one shard in one tick.
type patrol struct {
	*Reaper
	shard      Shard
	invocation string
	log        *slog.Logger
	// decided is what is decided upon. Its Now is when it was seen.
	decided decide.Shard
	// failed says of each slot's step why it was not taken, or what went wrong with it; nil where it was.
	failed map[decide.Slot]error
	// problems are what goes wrong on the way without ending it.
	problems []error
}

// run is the tick of one shard, in the order in which things happen.
func (p *patrol) run(ctx context.Context) Outcome {
	machines, err := p.discover(ctx)
	if err != nil {
		p.log.Error("the shard was not looked at", "reason", err.Error())
		return Outcome{Shard: p.shard.Name, Err: err}
	}
	p.probe(ctx, machines)
	plan := decide.Decide(p.decided, p.Policy)
	p.failed = map[decide.Slot]error{}
	if p.remember(ctx, plan) {
		p.act(ctx, plan)
	} else {
		for _, step := range plan.Steps {
			p.failed[step.Slot] = errNotActed
		}
	}
	p.account(ctx, plan)
	p.report(plan)
	p.publish(ctx, plan)
	return Outcome{
		Shard: p.shard.Name, Looked: true, Floor: p.decided.Floor, Bridges: p.decided.Bridges, Plan: plan, Failed: p.failed,
		Err: errors.Join(p.problems...),
	}
}

// discover lists the machines, and meanwhile recalls what is known of the shard. Without a whole list there is nothing to
// decide upon; without memory there is, but nothing will be done.
func (p *patrol) discover(ctx context.Context) ([]fleet.Machine, error) {
	var recalling sync.WaitGroup
	recalling.Go(func() {
		memory, err := p.Store.Recall(ctx, p.shard.Name)
		if err != nil {
			p.trouble("recalling the shard", err)
			return
		}
		p.decided.Memory, p.decided.Remembered = memory, true
	})
	machines, err := p.Azure.Fleet(ctx, p.shard.ScaleSetID)
	recalling.Wait()
	if err != nil {
		return nil, fmt.Errorf("listing the machines: %w", err)
	}
	return machines, nil
}

// probe asks every bridge, the shard's Jicofo, and of those that look dead Azure's metrics.
func (p *patrol) probe(ctx context.Context, machines []fleet.Machine) {
	var roster map[string]bool
	var asking sync.WaitGroup
	asking.Go(func() {
		listed, err := p.Bridges.Roster(ctx, p.shard.Jicofo)
		if err != nil {
			// No error of the tick: Jicofo is a witness, and without it nothing is replaced.
			p.log.Warn("Jicofo does not say which bridges it knows", "reason", err.Error())
			return
		}
		roster = listed
	})
	reports := p.Bridges.Reports(ctx, machines)
	asking.Wait()
	if !plausible(roster, machines) {
		p.log.Error("Jicofo names bridges, but none by a machine's vmId: is that their nickname?", "bridges", len(roster))
		roster = nil
	}
	p.decided.Name, p.decided.Now = p.shard.Name, p.clock()
	p.decided.Floor = p.shard.Calendar.Minimum(p.decided.Now, engineRun, ahead)
	p.decided.Bridges = make([]fleet.Bridge, 0, len(machines))
	for i, machine := range machines {
		p.decided.Bridges = append(p.decided.Bridges, fleet.Bridge{
			Machine: machine, Report: reports[i], Presence: presence(roster, machine.ID),
		})
	}
	p.askForTraffic(ctx)
}

// presence is what Jicofo's list says of a machine. An empty list is taken at its word, or a shard whose only bridge is dead
// would never get another: a Jicofo that has merely lost the brewery room also answers so, and it is for this that Jicofo
// alone never decides. The other witnesses of a death do not depend on it. Source: jicofo, issue 1297.
func presence(roster map[string]bool, id string) fleet.Presence {
	switch {
	case roster == nil:
		return fleet.PresenceUnknown
	case roster[id]:
		return fleet.PresenceListed
	default:
		return fleet.PresenceAbsent
	}
}

// plausible says that a list of Jicofo can be about this shard's machines: one that names bridges, but none of them, uses
// other names than the reaper does, and then it says nothing about anybody.
func plausible(roster map[string]bool, machines []fleet.Machine) bool {
	return len(roster) == 0 || slices.ContainsFunc(machines, func(m fleet.Machine) bool { return roster[m.ID] })
}

// trafficLimit is how long Azure's metrics may take, for all suspects together. They must not keep the tick from acting on
// what it saw.
const trafficLimit = 8 * time.Second

// askForTraffic completes what is known about suspects. There is rarely one.
func (p *patrol) askForTraffic(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, trafficLimit)
	defer cancel()
	var asking sync.WaitGroup
	for _, suspect := range decide.Suspects(p.decided, p.Policy) {
		at := slices.IndexFunc(p.decided.Bridges, func(b fleet.Bridge) bool { return b.ID == suspect.ID })
		asking.Go(func() {
			traffic, err := p.Azure.Traffic(ctx, p.shard.ScaleSetID, suspect, max(p.Policy.DeadAfter, trafficSpan), p.decided.Now)
			if err != nil {
				p.log.Warn("Azure does not say whether a machine has traffic", "machine", suspect.ID, "reason", err.Error())
				return
			}
			p.decided.Bridges[at].Traffic = traffic
		})
	}
	asking.Wait()
}

// remember stores what was seen, before anything is done: a store that takes no observation would not take the record of a
// step either. It says whether to go on to acting.
func (p *patrol) remember(ctx context.Context, plan decide.Plan) bool {
	if !p.decided.Remembered || p.Mode == Look {
		return false
	}
	observation := remember.Observation{At: p.decided.Now}
	for _, verdict := range plan.Verdicts {
		machine := verdict.Machine
		if past := plan.Machines[machine.ID]; past != p.decided.Memory.Machines[machine.ID] {
			observation.Seen = append(observation.Seen, remember.Sighting{Machine: machine, Past: past, Phase: string(verdict.Phase)})
		}
	}
	for id := range p.decided.Memory.Machines {
		if _, there := plan.Machines[id]; !there {
			observation.Gone = append(observation.Gone, id)
		}
	}
	if err := p.Store.Observe(ctx, p.shard.Name, observation); err != nil {
		p.trouble("remembering what was seen", err)
		return false
	}
	return p.Mode == Act
}

// act carries the steps out, one after the other. What was seen too long ago is not acted upon: the next tick looks again.
func (p *patrol) act(ctx context.Context, plan decide.Plan) {
	for _, step := range plan.Steps {
		var err error
		if waited := p.clock().Sub(p.decided.Now); waited < 0 || waited > actWithin {
			err = fmt.Errorf("%w: what was seen is %s old", errNotActed, waited)
		} else {
			err = act.Carry(ctx, p.shard.Name, step, p.Store, hands{p})
		}
		if err != nil {
			p.trouble("acting", err)
		}
		p.failed[step.Slot] = err
	}
}

// publish tells how loaded the bridges are that the shard can count on. It comes last, so that nothing waits for it, and what goes
// wrong with it is no error of the tick: autoscale has its other rules, and the next tick newer numbers. Where no bridge says its
// stress nothing is told: a zero would be a lie. A dry run drains nobody, so that all bridges count for it.
func (p *patrol) publish(ctx context.Context, plan decide.Plan) {
	stress := plan.Stress
	if p.Mode == DryRun {
		stress = plan.StressBefore
	}
	if p.Gauges == nil || p.Mode == Look || len(stress) == 0 {
		return
	}
	if err := p.Gauges.Publish(ctx, p.shard.ScaleSetID, p.decided.Now, stress); err != nil {
		p.log.Warn("the stress of the bridges was not published", "reason", err.Error())
	}
}

// errNotActed is a step that was decided and not begun.
var errNotActed = errors.New("not acted upon")

// hands reach the bridges of the shard.
type hands struct{ *patrol }

func (h hands) Drain(ctx context.Context, machine fleet.Machine, on bool) error {
	return h.Bridges.Drain(ctx, machine.Address, on)
}

func (h hands) Shutdown(ctx context.Context, machine fleet.Machine) error {
	return h.Bridges.Shutdown(ctx, machine.Address)
}

func (h hands) Delete(ctx context.Context, machine fleet.Machine) error {
	return h.Azure.Delete(ctx, h.shard.ScaleSetID, machine.Instance)
}

// trouble notes a problem that does not end the tick.
func (p *patrol) trouble(what string, err error) {
	p.problems = append(p.problems, fmt.Errorf("%s: %w", what, err))
	p.log.Error(what+" failed", "reason", err.Error())
}
