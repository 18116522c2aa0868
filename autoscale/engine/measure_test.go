package engine_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/engine"
)

// value is what a rule about "M" sees; it is compared so that the rule is true of any value.
func value(t *testing.T, now time.Time, capacity int, assumed engine.Assumptions, h history, more ...string) (float64, bool) {
	t.Helper()
	s := setting(t, profile("p", 0, 0, 100, "", rule("M != -12345 +1", more...))).Assume(assumed)
	d, _ := s.Evaluate(now, capacity, engine.State{}, h)
	if len(d.Rules) == 0 {
		return 0, false
	}
	return d.Rules[0].Value, true
}

func TestStatisticsAndAggregations(t *testing.T) {
	t.Parallel()
	// At 12:00:30 the window is 11:55 to 11:59. Two instances at 1, 2, 3, 4 and 5, with a third at 100 in the last minute.
	h := history(func(_ string, minute time.Time) []float64 {
		i := float64(minute.Sub(noon().Truncate(time.Minute))/time.Minute) + 6
		if i < 1 || i > 5 {
			return []float64{1e9}
		}
		if i == 5 {
			return []float64{i, i, 100}
		}
		return []float64{i, i}
	})
	for name, c := range map[string]struct {
		more []string
		want float64
	}{
		"average of averages": {nil, (1 + 2 + 3 + 4 + 110.0/3) / 5},
		// autoscale-best-practices, "Choose the appropriate statistic and time aggregation"
		"highest average": {[]string{"timeAggregation", "Maximum"}, 110.0 / 3},
		"lowest average":  {[]string{"timeAggregation", "Minimum"}, 1},
		"last average":    {[]string{"timeAggregation", "Last"}, 110.0 / 3},
		"total of sums":   {[]string{"statistic", "Sum", "timeAggregation", "Total"}, 2 + 4 + 6 + 8 + 110},
		"average of sums": {[]string{"statistic", "Sum"}, 130.0 / 5},
		"per instance":    {[]string{"statistic", "Sum", "dividePerInstance", "true"}, 130.0 / 5 / 4},
		"busiest":         {[]string{"statistic", "Max", "timeAggregation", "Maximum"}, 100},
		"least":           {[]string{"statistic", "Min", "timeAggregation", "Total"}, 15},
		"samples":         {[]string{"statistic", "Count", "timeAggregation", "Total"}, 11},
		"grains":          {[]string{"timeAggregation", "Count"}, 5},
		"one grain of 5":  {[]string{"timeGrain", "PT5M"}, 130.0 / 11},
		"grains of two":   {[]string{"timeGrain", "PT2M", "timeWindow", "PT6M"}, ((1e9+2)/3 + 2.5 + 118.0/5) / 3}, // 11:54 and 11:55 are one
	} {
		got, readable := value(t, noon(), 4, engine.Assumptions{}, h, c.more...)
		require.True(t, readable, name)
		assert.InDelta(t, c.want, got, c.want*1e-12, name)
	}
}

func TestWhatIsMissingIsNotCounted(t *testing.T) {
	t.Parallel()
	h := history(func(_ string, minute time.Time) []float64 {
		switch minute.Minute() {
		case 57:
			return []float64{4, math.NaN(), math.Inf(1)}
		case 58:
			return []float64{}
		case 59:
			return []float64{8}
		default:
			return nil
		}
	})
	got, readable := value(t, noon(), 1, engine.Assumptions{}, h)
	assert.True(t, readable)
	assert.InDelta(t, 6.0, got, 0)
	// At 12:00:30 a minute that is collected half a minute after its end is there, and with a second more it is not.
	got, readable = value(t, noon(), 1, engine.Assumptions{Delay: 30 * time.Second}, h)
	assert.True(t, readable)
	assert.InDelta(t, 6.0, got, 0)
	got, readable = value(t, noon(), 1, engine.Assumptions{Delay: 31 * time.Second}, h)
	assert.True(t, readable)
	assert.InDelta(t, 4.0, got, 0)
	_, readable = value(t, noon(), 1, engine.Assumptions{Delay: 5 * time.Minute}, h)
	assert.False(t, readable, "a window that is no longer than the delay")
	_, readable = value(t, noon(), 0, engine.Assumptions{}, h, "dividePerInstance", "true")
	assert.False(t, readable, "divided among nobody")
}

func TestOperatorsAndActions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"M > 5 +2": 10, "M > 4 +2": 12, "M >= 5 +2": 12, "M >= 6 +2": 10, "M = 5 +2": 12, "M = 6 +2": 10, "M != 5 +2": 10, "M != 6 +2": 12,
		"M < 5 -2": 10, "M < 6 -2": 8, "M <= 5 -2": 8, "M <= 4 -2": 10,
		"M > 4 +21%": 13, "M > 4 =15": 15, "M > 4 =5": 10, "M > 4 =99": 20, "M > 4 +0": 10, "M < 6 -90%": 2,
	} {
		s := setting(t, profile("p", 2, 2, 20, "", rule(text)))
		d, _ := s.Evaluate(noon(), 10, engine.State{}, metrics{"M": {5}})
		assert.Equal(t, want, d.Capacity, "%s: %s", text, d.Reason)
	}
	s := setting(t, profile("p", 2, 2, 20, "", rule("M > 4 +2", "direction", "None"), rule("M < 6 =5", "direction", "Decrease")))
	d, _ := s.Evaluate(noon(), 10, engine.State{}, metrics{"M": {5}})
	assert.Equal(t, 5, d.Capacity, d.Reason)
	assert.Equal(t, []engine.Fired{{Rule: "M < 6", Value: 5, Capacity: 5}}, d.Rules)
}
