package settings_test

import (
	"strings"
	"testing"

	"jitsi-meet-azure/functions/reaper/settings"
)

// Whatever an environment holds, Parse answers without panic, and what it accepts can be written and read again.
func FuzzParse(f *testing.F) {
	targets := `[{"shard":"a","scaleSetId":"` + scaleSet + `a","jicofo":"http://10.40.1.10:8888","profiles":0}]`
	f.Add("55m", "24h", "30m", "true", "0.5", "https://x/", targets, `[[{}]]`)
	f.Add("1m", "0s", "0", "false", "0", "https://[::1]", strings.ReplaceAll(targets, "10.40.1.10", "[fd00::1]"), `[{"a":1}]`)
	f.Add("55m", "24h", "30m", "true", "99.99999999999999999", "https://x/", targets, `[[{}]]`)
	f.Add("", "", "", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, uptime, age, span, dryRun, reserve, endpoint, targets, profiles string) {
		read, err := settings.Parse([]string{
			"REAPER_ENVIRONMENT=dev", "REAPER_SCHEDULE=0 * * * * *", "AZURE_CLIENT_ID=id", "REAPER_MINIMUM_UPTIME=" + uptime,
			"REAPER_MAXIMUM_AGE=" + age, "REAPER_STUCK_AFTER=" + span, "REAPER_BOOT_DEADLINE=" + span, "REAPER_DEAD_AFTER=" + span,
			"REAPER_RETENTION=24h", "REAPER_DRY_RUN=" + dryRun, "REAPER_RESOURCE_MANAGER=" + endpoint,
			"REAPER_RESERVE=" + reserve, "REAPER_METRICS_ENDPOINT=" + endpoint, "REAPER_TABLE_ENDPOINT=" + endpoint, "REAPER_TARGETS=" + targets, "REAPER_PROFILES=" + profiles,
		})
		if err != nil {
			return
		}
		again, err := settings.Parse(environ(t, read))
		if err != nil {
			t.Fatalf("%+v does not survive being written: %v", read, err)
		}
		if !(read.Reserve >= 0 && read.Reserve <= settings.MaxReserve) || again.Reserve != read.Reserve {
			t.Fatalf("a reserve of %v became %v", read.Reserve, again.Reserve)
		}
		if again.MaximumAge != read.MaximumAge || again.StuckAfter != read.StuckAfter || again.Targets[0].Jicofo != read.Targets[0].Jicofo {
			t.Fatalf("%+v became %+v", read, again)
		}
	})
}
