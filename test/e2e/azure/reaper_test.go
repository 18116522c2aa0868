package azure_test

import (
	"log/slog"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/metricstest"
	"jitsi-meet-azure/functions/reaper/probe"
	"jitsi-meet-azure/functions/reaper/publish"
	"jitsi-meet-azure/functions/reaper/remember"
	"jitsi-meet-azure/functions/reaper/tick"
	"jitsi-meet-azure/test/e2e/azure"
)

// alive lets the reaper tick and publish every minute on the clock over a time. A new bridge is taken into the network as it comes up.
func (w *world) alive(how time.Duration, jicofo *bridgetest.Jicofo) {
	w.Helper()
	network := bridgetest.NewNetwork(0)
	network.Connect(netip.MustParseAddrPort("127.40.1.10:8888"), jicofo)
	calendar, err := profile.ParseCalendar(usual(w.T))
	require.NoError(w, err)
	gauges, err := publish.New(metricstest.Credential{}, "https://westeurope.monitoring.azure.com", w.Store())
	require.NoError(w, err)
	reaper := &tick.Reaper{
		Gauges: gauges,
		Azure:  w.reaper(), Bridges: probe.New(probe.Options{Transport: network}), Store: remember.NewVolatile(),
		Shards: []tick.Shard{{Name: "a", ScaleSetID: setID, Jicofo: "http://127.40.1.10:8888", Calendar: calendar}},
		Policy: decide.Default(), Retention: 24 * time.Hour, Environment: "test", Actor: "test", Log: slog.New(slog.DiscardHandler),
		Now: w.clock.Now,
	}
	// A machine without a bridge yet refuses at once, as it does over sockets: it would take minutes on the clock to find it silent.
	refuses := bridgetest.New(bridgetest.Settings{Nickname: "none", Now: w.clock.Now, Starts: w.clock.Now().Add(1000 * time.Hour)})
	known := map[*bridgetest.Bridge]bool{}
	for ends := w.clock.Now().Add(how); w.clock.Now().Before(ends); w.pass(time.Minute) {
		machines, err := w.reaper().Fleet(w.Context(), setID)
		require.NoError(w, err)
		for _, m := range machines {
			w.local.mu.Lock()
			bridge := w.bridges[m.ID]
			w.local.mu.Unlock()
			if bridge == nil {
				network.Connect(netip.AddrPortFrom(m.Address, 8080), refuses)
			} else if !known[bridge] {
				known[bridge] = true
				network.Connect(netip.AddrPortFrom(m.Address, 8080), bridge)
				jicofo.Add(bridge)
			}
		}
		_, err = reaper.Tick(w.Context(), "test")
		require.NoError(w, err)
	}
}

// Azure and the reaper together over a night: every machine is of the newest image afterwards, but for the one that served a
// conference throughout, and nothing was cut.
func TestANightWithTheReaper(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := play(t, "2026-06-10T00:00:00Z", 2, 14, usual(t))
		w.local.set(14, "1.1.0")
		jicofo := bridgetest.NewJicofo()
		_, err := w.bridge(1).StartConference(7)
		require.NoError(t, err)
		busy := w.bridge(1)
		w.alive(4*time.Hour, jicofo)
		fleet := w.Fleet("a")
		var images []string
		for _, m := range fleet {
			if m.State != azure.Deleted {
				images = append(images, m.Image+" "+string(m.State))
			}
		}
		// The first night brings two: no rule has fired before, so that no cooldown follows the raised minimum.
		assert.Equal(t, []string{"1.0.0 draining", "1.1.0 serving", "1.1.0 serving"}, images, "%q", w.story(azure.Scaled, azure.Reaped))
		assert.Equal(t, azure.Deleted, fleet[0].State)
		assert.Zero(t, busy.Lost())
		_, participants := busy.Load()
		assert.Equal(t, 7, participants)
		assert.Empty(t, w.story(azure.Trouble, azure.Removed, azure.Refused))
		assert.Empty(t, w.Violations())
	})
}
