package environment

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// twoBusyHours are busy hours as a stack file writes them.
const twoBusyHours = `[
	{"name": "mornings", "days": ["Friday", "Monday"], "from": "07:45", "to": "10:00", "minimum": 3},
	{"name": "sundays", "days": ["Sunday", "Saturday"], "from": "00:00", "to": "24:00", "minimum": 2}
]`

// oneBusyHours fit into the smallest environment.
const oneBusyHours = `[{"name": "mornings", "days": ["Monday"], "from": "07:45", "to": "10:00", "minimum": 2}]`

// checkBusyPromises checks what the profiles rely on.
func checkBusyPromises(r *rapid.T, a Autoscale) {
	if a.StressPercent < 0 || a.StressPercent > 100 || a.ReservePercent < 0 || a.ReservePercent > 90*(a.Maximum-1) {
		r.Fatalf("%+v", a)
	}
	names := map[string]bool{}
	for _, hours := range a.BusyHours {
		days := map[time.Weekday]bool{}
		for _, day := range hours.Days {
			days[day] = true
		}
		times := hours.From >= 0 && hours.From < hours.To && hours.To <= 24*time.Hour &&
			hours.From%time.Minute == 0 && hours.To%time.Minute == 0
		if names[hours.Name] || hours.Name == "" || len(days) == 0 || len(days) != len(hours.Days) || !times ||
			hours.Minimum <= a.Minimum || hours.Minimum >= a.Maximum {
			r.Fatalf("%+v", a)
		}
		names[hours.Name] = true
	}
}

// Busy hours drawn at random, most of them wrong in some way: they are refused with something to do, or keep what they promise.
func TestAnyBusyHours(t *testing.T) {
	t.Parallel()
	clock := rapid.SampledFrom([]any{"00:00", "07:45", "10:00", "24:00", "10:00", "7:45", 10})
	day := rapid.SampledFrom([]any{"Monday", "Tuesday", "Saturday", "Sunday", "sunday", 1})
	entry := rapid.Custom(func(r *rapid.T) any {
		return map[string]any{
			"name": rapid.SampledFrom([]any{"a", "b", "c", "d", "busy-1", "busy-2", "A"}).Draw(r, "name"),
			"days": rapid.SliceOfN(day, 0, 3).Draw(r, "days"), "from": clock.Draw(r, "from"), "to": clock.Draw(r, "to"),
			"minimum": rapid.IntRange(0, 15).Draw(r, "minimum"),
		}
	})
	rapid.Check(t, func(r *rapid.T) {
		c := readStack(t, "prod")
		tryPut(c, steps(t, "meet:autoscale.busyHours"), rapid.SliceOfN(entry, 0, 7).Draw(r, "entries"))
		for range 100 {
			env, _, err := load(t, "prod", c)
			if err == nil {
				checkBusyPromises(r, env.Autoscale)
				return
			}
			var wrong *ConfigurationError
			require.ErrorAs(r, err, &wrong)
			c.run(t, wrong.Problems[0].Fix)
		}
		r.Fatal("still refused after 100 fixes")
	})
}

// withBusyHours is a configuration with the busy hours of a text besides its own settings.
func withBusyHours(tb testing.TB, stack, hours string) config {
	tb.Helper()
	c := readStack(tb, stack)
	var list []any
	require.NoError(tb, json.Unmarshal([]byte(hours), &list))
	autoscale, held := c["meet:autoscale"].(map[string]any)
	require.True(tb, held)
	autoscale["busyHours"] = list
	return c
}

// What is written in a stack file is what components are told: times since midnight, and days in the order of the week.
func TestBusyHours(t *testing.T) {
	t.Parallel()
	env, warnings, err := load(t, "prod", withBusyHours(t, "prod", twoBusyHours))
	require.NoError(t, err)
	assert.Empty(t, warnings)
	assert.Equal(t, []BusyHours{
		{
			Name: "mornings", Days: []time.Weekday{time.Monday, time.Friday},
			From: 7*time.Hour + 45*time.Minute, To: 10 * time.Hour, Minimum: 3,
		},
		{Name: "sundays", Days: []time.Weekday{time.Saturday, time.Sunday}, From: 0, To: 24 * time.Hour, Minimum: 2},
	}, env.Autoscale.BusyHours)
}

// Both new numbers can be switched off, and taken to their limits.
func TestStressAndReserve(t *testing.T) {
	t.Parallel()
	for _, want := range [][2]int{{0, 0}, {100, 1000}, {55, 80}} {
		c := readStack(t, "prod")
		put(t, map[string]any(c), steps(t, "meet:autoscale.stressPercent"), want[0])
		put(t, map[string]any(c), steps(t, "meet:autoscale.reservePercent"), want[1])
		env, warnings, err := load(t, "prod", c)
		require.NoError(t, err)
		assert.Empty(t, warnings)
		assert.Equal(t, want, [2]int{env.Autoscale.StressPercent, env.Autoscale.ReservePercent})
	}
}
