package function

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/pack"
	"jitsi-meet-azure/functions/reaper/appservicetest"
	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/functions/reaper/standin"
	"jitsi-meet-azure/internal/clock"
)

// root is the project's folder.
const root = "../../.."

// built is the package as a deployment makes it, made once for all tests.
var built = sync.OnceValues(func() ([]byte, error) {
	made, err := pack.Build(context.Background(), root)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(made.Path)
})

// deployedPackage is that package.
func deployedPackage(tb testing.TB) []byte {
	tb.Helper()
	content, err := built()
	require.NoError(tb, err)
	return content
}

// world is what a host runs in, and what would be deployed in it.
type world struct {
	*standin.World
	options Options
}

// newWorld makes a world of shards a and b, with addresses of its own, and the options of a host in it.
func newWorld(tb testing.TB, network byte, schedule string, azure armtest.Settings) *world {
	tb.Helper()
	nothing := filepath.Join(tb.TempDir(), "none.pem")
	require.NoError(tb, os.WriteFile(nothing, nil, 0o600))
	// The host starts an Azurite of its own.
	played, err := standin.New(&azuritetest.Server{CertificateFile: nothing}, azuritetest.Account, network, azure)
	require.NoError(tb, err)
	tb.Cleanup(played.Close)
	for _, shard := range []string{"a", "b"} {
		require.NoError(tb, played.AddShard(context.WithoutCancel(tb.Context()), shard))
	}
	w := &world{World: played}
	environ, err := played.Environ()
	require.NoError(tb, err)
	played.Settings.Schedule = schedule
	w.options = Options{
		Folder: filepath.Join(tb.TempDir(), "wwwroot"), Environ: deployedSettings(tb, played.Settings),
		ResourceManager: played.Settings.ResourceManager, ResourceManagerCertificate: value(environ, appservicetest.CertificateName),
		Metrics: played.Settings.MetricsEndpoint,
		Log:     func(line string) { tb.Log(line) },
	}
	return w
}

// deployedSettings are what a deployment would say: Azure's own addresses, and those of the deployed network.
func deployedSettings(tb testing.TB, told settings.Settings) []string {
	tb.Helper()
	told.ResourceManager, told.MetricsEndpoint = settings.PublicResourceManager, "https://westeurope.monitoring.azure.com"
	told.TableEndpoint = "https://stmeetteststate.table.core.windows.net/"
	told.Targets = slices.Clone(told.Targets)
	for i := range told.Targets {
		told.Targets[i].Jicofo = strings.Replace(told.Targets[i].Jicofo, "http://127.", "http://10.", 1)
	}
	values, err := told.Values()
	require.NoError(tb, err)
	environ := []string{"FUNCTIONS_EXTENSION_VERSION=~4", "FUNCTIONS_WORKER_RUNTIME=custom", "WEBSITE_RUN_FROM_PACKAGE=https://x/reaper.zip"}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		environ = append(environ, name+"="+values[name])
	}
	return environ
}

// start starts a host in a world.
func (w *world) start(tb testing.TB) *Host {
	tb.Helper()
	w.options.Package = deployedPackage(tb)
	h, err := Start(tb.Context(), w.options)
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, h.Close()) })
	return h
}

// until waits until something holds of the host.
func until(t *testing.T, h *Host, limit time.Duration, what string, holds func(Ticks) bool) {
	t.Helper()
	end := time.After(limit)
	for !holds(h.Ticks()) {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-end:
			require.Fail(t, fmt.Sprintf("not within %v: %s", limit, what), "%+v\n%s", h.Ticks(), h.written())
		case <-t.Context().Done():
			require.Fail(t, "the test ended")
		}
	}
}

// startClock is a clock that starts now.
func startClock(t *testing.T, shows time.Time, factor float64) clock.Clock {
	t.Helper()
	started, err := clock.Start(shows, factor)
	require.NoError(t, err)
	return started
}
