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
	"jitsi-meet-azure/functions/reaper/gauge"
)

// idle is what idle bridges measure.
func idle() metrics {
	return metrics{autoscale.CPU: {2}, autoscale.NetworkIn: {2e5}, autoscale.NetworkOut: {1e5}, gauge.Stress: {0.02}, gauge.Spare: {9}}
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

// The night as both environments deploy it, at the two changes of the clocks and in between: one machine, whichever rule fired last.
func TestTheDeployedNight(t *testing.T) {
	t.Parallel()
	const minimum, recycle = "minimum 2", "Percentage CPU ≥ 0: it is 2"
	for environment, maximum := range map[string]int{"dev": 3, "prod": 14} {
		s, err := engine.Parse(deployed(t, environment))
		require.NoError(t, err)
		for day, begins := range map[string]string{"2026-03-29": "02:00", "2026-10-25": "03:00", "2026-06-10": "02:00"} {
			from := at(t, day+"T00:00:10Z")
			// A load rule or the recycle of the night before fired last: the cooldown of either is as long as the window.
			before := engine.State{LastAction: from.Add(-20 * time.Hour), Cooldown: 5 * time.Minute}
			at := func(minutes string) string { return begins[:3] + minutes + " " }
			for count, want := range map[int][]string{
				1: {at("00:10") + minimum}, 2: {at("00:10") + recycle}, maximum: nil,
			} {
				for _, own := range []bool{false, true} {
					counting := s.Assume(engine.Assumptions{OwnCooldown: own})
					after, _, actions := through(counting, from, from.Add(24*time.Hour), count, before, idle())
					assert.Equal(t, want, actions, "%s, %s, from %d", environment, day, count)
					assert.Equal(t, min(count+1, maximum), after)
				}
			}
			// If moving into the bounds begins no cooldown, the lowest count gets two machines instead of one, whatever the window is;
			// and so it does in the first night of a setting, when no rule has fired whose cooldown could count.
			twice := []string{at("00:10") + minimum, at("00:55") + recycle}
			free := s.Assume(engine.Assumptions{EnforcementIsFree: true})
			_, _, actions := through(free, from, from.Add(24*time.Hour), 1, before, idle())
			assert.Equal(t, twice, actions, "EnforcementIsFree")
			_, _, actions = through(s, from, from.Add(24*time.Hour), 1, engine.State{}, idle())
			assert.Equal(t, twice, actions, "a setting that never fired")
		}
	}
}

// A window longer than the cooldown of a load rule that fired last brings two from the lowest count, which is why that of the stack
// files is not.
func TestALongWindowBringsTwo(t *testing.T) {
	t.Parallel()
	for minutes, want := range map[int][]string{
		5: {"02:00:10 minimum 2"}, 6: {"02:00:10 minimum 2", "02:05:25 CPU ≥ 0: it is 2"}, 10: {"02:00:10 minimum 2", "02:05:25 CPU ≥ 0: it is 2"},
	} {
		always := rule("CPU >= 0 +1", "cooldown", fmt.Sprintf("PT%dM", minutes))
		s := setting(t, profile("night", 2, 2, 9, weekly("UTC", 2, 0, everyDay()...), always),
			profile("day", 1, 1, 9, weekly("UTC", 2, minutes, everyDay()...)))
		from := at(t, "2026-06-10T00:00:10Z")
		loaded := engine.State{LastAction: from.Add(-10 * time.Hour), Cooldown: 5 * time.Minute}
		_, _, actions := through(s, from, from.Add(12*time.Hour), 1, loaded, metrics{"CPU": {2}})
		assert.Equal(t, want, actions, "%d minutes", minutes)
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
			return idle()[metric]
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
