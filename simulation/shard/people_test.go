package shard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/simulation/demand"
)

// What becomes of people, on one bridge that is always there.
func TestPeopleMeetAndPart(t *testing.T) {
	t.Parallel()
	const ten = 10 * time.Minute
	for _, c := range []struct {
		name    string
		visits  []demand.Visit
		minutes float64
	}{
		{"one alone needs no bridge", []demand.Visit{stay(0, ten, 3*ten)}, 0},
		{"two who part together", []demand.Visit{stay(0, ten, 3*ten), stay(0, ten+time.Minute, 3*ten)}, 19},
		{"the second stays a little", []demand.Visit{stay(0, ten, 2*ten), stay(0, ten, 2*ten+12*time.Second)}, 10.2},
		{"the alone timer ends it", []demand.Visit{stay(0, ten, 2*ten), stay(0, ten, 4*ten)}, 10 + 20.0/60},
		{
			"who comes back in time finds it going on",
			[]demand.Visit{stay(0, ten, 4*ten), stay(0, ten, 2*ten), stay(0, 2*ten+19*time.Second, 4*ten)},
			30,
		},
		{
			"the timer begins anew each time",
			[]demand.Visit{stay(0, ten, 4*ten), stay(0, ten, 2*ten), stay(0, 2*ten+15*time.Second, 2*ten+18*time.Second)},
			10 + 38.0/60,
		},
		{
			"who comes back late begins another",
			[]demand.Visit{stay(0, ten, 4*ten), stay(0, ten, 2*ten), stay(0, 3*ten, 4*ten)},
			10 + 20.0/60 + 10,
		},
		{"two rooms are two conferences", append(group(2, 0, ten, 2*ten, true), group(3, 1, ten, 2*ten, false)...), 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := ran(t, input(t, a(time.Hour, c.visits...), 1))
			assert.Equal(t, len(c.visits), got.Joins)
			assert.Equal(t, len(c.visits), got.Served)
			assert.Zero(t, got.Refused+got.Waiting+got.Cut+got.Lost)
			assert.InDelta(t, c.minutes, got.ConferenceMinutes, 1e-9)
		})
	}
}

// The only machine goes at 0:01; the next is ordered for 0:10, and up two minutes later.
func TestWithoutABridgePeopleWaitForAMinute(t *testing.T) {
	t.Parallel()
	const up = 10*time.Minute + bootTime
	for _, c := range []struct {
		name                     string
		visits                   []demand.Visit
		served, refused, waiting int
		minutes                  float64
	}{
		{"a bridge comes in time", group(2, 0, up-30*time.Second, time.Hour, false), 2, 0, 0, 48},
		{"it comes too late", group(2, 0, up-61*time.Second, time.Hour, false), 1, 1, 0, 0},
		{"it comes at the moment at which they give up", group(2, 0, up-time.Minute, time.Hour, false), 1, 1, 0, 0},
		{
			"the second goes home before",
			[]demand.Visit{stay(0, up-30*time.Second, time.Hour), stay(0, up-30*time.Second, up-10*time.Second)},
			1, 1, 0, 0,
		},
		{
			"the first goes home before, and the second waits for nobody any more",
			[]demand.Visit{stay(0, up-30*time.Second, up-10*time.Second), stay(0, up-30*time.Second, time.Hour)},
			2, 0, 0, 0,
		},
		{
			"whoever was there already waits with the others, and has been served",
			append(group(1, 0, 5*time.Minute, time.Hour, false), group(1, 0, up-10*time.Second, time.Hour, false)...), 2, 0, 0, 48,
		},
		{
			"one gives up, and is not in the conference of the others",
			append(group(1, 0, 5*time.Minute, 20*time.Minute, false), stay(0, up-70*time.Second, 20*time.Minute), stay(0, up, 20*time.Minute)),
			2, 1, 0, 8,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := input(t, a(time.Hour, c.visits...), 1)
			in.Scaler = orders{capacities: map[time.Duration]int{time.Minute: 0, 10 * time.Minute: 1}}
			got := ran(t, in)
			assert.Equal(t, []int{c.served, c.refused, c.waiting}, []int{got.Served, got.Refused, got.Waiting})
			assert.InDelta(t, c.minutes, got.ConferenceMinutes, 1e-9)
			assert.Equal(t, []time.Duration{up}, of(got.Events, Up))
		})
	}
}

// Who waits at the end is neither served nor refused, and is counted in the minutes until then.
func TestWhoStillWaitsAtTheEnd(t *testing.T) {
	t.Parallel()
	in := input(t, a(time.Hour, group(3, 0, 59*time.Minute+30*time.Second, 2*time.Hour, true)...), 1)
	in.Scaler = orders{capacities: map[time.Duration]int{time.Minute: 0}}
	got := ran(t, in)
	assert.Equal(t, []int{3, 1, 0, 2}, []int{got.Joins, got.Served, got.Refused, got.Waiting}, "the first waited for nobody when he came")
	assert.Equal(t, 2, got.Minutes[59].Waiting)
	assert.Zero(t, got.Minutes[58].Waiting)
}

// Nothing of the time before midnight counts, but what began then goes on.
func TestWhatBeganBeforeMidnight(t *testing.T) {
	t.Parallel()
	day := a(time.Hour, group(2, 0, -time.Hour, 30*time.Minute, false)...)
	day.Warmup = 2 * time.Hour
	day.Visits = append(day.Visits, stay(0, 10*time.Minute, 30*time.Minute))
	got := ran(t, input(t, day, 1))
	assert.Equal(t, 1, got.Joins)
	assert.Equal(t, 1, got.Served)
	assert.InDelta(t, 30, got.ConferenceMinutes, 1e-9)
	assert.InDelta(t, 1, got.MachineHours, 1e-9)
	assert.Equal(t, 60, got.BridgeMinutes)
	assert.Len(t, got.Minutes, 60)
}
