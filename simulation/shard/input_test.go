package shard

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/simulation/capacity"
)

// Everything that is wrong with an input is said at once.
func TestInputsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Input){
		"there is no scaler":                                       func(in *Input) { in.Scaler = nil },
		"the day must be later than 1970":                          func(in *Input) { in.Day.Midnight = time.Time{} },
		"there must be a bridge at the start":                      func(in *Input) { in.Start = 0 },
		"the day must be of whole minutes and an hour or longer":   func(in *Input) { in.Day.Length = 59 * time.Minute },
		"the time before the day must be of whole minutes":         func(in *Input) { in.Day.Warmup = time.Second },
		"there must be an age for each bridge at the start":        func(in *Input) { in.Ages = make([]time.Duration, 3) },
		"outages must have a length, and come one after the other": func(in *Input) { in.Outages = []Outage{{From: time.Hour, To: time.Hour}} },
		"the boot time makes no sense":                             func(in *Input) { in.Boot = capacity.Span{Least: 2, Usual: 2, Most: 1} },
		"visit 2 is in no room, of no length, or too early":        func(in *Input) { in.Day.Visits[1].Room = 1 },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			in := input(t, a(time.Hour, group(2, 0, time.Minute, time.Hour, false)...), 2)
			require.NoError(t, in.validate())
			change(&in)
			_, err := Run(t.Context(), in)
			require.EqualError(t, err, "simulating by hand: "+want)
			in.Start, in.Boot = 0, capacity.Span{}
			_, err = Run(t.Context(), in)
			require.ErrorContains(t, err, want)
			require.ErrorContains(t, err, "at the start")
			require.ErrorContains(t, err, "the boot time")
		})
	}
	in := input(t, a(time.Hour, group(2, 0, time.Minute, time.Minute, false)...), 1)
	_, err := Run(t.Context(), in)
	require.ErrorContains(t, err, "visit 1", "of no length")
	in.Day.Visits = group(2, 0, -time.Second, time.Minute, false)
	_, err = Run(t.Context(), in)
	require.ErrorContains(t, err, "visit 1", "too early")
}

func TestACancelledSimulationStops(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	_, err := Run(ctx, input(t, a(24*time.Hour), 1))
	require.ErrorIs(t, err, context.Canceled)
	require.EqualError(t, err, "simulating by hand, seed 1: at 1m0s: context canceled")
}

// Without Keep nothing is kept, and all else is the same.
func TestKeep(t *testing.T) {
	t.Parallel()
	in := input(t, a(2*time.Hour, group(3, 0, time.Minute, time.Hour, true)...), 2)
	in.Reaper = reaperOf(t, 1)
	kept := ran(t, in)
	in.Keep = false
	got := ran(t, in)
	assert.NotEmpty(t, kept.Minutes)
	assert.NotEmpty(t, kept.Events)
	kept.Minutes, kept.Events = nil, nil
	assert.Equal(t, kept, got)
}

// A time is between the least and the most, and on either side of the usual one as often.
func TestDrawnTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(input(t, a(time.Hour), 1))
	span := capacity.Span{Least: time.Second, Usual: 2 * time.Second, Most: 10 * time.Second}
	below, least, most := 0, span.Most, span.Least
	for range 10000 {
		drawn := w.drawn(span)
		least, most = min(least, drawn), max(most, drawn)
		if drawn < span.Usual {
			below++
		}
	}
	assert.InDelta(t, 5000, below, 200)
	assert.GreaterOrEqual(t, least, span.Least)
	assert.LessOrEqual(t, most, span.Most)
	assert.InDelta(t, span.Least, least, float64(10*time.Millisecond))
	assert.InDelta(t, span.Most, most, float64(50*time.Millisecond))
	assert.Equal(t, time.Minute, w.drawn(fixed(time.Minute)))
}

// The agenda gives things back by time, then by kind, then in the order in which they were put down.
func TestAgenda(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var a agenda
		var put []due
		got := 0
		for i := range rapid.IntRange(1, 100).Draw(t, "entries") {
			d := due{at: time.Duration(rapid.IntRange(0, 5).Draw(t, "at")), kind: kind(rapid.IntRange(0, 3).Draw(t, "kind")), what: i}
			a.put(d.at, d.kind, d.what)
			put = append(put, d)
		}
		slices.SortStableFunc(put, func(a, b due) int {
			if a.at != b.at {
				return int(a.at - b.at)
			}
			return int(a.kind) - int(b.kind)
		})
		for len(a.entries) > 0 {
			if d := a.next(); d.what != put[got].what {
				t.Fatalf("%d comes instead of %d", d.what, put[got].what)
			}
			got++
		}
		if got != len(put) {
			t.Fatalf("%d of %d came", got, len(put))
		}
	})
}
