package shard

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
)

// bootTime is how long every machine of these tests takes.
const bootTime = 2 * time.Minute

func model(tb testing.TB) capacity.Model {
	tb.Helper()
	m, err := capacity.Load()
	require.NoError(tb, err)
	return m
}

func midnight() time.Time { return time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC) }

func fixed(d time.Duration) capacity.Span { return capacity.Span{Least: d, Usual: d, Most: d} }

// stay is somebody's visit.
func stay(room int, join, leave time.Duration) demand.Visit {
	return demand.Visit{Room: room, Join: join, Leave: leave}
}

// group are n people who come at one moment, all with their cameras on or none.
func group(n, room int, join, leave time.Duration, camera bool) []demand.Visit {
	return slices.Repeat([]demand.Visit{{Room: room, Join: join, Leave: leave, Camera: camera}}, n)
}

// a is a day of these visits, in any order.
func a(length time.Duration, visits ...demand.Visit) demand.Day {
	d := demand.Day{Name: "by hand", Seed: 1, Midnight: midnight(), Length: length, Visits: slices.Clone(visits)}
	slices.SortStableFunc(d.Visits, func(a, b demand.Visit) int { return int(a.Join - b.Join) })
	for _, v := range d.Visits {
		for len(d.Rooms) <= v.Room {
			d.Rooms = append(d.Rooms, string(rune('a'+len(d.Rooms))))
		}
	}
	return d
}

// orders is a scaler that runs every minute and changes something at the minutes it is told.
type orders struct {
	capacities map[time.Duration]int
	leaves     map[time.Duration]int
}

func (orders) Every() capacity.Span { return fixed(time.Minute) }

func (o orders) Run(now time.Time, seen Seen) Order {
	order := Order{Capacity: seen.Capacity, Reason: "by order"}
	at := now.Sub(midnight())
	if wanted, found := o.capacities[at]; found {
		order.Capacity = wanted
	}
	if leaving, found := o.leaves[at]; found {
		order.Leave = &leaving
	}
	return order
}

// input is a simulation of a day with a fleet that never changes.
func input(tb testing.TB, d demand.Day, start int) Input {
	tb.Helper()
	return Input{Day: d, Model: model(tb), Boot: fixed(bootTime), Scaler: Fixed{}, Start: start, Recycle: 4 * time.Hour, Keep: true}
}

func ran(tb testing.TB, in Input) Result {
	tb.Helper()
	result, err := Run(tb.Context(), in)
	require.NoError(tb, err)
	return result
}

// until is a world after everything up to a moment, that included.
func until(tb testing.TB, in Input, at time.Duration) *world {
	tb.Helper()
	require.NoError(tb, in.validate())
	w := newWorld(in)
	w.on(tb, at)
	return w
}

// on carries on up to a moment.
func (w *world) on(tb testing.TB, at time.Duration) {
	tb.Helper()
	for w.agenda.entries[0].at <= at {
		d := w.agenda.next()
		w.now = d.at
		require.NoError(tb, w.do(tb.Context(), d))
	}
	w.now = at
}

// has are the rooms whose conferences are on the bridge of a machine.
func (w *world) has(serial int) []int {
	var rooms []int
	for room := range w.all[serial].rooms {
		rooms = append(rooms, room)
	}
	slices.Sort(rooms)
	return rooms
}

// of are the moments of the events of a kind.
func of(events []Event, k Kind) []time.Duration {
	var moments []time.Duration
	for _, e := range events {
		if e.Kind == k {
			moments = append(moments, e.At.Sub(midnight()))
		}
	}
	return moments
}

// calendar is one with the given minimum from each of the hours on.
func calendar(tb testing.TB, minimums map[int]int) profile.Calendar {
	tb.Helper()
	var profiles []profile.Profile
	for hour, minimum := range minimums {
		profiles = append(profiles, profile.Profile{
			Name: string(rune('a' + hour)), Minimum: minimum, Maximum: 10, Default: minimum,
			Recurrence: profile.Recurrence{TimeZone: "UTC", Days: profile.EveryDay(), Hour: hour},
		})
	}
	made, err := profile.NewCalendar(profiles)
	require.NoError(tb, err)
	return made
}

// reaperOf is a reaper with the default policy, and a minimum all day.
func reaperOf(tb testing.TB, minimum int) *Reaper {
	tb.Helper()
	return &Reaper{Policy: decide.Default(), Calendar: calendar(tb, map[int]int{0: minimum})}
}
