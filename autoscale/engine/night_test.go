package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/engine"
	autoscale "jitsi-meet-azure/autoscale/profile"
)

// idle is what idle bridges measure.
func idle() metrics {
	return metrics{autoscale.CPU: {2}, autoscale.NetworkIn: {2e5}, autoscale.NetworkOut: {1e5}}
}

// through runs the engine every 45 s over a time, and returns the final count and the time of each action with its reason.
func through(s engine.Setting, from, to time.Time, capacity int, state engine.State, m engine.Metrics) (int, engine.State, []string) {
	var actions []string
	for now := from; now.Before(to); now = now.Add(45 * time.Second) {
		var d engine.Decision
		before := capacity
		d, state = s.Evaluate(now, capacity, state, m)
		if capacity = d.Capacity; capacity != before {
			actions = append(actions, fmt.Sprintf("%s %s", now.UTC().Format("15:04:05"), d.Reason))
		}
	}
	return capacity, state, actions
}

// The night as both environments deploy it, at the two changes of the clocks and in between.
func TestTheDeployedNight(t *testing.T) {
	t.Parallel()
	const minimum, recycle = "minimum 2", "Percentage CPU ≥ 0: it is 2"
	for environment, maximum := range map[string]int{"dev": 3, "prod": 14} {
		s, err := engine.Parse(deployed(t, environment))
		require.NoError(t, err)
		for day, begins := range map[string]string{"2026-03-29": "02:00", "2026-10-25": "03:00", "2026-06-10": "02:00"} {
			from := at(t, day+"T00:00:10Z")
			// The last rule that fired was the recycle of the night before, with its cooldown of ten minutes.
			before := engine.State{LastAction: from.Add(-20 * time.Hour), Cooldown: 10 * time.Minute}
			at := func(minutes string) string { return begins[:3] + minutes + " " }
			for count, want := range map[int][]string{
				1: {at("00:10") + minimum}, 2: {at("00:10") + recycle}, maximum: nil,
			} {
				after, _, actions := through(s, from, from.Add(24*time.Hour), count, before, idle())
				assert.Equal(t, want, actions, "%s, %s, from %d", environment, day, count)
				assert.Equal(t, min(count+1, maximum), after)
			}
			// If moving into the bounds begins no cooldown, or the rule that fired last had a shorter one, the lowest count gets
			// two machines instead of one.
			free := s.Assume(engine.Assumptions{EnforcementIsFree: true})
			after, _, actions := through(free, from, from.Add(24*time.Hour), 1, before, idle())
			assert.Equal(t, []string{at("00:10") + minimum, at("00:55") + recycle}, actions)
			assert.Equal(t, 3, after)
			loaded := engine.State{LastAction: before.LastAction, Cooldown: 5 * time.Minute}
			_, _, actions = through(s, from, from.Add(24*time.Hour), 1, loaded, idle())
			assert.Equal(t, []string{at("00:10") + minimum, at("05:25") + recycle}, actions)
			// Where rules wait for their own cooldown, it is one.
			_, _, actions = through(s.Assume(engine.Assumptions{OwnCooldown: true}), from, from.Add(24*time.Hour), 1, loaded, idle())
			assert.Equal(t, []string{at("00:10") + minimum}, actions)
		}
	}
}

// Whatever Azure does where it does not say, the recycle fires once a night at most, and the window leaves the floor that it
// promises and never more than two new machines.
func TestTheRecycleFiresOnce(t *testing.T) {
	t.Parallel()
	s, err := engine.Parse(deployed(t, "prod"))
	require.NoError(t, err)
	from := at(t, "2026-06-10T01:30:00Z")
	for _, assumed := range []engine.Assumptions{
		{},
		{EnforcementWaits: true},
		{EnforcementIsFree: true},
		{OwnCooldown: true},
		{OwnCooldown: true, EnforcementIsFree: true},
		{EnforcementWaits: true, EnforcementIsFree: true},
		{Delay: 2 * time.Minute},
	} {
		for _, count := range []int{1, 2, 7, 13, 14} {
			for phase := 0; phase < 45; phase += 4 {
				for _, quiet := range []time.Duration{time.Minute, 31 * time.Minute, 40 * time.Hour} {
					state := engine.State{LastAction: from.Add(-quiet), Cooldown: 5 * time.Minute}
					begin := from.Add(time.Duration(phase) * time.Second)
					after, _, actions := through(s.Assume(assumed), begin, from.Add(time.Hour), count, state, idle())
					recycled := len(slices.DeleteFunc(slices.Clone(actions), func(a string) bool { return a[9:16] == "minimum" }))
					if recycled > 1 || after < min(count+1, 14) || after > min(count+2, 14) {
						t.Fatalf("%+v, phase %d, %d became %d: %q", assumed, phase, count, after, actions)
					}
				}
			}
		}
	}
}

// A busy day: the processor's rule adds one at a time, no sooner than its cooldown allows, until the mean is below.
func TestTheDeployedLoadRules(t *testing.T) {
	t.Parallel()
	s, err := engine.Parse(deployed(t, "prod"))
	require.NoError(t, err)
	s = s.Assume(engine.Assumptions{Delay: time.Minute})
	capacity, state := 1, engine.State{}
	var when []time.Time
	begin := at(t, "2026-06-10T08:00:00Z")
	m := history(func(metric string, minute time.Time) []float64 {
		if metric != autoscale.CPU || minute.Before(begin) {
			return []float64{1}
		}
		return slices.Repeat([]float64{250 / float64(capacity)}, capacity)
	})
	for now := begin; now.Before(begin.Add(2 * time.Hour)); now = now.Add(45 * time.Second) {
		var d engine.Decision
		d, state = s.Evaluate(now, capacity, state, m)
		if d.Capacity != capacity {
			when = append(when, now)
		}
		capacity = d.Capacity
	}
	assert.Equal(t, 4, capacity, "250 % of processor by four is below 70 %")
	require.Len(t, when, 3)
	for i, later := range when[1:] {
		assert.GreaterOrEqual(t, later.Sub(when[i]), 5*time.Minute)
	}
	// The threshold of the network is in bytes a minute: 70 % of 12,000 megabits a second.
	for load, want := range map[float64]int{63_000_000_000: 1, 63_000_000_001: 2} {
		for _, direction := range []string{autoscale.NetworkIn, autoscale.NetworkOut} {
			m := idle()
			m[direction] = []float64{load}
			d, _ := s.Evaluate(begin, 1, engine.State{}, m)
			assert.Equal(t, want, d.Capacity, d.Reason)
		}
	}
}
