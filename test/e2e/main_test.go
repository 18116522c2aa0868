package main

import (
	"io"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	changes := map[string]any{}
	for _, text := range []string{"autoscale.reservePercent=80", "autoscale.recycle.time=03:30", "jitsi.imageTag=a=b", "reaper.schedule="} {
		require.NoError(t, setting(changes, text))
	}
	assert.Equal(t, map[string]any{
		"autoscale.reservePercent": 80, "autoscale.recycle.time": "03:30", "jitsi.imageTag": "a=b", "reaper.schedule": "",
	}, changes)
	for _, text := range []string{"", "autoscale", "=80"} {
		require.ErrorContains(t, setting(changes, text), "is not path=value")
	}
	assert.Len(t, changes, 4)
}

func TestWhatTheCommandRefuses(t *testing.T) {
	t.Parallel()
	assert.Equal(t, exitUsage, run(t.Context(), []string{"-set", "nothing"}, io.Discard, io.Discard))
	assert.Equal(t, 1, run(t.Context(), []string{"-day", "tomorrow"}, io.Discard, io.Discard))
}
