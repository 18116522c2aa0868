package azure_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/functions/reaper/metricstest"
	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/azure/load"
)

// ruled is a setting of one profile, 1 to 5 bridges, whose rules each add one: "metric aggregation operator threshold", a word each but
// for the metric. The cooldown is longer than a bridge takes to come up and to show in what is published: a shorter one adds two.
func ruled(rules ...string) []byte {
	var all []string
	for _, given := range rules {
		words := strings.Fields(given)
		n := len(words) - 3
		metric, namespace := strings.Join(words[:n], " "), ""
		if metric == gauge.Stress || metric == gauge.Spare {
			namespace = gauge.Namespace
		}
		all = append(all, fmt.Sprintf(`{"metricTrigger":{"metricName":%q,"metricNamespace":%q,"timeGrain":"PT1M","statistic":"Average",
			"timeWindow":"PT5M","timeAggregation":%q,"operator":%q,"threshold":%s},
			"scaleAction":{"direction":"Increase","type":"ChangeCount","value":"1","cooldown":"PT10M"}}`,
			metric, namespace, words[n], words[n+1], words[n+2]))
	}
	return fmt.Appendf(nil, `{"enabled":true,"profiles":[{"name":"always","capacity":{"minimum":"1","default":"1","maximum":"5"},
		"rules":[%s]}]}`, strings.Join(all, ","))
}

// What the reaper publishes of a bridge's stress has the engine add one, long before its processor would.
func TestPublishedStressAddsABridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 1, 5, ruled(gauge.Stress+" Average GreaterThan 0.6", "Percentage CPU Average GreaterThan 95"))
		jicofo := bridgetest.NewJicofo()
		w.alive(20*time.Minute, jicofo)
		assert.Equal(t, "0 serving", w.states())
		_, err := w.bridge(0).StartConference(130)
		require.NoError(t, err)
		w.alive(20*time.Minute, jicofo)
		assert.Equal(t, "0 serving, 1 serving", w.states(), "%q", w.story(azure.Scaled))
		told := w.story(azure.Scaled)
		require.Len(t, told, 1)
		assert.Contains(t, told[0], "Bridge Stress > 0.6: it is 0.6")

		// What was published is what the bridges say, and that is what the load is.
		value, found := w.Store().Minute(setID, gauge.Stress, w.clock.Now().Add(-2*time.Minute))
		require.True(t, found)
		assert.Equal(t, 2, value.Count)
		assert.InDelta(t, load.Stress(130), value.Max, 0.005)
		assert.InDelta(t, load.Stress(0), value.Min, 0.005)
	})
}

// A reserve that is not there is made, and once it is there nothing more comes.
func TestPublishedSpareAddsABridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 1, 5, ruled(gauge.Spare+" Last LessThan 1", "Percentage CPU Average GreaterThan 70"))
		w.alive(30*time.Minute, bridgetest.NewJicofo())
		assert.Equal(t, "0 serving, 1 serving", w.states())
		// The first look is five seconds after the full hour, and its minute is known a minute after its end.
		assert.Equal(t, []string{"08:02:15 scaled  Spare Bridges < 1: it is 0.98"}, w.story(azure.Scaled))
		value, found := w.Store().Minute(setID, gauge.Spare, w.clock.Now().Add(-2*time.Minute))
		require.True(t, found)
		assert.Equal(t, 1, value.Count)
		// The reaper looks once a minute.
		assert.Equal(t, 30, w.Published("a", w.clock.Now().Add(-30*time.Minute), w.clock.Now()))
		assert.Zero(t, w.Published("b", w.clock.Now().Add(-30*time.Minute), w.clock.Now()))
		assert.InDelta(t, 2*(1-load.Stress(0)), value.Sum, 0.01)
	})
}

// A reaper that has stopped publishing takes no rule but its own away.
func TestNothingIsPublishedForLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T08:00:00Z", 1, 5, ruled(gauge.Stress+" Average GreaterThan 0.5", gauge.Spare+" Last LessThan 0.9",
			"Percentage CPU Average GreaterThan 70"))
		w.alive(10*time.Minute, bridgetest.NewJicofo())
		assert.Empty(t, w.story(azure.Scaled))
		w.pass(time.Hour)
		conference, err := w.bridge(0).StartConference(130)
		require.NoError(t, err)
		w.pass(time.Hour)
		assert.Equal(t, "0 serving", w.states(), "nobody published the stress: %q", w.story(azure.Scaled))
		require.NoError(t, w.bridge(0).SetConference(conference, bridgetest.Conference{Local: 220}))
		w.pass(20 * time.Minute)
		assert.Equal(t, "0 serving, 1 serving", w.states())
		told := w.story(azure.Scaled)
		require.Len(t, told, 1)
		assert.Contains(t, told[0], "Percentage CPU > 70")
	})
}

// Whatever was published, the samples have its mean, number and bounds.
func TestAPublishedValueApart(t *testing.T) {
	t.Parallel()
	assert.Empty(t, azure.Apart(metricstest.Value{}))
	rapid.Check(t, func(t *rapid.T) {
		given := rapid.SliceOfN(rapid.Float64Range(0, 1.2), 1, 20).Draw(t, "stress")
		value := metricstest.Value{Min: slices.Min(given), Max: slices.Max(given), Count: len(given)}
		for _, v := range given {
			value.Sum += v
		}
		samples := azure.Apart(value)
		sum := 0.0
		for _, v := range samples {
			sum += v
		}
		require.Len(t, samples, len(given))
		require.InDelta(t, value.Sum, sum, 1e-9)
		require.InDelta(t, value.Min, slices.Min(samples), 1e-9)
		require.InDelta(t, value.Max, slices.Max(samples), 1e-9)
	})
}
