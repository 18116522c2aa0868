package day

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/controlplane"
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
	w.mu.Lock()
	defer w.mu.Unlock()
	d := report.Day{
		Environment: w.options.Stack, Zone: w.zone, Factor: w.clk.Factor, Shards: w.shardNames(),
		From: w.midnight.Add(w.options.Script.Begins), To: w.midnight.Add(w.options.Script.Ends), Took: time.Since(w.began),
		Series: w.series(), Doors: w.doorTimes(), Bands: w.bands(), Marks: w.marks(), Cuts: w.cuts(),
		RealTime: w.realTime(), Substitutions: w.substitutions(),
	}
	for _, c := range w.record.checks {
		d.Checks = append(d.Checks, report.Check{Name: c.Name, OK: c.OK, Detail: c.Detail})
	}
	for _, n := range w.record.notes {
		if n.Kind != string(meeting.Started) && n.Kind != string(meeting.Ended) {
			d.Log = append(d.Log, report.LogLine{At: n.At, Text: w.line(n)})
		}
	}
	d.Retirements = w.retirements(ctx)
	return &Result{Day: d}
}

func (w *World) series() []report.Series {
	var all []report.Series
	images := w.images()
	for _, shard := range w.shardNames() {
		people := report.Series{Name: report.Participants, Unit: "people", Shard: shard}
		rooms := report.Series{Name: report.Conferences, Unit: "conferences", Shard: shard}
		bridges := map[string]*report.Series{}
		for _, image := range images {
			bridges[image] = &report.Series{Name: report.Bridges, Unit: "bridges", Shard: shard, Image: image}
		}
		for _, seen := range w.record.looks {
			add(&people, seen.at, seen.people.Shards[shard].People)
			add(&rooms, seen.at, seen.rooms[shard])
			counts := map[string]int{}
			for _, m := range up(seen.fleets[shard]) {
				counts[m.Image]++
			}
			for _, image := range images {
				add(bridges[image], seen.at, counts[image])
			}
		}
		all = append(all, people, rooms)
		for _, image := range images {
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

// images are all versions that any machine had.
func (w *World) images() []string {
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
		for _, seen := range w.record.looks {
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
	for _, step := range w.options.Script.Steps {
		if step.Name == zoneFailsName {
			all = append(all, report.Band{From: w.midnight.Add(step.At), Text: "zone " + lostZone + " lost"})
		}
		if step.Name == zoneReturnsName && len(all) > 0 {
			all[len(all)-1].To = w.midnight.Add(step.At)
		}
	}
	if from, to, any := w.recycle(); any {
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
			all = append(all, report.Mark{At: e.At, Kind: report.Booted, Shard: e.Shard, Text: e.Machine.Instance + " (" + e.Machine.Image + ")"})
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

func (w *World) retirements(ctx context.Context) []report.Retirement {
	entries, err := w.reaper.Decisions(ctx)
	if err != nil {
		return nil
	}
	var all []report.Retirement
	for _, e := range w.cloud.Events() {
		if e.Kind != azure.Reaped {
			continue
		}
		r := report.Retirement{Shard: e.Shard, Machine: e.Machine.Instance, Image: e.Machine.Image, Born: e.Machine.Created, Retired: e.At}
		for _, entry := range entries {
			if entry.Machine == e.Machine.VMID && entry.Reason != "" && !slices.Contains(r.Reasons, string(entry.Reason)) {
				r.Reasons = append(r.Reasons, string(entry.Reason))
			}
		}
		all = append(all, r)
	}
	return all
}

// realTime is what does not go by the clock.
func (w *World) realTime() []report.RealTime {
	all := []report.RealTime{
		{What: "HAProxy's checks, time-outs and agreement between proxies", Reason: "its own clock; the deployed text stays as it is"},
		{What: fmt.Sprintf("the proxies remember a room for %s instead of 5 min", roomsForgotten), Reason: "in real time 5 min would be half a day, and no shard would ever count as empty"},
		{What: fmt.Sprintf("clients: connecting again, and asking which shard they are on every %s to %s instead of 1 to 2 min", clientsCheck, 2*clientsCheck), Reason: "TLS and this machine take the time that they take, and a room must not be forgotten while somebody is in it"},
		{What: "TLS, tokens and HTTP time-outs of the reaper", Reason: "certificates and Azurite go by the real clock"},
		{What: "probes and hooks of pods, kubectl and shardctl", Reason: "they wait for real processes"},
	}
	for _, interval := range controlplane.Intervals() {
		all = append(all, report.RealTime{What: "Kubernetes: " + interval.Name + " " + interval.Real.String() + " (usually " + interval.Usual.String() + ")", Reason: interval.Why})
	}
	return all
}

// substitutions are what was played instead of the real thing.
func (w *World) substitutions() []report.Substitution {
	all := []report.Substitution{
		{What: "virtual networks", Instead: "10.b.c.d is 127.b.c.d", Reason: "no privileges are needed"},
		{What: "kubelet and container runtime", Instead: "an agent that runs pods as processes of this machine", Reason: "no containers are needed"},
		{What: "Prosody, Jicofo, web servers and relays", Instead: "stand-ins that hold meetings", Reason: "their packages cannot be had offline"},
		{What: "videobridges", Instead: "stand-ins with their REST interface", Reason: "their package cannot be had offline"},
		{What: "Azure", Instead: "the local cloud, a resource manager and a model of Monitor's autoscale engine", Reason: "no subscription is needed"},
	}
	for _, d := range w.reaper.Differences() {
		all = append(all, report.Substitution{What: "the reaper's " + d.Name, Instead: d.Played, Reason: d.Reason})
	}
	return all
}
