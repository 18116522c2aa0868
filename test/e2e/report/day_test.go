package report

import (
	"fmt"
	"math"
	"testing"
	"time"
	_ "time/tzdata" // a machine without time zones runs these tests too

	"github.com/stretchr/testify/require"
)

// madeUp is a day that nobody has played: two shards, a new image at four, a zone that is lost at noon.
func madeUp(t *testing.T) Day {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	from := time.Date(2026, time.March, 4, 5, 0, 0, 0, zone)
	at := func(hours float64) time.Time { return from.Add(time.Duration(hours * float64(time.Hour))) }
	d := Day{
		Environment: "dev", Zone: zone, Factor: 144, From: from.UTC(), To: at(25).UTC(), Took: 10*time.Minute + 25*time.Second,
		Shards: []string{"a", "b"},
		Doors: []Door{
			{"a", DoorUp, at(0), at(7)},
			{"a", DoorDown, at(7), at(9.2)},
			{"a", DoorUp, at(9.2), at(16)},
			{"a", DoorDraining, at(16), at(17.5)},
			{"a", DoorUp, at(17.5), at(25)},
			{"b", DoorUp, at(0), at(25)},
		},
		Bands: []Band{
			{From: at(7), To: at(9), Shard: "a", Text: "zone 1 lost"},
			{From: at(16), To: at(17.5), Text: "image tag upgraded, shard a drained"},
			{From: at(23), To: at(24.5), Text: "window 04:00"},
		},
		RealTime:      []RealTime{{"TLS, tokens and HTTP time-outs", "they protect connections of this machine"}, {"HAProxy's checks", "its configuration is the deployed one"}},
		Substitutions: []Substitution{{"Azure Resource Manager", "armtest", "no subscription"}, {"the bridges' media", "numbers <of> people", "no media & no machines"}},
	}
	addLoad(&d, at)
	addFleet(&d, at)
	d.Marks = append(
		d.Marks,
		Mark{At: at(4), Kind: Event, Text: "proxy restarted"}, Mark{At: at(9.5), Kind: Event, Text: "reaper killed"},
		Mark{At: at(13), Kind: Event, Text: "certificate renewed"}, Mark{At: at(19), Kind: Event, Text: "nodes upgraded"},
		Mark{At: at(24), Kind: Event, Text: "checks of the next morning"},
	)
	for i := range 14 {
		d.Marks = append(d.Marks, Mark{At: at(7.02 + float64(i)*.006), Kind: Moved, Shard: "b", Text: fmt.Sprintf("room-%d moved from a", i)})
	}
	d.Cuts = []Cut{
		{At: at(7), Room: "standup", Shard: "a", Participants: 7, Cause: "zone 1 lost", Expected: true},
		{At: at(7), Room: "<script>alert(1)</script>", Shard: "a", Participants: 3, Cause: "zone 1 lost", Expected: true},
	}
	d.Checks = []Check{
		{"no conference is cut but by the lost zone", true, "2 were, both by zone 1"},
		{"the fleet is never under its minimum", true, ""},
		{"every bridge runs the newest image", false, "b-3 served a conference throughout"},
	}
	d.Log = []LogLine{{at(0), "the day begins"}, {at(7), "zone 1 is lost"}, {at(25), "the day ends"}}
	return d
}

func addLoad(d *Day, at func(float64) time.Time) {
	for i, shard := range d.Shards {
		people := Series{Name: Participants, Unit: "people", Shard: shard}
		rooms := Series{Name: Conferences, Unit: "conferences", Shard: shard}
		for minute := 0; minute < 25*60; minute += 5 {
			hour := float64(minute) / 60
			hill := func(height, middle, width float64) float64 {
				return height * math.Exp(-(hour-middle)*(hour-middle)/width)
			}
			level := 20 + hill(260, 5.5, 5) + hill(210, 9.5, 8) + hill(60, 15, 6)
			level *= 1 + .06*math.Sin(float64(minute*(i+3)))
			if shard == "a" && hour >= 7 && hour < 9.2 {
				level = 0
			} else if hour >= 7 && hour < 9.2 {
				level *= 1.8
			}
			people.Points = append(people.Points, Point{at(hour), math.Round(level)})
			rooms.Points = append(rooms.Points, Point{at(hour), math.Round(level / 6)})
		}
		d.Series = append(d.Series, people, rooms)
	}
}

func addFleet(d *Day, at func(float64) time.Time) {
	bridges := func(shard, image string, points ...float64) Series {
		s := Series{Name: Bridges, Unit: "machines", Shard: shard, Image: image}
		for i := 0; i < len(points); i += 2 {
			s.Points = append(s.Points, Point{at(points[i]), points[i+1]})
		}
		return s
	}
	d.Series = append(d.Series,
		bridges("a", "1.9.0", 0, 1, 4, 2, 4.8, 3, 7, 0, 9, 1, 9.3, 2, 14, 1, 23.6, 0),
		bridges("a", "1.10.0", 23.1, 1, 23.9, 2),
		bridges("b", "1.9.0", 0, 1, 4.2, 2, 5, 3, 7.4, 4, 8, 5, 12, 3, 15, 2, 18, 1),
		bridges("b", "1.10.0", 23.1, 1),
		Series{Name: Minimum, Unit: "machines", Shard: "a", Points: []Point{{at(0), 1}, {at(23), 2}, {at(24.5), 1}}},
		Series{Name: Minimum, Unit: "machines", Shard: "b", Points: []Point{{at(0), 1}, {at(23), 2}, {at(24.5), 1}}},
	)
	boots := map[string][]float64{"a": {4, 4.8, 9, 9.3, 23.1, 23.9}, "b": {4.2, 5, 7.4, 8, 8.01, 23.1}}
	for _, shard := range d.Shards {
		for i, hour := range boots[shard] {
			d.Marks = append(d.Marks, Mark{At: at(hour), Kind: Booted, Shard: shard, Text: fmt.Sprintf("%s-%d booted", shard, i)})
		}
	}
	for i := range 3 {
		d.Marks = append(d.Marks, Mark{At: at(7), Kind: Lost, Shard: "a", Text: fmt.Sprintf("a-%d lost", i)})
	}
	reasons := []string{"idle-and-oldest", "still-idle", "finished"}
	d.Retirements = []Retirement{
		{"b", "00000000-0000-4000-8000-00000000000b", "1.9.0", at(-2), at(12), reasons},
		{"b", "00000000-0000-4000-8000-00000000000c", "1.9.0", at(4.2), at(12.4), reasons},
		{"a", "00000000-0000-4000-8000-00000000000a", "1.9.0", at(9), at(14), reasons},
		{"b", "00000000-0000-4000-8000-00000000000d", "1.9.0", at(5), at(15), reasons},
		{"b", "00000000-0000-4000-8000-00000000000e", "1.9.0", at(7.4), at(18), reasons},
		{"a", "00000000-0000-4000-8000-00000000000f", "1.9.0", at(9.3), at(23.6), reasons},
	}
}
