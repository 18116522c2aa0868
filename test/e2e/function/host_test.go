package function

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/gauge"
)

// The deployed package is called every second, drains the oldest idle bridge, is killed in the middle of a run and goes on,
// and everything is in its audit and its log.
func TestADeployedPackageIsCalledAndKilledAndGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 131, "* * * * * *", armtest.Settings{Latency: 50 * time.Millisecond})
	ctx := context.WithoutCancel(t.Context())
	old, err := w.AddBridge(ctx, "a", 3*time.Hour)
	require.NoError(t, err)
	_, err = w.AddBridge(ctx, "a", 2*time.Hour)
	require.NoError(t, err)
	h := w.start(t)
	first := h.current()
	until(t, h, time.Minute, "two runs", func(ticks Ticks) bool { return ticks.Run >= 2 })
	assert.True(t, old.Draining(), "the oldest bridge is not drained\n%s", h.written())
	assert.Zero(t, h.Ticks().Failed, "%s", h.written())

	// One bridge is drained, so that one counts.
	spare, published := w.Metrics.Minute(w.Settings.Targets[0].ScaleSetID, gauge.Spare, time.Now())
	if !published {
		spare, published = w.Metrics.Minute(w.Settings.Targets[0].ScaleSetID, gauge.Spare, time.Now().Add(-time.Minute))
	}
	require.True(t, published, "nothing was published\n%s", h.written())
	assert.InDelta(t, 1, spare.Min, 0.01)

	require.NoError(t, h.CrashInTick(t.Context()))
	until(t, h, time.Minute, "the handler is started again and runs", func(ticks Ticks) bool { return ticks.Crashes == 1 && ticks.Run >= 5 })
	assert.Equal(t, 1, h.Ticks().Failed, "runs failed other than the one in which the handler was killed\n%s", h.written())
	assert.NotEqual(t, first.url, h.current().url)
	before := h.Ticks().Run
	h.Crash()
	until(t, h, time.Minute, "the handler is started again", func(ticks Ticks) bool { return ticks.Crashes == 2 && ticks.Run > before })

	decisions, err := h.Decisions(t.Context())
	require.NoError(t, err)
	drain := slices.IndexFunc(decisions, func(d Decision) bool { return d.Action == "drain" })
	require.GreaterOrEqual(t, drain, 0, "%+v", decisions)
	d := decisions[drain]
	assert.Equal(t, old.Nickname(), d.Machine)
	assert.Equal(t, decide.IdleAndOldest, d.Reason)
	assert.Equal(t, decide.CauseRule, d.Cause)
	assert.Equal(t, "a", d.Shard)
	assert.Equal(t, "test", d.Environment)
	assert.Equal(t, "1.0.0", d.Image)
	assert.Equal(t, 2, d.Capacity.Healthy)
	assert.Equal(t, 1, d.Capacity.Floor)
	assert.Equal(t, 0, d.Load.Conferences)
	assert.InDelta(t, (3 * time.Hour).Seconds(), d.Load.UptimeSeconds, 120)
	assert.True(t, slices.IsSortedFunc(decisions, func(a, b Decision) int { return a.When.Compare(b.When) }))

	beats := 0
	for _, line := range h.Logs() {
		assert.NotEmpty(t, line.Level, "unstructured: %s", line.Text)
		if line.Message == "heartbeat" {
			beats++
			assert.Equal(t, "test", line.Fields["environment"])
		}
	}
	assert.GreaterOrEqual(t, beats, h.Ticks().Run-h.Ticks().Failed-1)
}

