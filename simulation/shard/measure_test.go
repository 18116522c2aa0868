package shard

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/gauge"
)

// Ten minutes of a conference that is too much for its bridge, five of them with a small one beside it, and one on another bridge.
func TestOverload(t *testing.T) {
	t.Parallel()
	visits := append(group(large, 0, 10*time.Minute, 20*time.Minute, true), group(tiny, 1, 10*time.Minute, 20*time.Minute, false)...)
	day := a(time.Hour, append(visits, group(tiny, 2, 15*time.Minute, 30*time.Minute, false)...)...)
	two, one := ran(t, input(t, day, 2)), ran(t, input(t, day, 1))

	assert.Equal(t, []int{120, 10}, []int{two.BridgeMinutes, two.OverloadedBridgeMinutes})
	assert.InDelta(t, 10+10+15, two.ConferenceMinutes, 1e-9)
	assert.InDelta(t, 10, two.OverloadedConferenceMinutes, 1e-9)
	assert.Equal(t, []int{60, 10}, []int{one.BridgeMinutes, one.OverloadedBridgeMinutes})
	assert.InDelta(t, 10+10+15, one.ConferenceMinutes, 1e-9)
	assert.InDelta(t, 10+10+5, one.OverloadedConferenceMinutes, 1e-9, "who shares a bridge with it suffers too")

	whole := stressOf(model(t), large, large)
	assert.InDelta(t, whole, two.Minutes[10].Max, 0.01)
	assert.InDelta(t, whole/2, two.Minutes[10].Mean, 0.01)
	assert.InDelta(t, whole, two.Minutes[10].Load, 0.01)
	assert.Equal(t, []int{large + tiny + tiny, 3}, []int{two.Minutes[16].Participants, two.Minutes[16].Conferences})
	total := 0
	for _, n := range two.Stress {
		total += n
	}
	assert.Equal(t, two.BridgeMinutes, total)
	assert.Zero(t, two.Stress.Quantile(0.5))
	assert.InDelta(t, whole, two.Stress.Quantile(1), 0.01)
}

// A bridge whose minute is half over its capacity and half empty is not overloaded: a minute is what counts.
func TestAMinuteIsLookedAtAsAWhole(t *testing.T) {
	t.Parallel()
	got := ran(t, input(t, a(time.Hour, group(large, 0, 10*time.Minute, 10*time.Minute+20*time.Second, true)...), 1))
	assert.Zero(t, got.OverloadedBridgeMinutes)
	assert.InDelta(t, stressOf(model(t), large, large)/3, got.Minutes[10].Max, 1e-9)
}

// What a quantile of values in steps of a hundredth must be: the least step that is no less than the share of all values.
func TestQuantile(t *testing.T) {
	t.Parallel()
	var none Histogram
	assert.Zero(t, none.Quantile(0.95))
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 4), 1, 50).Draw(t, "values")
		share := rapid.Float64Range(0.01, 1).Draw(t, "share")
		var h, twice Histogram
		for _, v := range values {
			h.add(v)
		}
		twice.Merge(h)
		twice.Merge(h)
		slices.Sort(values)
		want := min(values[int(math.Ceil(share*float64(len(values))))-1], 3)
		got := h.Quantile(share)
		if got < want-1e-9 || got > want+0.01 {
			t.Fatalf("%v of %v is %v, want %v", share, values, got, want)
		}
		if whole := twice.Quantile(share); math.Abs(whole-got) > 1e-9 {
			t.Fatalf("%v, and of the same twice %v", got, whole)
		}
	})
}

// Host metrics come 90 seconds after the end of their minute, what the reaper publishes after 60.
func TestMetricsAreLate(t *testing.T) {
	t.Parallel()
	in := input(t, a(time.Hour, group(half, 0, 10*time.Minute, time.Hour, true)...), 2)
	in.Reaper = reaperOf(t, 2)
	w := until(t, in, 30*time.Minute)
	for _, c := range []struct {
		metric  string
		after   time.Duration
		samples int
	}{
		{profile.CPU, in.Model.HostDelay, 2},
		{profile.NetworkIn, in.Model.HostDelay, 2},
		{profile.NetworkOut, in.Model.HostDelay, 2},
		{gauge.Stress, in.Model.CustomDelay, 2},
		{gauge.Spare, in.Model.CustomDelay, 1},
	} {
		minute := midnight().Add(20 * time.Minute)
		w.metrics.now = minute.Add(time.Minute + c.after - time.Second)
		_, ok := w.metrics.Minute(c.metric, minute)
		assert.False(t, ok, c.metric)
		w.metrics.now = minute.Add(time.Minute + c.after)
		samples, ok := w.metrics.Minute(c.metric, minute)
		assert.True(t, ok, c.metric)
		assert.Len(t, samples, c.samples, c.metric)
	}
	_, ok := w.metrics.Minute("Percentage Cpu", midnight().Add(20*time.Minute))
	assert.False(t, ok, "there is no such metric")
	_, ok = w.metrics.Minute(profile.CPU, midnight().Add(20*time.Minute-kept*time.Minute))
	assert.False(t, ok, "what is older than an hour is forgotten, not mixed up")
}

// What is published is what the bridges report, the spare capacity their sum; the host's numbers are the model's.
func TestWhatIsMeasured(t *testing.T) {
	t.Parallel()
	in := input(t, a(time.Hour, group(half, 0, 10*time.Minute, time.Hour, true)...), 2)
	in.Reaper = reaperOf(t, 2)
	w := until(t, in, 30*time.Minute)
	w.metrics.now = midnight().Add(time.Hour)
	minute := midnight().Add(20 * time.Minute)
	busy, idle := in.Model.Reported(stressOf(in.Model, half, half)), in.Model.Reported(0)
	read := func(metric string) []float64 {
		samples, ok := w.metrics.Minute(metric, minute)
		require.True(t, ok)
		return samples
	}
	assert.InDeltaSlice(t, []float64{busy, idle}, read(gauge.Stress), 1e-9)
	assert.InDeltaSlice(t, []float64{2 - busy - idle}, read(gauge.Spare), 1e-9)
	carried := in.Model.Sample(w.all[0].demand)
	assert.InDeltaSlice(t, []float64{carried.CPU, in.Model.Sample(w.all[1].demand).CPU}, read(profile.CPU), 1e-6)
	assert.InDelta(t, carried.Out, read(profile.NetworkOut)[0], 1)
	assert.Greater(t, read(profile.NetworkOut)[0], read(profile.NetworkIn)[0], "a bridge sends more than it receives")
}

// A machine that boots measures the little that it does, and nothing before its system runs; one that goes measures nothing.
func TestMachinesWithoutABridgeAreMeasured(t *testing.T) {
	t.Parallel()
	in := input(t, a(time.Hour), 1)
	in.Boot = fixed(6 * time.Minute)
	in.Scaler = orders{capacities: map[time.Duration]int{10 * time.Minute: 2, 20 * time.Minute: 1}}
	w := until(t, in, 25*time.Minute)
	w.metrics.now = midnight().Add(time.Hour)
	for minute, want := range map[int][]float64{
		9: {2}, 10: {2}, 11: {2, 25}, 14: {2, 25}, 15: {2, 2}, 19: {2, 2}, 20: {2},
	} {
		samples, ok := w.metrics.Minute(profile.CPU, midnight().Add(time.Duration(minute)*time.Minute))
		assert.True(t, ok)
		assert.InDeltaSlice(t, want, samples, 1e-9, "minute %d", minute)
	}
}
