package main

import (
	"fmt"
	"math"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/prices"
	"jitsi-meet-azure/simulation/policy"
	"jitsi-meet-azure/simulation/report"
	"jitsi-meet-azure/simulation/shard"
	"jitsi-meet-azure/simulation/study"
)

// page makes the report of the results, which are in the plan's order of days and policies.
func (s *simulation) page(results [][]shard.Result) (report.Page, error) {
	hour, err := s.hour()
	if err != nil {
		return report.Page{}, err
	}
	page := report.Page{
		Title: "How many bridges", Environment: s.env.Name, Subject: s.subject, Shards: len(s.env.Shards), Notes: s.notes(),
		Currency: hour.currency,
	}
	for i, p := range s.plan.Policies {
		var all study.Tally
		for d, day := range s.plan.Days {
			all.Add(results[d][i], day.Weight)
		}
		page.Policies = append(page.Policies, s.row(p, all, hour))
	}
	if s.cells != nil {
		page.Shards, page.Cells = 1, s.byCell(results)
		return page, nil
	}
	for d, day := range results {
		page.Shapes = append(page.Shapes, series(s.env.Shards[d], day[0]))
	}
	return page, nil
}

// notes are what the numbers take for granted.
func (s *simulation) notes() []string {
	a := s.env.Autoscale
	notes := []string{
		fmt.Sprintf("%s: %d to %d bridges a shard, of %s; one more above %d %% of processor, %d %% of %d Mbit/s%s",
			s.env.Name, a.Minimum, a.Maximum, s.env.Bridges.VMSize, a.CPUPercent, a.NetworkPercent, s.env.Bridges.NICMbps, signals(a)),
		"a conference stays on one bridge; the fewest bridges are those of somebody who knows the future and moves conferences freely",
		"no bridge, zone or network fails; every figure of people and bridges is in " + s.figures() + ", with its source",
	}
	for _, hours := range a.BusyHours {
		notes = append(notes, fmt.Sprintf("busy hours %s: at least %d bridges", hours.Name, hours.Minimum))
	}
	if s.options.plain {
		notes = append(notes, "machines install their bridge as they boot")
	}
	return notes
}

// signals are the rules on what the reaper publishes, as far as they are there.
func signals(a environment.Autoscale) string {
	text := ""
	if a.StressPercent > 0 {
		text += fmt.Sprintf(", or a stress of %d %%", a.StressPercent)
	}
	if a.ReservePercent > 0 {
		text += fmt.Sprintf("; a reserve of %d %% of a bridge", a.ReservePercent)
	}
	return text
}

// figures is the file that the model is from.
func (s *simulation) figures() string {
	if s.options.capacity != "" {
		return s.options.capacity
	}
	return "simulation/capacity/capacity.json"
}

// rate is what a machine costs an hour, and its addresses do.
type rate struct {
	machine, addresses float64
	currency           string
}

func (s *simulation) hour() (rate, error) {
	list, err := prices.Load()
	if err != nil {
		return rate{}, err
	}
	machine, err := list.Of(prices.Machine+s.env.Bridges.VMSize, s.env.Location)
	if err != nil {
		return rate{}, err
	}
	address, err := list.Of("prefix-address", s.env.Location)
	if err != nil {
		return rate{}, err
	}
	prefix := float64(int(1) << (32 - s.env.Bridges.PrefixLength))
	return rate{machine: machine.Price, addresses: address.Price * prefix, currency: list.Currency}, nil
}

// row is one policy's line. Its days are those of the calendar, whatever the number of shards.
func (s *simulation) row(p policy.Policy, t study.Tally, hour rate) report.Row {
	days := t.Length.Hours() / dayHours
	addresses := days * dayHours * hour.addresses
	if s.cells == nil {
		days /= float64(len(s.env.Shards))
	}
	whole := func(count float64) int { return int(math.Round(count)) }
	return report.Row{
		Name: p.Name, Title: p.Title, Days: whole(days), Cuts: t.Cut,
		Joins: whole(t.Joins), Refused: whole(t.Refused), Waiting: whole(t.Waiting),
		ConferenceMinutes: t.ConferenceMinutes, Overloaded: t.OverloadedConferenceMinutes, OverloadedMinutes: t.OverloadedBridgeMinutes,
		P95Stress: t.P95(), MachineHours: t.MachineHours, LowerBound: t.LowerBoundHours, LowerBoundWarm: t.LowerBoundWarm,
		Addresses: t.MostMachines, Actions: whole(t.Added), Retired: whole(t.Retired + t.Removed),
		OldestAfterRecycle: t.OldestAfterRecycle, Cost: t.MachineHours*hour.machine + addresses,
	}
}

const dayHours = 24

// byCell are ours, cell by cell.
func (s *simulation) byCell(results [][]shard.Result) []report.Cell {
	tallies := make([]study.Tally, len(s.cells))
	for d, day := range s.plan.Days {
		tallies[day.Cell].Add(results[d][0], day.Weight)
	}
	cells := make([]report.Cell, 0, len(s.cells))
	for i, cell := range s.cells {
		_, warm := tallies[i].Hours()
		cells = append(cells, report.Cell{Kind: string(cell.Kind), Peak: cell.Peak, Overload: tallies[i].Overload(), Hours: warm})
	}
	return cells
}

// series is what one shard did through the day.
func series(of environment.Shard, r shard.Result) report.Series {
	made := report.Series{Shard: of.Name}
	for _, m := range r.Minutes {
		made.Minutes = append(made.Minutes, report.Minute(m))
	}
	for _, e := range r.Events {
		made.Events = append(made.Events, report.Event{At: e.At, Kind: string(e.Kind), Text: e.Text})
	}
	return made
}