// A run that takes longer than a minute on the clock is followed at once by the one that came due meanwhile, and by no other.
func TestRunsThatTakeTooLongOnAFastClock(t *testing.T) {
	t.Parallel()
	// A minute on the clock is half a second, and a run takes more than two of them.
	w := newWorld(t, 132, "0 * * * * *", armtest.Settings{Latency: 1200 * time.Millisecond})
	_, err := w.AddBridge(context.WithoutCancel(t.Context()), "a", 3*time.Hour)
	require.NoError(t, err)
	morning := time.Date(2026, time.March, 4, 5, 0, 30, 0, time.UTC)
	w.options.Clock = startClock(t, morning, 120)
	h := w.start(t)
	until(t, h, time.Minute, "three runs", func(ticks Ticks) bool { return ticks.Run >= 3 })
	ticks, now := h.Ticks(), w.options.Clock.Now()
	assert.GreaterOrEqual(t, ticks.Late, 1)
	assert.GreaterOrEqual(t, ticks.Missed, ticks.Late, "each run leaves out at least one")
	assert.LessOrEqual(t, ticks.Run+ticks.Missed, int(now.Sub(morning)/time.Minute)+1, "more runs than occasions")
	assert.Greater(t, ticks.Longest, time.Second, "the longest run is told in real time")

	for _, line := range h.Logs() {
		assert.False(t, line.At.Before(morning) || line.At.After(w.options.Clock.Now()), "not on the clock: %s", line.Text)
		if line.Message == "heartbeat" {
			assert.Equal(t, false, line.Fields["past_due"], "only a timer that starts is past due")
		}
	}
	decisions, err := h.Decisions(t.Context())
	require.NoError(t, err)
	require.NotEmpty(t, decisions)
	for _, d := range decisions {
		assert.False(t, d.When.Before(morning) || d.When.After(w.options.Clock.Now()), "decided at %s", d.When)
		assert.Equal(t, decide.Stale, d.Reason, "the bridge goes by another clock")
	}
}

// Closing a host leaves nothing behind that answers.
func TestAClosedHostIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 133, "0 0 0 1 1 *", armtest.Settings{})
	w.options.Package = deployedPackage(t)
	h, err := Start(t.Context(), w.options)
	require.NoError(t, err)
	handler, tables := h.current(), h.azurite.Endpoint("")
	require.NoError(t, h.Close())
	assert.True(t, handler.gone())
	last := h.Logs()[len(h.Logs())-1]
	assert.Equal(t, "stopped", last.Message, "it was not asked to end")
	for _, address := range []string{handler.url, tables} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		if assert.Error(t, err, address) {
			continue
		}
		response.Body.Close()
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, h.CrashInTick(ctx), context.DeadlineExceeded)
}

func TestAHandlerThatEndsAtOnceSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 134, "* * * * * *", armtest.Settings{})
	w.options.Package = deployedPackage(t)
	// Nothing that the host itself looks at; the reaper does.
	for i, pair := range w.options.Environ {
		if name := settingName(pair); name == "REAPER_PROFILES" {
			w.options.Environ[i] = name + `=[{"version":2,"profiles":[]}]`
		}
	}
	_, err := Start(t.Context(), w.options)
	require.ErrorIs(t, err, errEnded)
	assert.ErrorContains(t, err, "reading autoscale profiles")
}

func TestWhatIsNotDeployedSoIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 135, "* * * * * *", armtest.Settings{})
	for name, c := range map[string]struct {
		change func(*Options)
		want   string
	}{
		"no package":     {func(o *Options) { o.Package = nil }, "the package is no zip file"},
		"no schedule":    {func(o *Options) { o.Environ = nil }, "REAPER_SCHEDULE, which the function's timer goes by"},
		"no certificate": {func(o *Options) { o.ResourceManagerCertificate = filepath.Join(t.TempDir(), "x") }, "the certificate of the resource manager"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := w.options
			o.Package, o.Folder = zipped(t, goodFiles()), t.TempDir()
			c.change(&o)
			_, err := Start(t.Context(), o)
			require.ErrorContains(t, err, c.want)
			_, err = os.Stat(o.ResourceManagerCertificate)
			assert.True(t, err == nil || name == "no certificate")
		})
	}
}
