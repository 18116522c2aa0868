package shard

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
)

// Two conferences: 30 cameras from 0:02 on, then three people without any at a later time. The first is on bridge 0.
func fuller(second time.Duration) demand.Day {
	return a(time.Hour, append(group(30, 0, 2*time.Minute, time.Hour, true), group(3, 1, second, time.Hour, false)...)...)
}

func TestTheLeastStressedBridgeIsChosen(t *testing.T) {
	t.Parallel()
	w := until(t, input(t, fuller(10*time.Minute), 2), 11*time.Minute)
	assert.Equal(t, []int{0}, w.has(0))
	assert.Equal(t, []int{1}, w.has(1))
	assert.Equal(t, []int{30, 3}, []int{w.all[0].participants, w.all[1].participants})
}

// A bridge that shuts down refuses, empty as it is; it goes when its last conference has ended, and cuts none.
func TestABridgeThatShutsDownRefuses(t *testing.T) {
	t.Parallel()
	visits := append(group(2, 0, 2*time.Minute, 30*time.Minute, false), group(30, 1, 3*time.Minute, time.Hour, true)...)
	in := input(t, a(time.Hour, append(visits, group(2, 2, 10*time.Minute, time.Hour, false)...)...), 2)
	in.Scaler = orders{leaves: map[time.Duration]int{5 * time.Minute: 0}}
	w := until(t, in, 11*time.Minute)
	assert.Equal(t, []int{0}, w.has(0))
	assert.Equal(t, []int{1, 2}, w.has(1))
	got := ran(t, in)
	assert.Equal(t, []time.Duration{30 * time.Minute}, of(got.Events, Removed), "the moment at which its last conference ended")
	assert.Equal(t, 1, got.Removed)
	assert.Zero(t, got.Cut+got.Retired+got.Refused)

	in.Scaler = orders{leaves: map[time.Duration]int{time.Minute: 1}}
	got = ran(t, in)
	assert.Equal(t, []time.Duration{time.Minute}, of(got.Events, Removed), "one without a conference goes at once")
}

// If every bridge shuts down there is none to choose.
func TestNoBridgeTakesAConference(t *testing.T) {
	t.Parallel()
	visits := append(group(2, 0, 2*time.Minute, time.Hour, false), group(2, 1, 10*time.Minute, time.Hour, false)...)
	in := input(t, a(time.Hour, visits...), 1)
	in.Scaler = orders{leaves: map[time.Duration]int{5 * time.Minute: 0}}
	got := ran(t, in)
	assert.Equal(t, []int{3, 1}, []int{got.Served, got.Refused})
	assert.InDelta(t, 58, got.ConferenceMinutes, 1e-9)
}

// Jicofo avoids a drained bridge, once it has been told, and takes it where there is no other.
func TestADrainedBridgeIsAvoided(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		drain  []int
		second time.Duration
		on     int
	}{
		{"the empty one is drained, and Jicofo knows", []int{1}, 10*time.Minute + 6*time.Second, 0},
		{"Jicofo does not know yet", []int{1}, 10*time.Minute + 4*time.Second, 1},
		{"both are drained", []int{0, 1}, 10*time.Minute + 6*time.Second, 1},
		{"none is", nil, 10*time.Minute + 6*time.Second, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := until(t, input(t, fuller(c.second), 2), 10*time.Minute+time.Second)
			for _, serial := range c.drain {
				require.NoError(t, w.Drain(t.Context(), w.all[serial].listed(midnight(), w.now), true))
			}
			w.on(t, 11*time.Minute)
			assert.Contains(t, w.has(c.on), 1)
		})
	}
}

// A bridge that takes conferences again is preferred again.
func TestAnUndrainedBridgeIsNotAvoided(t *testing.T) {
	t.Parallel()
	w := until(t, input(t, fuller(10*time.Minute), 2), 3*time.Minute)
	machine := w.all[1].listed(midnight(), w.now)
	require.NoError(t, w.Drain(t.Context(), machine, true))
	w.on(t, 4*time.Minute)
	assert.True(t, w.all[1].seen(midnight(), w.now).Report.Draining)
	require.NoError(t, w.Drain(t.Context(), machine, false))
	w.on(t, 11*time.Minute)
	assert.Equal(t, []int{1}, w.has(1))
}

// 30 conferences of two in three seconds, between two reports: Jicofo counts those it has just placed, and spreads them.
func TestConferencesBetweenTwoReportsAreSpread(t *testing.T) {
	t.Parallel()
	begin := 10*time.Minute + time.Second
	var visits []demand.Visit
	for room := range 30 {
		visits = append(visits, group(2, room, begin+time.Duration(room)*100*time.Millisecond, time.Hour, true)...)
	}
	in := input(t, a(time.Hour, visits...), 3)
	w := until(t, in, begin+3*time.Second)
	for serial := range 3 {
		assert.Len(t, w.has(serial), 10, serial)
		assert.Equal(t, 20, w.all[serial].participants)
		assert.InDelta(t, 0.02/0.9, w.all[serial].told.stress, 1e-9, "it has not reported anything but its idleness")
		assert.Equal(t, 20, w.all[serial].recently(w.now, in.Model.RampUp))
	}
	w.on(t, begin+in.Model.RampUp+3*time.Second)
	for serial := range 3 {
		w.touch(w.all[serial])
		assert.Zero(t, w.all[serial].recently(w.now, in.Model.RampUp), "counted for %s", in.Model.RampUp)
		assert.InDelta(t, in.Model.Reported(w.all[serial].stress), w.all[serial].told.stress, 1e-9)
	}
	in.Model.ParticipantStress = 0
	w = until(t, in, begin+3*time.Second)
	assert.Len(t, w.has(0), 30, "without it all are on the first")
}

// Reports come every five seconds and say how things were then.
func TestWhatABridgeReports(t *testing.T) {
	t.Parallel()
	w := until(t, input(t, a(time.Hour, group(30, 0, 10*time.Minute+time.Second, time.Hour, true)...), 1), 10*time.Minute+4*time.Second)
	w.touch(w.all[0])
	stats := w.all[0].seen(midnight(), w.now).Report.Stats
	assert.Equal(t, midnight().Add(10*time.Minute), stats.At)
	assert.Zero(t, stats.Conferences)
	w.on(t, 10*time.Minute+9*time.Second)
	w.touch(w.all[0])
	stats = w.all[0].seen(midnight(), w.now).Report.Stats
	assert.Equal(t, midnight().Add(10*time.Minute+5*time.Second), stats.At)
	assert.Equal(t, []int{1, 30, 30}, []int{stats.Conferences, stats.LocalEndpoints, stats.Participants})
	demand := w.Model.Demand(capacity.Conference{Participants: 30, Cameras: 30})
	assert.InDelta(t, w.Model.Reported(w.Model.Stress(demand)), stats.Stress, 1e-9)
}
