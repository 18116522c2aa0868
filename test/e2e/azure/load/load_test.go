package load_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/test/e2e/azure/load"
)

func TestABridgeFillsUp(t *testing.T) {
	t.Parallel()
	for _, quiet := range []load.Sample{load.Of(0), load.Booting()} {
		assert.Less(t, quiet.Out, float64(fleet.LittleTraffic), "the reaper would take it for a meeting")
		assert.Positive(t, quiet.Out)
		assert.Less(t, quiet.CPU, 70.0)
	}
	assert.Greater(t, load.Of(1).Out, 4*float64(fleet.LittleTraffic), "a quarter of a minute of one person is a meeting")
	for n := range load.Full {
		less, more := load.Of(n), load.Of(n+1)
		assert.True(t, less.CPU < more.CPU && less.In < more.In && less.Out < more.Out && more.In < more.Out, n)
	}
	full := load.Of(load.Full)
	assert.InDelta(t, 100.0, full.CPU, 1e-9)
	assert.Equal(t, full, load.Of(load.Full+1))
	assert.Equal(t, load.Of(0), load.Of(-1))
	assert.Less(t, full.Out, 63e9/5, "the network's rule is far from firing: the processor is full first")
	assert.InDelta(t, 0.85e9, load.Of(200).Out*8/60, 0.01e9)
}

// Stress and processor load are two words for one thing: a rule on either sees the same bridge.
func TestStressIsTheProcessorLoad(t *testing.T) {
	t.Parallel()
	assert.InDelta(t, 0.022, load.Stress(0), 0.001)
	assert.InDelta(t, 1.0, load.Stress(202), 0.001)
	assert.InDelta(t, 1.11, load.Stress(load.Full), 0.002, "no more than all processors can be busy")
	assert.InDelta(t, load.Of(100).CPU/90, load.Stress(100), 1e-12)
}

func TestMean(t *testing.T) {
	t.Parallel()
	assert.Zero(t, load.Mean(nil))
	assert.Equal(t, load.Sample{CPU: 2, In: 3, Out: 4}, load.Mean([]load.Sample{{1, 2, 3}, {3, 4, 5}}))
}
