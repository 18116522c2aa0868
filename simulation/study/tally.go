package study

import (
	"time"

	"jitsi-meet-azure/simulation/shard"
)

// Tally is the weighted sum of days. Where the weights are one on average, it counts as many days as were added.
type Tally struct {
	// Days is the number of simulations that were added, and Cut that of the conferences cut, neither weighted.
	Days, Cut int
	// Length is how long the days are together, weighted, as all that follows is.
	Length time.Duration

	Joins, Refused, Waiting                        float64
	ConferenceMinutes, OverloadedConferenceMinutes float64
	BridgeMinutes, OverloadedBridgeMinutes         float64
	MachineHours, LowerBoundHours, LowerBoundWarm  float64
	Added, Retired, Removed                        float64
	MostMachines                                   int
	OldestAfterRecycle                             time.Duration
	stress                                         [len(shard.Histogram{})]float64
}

// Add counts a day, with a weight.
func (t *Tally) Add(r shard.Result, weight float64) {
	t.Days++
	t.Length += time.Duration(float64(r.Length) * weight)
	t.Cut += r.Cut
	for _, part := range []struct {
		sum   *float64
		value float64
	}{
		{&t.Joins, float64(r.Joins)},
		{&t.Refused, float64(r.Refused)},
		{&t.Waiting, float64(r.Waiting)},
		{&t.ConferenceMinutes, r.ConferenceMinutes},
		{&t.OverloadedConferenceMinutes, r.OverloadedConferenceMinutes},
		{&t.BridgeMinutes, float64(r.BridgeMinutes)},
		{&t.OverloadedBridgeMinutes, float64(r.OverloadedBridgeMinutes)},
		{&t.MachineHours, r.MachineHours},
		{&t.LowerBoundHours, r.LowerBoundHours},
		{&t.LowerBoundWarm, r.LowerBoundWarmHours},
		{&t.Added, float64(r.Added)},
		{&t.Retired, float64(r.Retired)},
		{&t.Removed, float64(r.Removed)},
	} {
		*part.sum += part.value * weight
	}
	for i, n := range r.Stress {
		t.stress[i] += float64(n) * weight
	}
	t.MostMachines = max(t.MostMachines, r.MostMachines)
	t.OldestAfterRecycle = max(t.OldestAfterRecycle, r.OldestAfterRecycle)
}

// Overload is the share of conference-minutes on an overloaded bridge.
func (t *Tally) Overload() float64 { return ratio(t.OverloadedConferenceMinutes, t.ConferenceMinutes) }

// Hours is the ratio of machine-hours to those of the fewest bridges, and to those with one warm bridge more.
func (t *Tally) Hours() (bare, warm float64) {
	return ratio(t.MachineHours, t.LowerBoundHours), ratio(t.MachineHours, t.LowerBoundWarm)
}

// P95 is the stress that 95 % of all bridge-minutes do not exceed.
func (t *Tally) P95() float64 {
	total := 0.0
	for _, n := range &t.stress {
		total += n
	}
	rest := total * 0.95
	for i, n := range &t.stress {
		if rest -= n; rest <= 0 {
			return float64(i) / 100
		}
	}
	return 0
}

func ratio(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return part / whole
}
