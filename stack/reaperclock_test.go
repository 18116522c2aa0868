package stack_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/settings"
)

// A deployed reaper has the real clock: no environment's app has a setting for another one.
func TestNoStackGivesTheReaperAClock(t *testing.T) {
	t.Parallel()
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := reaperSettings(t, record(t, loadStack(t, name), false))
			require.Contains(t, told, settings.ScheduleName)
			assert.NotContains(t, told, settings.ClockName)
		})
	}
}
