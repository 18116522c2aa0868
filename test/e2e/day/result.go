package day

import (
	"context"
	"maps"
	"slices"
	"time"

	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/report"
)

// Result is a day that was played.
type Result struct {
	Day report.Day
}

// Failed are the checks that do not hold.
func (r *Result) Failed() []report.Check {
	return slices.DeleteFunc(slices.Clone(r.Day.Checks), func(c report.Check) bool { return c.OK })
}

// result judges the day and tells it.
func (w *World) result(ctx context.Context) *Result {
	w.check(ctx)
	d := report.Day{
		Environment: w.options.Stack, Zone: w.zone, Factor: w.clk.Factor, Shards: w.shardNames(),
		From: w.midnight.Add(w.options.Script.Begins), To: w.midnight.Add(w.options.Script.Ends), Took: time.Since(w.began),
		Series: w.series(), Doors: w.doorTimes(), Bands: w.bands(), Marks: w.marks(), Cuts: w.cuts(), Retirements: w.retirements(),
		RealTime: w.realTime(), Substitutions: w.substitutions(),
	}
	w.mu.Lock()
	d.Checks = slices.Clone(w.record.checks)
	w.mu.Unlock()
	for _, n := range w.seen.notes {
		if n.Kind != string(meeting.Started) && n.Kind != string(meeting.Ended) {
			d.Log = append(d.Log, report.LogLine{At: n.At, Text: w.line(n)})
		}
	}
	return &Result{Day: d}
}

func (w *World) series() []report.Series {
	var all []report.Series
	versions := w.versions()
	for _, shard := range w.shardNames() {
		people := report.Series{Name: report.Participants, Unit: "people", Shard: shard}
		rooms := report.Series{Name: report.Conferences, Unit: "conferences", Shard: shard}
		bridges := map[string]*report.Series{}
		for _, image := range versions {
			bridges[image] = &report.Series{Name: report.Bridges, Unit: "bridges", Shard: shard, Image: image}
		}
		for _, seen := range w.seen.looks {
			add(&people, seen.at, seen.people.Shards[shard].People)
			add(&rooms, seen.at, seen.rooms[shard])
			counts := images(seen.fleets[shard])
			for _, image := range versions {
				add(bridges[image], seen.at, counts[image])
			}
		}
		all = append(all, people, rooms)
		for _, image := range versions {
			all = append(all, *bridges[image])
		}
	}
	return all
}

func add(s *report.Series, at time.Time, value int) {
	if n := len(s.Points); n > 0 && s.Points[n-1].Value == float64(value) {
		return
	}
	s.Points = append(s.Points, report.Point{At: at, Value: float64(value)})
}

// versions are all those of the image that any machine had.
func (w *World) versions() []string {
	found := map[string]bool{}
	for _, shard := range w.shardNames() {
		for _, m := range w.cloud.Fleet(shard) {
			found[m.Image] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func (w *World) doorTimes() []report.Door {
	var all []report.Door
	for _, shard := range w.shardNames() {
		for _, seen := range w.seen.looks {
			state, known := seen.doors[shard]
			if !known {
				continue
			}
			if n := len(all); n > 0 && all[n-1].Shard == shard {
				all[n-1].To = seen.at
				if all[n-1].State == state {
					continue
				}
			}
			all = append(all, report.Door{Shard: shard, State: state, From: seen.at, To: seen.at})
		}
	}
	return all
}

func (w *World) bands() []report.Band {
	var all []report.Band
	if !w.lost.IsZero() && !w.back.IsZero() {
		all = append(all, report.Band{From: w.lost, To: w.back, Text: "zone " + lostZone + " lost"})
	}
	if from, to, planned := w.recycle(); planned {
		all = append(all, report.Band{From: from, To: to, Text: "minimum raised"})
	}
	return all
}

func (w *World) marks() []report.Mark {
	var all []report.Mark
	for _, step := range w.options.Script.Steps {
		all = append(all, report.Mark{At: w.midnight.Add(step.At), Kind: report.Event, Text: step.Name})
	}
	for _, e := range w.cloud.Events() {
		switch e.Kind {
		case azure.Booted:
			text := e.Machine.Instance + " (" + e.Machine.Image + ")"
			all = append(all, report.Mark{At: e.At, Kind: report.Booted, Shard: e.Shard, Text: text})
		case azure.Lost:
			all = append(all, report.Mark{At: e.At, Kind: report.Lost, Shard: e.Shard, Text: e.Machine.Instance})
		default:
		}
	}
	for _, m := range w.crowd.Ledger().Moves {
		all = append(all, report.Mark{At: m.Began, Kind: report.Moved, Shard: m.From, Text: m.Room + " to " + m.To})
	}
	return all
}

func (w *World) cuts() []report.Cut {
	var all []report.Cut
	for _, shard := range w.shardNames() {
		for _, c := range w.shards[shard].Cuts() {
			all = append(all, report.Cut{
				At: c.At, Room: c.Room, Shard: shard, Participants: c.Participants, Cause: string(c.Cause), Expected: w.excused(shard, c),
			})
		}
	}
	return all
}

func (w *World) retirements() []report.Retirement {
	var all []report.Retirement
	for _, e := range w.cloud.Events() {
		if e.Kind != azure.Reaped {
			continue
		}
		r := report.Retirement{Shard: e.Shard, Machine: e.Machine.Instance, Image: e.Machine.Image, Born: e.Machine.Created, Retired: e.At}
		for _, entry := range w.audit {
			if entry.Machine == e.Machine.VMID && entry.Reason != "" && !slices.Contains(r.Reasons, string(entry.Reason)) {
				r.Reasons = append(r.Reasons, string(entry.Reason))
			}
		}
		all = append(all, r)
	}
	return all
}
