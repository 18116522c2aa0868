package function

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/clock"
)

func settingName(pair string) string {
	name, _, _ := strings.Cut(pair, "=")
	return name
}

func around(t *testing.T, shown clock.Clock) surroundings {
	t.Helper()
	return surroundings{
		clock: shown, resourceManager: "https://127.0.0.1:8443", metrics: "https://127.0.0.1:8444", tables: "https://127.0.0.1:10002/meet/",
		machine: []string{"SSL_CERT_FILE=/x", "IDENTITY_ENDPOINT=http://127.0.0.1:1", "IDENTITY_HEADER=y"},
	}
}

// What the handler is told is what is deployed, but for the listed differences, and inside the targets for the addresses of
// the Jicofos.
func TestNothingButTheDifferencesDiffers(t *testing.T) {
	t.Parallel()
	deployed := newWorld(t, 136, "0 * * * * *", armtest.Settings{}).options.Environ
	before := slices.Clone(deployed)
	shown := startClock(t, time.Now(), 144)
	environ, differences, err := adapt(deployed, around(t, shown))
	require.NoError(t, err)
	assert.Equal(t, before, deployed, "the deployed settings were changed")

	var names []string
	for _, d := range differences {
		names = append(names, d.Name)
		assert.NotEmpty(t, d.Reason, d.Name)
		assert.Equal(t, d.Played, value(environ, d.Name))
		assert.Equal(t, d.Deployed, value(deployed, d.Name))
	}
	assert.Equal(t, []string{
		"REAPER_RESOURCE_MANAGER", "REAPER_METRICS_ENDPOINT", "REAPER_TABLE_ENDPOINT", "REAPER_TARGETS", "REAPER_CLOCK", "SSL_CERT_FILE",
		"IDENTITY_ENDPOINT", "IDENTITY_HEADER",
	}, names)
	listed := func(pair string) bool { return slices.Contains(names, settingName(pair)) }
	assert.Equal(t, slices.DeleteFunc(slices.Clone(deployed), listed), slices.DeleteFunc(slices.Clone(environ), listed))

	told, err := settings.Parse(deployed)
	require.NoError(t, err)
	read, err := settings.Parse(environ)
	require.NoError(t, err, "the reaper does not take what it is told")
	assert.Equal(t, shown.String(), read.Clock.String())
	for i := range read.Targets {
		assert.Equal(t, strings.Replace(told.Targets[i].Jicofo, "//10.", "//127.", 1), read.Targets[i].Jicofo)
		assert.True(t, strings.HasPrefix(read.Targets[i].Jicofo, "http://127.136.255."))
		read.Targets[i].Jicofo = told.Targets[i].Jicofo
	}
	assert.Equal(t, "https://127.0.0.1:8443", read.ResourceManager)
	assert.Equal(t, "https://127.0.0.1:8444", read.MetricsEndpoint)
	read.Clock, read.ResourceManager, read.MetricsEndpoint = told.Clock, told.ResourceManager, told.MetricsEndpoint
	read.TableEndpoint = told.TableEndpoint
	assert.Equal(t, told, read)
}

// On the real clock the setting is not there at all.
func TestTheRealClockIsNoSetting(t *testing.T) {
	t.Parallel()
	deployed := newWorld(t, 137, "0 * * * * *", armtest.Settings{}).options.Environ
	environ, _, err := adapt(deployed, around(t, clock.Clock{}))
	require.NoError(t, err)
	assert.False(t, slices.ContainsFunc(environ, func(pair string) bool { return settingName(pair) == settings.ClockName }))
}

func TestWhatWasNotDeployedIsRefused(t *testing.T) {
	t.Parallel()
	_, _, err := adapt([]string{"REAPER_SCHEDULE=0 * * * * *"}, around(t, clock.Clock{}))
	require.ErrorContains(t, err, "the deployed settings: ")
	assert.ErrorContains(t, err, "REAPER_TARGETS: is missing")
}
