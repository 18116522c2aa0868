package study_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/simulation/shard"
	"jitsi-meet-azure/simulation/study"
)

func TestTallyByHand(t *testing.T) {
	t.Parallel()
	day := shard.Result{
		Length: 24 * time.Hour, Joins: 100, Served: 95, Refused: 3, Waiting: 2, Cut: 1, ConferenceMinutes: 400, OverloadedConferenceMinutes: 10,
		BridgeMinutes: 100, OverloadedBridgeMinutes: 5, MachineHours: 30, LowerBoundHours: 20, LowerBoundWarmHours: 25, MostMachines: 4,
		Added: 7, Retired: 6, Removed: 1, OldestAfterRecycle: 3 * time.Hour,
	}
	day.Stress[10], day.Stress[90] = 94, 6
	other := shard.Result{
		Length: 24 * time.Hour, ConferenceMinutes: 200, OverloadedConferenceMinutes: 100, MachineHours: 10, LowerBoundHours: 10,
		LowerBoundWarmHours: 10, MostMachines: 9, OldestAfterRecycle: time.Hour,
	}
	other.Stress[0] = 60

	var tally study.Tally
	tally.Add(day, 1)
	assert.InDelta(t, 0.9, tally.P95(), 1e-9)
	tally.Add(other, 0.5)
	assert.Equal(t, []int{2, 1, 9}, []int{tally.Days, tally.Cut, tally.MostMachines}, "not weighted")
	assert.Equal(t, []time.Duration{36 * time.Hour, 3 * time.Hour}, []time.Duration{tally.Length, tally.OldestAfterRecycle})
	assert.InDeltaSlice(t, []float64{100, 3, 2, 7, 6, 1}, []float64{
		tally.Joins, tally.Refused, tally.Waiting, tally.Added, tally.Retired, tally.Removed,
	}, 1e-9)
	assert.InDeltaSlice(t, []float64{100, 5}, []float64{tally.BridgeMinutes, tally.OverloadedBridgeMinutes}, 1e-9)
	assert.InDelta(t, 60.0/500, tally.Overload(), 1e-9)
	bare, warm := tally.Hours()
	assert.InDelta(t, 35.0/25, bare, 1e-9)
	assert.InDelta(t, 35.0/30, warm, 1e-9)
	assert.InDelta(t, 0.1, tally.P95(), 1e-9, "124 of 130")

	var none study.Tally
	bare, warm = none.Hours()
	assert.Zero(t, none.Overload()+none.P95()+bare+warm)
}

// Adding a day with the weight two is adding it twice, and the quantile of days of weight one is that of all their minutes.
func TestTallyWeights(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var heavy, twice study.Tally
		var all shard.Histogram
		for range rapid.IntRange(1, 5).Draw(t, "days") {
			var r shard.Result
			r.MachineHours = rapid.Float64Range(0, 100).Draw(t, "hours")
			r.LowerBoundHours, r.LowerBoundWarmHours = r.MachineHours/2, r.MachineHours
			for range rapid.IntRange(0, 9).Draw(t, "steps") {
				r.Stress[rapid.IntRange(0, 300).Draw(t, "stress")] += rapid.IntRange(1, 50).Draw(t, "minutes")
			}
			heavy.Add(r, 2)
			twice.Add(r, 1)
			twice.Add(r, 1)
			all.Merge(r.Stress)
		}
		require.InDelta(t, twice.MachineHours, heavy.MachineHours, 1e-9)
		require.InDelta(t, twice.P95(), heavy.P95(), 1e-9)
		if math.Abs(heavy.P95()-all.Quantile(0.95)) > 1e-9 {
			t.Fatalf("%v, of all minutes %v", heavy.P95(), all.Quantile(0.95))
		}
	})
}
