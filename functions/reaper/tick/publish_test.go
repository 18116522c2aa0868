package tick_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/functions/reaper/metricstest"
	"jitsi-meet-azure/functions/reaper/publish"
	"jitsi-meet-azure/functions/reaper/tick"
)

// published is one call.
type published struct {
	scaleSet string
	at       time.Time
	stress   []float64
	drained  bool // whether the bridge that is to be retired was drained already
}

// notes are gauges that note what they are told.
type notes struct {
	told []published
	err  error
	old  *member
}

func (n *notes) Publish(_ context.Context, scaleSetID string, at time.Time, stress []float64) error {
	n.told = append(n.told, published{scaleSetID, at, stress, n.old != nil && n.old.bridge.Draining()})
	return n.err
}

// pair is a shard with two idle bridges, of which the older is to be retired, and a reaper that publishes.
func pair(t *testing.T, gauges tick.Gauges) (p *play, old *member, reaper *tick.Reaper, log *bytes.Buffer) {
	t.Helper()
	<-time.After(time.Until(opening.Add(time.Hour))) // the minimum is not raised before tomorrow
	p = newPlay(t, 1, 0)
	old, _ = p.add(3*time.Hour), p.add(2*time.Hour)
	p.step()
	reaper = p.reaper(-1, 0)
	log = &bytes.Buffer{}
	reaper.Gauges, reaper.Log = gauges, slog.New(slog.NewTextHandler(log, nil))
	return p, old, reaper, log
}

func TestATickPublishesOnceAfterActing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &notes{}
		_, old, reaper, _ := pair(t, n)
		n.old = old
		outcomes, err := reaper.Tick(t.Context(), "test")
		require.NoError(t, err)
		require.Len(t, n.told, 1)
		told := n.told[0]
		assert.Equal(t, scaleSet, told.scaleSet)
		assert.Equal(t, outcomes[0].Plan.Stress, told.stress)
		assert.Len(t, told.stress, 1, "the bridge that is to be retired counts")
		assert.True(t, told.drained, "it was published before acting")
		assert.Less(t, time.Since(told.at), 30*time.Second)
	})
}

// In every mode but that which writes nothing. A dry run counts the bridge that it would drain.
func TestModesThatPublish(t *testing.T) {
	t.Parallel()
	for mode, want := range map[tick.Mode]int{tick.Act: 1, tick.DryRun: 1, tick.Look: 0} {
		synctest.Test(t, func(t *testing.T) {
			n := &notes{}
			_, old, reaper, _ := pair(t, n)
			reaper.Mode = mode
			_, err := reaper.Tick(t.Context(), "test")
			require.NoError(t, err)
			require.Len(t, n.told, want)
			if want > 0 {
				assert.Len(t, n.told[0].stress, map[tick.Mode]int{tick.Act: 1, tick.DryRun: 2}[mode])
			}
			assert.Equal(t, mode == tick.Act, old.bridge.Draining())
		})
	}
}

// Nothing is said about a shard that was not looked at, nor where no bridge says its stress: a zero would be a number.
func TestWhatIsNotKnownIsNotPublished(t *testing.T) {
	t.Parallel()
	for name, disturb := range map[string]func(*play){
		"no list": func(p *play) {
			p.cloud.Break(armtest.ListMachines, armtest.Fault{Kind: armtest.Refuse, Status: http.StatusForbidden, Code: "AuthorizationFailed"})
		},
		"silent bridges": func(p *play) {
			for _, m := range p.members {
				m.bridge.Break("", bridgetest.Fault{Kind: bridgetest.Hang})
			}
		},
		"machines that are switched off": func(p *play) {
			for _, m := range p.members {
				p.cloud.Update(m.machine.VMID, func(m *armtest.Machine) { m.Power = "stopped" })
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := &notes{}
				p, _, reaper, _ := pair(t, n)
				disturb(p)
				_, _ = reaper.Tick(t.Context(), "test")
				assert.Empty(t, n.told)
			})
		})
	}
}

// Whatever becomes of publishing, the retirement goes on as without it, in time, and the tick is a success with a warning.
func TestFaultsOfPublishingAreAWarning(t *testing.T) {
	t.Parallel()
	status := func(code int) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(code) })
	}
	for name, broken := range map[string]http.Handler{
		"forbidden": status(http.StatusForbidden),
		"throttled": status(http.StatusTooManyRequests),
		"hangs":     http.HandlerFunc(func(_ http.ResponseWriter, request *http.Request) { <-request.Context().Done() }),
		"garbage": http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) {
			_, _ = out.Write([]byte("<html>"))
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := metricstest.New(nil)
				store.Break(broken)
				azure, err := publish.New(metricstest.Credential{}, "https://westeurope.monitoring.azure.com", store)
				require.NoError(t, err)
				p, old, reaper, log := pair(t, azure)
				began := time.Now()
				outcomes, err := reaper.Tick(t.Context(), "test")
				require.NoError(t, err)
				assert.Less(t, time.Since(began), 10*time.Second)
				require.NoError(t, outcomes[0].Err)
				assert.True(t, old.bridge.Draining(), "nothing was done")
				assert.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log)
				assert.Contains(t, log.String(), "the stress of the bridges was not published")
				assert.Empty(t, p.judge())
				store.Break(nil)
				_, err = reaper.Tick(t.Context(), "test")
				require.NoError(t, err)
				value, found := store.Minute(scaleSet, gauge.Spare, time.Now())
				assert.True(t, found)
				assert.Equal(t, 1, value.Count)
			})
		})
	}
}

func TestAnErrorOfTheGaugesIsNoErrorOfTheTick(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, _, reaper, log := pair(t, &notes{err: errors.New("no room")})
		_, err := reaper.Tick(t.Context(), "test")
		require.NoError(t, err)
		assert.Contains(t, log.String(), "no room")
	})
}

// With a reserve of more than the younger bridge has left the older one stays, and both are published.
func TestTheReserveKeepsABridge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		n := &notes{}
		_, old, reaper, _ := pair(t, n)
		reaper.Policy.Reserve = 1.5
		outcomes, err := reaper.Tick(t.Context(), "test")
		require.NoError(t, err)
		assert.False(t, old.bridge.Draining())
		assert.Len(t, n.told[0].stress, 2)
		reasons := map[string]decide.Reason{}
		for _, verdict := range outcomes[0].Plan.Verdicts {
			reasons[verdict.Machine.ID] = verdict.Reason
		}
		assert.Equal(t, decide.WarmReserve, reasons[old.machine.VMID])
	})
}
