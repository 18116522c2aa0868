package policy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/simulation/shard"
)

// Mistakes between the hands that move the number of bridges: who deploys, Azure, and the reaper.

// A maximum that is lowered while bridges are busy is a decision to delete bridges.
func TestTrapMaximumLowered(t *testing.T) {
	t.Parallel()
	profiles := nights(above(profile.CPU, 70))
	later := profiles[1]
	later.Name, later.Recurrence.Hour, later.Recurrence.Minute = "from eleven o'clock on", 11, 0
	right, wrong := trap(t, office(t), append(profiles, later), func(d object) {
		in(t, list(t, d, "profiles")[2], "capacity")["maximum"] = "2"
	})
	assert.Zero(t, right.Cut+right.Removed)
	assert.Positive(t, wrong.Cut)
	assert.Positive(t, wrong.Removed)
	assert.Greater(t, overload(wrong), overload(right))
}

// deploying is a scaler beside which somebody deploys a number of machines.
type deploying struct {
	shard.Scaler

	at       time.Time
	capacity int
}

func (d *deploying) Run(now time.Time, seen shard.Seen) shard.Order {
	if !now.Before(d.at) && d.capacity > 0 {
		order := shard.Order{Capacity: d.capacity, Reason: "deployed"}
		d.capacity = 0
		return order
	}
	return d.Scaler.Run(now, seen)
}

// So is a deployment that writes the capacity it was made with.
func TestTrapADeploymentWritesTheCapacity(t *testing.T) {
	t.Parallel()
	profiles := nights(above(profile.CPU, 70))
	p, err := written(t, document(t, profiles), profiles, decide.Default())
	require.NoError(t, err)
	d := office(t)
	right := simulated(t, p, d)
	input, err := p.Input(d, assumptions(t))
	require.NoError(t, err)
	input.Scaler = &deploying{Scaler: input.Scaler, at: d.Midnight.Add(10*time.Hour + 30*time.Minute), capacity: 1}
	wrong, err := shard.Run(t.Context(), input)
	require.NoError(t, err)
	assert.Zero(t, right.Cut)
	assert.Greater(t, wrong.Cut, 10)
	assert.GreaterOrEqual(t, wrong.Removed, 2)
}

// A rule that takes machines away knows nothing of conferences.
func TestTrapDecreaseRule(t *testing.T) {
	t.Parallel()
	right, wrong := trap(t, office(t), nights(above(profile.CPU, 70)), func(d object) {
		for _, p := range list(t, d, "profiles") {
			inner := in(t, p)
			rules := list(t, inner, "rules")
			less := document(t, nights(above(profile.CPU, 30)))
			every(t, less, func(trigger, action object) { trigger["operator"], action["direction"] = "LessThan", "Decrease" })
			inner["rules"] = append(rules, list(t, in(t, list(t, less, "profiles")[0]), "rules")...)
		}
	})
	assert.Zero(t, right.Cut+right.Removed)
	assert.Positive(t, right.Retired)
	assert.Positive(t, wrong.Cut)
	assert.Positive(t, wrong.Removed)
}

// A reaper that does not know of the night's minimum retires what Azure then adds again.
func TestTrapReaperWithoutTheCalendar(t *testing.T) {
	t.Parallel()
	profiles := nights()
	p, err := written(t, document(t, profiles), profiles, decide.Default())
	require.NoError(t, err)
	unaware, err := written(t, document(t, profiles), profiles[1:], decide.Default())
	require.NoError(t, err)
	right, wrong := simulated(t, p, quiet(t)), simulated(t, unaware, quiet(t))
	assert.Equal(t, []int{1, 1}, []int{right.Added, right.Retired})
	assert.Greater(t, wrong.Added, 1)
	assert.Greater(t, wrong.Retired, 1)
}

// A minimum of one more brings a new machine where there is one. Where there are two it brings nothing, and the old stay; a rule that
// is always true brings one whatever there is.
func TestTrapRaisedMinimumIsNoRecycle(t *testing.T) {
	t.Parallel()
	keeps := decide.Default()
	keeps.Reserve = 1 // so that there are two
	always := above(profile.CPU, 0)
	always.Operator, always.Cooldown = profile.GreaterThanOrEqual, 10
	recycled := nights()
	recycled[0].Rules = []profile.Rule{always}
	var oldest [2]time.Duration
	for i, profiles := range [][]profile.Profile{recycled, nights()} {
		p, err := written(t, document(t, profiles), profiles, keeps)
		require.NoError(t, err)
		input, err := p.Input(quiet(t), assumptions(t))
		require.NoError(t, err)
		input.Start = 2
		result, err := shard.Run(t.Context(), input)
		require.NoError(t, err)
		oldest[i] = result.OldestAfterRecycle
	}
	assert.Greater(t, oldest[1], 20*time.Hour)
	assert.Less(t, oldest[0], oldest[1]-time.Hour, "the older of the two is gone")
}

// outage hides all metrics for a while.
type outage struct {
	shard.Scaler

	from, to time.Time
}

type noMetrics struct{}

func (noMetrics) Minute(string, time.Time) ([]float64, bool) { return nil, false }

func (o outage) Run(now time.Time, seen shard.Seen) shard.Order {
	if now.After(o.from) && now.Before(o.to) {
		seen.Metrics = noMetrics{}
	}
	return o.Scaler.Run(now, seen)
}

// Without metrics the default lifts a count that is below it, and protects nobody from load: one bridge stays one. A default of what
// the day needs would have been there.
func TestTrapDefaultIsNoProtection(t *testing.T) {
	t.Parallel()
	d := office(t)
	var results [2]shard.Result
	for i, initial := range []int{peak + 1, 1} {
		profiles := nights(above(profile.CPU, 70))
		profiles[1].Default = initial
		p, err := written(t, document(t, profiles), profiles, decide.Default())
		require.NoError(t, err)
		input, err := p.Input(d, assumptions(t))
		require.NoError(t, err)
		input.Scaler = outage{Scaler: input.Scaler, from: d.Midnight.Add(6 * time.Hour), to: d.Midnight.Add(12 * time.Hour)}
		results[i], err = shard.Run(t.Context(), input)
		require.NoError(t, err)
	}
	lifted, left := results[0], results[1]
	const eleven = 11 * 60
	assert.GreaterOrEqual(t, lifted.Minutes[eleven].Up, peak+1)
	assert.Equal(t, 1, left.Minutes[eleven].Up)
	assert.Greater(t, overload(left), overload(lifted)+0.2)
}
