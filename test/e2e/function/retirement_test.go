package function

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/decide"
)

// A day's clock drives the deployed reaper through a whole retirement in seconds, with the deployed policy: bridges, Azure and
// the reaper agree on the time. It is killed on the way, the audit explains it, and nobody is cut.
func TestARetirementOnAFastClock(t *testing.T) {
	t.Parallel()
	shown := startClock(t, time.Date(2026, time.March, 4, 5, 0, 0, 0, time.UTC), 60)
	w := newWorld(t, 138, "0 * * * * *", armtest.Settings{Now: shown.Now})
	w.options.Clock = shown
	ctx := context.WithoutCancel(t.Context())
	old, err := w.AddBridge(ctx, "a", 3*time.Hour)
	require.NoError(t, err)
	busy, err := w.AddBridge(ctx, "a", 2*time.Hour)
	require.NoError(t, err)
	_, err = busy.StartConference(5)
	require.NoError(t, err)
	h := w.start(t)
	until(t, h, time.Minute, "the oldest is drained", func(Ticks) bool { return old.Draining() })
	require.NoError(t, h.CrashInTick(t.Context()))
	until(t, h, time.Minute, "the oldest is deleted", func(Ticks) bool { return len(w.Cloud.Deleted()) > 0 })
	after := h.Ticks().Run
	until(t, h, time.Minute, "the books are closed", func(ticks Ticks) bool { return ticks.Run >= after+3 })
	assert.Equal(t, []string{old.Nickname()}, w.Cloud.Deleted())
	assert.False(t, busy.Draining())
	assert.Zero(t, busy.Lost()+old.Lost(), "a conference was cut")

	decisions, err := h.Decisions(t.Context())
	require.NoError(t, err)
	var done []string
	for _, d := range decisions {
		if d.Machine == old.Nickname() && d.Action != "keep" {
			done = append(done, d.Action+" "+string(d.Reason))
		}
	}
	order := []int{slices.Index(done, "drain "+string(decide.IdleAndOldest))}
	// The tick that is killed may be the one that asks for the shutdown, after it has asked and before it has written so: what the
	// audit then lacks is that line.
	if shutdown := slices.Index(done, "shutdown "+string(decide.StillIdle)); shutdown >= 0 {
		order = append(order, shutdown)
	}
	order = append(order, slices.IndexFunc(done, func(text string) bool {
		return text == "delete "+string(decide.Finished) || text == "delete "+string(decide.ProcessGone)
	}))
	assert.True(t, slices.IsSorted(order) && order[0] >= 0, "the audit tells %v", done)
	assert.True(t, slices.ContainsFunc(decisions, func(d Decision) bool { return d.Machine == old.Nickname() && d.Reason == decide.Gone }))
}
