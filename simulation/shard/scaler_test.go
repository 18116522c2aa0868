package shard

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/engine"
)

// busy is a setting with a minimum, and a rule that fires as soon as a bridge does anything, with a cooldown in minutes.
func busy(tb testing.TB, minimum, cooldown int) engine.Setting {
	tb.Helper()
	text := fmt.Sprintf(`{"enabled":true,"profiles":[{"name":"all day","capacity":{"minimum":"%d","maximum":"9","default":"%d"},"rules":[{
		"metricTrigger":{"metricName":"Percentage CPU","timeGrain":"PT1M","statistic":"Max","timeWindow":"PT5M","timeAggregation":"Last",
			"operator":"GreaterThan","threshold":30},
		"scaleAction":{"direction":"Increase","type":"ChangeCount","value":"1","cooldown":"PT%dM"}}]}]}`, minimum, minimum, cooldown)
	setting, err := engine.Parse([]byte(text))
	require.NoError(tb, err)
	return setting
}

// Azure's engine remembers from run to run, sees what is there, and sees the metrics as late as they come.
func TestAzureRemembersItsLastAction(t *testing.T) {
	t.Parallel()
	// From 0:10 on the bridge is busy, and half an hour long.
	in := input(t, a(time.Hour, group(half, 0, 10*time.Minute, 40*time.Minute, true)...), 1)
	in.Scaler = NewAzure(busy(t, 1, 12), in.Model, midnight())
	assert.Equal(t, in.Model.EngineRun, in.Scaler.Every())
	added := of(ran(t, in).Events, Added)
	require.Len(t, added, 3)
	// A whole minute, the delay, and up to a run of the engine.
	first := 11*time.Minute + in.Model.HostDelay
	assert.GreaterOrEqual(t, added[0], first)
	assert.LessOrEqual(t, added[0], first+2*in.Model.EngineRun.Most)
	for i := range 2 {
		assert.GreaterOrEqual(t, added[i+1]-added[i], 12*time.Minute, "the cooldown")
		assert.LessOrEqual(t, added[i+1]-added[i], 12*time.Minute+2*in.Model.EngineRun.Most)
	}
}

// A count that is lifted to the minimum in the first minute begins the cooldown that a rule of the day before had.
func TestAzureBeginsAsAfterADay(t *testing.T) {
	t.Parallel()
	in := input(t, a(time.Hour, group(half, 0, 0, time.Hour, true)...), 1)
	in.Scaler = NewAzure(busy(t, 2, 60), in.Model, midnight())
	added := of(ran(t, in).Events, Added)
	require.Len(t, added, 2)
	assert.LessOrEqual(t, added[0], in.Model.EngineRun.Most, "the minimum waits for nothing")
	assert.GreaterOrEqual(t, added[1]-added[0], usualCooldown)
	assert.LessOrEqual(t, added[1]-added[0], usualCooldown+2*in.Model.EngineRun.Most)
}
