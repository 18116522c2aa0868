package policy

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/shard"
)

// bridges are so many of one stress and old enough; the participants differ, the second has the fewest.
func bridges(n int, stress float64) []shard.Bridge {
	var all []shard.Bridge
	for i := range n {
		all = append(all, shard.Bridge{Stress: stress, Participants: []int{5, 1, 3}[i%3], Age: time.Hour})
	}
	return all
}

// minutes lets jitsi-autoscaler see the same for some minutes. It returns when it did something, in minutes, and the last order.
func minutes(a *autoscaler, from, n int, seen shard.Seen) (acted []int, last shard.Order) {
	for i := from; i < from+n; i++ {
		order := a.Run(time.Date(2026, 6, 10, 12, i, 0, 0, time.UTC), seen)
		if order.Capacity != seen.Capacity || order.Leave != nil {
			acted, last = append(acted, i), order
		}
	}
	return acted, last
}

func TestItAddsAfterTwoPeriods(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		seen  shard.Seen
		acted []int
	}{
		{"at the threshold, then a pause of ten minutes", shard.Seen{Capacity: 2, Bridges: bridges(2, 0.3)}, []int{1, 11, 21}},
		{"below the threshold", shard.Seen{Capacity: 2, Bridges: bridges(2, 0.299)}, nil},
		{"the mean counts", shard.Seen{Capacity: 2, Bridges: append(bridges(1, 0.5), bridges(1, 0.05)...)}, nil},
		{"one is on its way", shard.Seen{Capacity: 3, Coming: 1, Bridges: bridges(2, 1)}, nil},
		{"at the maximum", shard.Seen{Capacity: 5, Bridges: bridges(5, 1)}, nil},
		{"below two, at once and without stress", shard.Seen{Capacity: 1, Bridges: bridges(1, 0)}, []int{0, 10, 20}},
		{"nobody is there", shard.Seen{Capacity: 1}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acted, last := minutes(&autoscaler{maximum: 5}, 0, 25, c.seen)
			assert.Equal(t, c.acted, acted)
			if acted != nil {
				assert.Equal(t, c.seen.Capacity+1, last.Capacity)
				assert.Nil(t, last.Leave)
			}
		})
	}
}

func TestItTakesAwayAfterTenPeriods(t *testing.T) {
	t.Parallel()
	young := func(all []shard.Bridge, which ...int) []shard.Bridge {
		for _, i := range which {
			all[i].Age = protected - time.Second
		}
		return all
	}
	for _, c := range []struct {
		name  string
		seen  shard.Seen
		acted []int
		leave int
	}{
		{"the one with the fewest people", shard.Seen{Capacity: 3, Bridges: bridges(3, 0.09)}, []int{9, 19}, 1},
		{"at the threshold", shard.Seen{Capacity: 3, Bridges: bridges(3, 0.1)}, nil, 0},
		{"not below two", shard.Seen{Capacity: 2, Bridges: bridges(2, 0)}, nil, 0},
		{"one is on its way", shard.Seen{Capacity: 4, Coming: 1, Bridges: bridges(3, 0)}, nil, 0},
		{"a young one is protected", shard.Seen{Capacity: 3, Bridges: young(bridges(3, 0), 1)}, []int{9, 19}, 2},
		{"all are young", shard.Seen{Capacity: 3, Bridges: young(bridges(3, 0), 0, 1, 2)}, nil, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acted, last := minutes(&autoscaler{maximum: 5}, 0, 25, c.seen)
			assert.Equal(t, c.acted, acted)
			if acted != nil {
				require.NotNil(t, last.Leave)
				assert.Equal(t, c.leave, *last.Leave)
				assert.Equal(t, c.seen.Capacity, last.Capacity)
			}
		})
	}
}

// One period without the stress begins the count anew.
func TestPeriodsMustFollowEachOther(t *testing.T) {
	t.Parallel()
	a := &autoscaler{maximum: 5}
	full, calm := shard.Seen{Capacity: 3, Bridges: bridges(3, 0.4)}, shard.Seen{Capacity: 3, Bridges: bridges(3, 0)}
	acted, _ := minutes(a, 0, 1, full)
	assert.Empty(t, acted)
	acted, _ = minutes(a, 1, 9, calm)
	assert.Empty(t, acted)
	acted, _ = minutes(a, 10, 1, full)
	assert.Empty(t, acted, "not two, and not ten")
	acted, _ = minutes(a, 11, 10, calm)
	assert.Equal(t, []int{20}, acted)
	assert.Equal(t, protected, 15*time.Minute)
	assert.Equal(t, period, a.Every().Usual)
}

// On a day it neither cuts anything, nor goes below two, and lets go of what it added.
func TestMeetJitSiThroughADay(t *testing.T) {
	t.Parallel()
	got := simulated(t, MeetJitSi(14), drawn(t, demand.Office, 1, 3))
	assert.Zero(t, got.Cut+got.Retired)
	assert.Positive(t, got.Added)
	assert.Positive(t, got.Removed)
	assert.LessOrEqual(t, got.MostMachines, 14)
	fewestUp := slices.MinFunc(got.Minutes[:20*60], func(a, b shard.Minute) int { return a.Up - b.Up })
	assert.GreaterOrEqual(t, fewestUp.Up, fewest-1, "one may be emptying")
	capped := simulated(t, MeetJitSi(4), drawn(t, demand.Office, 1, 3))
	assert.LessOrEqual(t, capped.MostMachines, 6, "four, and what is going")
	assert.Less(t, capped.MachineHours, got.MachineHours)
}
