package settings_test

import (
	"testing"

	"jitsi-meet-azure/functions/reaper/settings"
)

// The limits hold at both ends, and what can be switched off can be switched off by zero alone.
func TestDurationsAreBounded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		setting             string
		off                 bool
		below, least        string
		most, above, limits string
	}{
		{"REAPER_MINIMUM_UPTIME", false, "59s", "1m", "24h", "24h1ns", "1m0s to 24h0m0s"},
		{"REAPER_MAXIMUM_AGE", true, "119m", "2h", "720h", "720h1s", "2h0m0s to 720h0m0s"},
		{"REAPER_STUCK_AFTER", true, "9m59s", "10m", "24h", "25h", "10m0s to 24h0m0s"},
		{"REAPER_BOOT_DEADLINE", true, "599s", "600s", "4h", "241m", "10m0s to 4h0m0s"},
		{"REAPER_DEAD_AFTER", true, "14m", "15m", "240m", "5h", "15m0s to 4h0m0s"},
		{"REAPER_RETENTION", false, "23h", "24h", "87600h", "87601h", "24h0m0s to 87600h0m0s"},
	} {
		t.Run(c.setting, func(t *testing.T) {
			t.Parallel()
			limits := c.limits
			if c.off {
				limits += ", or 0s, which switches it off"
			}
			accepted, refused := []string{c.least, c.most}, []string{c.below, c.above, "-1h", "1ns"}
			if c.off {
				accepted = append(accepted, "0s", "0")
			} else {
				refused = append(refused, "0s")
			}
			for _, value := range accepted {
				if _, err := settings.Parse(append(environ(t, example()), c.setting+"="+value)); err != nil {
					t.Errorf("%s: %v", value, err)
				}
			}
			for _, value := range refused {
				refuses(t, c.setting, value, c.setting+`: "`+value+`" is not `+limits)
			}
			refuses(t, c.setting, "off", c.setting+`: "off" is not a duration such as 55m`)
		})
	}
}
