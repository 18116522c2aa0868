package day

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strings"
	"time"

	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/test/e2e/agree"
	"jitsi-meet-azure/test/e2e/azure"
)

// beginRun notes what a shard is in the beginning, for the simulator.
func (w *World) beginRun(s azure.Shard) {
	run := &agree.Run{Shard: s.Name, Seed: w.options.Seed, From: w.clk.Now(), Setting: s.Autoscale}
	for _, m := range s.Machines {
		run.Machines = append(run.Machines, m.Created)
	}
	w.runs[s.Name] = run
}

// runReaper notes what the reaper is deployed with.
func (w *World) runReaper(environ []string) error {
	told, err := settings.Parse(environ)
	if err != nil {
		return fmt.Errorf("the deployed settings: %w", err)
	}
	for _, target := range told.Targets {
		if run := w.runs[target.Shard]; run != nil {
			run.Reaper = agree.Reaper{Policy: agree.Policy(told), Profiles: target.Profiles}
		}
	}
	return nil
}

// checkSimulator judges that the simulator makes of the same people, machines and settings about what was measured.
func (w *World) checkSimulator(ctx context.Context) {
	var runs []agree.Run
	var all []agree.Comparison
	var wrong []string
	sum := agree.Counts{}
	for _, shard := range w.shardNames() {
		run := w.endRun(shard)
		runs = append(runs, run)
		simulated, err := agree.Simulate(ctx, run)
		if err != nil {
			wrong = append(wrong, err.Error())
			continue
		}
		measured := w.counts(run)
		all = append(all, agree.Compare(shard, measured, simulated)...)
		sum.Boots += measured.Boots
		sum.Retirements += measured.Retirements
		sum.Moved += measured.Moved
	}
	w.keepRuns(runs)
	ok, text := agree.Tell(all)
	// Of a day on which nothing happens anything could be said.
	happened := sum.Boots > 0 && sum.Retirements > 0 && sum.Moved > 0
	if len(wrong) > 0 {
		text += "; not simulated: " + strings.Join(wrong, ", ")
	}
	w.judge("the simulator agrees", ok && happened && len(wrong) == 0, text)
}

// endRun completes what was measured of a shard.
func (w *World) endRun(shard string) agree.Run {
	run := *w.runs[shard]
	run.To = w.midnight.Add(w.options.Script.Ends)
	if w.isLost(shard) && !w.lost.IsZero() && !w.back.IsZero() {
		run.Outages = []agree.Outage{{From: w.lost, To: w.back}}
	}
	for _, p := range w.crowd.Presences() {
		if p.Shard == shard {
			run.Stays = append(run.Stays, agree.Stay{Room: p.Room, From: p.From, To: p.To})
		}
	}
	return run
}

// keepRuns leaves behind what was simulated, for whoever wants to know why a count differs.
func (w *World) keepRuns(runs []agree.Run) {
	text, err := json.MarshalIndent(runs, "", " ")
	if err == nil {
		err = os.WriteFile(w.folder("simulator.json"), text, 0o600)
	}
	if err != nil {
		w.note("writing what was simulated: %v", err)
	}
}

// counts are what happened on a shard.
func (w *World) counts(run agree.Run) agree.Counts {
	counts := agree.Counts{}
	scaled, gone := map[time.Time]bool{}, map[string]time.Time{}
	for _, e := range w.cloud.Events() {
		if e.Shard != run.Shard || e.At.Before(run.From) || e.At.After(run.To) {
			continue
		}
		switch e.Kind {
		case azure.Created:
			counts.Boots++
		case azure.Reaped:
			counts.Retirements++
		case azure.Scaled:
			scaled[e.At] = true
		case azure.Gone:
			gone[e.Machine.VMID] = e.At
		default:
		}
	}
	counts.ScaleOuts = len(scaled)
	counts.Hours = hours(run, w.cloud.Fleet(run.Shard), gone)
	rooms := map[string]bool{}
	for _, cut := range w.shards[run.Shard].Cuts() {
		if w.excused(run.Shard, cut) {
			rooms[cut.Room] = true
		}
	}
	counts.Moved = len(rooms)
	return counts
}

// hours are those of a shard's machines, given when those that are gone were.
func hours(run agree.Run, fleet []azure.Status, gone map[string]time.Time) int {
	all := 0.0
	for _, m := range fleet {
		from, to := m.Created, run.To
		if from.Before(run.From) {
			from = run.From
		}
		if at, is := gone[m.VMID]; is {
			to = at
		}
		all += max(to.Sub(from), 0).Hours()
	}
	return int(math.Round(all))
}
