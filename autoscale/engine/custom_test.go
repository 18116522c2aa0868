package engine_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/engine"
	autoscale "jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/gauge"
)

// reserved is what autoscale/render makes of a reserve of 80 % and a stress of 70 %, with busy hours of a minimum of 3.
func reserved(tb require.TestingT) engine.Setting {
	text, err := os.ReadFile("../render/testdata/reserve.golden.json")
	require.NoError(tb, err)
	s, err := engine.Parse(text)
	require.NoError(tb, err)
	return s
}

// measured are idle bridges with another stress and spare capacity; no number means that nothing was published.
func measured(stress, spare []float64) metrics {
	m := idle()
	m[gauge.Stress], m[gauge.Spare] = stress, spare
	return m
}

// The more of the reserve is gone, the more is added at once. A rule about too little is one to scale out like any other.
func TestTheReserve(t *testing.T) {
	t.Parallel()
	s := reserved(t)
	evening := time.Date(2026, 6, 10, 18, 0, 30, 0, time.UTC) // the minimum is 1
	for _, c := range []struct {
		stress, spare float64
		want          int
		reason        string
	}{
		{0.6, 0.8, 5, "no rule asks for a change"},
		{0.7, 0.8, 5, "no rule asks for a change"},
		{0.71, 0.8, 6, "Bridge Stress > 0.7: it is 0.71"},
		{0.6, 0.79, 6, "Spare Bridges < 0.8: it is 0.79"},
		{0.9, 0.5, 6, "Bridge Stress > 0.7: it is 0.9"},
		{0.9, 0.4, 6, "Bridge Stress > 0.7: it is 0.9"},
		{0.9, 0.39, 7, "Spare Bridges < 0.4: it is 0.39"},
		{1, 0, 7, "Spare Bridges < 0.4: it is 0"},
		{1.1, -0.5, 8, "Spare Bridges < 0: it is -0.5"},
	} {
		d, state := s.Evaluate(evening, 5, engine.State{}, measured([]float64{c.stress}, []float64{c.spare}))
		assert.Equal(t, []any{c.want, c.reason}, []any{d.Capacity, d.Reason})
		assert.Equal(t, c.want != 5, state.LastAction.Equal(evening))
	}
	// The latest minute counts for the reserve, the mean of five for the stress.
	begin := evening.Truncate(time.Minute)
	late := history(func(metric string, minute time.Time) []float64 {
		now := minute.Equal(begin.Add(-time.Minute))
		switch {
		case metric == gauge.Spare && now:
			return []float64{0.3}
		case metric == gauge.Stress && now:
			return []float64{1.5}
		}
		return measured([]float64{0.1}, []float64{3})[metric]
	})
	d, _ := s.Evaluate(evening, 5, engine.State{}, late)
	assert.Equal(t, []any{7, "Spare Bridges < 0.4: it is 0.3"}, []any{d.Capacity, d.Reason})
}

// Where the reaper publishes nothing, the metrics of the machines still scale out, and without them nothing is added but what the
// profile has as its minimum. What it publishes again counts at once.
func TestWithoutTheReapersMetrics(t *testing.T) {
	t.Parallel()
	s := reserved(t)
	nothing := measured(nil, nil)
	unread := "no metrics of Bridge Stress, Spare Bridges"
	for moment, minimum := range map[string]int{"2026-06-10T18:00:30Z": 1, "2026-06-10T02:02:30Z": 2, "2026-06-10T06:30:30Z": 3} {
		now := at(t, moment)
		p, found := s.InForce(now)
		require.True(t, found)
		assert.Equal(t, []int{minimum, minimum}, []int{p.Minimum, p.Default}, p.Name)
		acted := engine.State{LastAction: now.Add(-time.Minute), Cooldown: 5 * time.Minute}
		for count := minimum; count <= 14; count++ {
			// Held back by a cooldown, so that the rule that is always true adds nothing.
			d, state := s.Evaluate(now, count, acted, nothing)
			assert.Equal(t, count, d.Capacity, "%s, from %d: %s", moment, count, d.Reason)
			assert.Equal(t, acted, state)
			assert.Equal(t, []string{gauge.Stress, gauge.Spare}, d.Unreadable)
		}
	}
	evening := at(t, "2026-06-10T18:00:30Z")
	d, state := s.Evaluate(evening, 5, engine.State{}, nothing)
	assert.Equal(t, []any{5, unread}, []any{d.Capacity, d.Reason})
	assert.Zero(t, state)
	// Those of the machines are there.
	for _, metric := range []string{autoscale.CPU, autoscale.NetworkIn, autoscale.NetworkOut} {
		loaded := measured(nil, nil)
		loaded[metric] = []float64{1e11}
		d, state := s.Evaluate(evening, 5, engine.State{}, loaded)
		assert.Equal(t, 6, d.Capacity, "%s: %s", metric, d.Reason)
		assert.Equal(t, engine.State{LastAction: evening, Cooldown: 10 * time.Minute}, state)
	}
	// And only the one that cannot be read is missing.
	d, _ = s.Evaluate(evening, 5, engine.State{}, measured(nil, []float64{0.1}))
	assert.Equal(t, []any{7, []string{gauge.Stress}}, []any{d.Capacity, d.Unreadable})
	d, _ = s.Evaluate(evening, 5, engine.State{}, measured([]float64{0.9}, nil))
	assert.Equal(t, []any{6, []string{gauge.Spare}}, []any{d.Capacity, d.Unreadable})
}

// The reaper stops publishing for an hour, people come meanwhile, and with the first minute that it publishes again the shard recovers.
func TestTheReserveRecovers(t *testing.T) {
	t.Parallel()
	s := reserved(t)
	begin := at(t, "2026-06-10T18:00:30Z")
	silent := func(minute time.Time) bool {
		return !minute.Before(begin.Add(10*time.Minute)) && minute.Before(begin.Add(70*time.Minute))
	}
	capacity, state := 2, engine.State{LastAction: begin.Add(-time.Hour), Cooldown: 10 * time.Minute}
	people := func(minute time.Time) float64 { // in bridges
		if minute.Before(begin.Add(30 * time.Minute)) {
			return 0.5
		}
		return 2.5
	}
	when := map[time.Duration]int{}
	for now := begin; now.Before(begin.Add(2 * time.Hour)); now = now.Add(time.Minute) {
		count := float64(capacity)
		m := history(func(metric string, minute time.Time) []float64 {
			switch {
			case metric != gauge.Stress && metric != gauge.Spare:
				return idle()[metric]
			case silent(minute):
				return nil
			case metric == gauge.Stress:
				return []float64{people(minute) / count}
			}
			return []float64{count - people(minute)}
		})
		var d engine.Decision
		d, state = s.Evaluate(now, capacity, state, m)
		if d.Capacity != capacity {
			when[now.Sub(begin)] = d.Capacity
		}
		capacity = d.Capacity
	}
	// Half a bridge too few is below nothing, so three come at once, and they are enough.
	assert.Equal(t, map[time.Duration]int{72 * time.Minute: 5}, when)
}
