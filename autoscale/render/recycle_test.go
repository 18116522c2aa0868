package render_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/internal/environment"
)

// idle is what bridges measure at night, below the lowest thresholds.
type idle struct{}

func (idle) Minute(metric string, _ time.Time) ([]float64, bool) {
	values := map[string]float64{
		profile.NetworkIn: 2e5, profile.NetworkOut: 1e5, profile.CPU: 0.9, "Bridge Stress": 0.05, "Spare Bridges": 1e3,
	}
	value, known := values[metric]
	return []float64{value}, known
}

// night is one day of an idle shard, which begins as the window does.
type night struct {
	cfg   environment.Autoscale
	count int
	state engine.State
	// gaps are the times between the engine's runs; the last repeats.
	gaps    []time.Duration
	assumed engine.Assumptions
}

// window is when it begins.
func window() time.Time { return time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC) }

// added is how many machines the night brings.
func (n night) added(tb require.TestingT) int {
	n.cfg.Recycle.Hour, n.cfg.Recycle.Minute, n.cfg.Recycle.TimeZone = 0, 0, "UTC"
	profiles, err := render.Profiles(n.cfg, 12_000)
	require.NoError(tb, err)
	setting := read(tb, profiles).engine.Assume(n.assumed)
	now, count, state := window(), n.count, n.state
	for i := 0; now.Before(window().Add(24 * time.Hour)); i++ {
		var d engine.Decision
		d, state = setting.Evaluate(now, count, state, idle{})
		count = d.Capacity
		now = now.Add(n.gaps[min(i, len(n.gaps)-1)])
	}
	return count - n.count
}

// With a window no longer than the load rules' cooldown the recycle brings exactly one machine whatever the count below the maximum is
// and whichever rule fired last, by either meaning of a cooldown; and none at the maximum. Where something was added less than a
// cooldown before, it may be left out.
func TestOneNightBringsOneMachine(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := night{cfg: configurations(t), assumed: engine.Assumptions{OwnCooldown: rapid.Bool().Draw(t, "own cooldown")}}
		n.cfg.Cooldown = time.Duration(rapid.IntRange(2, 30).Draw(t, "cooldown")) * time.Minute
		n.cfg.Recycle.Window = time.Duration(rapid.IntRange(2, int(n.cfg.Cooldown/time.Minute)).Draw(t, "window")) * time.Minute
		n.count = rapid.IntRange(n.cfg.Minimum, n.cfg.Maximum).Draw(t, "count")
		quiet := time.Duration(rapid.IntRange(1, 7200).Draw(t, "seconds since the last action")) * time.Second
		n.state = engine.State{LastAction: window().Add(-quiet), Cooldown: n.cfg.Cooldown}
		if rapid.Bool().Draw(t, "it was the recycle") {
			n.state.Cooldown = n.cfg.Recycle.Window
		}
		for range 62 { // past the longest window, then once an hour
			n.gaps = append(n.gaps, time.Duration(rapid.IntRange(30, 60).Draw(t, "gap"))*time.Second)
		}
		n.gaps = append(n.gaps, time.Hour)
		want := min(1, n.cfg.Maximum-n.count)
		added := n.added(t)
		if added > want || added < want && quiet >= n.cfg.Cooldown {
			t.Fatalf("%d machines were added to %d of %d", added, n.count, n.cfg.Maximum)
		}
	})
}

// When a night brings two machines instead of one, all from the lowest count: there the raised minimum adds one, and nothing holds
// back the rule of the window.
func TestWhenANightBringsTwoMachines(t *testing.T) {
	t.Parallel()
	long := 10 * time.Minute
	loaded := engine.State{LastAction: window().Add(-20 * time.Hour), Cooldown: 5 * time.Minute}
	for name, c := range map[string]struct {
		window  time.Duration
		state   engine.State
		assumed engine.Assumptions
		want    int
	}{
		"as deployed, after a load rule":                {5 * time.Minute, loaded, engine.Assumptions{}, 1},
		"a window longer than the load rules' cooldown": {long, loaded, engine.Assumptions{}, 2},
		"the same, where each rule has its own":         {long, loaded, engine.Assumptions{OwnCooldown: true}, 1},
		// Azure does not say whether moving the count into its bounds begins a cooldown. If it does not, two come whatever the window.
		"EnforcementIsFree": {5 * time.Minute, loaded, engine.Assumptions{EnforcementIsFree: true}, 2},
		// No rule has fired whose cooldown could count: the first night of a new setting, once.
		"a setting that never fired":                     {5 * time.Minute, engine.State{}, engine.Assumptions{}, 2},
		"a setting that never fired, with own cooldowns": {5 * time.Minute, engine.State{}, engine.Assumptions{OwnCooldown: true}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := usual()
			cfg.Cooldown, cfg.Recycle.Window = 5*time.Minute, c.window
			n := night{cfg: cfg, count: 1, state: c.state, gaps: []time.Duration{45 * time.Second}, assumed: c.assumed}
			assert.Equal(t, c.want, n.added(t))
			// From any other count it is one.
			n.count = 3
			assert.Equal(t, 1, n.added(t))
		})
	}
}

// reservePercent and the stress of a profile's rules, as they are told to Azure.
func TestRulesOfTheBridgesOwnMetrics(t *testing.T) {
	t.Parallel()
	rule := func(metric string, aggregation string, operator profile.Operator, threshold float64, increase int) profile.Rule {
		return profile.Rule{
			Metric: metric, Namespace: "Jitsi Bridges", Statistic: "Average", Grain: 1, Aggregation: aggregation, Window: 5,
			Operator: operator, Threshold: threshold, Increase: increase, Cooldown: 10,
		}
	}
	stress := func(threshold float64) profile.Rule {
		return rule("Bridge Stress", "Average", profile.GreaterThan, threshold, 1)
	}
	spare := func(threshold float64, increase int) profile.Rule {
		return rule("Spare Bridges", "Last", profile.LessThan, threshold, increase)
	}
	for _, c := range []struct {
		stress, reserve int
		want            []profile.Rule
	}{
		{0, 0, []profile.Rule{}},
		{70, 0, []profile.Rule{stress(0.7)}},
		{0, 80, []profile.Rule{spare(0.8, 1), spare(0.4, 2), spare(0, 3)}},
		{100, 250, []profile.Rule{stress(1), spare(2.5, 1), spare(1.25, 2), spare(0, 3)}},
		{1, 1, []profile.Rule{stress(0.01), spare(0.01, 1), spare(0.005, 2), spare(0, 3)}},
	} {
		cfg := usual()
		cfg.StressPercent, cfg.ReservePercent = c.stress, c.reserve
		for i, p := range profiles(t, cfg, 12_000) {
			own := slices.DeleteFunc(slices.Clone(p.Rules), func(r profile.Rule) bool { return r.Namespace == "" })
			assert.Equal(t, c.want, own, p.Name)
			assert.Len(t, p.Rules, len(own)+4-i, p.Name)
		}
	}
}
