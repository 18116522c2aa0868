package tick

import (
	"context"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/remember"
)

// accountLimit is how long the books may take at the end of a tick.
const accountLimit = 20 * time.Second

// account writes the audit and the usage, and lets go of what is old. None of it is needed for any later decision, so that
// a failure costs a gap in the books and nothing else.
func (p *patrol) account(ctx context.Context, plan decide.Plan) {
	if p.Mode == Look {
		return
	}
	// What was done is written down even if the tick has run out of time over it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), accountLimit)
	defer cancel()
	if entries := p.entries(plan); len(entries) > 0 {
		if err := p.Store.Audit(ctx, entries); err != nil {
			p.trouble("writing the audit", err)
		}
	}
	if samples := p.samples(plan); len(samples) > 0 {
		if err := p.Store.Use(ctx, p.decided.Now, samples); err != nil {
			p.trouble("writing the usage", err)
		}
	}
	// Every tick, because one call removes a limited number of rows, and with nothing old it costs two queries.
	if _, err := p.Store.Prune(ctx, p.shard.Name, p.decided.Now.Add(-p.Retention)); err != nil {
		p.trouble("removing old records", err)
	}
}

// entries are the lines of the audit: everything that is done, and every bridge whose reason is not the one of the tick
// before. That a bridge is still busy is not written down every minute.
func (p *patrol) entries(plan decide.Plan) []remember.Entry {
	var entries []remember.Entry
	for i, verdict := range plan.Verdicts {
		b := p.decided.Bridges[i]
		if verdict.Do == decide.Nothing && p.decided.Memory.Machines[b.ID].Reason == verdict.Reason {
			continue
		}
		entries = append(entries, p.entry(plan, verdict, b))
	}
	for _, step := range plan.Steps {
		if step.Reason == decide.Gone {
			verdict := decide.Verdict{Machine: step.Machine, Phase: step.Record.Phase, Cause: step.Record.Cause, Reason: step.Reason}
			entries = append(entries, p.entry(plan, verdict, fleet.Bridge{Machine: step.Machine}))
		}
	}
	return entries
}

func (p *patrol) entry(plan decide.Plan, verdict decide.Verdict, b fleet.Bridge) remember.Entry {
	action, detail := string(verdict.Do), b.Report.Problem
	if verdict.Do == decide.Nothing {
		action = "keep"
	} else if err := p.outcome(plan, verdict); err != nil && p.Mode == Act {
		action, detail = "failed to "+action, err.Error()
	}
	entry := remember.Entry{
		When: p.decided.Now, Environment: p.Environment, Shard: p.shard.Name,
		Machine: b.ID, Instance: b.Instance, Image: b.Image,
		Action: action, Reason: verdict.Reason, Detail: detail, Cause: verdict.Cause, Phase: verdict.Phase,
		Invocation: p.invocation, Actor: p.Actor, DryRun: p.Mode != Act,
		Capacity: &remember.Capacity{Healthy: plan.Healthy, Floor: p.decided.Floor},
	}
	if b.Report.Answered() {
		load := p.load(b)
		entry.Load = &load
	}
	return entry
}

// outcome is what became of the step that a verdict is about.
func (p *patrol) outcome(plan decide.Plan, verdict decide.Verdict) error {
	for _, step := range plan.Steps {
		if step.Record.Machine == verdict.Machine.ID {
			return p.failed[step.Slot]
		}
	}
	return nil
}

func (p *patrol) load(b fleet.Bridge) remember.Load {
	stats := b.Report.Stats
	return remember.Load{
		Conferences: stats.Conferences, LocalEndpoints: stats.LocalEndpoints, Participants: stats.Participants,
		UptimeSeconds: int64(p.decided.Now.Sub(b.Report.Started) / time.Second),
	}
}

// samples are the usage of every bridge that answers.
func (p *patrol) samples(plan decide.Plan) []remember.Sample {
	var samples []remember.Sample
	for _, b := range p.decided.Bridges {
		if !b.Report.Answered() {
			continue
		}
		samples = append(samples, remember.Sample{
			Shard: p.shard.Name, Machine: b.ID, Image: b.Image, Healthy: plan.Machines[b.ID].UnhealthySince.IsZero(),
			Load: p.load(b), BitRateIn: b.Report.Stats.BitRateIn, BitRateOut: b.Report.Stats.BitRateOut, Stress: b.Report.Stats.Stress,
		})
	}
	return samples
}
