// Package policy holds the ways of choosing the number of bridges that the simulator compares: what is configured, and what others
// do. It is pure.
package policy

import (
	"fmt"
	"slices"
	"time"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/shard"
)

// Policy is one way of choosing the number of bridges.
type Policy struct {
	// Name is a short word, Title what a table says.
	Name, Title string
	// Safe says that the policy promises never to cut a conference, so that a cut is a mistake worth stopping for.
	Safe bool

	setup func(d demand.Day, bounds []int, model capacity.Model) (setup, error)
}

// setup is what a policy brings into a simulation.
type setup struct {
	scaler shard.Scaler
	reaper *shard.Reaper
	start  int
}

// Assumptions are what a simulation takes for granted beside the policy.
type Assumptions struct {
	Model capacity.Model
	// Plain has machines install their bridge as they boot, instead of an image that has it.
	Plain bool
	// Recycle is the local time of day of the nightly recycle.
	Recycle time.Duration
	// Keep keeps every minute and event.
	Keep bool
}

// Input makes the simulation of a day under the policy. The error is that of settings which follow from the day; see [Known].
func (p Policy) Input(d demand.Day, a Assumptions) (shard.Input, error) {
	made, err := p.setup(d, shard.Bounds(d, a.Model), a.Model)
	if err != nil {
		return shard.Input{}, fmt.Errorf("policy %s: %w", p.Name, err)
	}
	boot := a.Model.Boot
	if a.Plain {
		boot = a.Model.PlainBoot
	}
	return shard.Input{
		Day: d, Model: a.Model, Boot: boot, Scaler: made.scaler, Reaper: made.reaper, Start: made.start, Recycle: a.Recycle, Keep: a.Keep,
	}, nil
}

// Standard are the policies that are always compared, the environment's own first.
func Standard(env environment.Environment) ([]Policy, error) {
	ours, err := Ours("ours", "as configured", env)
	if err != nil {
		return nil, err
	}
	cpu := env
	cpu.Autoscale.StressPercent, cpu.Autoscale.ReservePercent, cpu.Autoscale.BusyHours = 0, 0, nil
	known := Known(env)
	processor, err := Only("cpu", "processor alone", cpu, profile.CPU)
	if err != nil {
		return nil, err
	}
	network, err := Only("network", "network-in alone", cpu, profile.NetworkIn)
	if err != nil {
		return nil, err
	}
	article, err := Article(env)
	if err != nil {
		return nil, err
	}
	return []Policy{ours, known, article, MeetJitSi(env.Autoscale.Maximum), Peak(env.Autoscale.Maximum), processor, network}, nil
}

// azure makes a policy out of an autoscale setting, in any of the forms that [engine.Parse] reads, and the reaper's policy. It begins
// with as many bridges as are needed, within the setting's bounds.
func azure(name, title string, setting []byte, calendar profile.Calendar, reaper decide.Policy, least, most int) (Policy, error) {
	parsed, err := engine.Parse(setting)
	if err != nil {
		return Policy{}, fmt.Errorf("policy %s: %w", name, err)
	}
	made := func(d demand.Day, bounds []int, model capacity.Model) (setup, error) {
		return setup{
			scaler: shard.NewAzure(parsed, model, d.Midnight.Add(-d.Warmup)), reaper: &shard.Reaper{Policy: reaper, Calendar: calendar},
			start: min(max(least, evening(bounds)+1), most),
		}, nil
	}
	return Policy{Name: name, Title: title, Safe: true, setup: made}, nil
}

// Custom is a policy of a scaler of one's own, which is made anew for each simulation. Nobody retires anything; it begins with as many
// bridges as are needed.
func Custom(name, title string, safe bool, scaler func() shard.Scaler) Policy {
	made := func(_ demand.Day, bounds []int, _ capacity.Model) (setup, error) {
		return setup{scaler: scaler(), start: evening(bounds) + 1}, nil
	}
	return Policy{Name: name, Title: title, Safe: safe, setup: made}
}

// evening is how many bridges are needed when the simulation begins: whoever scales has scaled by then.
func evening(bounds []int) int {
	const begin = 90 // minutes
	if len(bounds) == 0 {
		return 0
	}
	return slices.Max(bounds[:min(begin, len(bounds))])
}

// Peak is a fleet that never changes, and that carries the day's highest minute: for somebody who knows it, within a maximum.
func Peak(maximum int) Policy {
	made := func(_ demand.Day, bounds []int, _ capacity.Model) (setup, error) {
		highest := 1
		if len(bounds) > 0 {
			highest = min(max(1, slices.Max(bounds)), maximum)
		}
		return setup{scaler: shard.Fixed{}, start: highest}, nil
	}
	return Policy{Name: "fixed", Title: "a fleet for the peak", Safe: true, setup: made}
}
