package shard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/simulation/demand"
)

const deletion = 90 * time.Second

// Azure takes the newest machines of a set that is made smaller, with whatever is on them; Jicofo puts it on another at once.
func TestADropTakesTheNewestAndCuts(t *testing.T) {
	t.Parallel()
	var visits []demand.Visit
	for room := range 4 {
		visits = append(visits, group(2, room, 10*time.Minute+time.Duration(room)*time.Second, time.Hour, false)...)
	}
	in := input(t, a(time.Hour, visits...), 2)
	in.Scaler = orders{capacities: map[time.Duration]int{time.Minute: 4, 20 * time.Minute: 2}}
	w := until(t, in, 19*time.Minute)
	for serial := range 4 {
		assert.Len(t, w.has(serial), 1)
	}
	w.on(t, 20*time.Minute)
	assert.Len(t, w.has(0), 2)
	assert.Len(t, w.has(1), 2)
	assert.Equal(t, []bool{true, true, false, false}, []bool{w.all[0].there(), w.all[1].there(), w.all[2].there(), w.all[3].there()})
	assert.Equal(t, 4, w.all[0].participants+w.all[1].participants-4, "all eight are on the two")

	got := ran(t, in)
	assert.Equal(t, []int{2, 2, 2, 0}, []int{got.Added, got.Removed, got.Cut, got.Retired})
	assert.Len(t, of(got.Events, Removed), 2)
	assert.Len(t, of(got.Events, CutOff), 2)
	assert.InDelta(t, 4*50-(0+1+2+3)/60.0, got.ConferenceMinutes, 1e-9, "nobody misses a moment")
	assert.Equal(t, 4, got.MostMachines)
}

// A conference that is cut when there is no other bridge goes on when one comes up.
func TestACutConferenceGoesOnOnTheNextBridge(t *testing.T) {
	t.Parallel()
	in := input(t, a(time.Hour, group(2, 0, 10*time.Minute, time.Hour, false)...), 1)
	in.Scaler = orders{capacities: map[time.Duration]int{20 * time.Minute: 0, 30 * time.Minute: 1}}
	got := ran(t, in)
	assert.Equal(t, 1, got.Cut)
	assert.Equal(t, 2, got.Served)
	assert.InDelta(t, 50-12, got.ConferenceMinutes, 1e-9)
}

// Paid for is a machine from its creation until it is gone, as far as that is in the day.
func TestMachineHours(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		start      int
		capacities map[time.Duration]int
		hours      time.Duration
		most       int
	}{
		{"one all day", 1, nil, 6 * time.Hour, 1},
		{"three all day", 3, nil, 18 * time.Hour, 3},
		{"one from one o'clock on", 1, map[time.Duration]int{time.Hour: 2}, 11 * time.Hour, 2},
		{"one from one to three", 1, map[time.Duration]int{time.Hour: 2, 3 * time.Hour: 1}, 8*time.Hour + deletion, 2},
		{"one that never boots", 1, map[time.Duration]int{time.Hour: 2, time.Hour + time.Minute: 1}, 6*time.Hour + time.Minute + deletion, 2},
		{"one that is not gone by the end", 2, map[time.Duration]int{6*time.Hour - time.Minute: 1}, 12 * time.Hour, 2},
		{"one in place of another", 1, map[time.Duration]int{time.Hour: 0, time.Hour + time.Minute: 1}, 6*time.Hour + deletion - time.Minute, 2},
		{"two and two", 2, map[time.Duration]int{time.Hour: 4, 2 * time.Hour: 2, 3 * time.Hour: 4, 4 * time.Hour: 2}, 16*time.Hour + 4*deletion, 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := input(t, a(6*time.Hour), c.start)
			in.Scaler = orders{capacities: c.capacities}
			got := ran(t, in)
			assert.InDelta(t, c.hours.Hours(), got.MachineHours, 1e-9)
			assert.Equal(t, c.most, got.MostMachines, "addresses")
		})
	}
}

// A machine of the day before counts from midnight on, and one that goes before midnight only until it is gone.
func TestMachineHoursBeforeMidnight(t *testing.T) {
	t.Parallel()
	day := a(6 * time.Hour)
	day.Warmup = time.Hour
	in := input(t, day, 3)
	in.Scaler = orders{capacities: map[time.Duration]int{-time.Minute: 2, -30 * time.Minute: 4, -29 * time.Minute: 3}}
	got := ran(t, in)
	assert.InDelta(t, (12*time.Hour + deletion - time.Minute).Hours(), got.MachineHours, 1e-9)
	assert.Zero(t, got.Added+got.Removed, "nothing of that time counts")
}

// The age of the oldest is read two hours after the recycle, each day anew.
func TestTheOldestAfterTheRecycle(t *testing.T) {
	t.Parallel()
	in := input(t, a(7*time.Hour), 2)
	in.Ages = []time.Duration{20 * time.Hour, 3 * time.Hour}
	assert.Equal(t, 26*time.Hour, ran(t, in).OldestAfterRecycle)
	in.Day = a(30 * time.Hour)
	in.Day.Length = 31 * time.Hour
	assert.Equal(t, 50*time.Hour, ran(t, in).OldestAfterRecycle)
	in.Day.Length = 5 * time.Hour
	assert.Zero(t, ran(t, in).OldestAfterRecycle, "the day ends before")
	in.Ages = nil
	in.Day.Length = 7 * time.Hour
	assert.Equal(t, firstAge+6*time.Hour, ran(t, in).OldestAfterRecycle)
}
