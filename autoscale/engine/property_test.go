package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/engine"
)

// drawn are profiles by night and day with rules about two metrics.
func drawn(t *rapid.T) engine.Setting {
	one := func(name, when string) string {
		bounds := rapid.SliceOfN(rapid.IntRange(0, 12), 3, 3).Draw(t, "bounds")
		minimum := min(bounds[0], bounds[1], bounds[2])
		maximum := max(bounds[0], bounds[1], bounds[2])
		var rules []string
		for range rapid.IntRange(0, 4).Draw(t, "rules") {
			text := fmt.Sprintf("%s %s %d %s",
				rapid.SampledFrom([]string{"A", "B"}).Draw(t, "metric"),
				rapid.SampledFrom([]string{">", ">=", "<", "<="}).Draw(t, "operator"),
				rapid.IntRange(0, 100).Draw(t, "threshold"),
				rapid.SampledFrom([]string{"+1", "+3", "+50%", "=5", "-1", "-2", "-50%"}).Draw(t, "change"))
			rules = append(rules, rule(text, "cooldown", fmt.Sprintf("PT%dM", rapid.IntRange(1, 30).Draw(t, "cooldown")),
				"statistic", rapid.SampledFrom([]string{"Average", "Sum", "Max"}).Draw(t, "statistic")))
		}
		return profile(name, minimum, minimum+(maximum-minimum)/2, maximum, when, rules...)
	}
	return setting(t, one("night", weekly(berlin, 4, 0, everyDay()...)), one("day", weekly(berlin, 4, 10, everyDay()...)))
}

// Every run leaves the count in the bounds of its profile; rules act only after the cooldown of the rule that acted last; the
// same gives the same.
func TestRuns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := drawn(t)
		now := time.Date(2026, 3, 29, 1, 50, 0, 0, time.UTC)
		capacity := rapid.IntRange(0, 14).Draw(t, "capacity")
		var state engine.State
		for range 40 {
			now = now.Add(time.Duration(rapid.IntRange(30, 60).Draw(t, "gap")) * time.Second)
			if rapid.IntRange(0, 9).Draw(t, "by hand") == 0 {
				capacity = rapid.IntRange(0, 14).Draw(t, "capacity")
			}
			m := metrics{}
			for _, name := range []string{"A", "B"} {
				if rapid.IntRange(0, 9).Draw(t, "missing") > 0 {
					m[name] = []float64{float64(rapid.IntRange(0, 100).Draw(t, name)), 50}
				}
			}
			p, found := s.InForce(now)
			require.True(t, found)
			d, next := s.Evaluate(now, capacity, state, m)
			again, nextAgain := s.Evaluate(now, capacity, state, m)
			assert.Equal(t, []any{d, next}, []any{again, nextAgain})
			assert.Equal(t, p.Name, d.Profile)
			if d.Capacity < p.Minimum || d.Capacity > p.Maximum {
				t.Fatalf("%d outside %d to %d: %s", d.Capacity, p.Minimum, p.Maximum, d.Reason)
			}
			inside := capacity >= p.Minimum && capacity <= p.Maximum
			toDefault := len(d.Unreadable) > 0 && d.Capacity == p.Default
			byRule := d.Capacity != capacity && inside && len(d.Rules) > 0 && !toDefault
			if byRule && now.Before(state.LastAction.Add(state.Cooldown)) {
				t.Fatalf("%d became %d at %s, %+v: %s", capacity, d.Capacity, now, state, d.Reason)
			}
			if d.Capacity == capacity {
				assert.Equal(t, state, next, d.Reason)
			} else {
				assert.Equal(t, now, next.LastAction, d.Reason)
			}
			if len(m) == 0 && inside {
				assert.GreaterOrEqual(t, d.Capacity, capacity, "without metrics only upwards")
			}
			capacity, state = d.Capacity, next
		}
	})
}
