package shard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
)

// stressOf is what one conference asks of a bridge.
func stressOf(m capacity.Model, people, cameras int) float64 {
	return m.Stress(m.Demand(capacity.Conference{Participants: people, Cameras: cameras}))
}

// Minutes 0 and 1 are looked at: by hand, with conferences of the sizes that the first test of the bound makes sure of.
const (
	// large is more than a bridge, half a little more than a half of one, tiny next to nothing; all have their cameras on but tiny.
	large, half, tiny = 60, 25, 2
)

func TestTheFewestBridgesByHand(t *testing.T) {
	t.Parallel()
	m := model(t)
	require.Greater(t, stressOf(m, large, large), 1.5)
	require.InDelta(t, 0.75, stressOf(m, half, half), 0.249)
	require.Less(t, stressOf(m, tiny, 0), 0.01)
	const minute, later = time.Minute, 2 * time.Hour
	for _, c := range []struct {
		name   string
		visits [][]demand.Visit
		want   [2]int
	}{
		{"nobody", nil, [2]int{0, 0}},
		{"one alone", [][]demand.Visit{group(1, 0, 0, later, true)}, [2]int{0, 0}},
		{"a tiny one", [][]demand.Visit{group(tiny, 0, 0, later, false)}, [2]int{1, 1}},
		{"a tiny one in the second minute", [][]demand.Visit{group(tiny, 0, minute, later, false)}, [2]int{0, 1}},
		{"ten tiny ones share a bridge", tens(later), [2]int{1, 1}},
		{"a large one counts one bridge, since it is never split", [][]demand.Visit{group(large, 0, 0, later, true)}, [2]int{1, 1}},
		{"and shares with nobody", [][]demand.Visit{group(large, 0, 0, later, true), group(tiny, 1, 0, later, false)}, [2]int{2, 2}},
		{"two large ones", [][]demand.Visit{group(large, 0, 0, later, true), group(large, 1, 0, later, true)}, [2]int{2, 2}},
		{"two halves are more than one", [][]demand.Visit{group(half, 0, 0, later, true), group(half, 1, 0, later, true)}, [2]int{2, 2}},
		{
			"two halves, one after the other within a minute",
			[][]demand.Visit{group(half, 0, 0, minute/2, true), group(half, 1, minute/2, minute, true)},
			[2]int{1, 0},
		},
		{"a large one for a part of a minute", [][]demand.Visit{group(large, 0, 50*time.Second, 70*time.Second, true)}, [2]int{1, 1}},
		{
			"two large ones within a minute, one after the other",
			[][]demand.Visit{group(large, 0, 0, minute/2, true), group(large, 1, minute/2, minute, true)},
			[2]int{1, 0},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			day := a(time.Hour)
			for _, visits := range c.visits {
				day = a(time.Hour, append(day.Visits, visits...)...)
			}
			bounds := Bounds(day, m)
			assert.Len(t, bounds, 60)
			assert.Equal(t, c.want[:], bounds[:2])
			got := ran(t, input(t, day, 3))
			assert.Equal(t, c.want[0], got.Minutes[0].LowerBound)
			assert.Equal(t, c.want[1], got.Minutes[1].LowerBound)
		})
	}
}

func tens(until time.Duration) [][]demand.Visit {
	var all [][]demand.Visit
	for room := range 10 {
		all = append(all, group(tiny, room, 0, until, false))
	}
	return all
}

// The hours of somebody who knows the future, and those with a warm bridge more.
func TestLowerBoundHours(t *testing.T) {
	t.Parallel()
	day := a(2*time.Hour, append(group(large, 0, 0, 30*time.Minute, true), group(tiny, 1, 15*time.Minute, 75*time.Minute, false)...)...)
	got := ran(t, input(t, day, 2))
	assert.InDelta(t, 0.5+1, got.LowerBoundHours, 1e-9)
	assert.InDelta(t, 0.5+1+2, got.LowerBoundWarmHours, 1e-9)
}

// The bounds of a day and those that a simulation counts are the same in every minute, as long as nobody ever waits for a bridge: in
// both, a conference with one person asks for nothing. Where people wait or give up, or a conference is cut, there is less to carry.
func TestBoundsAreWhatASimulationCounts(t *testing.T) {
	t.Parallel()
	m := model(t)
	rapid.Check(t, func(t *rapid.T) {
		day := anyDay(t)
		bounds := Bounds(day, m)
		got, err := Run(t.Context(), Input{
			Day: day, Model: m, Boot: m.Boot, Scaler: Fixed{}, Start: rapid.IntRange(1, 4).Draw(t, "start"), Keep: true,
		})
		require.NoError(t, err)
		require.Zero(t, got.Refused+got.Waiting)
		require.Len(t, bounds, int((day.Warmup+day.Length)/time.Minute))
		hours := 0.0
		for i, minute := range got.Minutes {
			bound := bounds[i+int(day.Warmup/time.Minute)]
			require.Equal(t, bound, minute.LowerBound, "minute %d", i)
			require.GreaterOrEqual(t, float64(bound)+1e-6, min(minute.Load, 1), "minute %d", i)
			hours += float64(bound) / 60
		}
		require.InDelta(t, hours, got.LowerBoundHours, 1e-9)
	})
}

// anyDay is a day of an hour or two with up to eight rooms and 60 visits.
func anyDay(t *rapid.T) demand.Day {
	length := time.Duration(rapid.IntRange(1, 2).Draw(t, "hours")) * time.Hour
	warmup := time.Duration(rapid.SampledFrom([]int{0, 1, 37}).Draw(t, "warm-up")) * time.Minute
	rooms := rapid.IntRange(1, 8).Draw(t, "rooms")
	second := func(what string, from, to time.Duration) time.Duration {
		return time.Duration(rapid.IntRange(int(from/time.Second), int(to/time.Second)).Draw(t, what)) * time.Second
	}
	var visits []demand.Visit
	for range rapid.IntRange(0, 60).Draw(t, "visits") {
		join := second("join", -warmup, length)
		visits = append(visits, demand.Visit{
			Room: rapid.IntRange(0, rooms-1).Draw(t, "room"), Join: join,
			Leave: join + second("stays", time.Second, time.Hour), Camera: rapid.Bool().Draw(t, "camera"),
		})
	}
	day := a(length, visits...)
	day.Warmup, day.Seed = warmup, rapid.Uint64().Draw(t, "seed")
	return day
}
