package report

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// policies are made up: ours is safe and dear, another cheap and careless, the third has no days.
func policies() []Row {
	return []Row{
		{
			Name: "ours", Title: "as configured", Days: 2, Joins: 4210, ConferenceMinutes: 40_000, Overloaded: 12,
			OverloadedMinutes: 7, P95Stress: 0.83, MachineHours: 131.4, LowerBound: 71, LowerBoundWarm: 119, Addresses: 5, Actions: 14,
			Retired: 13, OldestAfterRecycle: 7*time.Hour + 29*time.Minute, Cost: 41.17,
		},
		{
			Name: "cpu", Title: "processor alone", Days: 2, Cuts: 3, Joins: 4210, Refused: 31, Waiting: 2,
			ConferenceMinutes: 39_200, Overloaded: 2740, OverloadedMinutes: 611.5, P95Stress: 1.31, MachineHours: 94.25, LowerBound: 71,
			LowerBoundWarm: 119, Addresses: 4, Actions: 7, Retired: 6, OldestAfterRecycle: 26 * time.Hour, Cost: 30.02,
		},
		{
			Name: "fixed", Title: "a fleet for the peak <&> the whole day, every day", Days: 2, Joins: 4210,
			ConferenceMinutes: 40_000, P95Stress: 0.71, MachineHours: 192, LowerBound: 71, LowerBoundWarm: 119, Addresses: 4, Cost: 58,
		},
		{Name: "none"},
	}
}

// madeUp is a day of one shard: a hump in the morning and one in the afternoon.
func madeUp(t *testing.T, name string, date time.Time, height float64) Series {
	t.Helper()
	s := Series{Shard: name}
	for i := range 1440 {
		hour := float64(i) / 60
		load := height * (math.Exp(-(hour-10)*(hour-10)/4) + 0.9*math.Exp(-(hour-15)*(hour-15)/5))
		needed := int(math.Ceil(load))
		before := int(math.Ceil(height * (math.Exp(-(hour-10.2)*(hour-10.2)/4) + 0.9*math.Exp(-(hour-15.2)*(hour-15.2)/5))))
		used := max(needed, before, 1)
		mean := load / float64(used)
		s.Minutes = append(s.Minutes, Minute{
			At: date.Add(time.Duration(i) * time.Minute), Machines: used + i%240/225, Up: used, LowerBound: needed,
			Load: load, Mean: mean, Max: mean * 1.25, Participants: int(load * 180), Conferences: int(load * 31), Waiting: max(0, 3-(i-590)*(i-590)),
		})
	}
	at := func(hour, minute int) time.Time {
		return date.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	s.Events = []Event{
		{at(3, 0), "recycle", "the nightly one"},
		{at(8, 20), "added", name + "-7"},
		{at(8, 26), "up", name + "-7"},
		{at(8, 31), "added", name + "-8"},
		{at(9, 51), "refused", "room <b>standup</b>"},
		{at(9, 52), "refused", "room daily"},
		{at(11, 40), "drained", name + "-7"},
		{at(12, 5), "retired", name + "-7"},
		{at(13, 10), "cut", ""},
		{at(16, 45), "retired", name + "-8"},
		{at(18, 12), "retired", name + "-3"},
		{at(23, 0), "removed", name + "-9"},
	}
	return s
}

// day is a page of a day of two shards.
func day(t *testing.T) Page {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	date := time.Date(2026, time.March, 10, 0, 0, 0, 0, zone)
	return Page{
		Title: "How many bridges", Environment: "prod", Subject: "office day of Tuesday 2026-03-10, seed 7, peak 2 bridges a shard",
		Shards: 2, Currency: "USD", Policies: policies(),
		Notes: []string{
			"A bridge takes 4 minutes from its creation to its first conference.",
			"Somebody who finds no bridge waits 10 minutes for one, asking again and again, and then gives up and is counted as refused.",
		},
		Shapes: []Series{madeUp(t, "a", date, 2), madeUp(t, "b", date, 3.4)},
	}
}

// mix is a page of several kinds of days.
func mix() Page {
	p := Page{Title: "How many bridges", Subject: "36 days, seeds held out", Shards: 1, Policies: policies()[:2], Currency: "USD"}
	for k, kind := range []string{"office", "school", "webinar", "flash"} {
		for i, peak := range []float64{0.5, 1, 2, 5, 10} {
			if kind == "flash" && peak > 5 {
				continue
			}
			p.Cells = append(p.Cells, Cell{Kind: kind, Peak: peak, Overload: float64(k*k*i) * 0.0007, Hours: 1 + 0.4/peak + 0.1*float64(k)})
		}
	}
	return p
}

// quiet is a page with one policy and a shard of which nothing is known.
func quiet() Page {
	return Page{Shapes: []Series{{Shard: "a"}}, Policies: []Row{{Name: "ours"}}, Cells: []Cell{{}}}
}

// pages are all of them, and one with nothing in it.
func pages(t *testing.T) map[string]Page {
	t.Helper()
	return map[string]Page{"day": day(t), "mix": mix(), "quiet": quiet(), "nothing": {}}
}

// many is a day of 28 shards.
func many(t *testing.T) Page {
	t.Helper()
	p := day(t)
	p.Shapes = nil
	for i := range 28 {
		p.Shapes = append(p.Shapes, madeUp(t, fmt.Sprintf("s%d", i), time.Date(2026, time.March, 10, 0, 0, 0, 0, time.UTC), 1+float64(i)/3))
	}
	return p
}
