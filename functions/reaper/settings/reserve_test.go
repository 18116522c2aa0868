package settings_test

import (
	"fmt"
	"testing"

	"jitsi-meet-azure/functions/reaper/settings"
)

// A reserve is a plain decimal number of bridges: what some parser of numbers also takes may be a slip.
func TestParseRefusesAReserve(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"-1", "-0", "+1", "100.1", "101", "1000", "NaN", "Inf", "infinity", "1e1", "0x1", "1_0", "1,5", ".5", "1.", "50%", " 1",
	} {
		t.Run(value, func(t *testing.T) {
			t.Parallel()
			refuses(t, "REAPER_RESERVE", value,
				fmt.Sprintf("REAPER_RESERVE: %q is no number of bridges from 0 to 100, such as 1.5; 0 switches it off", value))
		})
	}
}

func TestParseReadsAReserve(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]float64{"0": 0, "0.0": 0, "0.25": 0.25, "2": 2, "100": 100, "100.0": 100} {
		read, err := settings.Parse(append(environ(t, example()), "REAPER_RESERVE="+value))
		if err != nil || read.Reserve != want {
			t.Errorf("%s: %v, %v", value, read.Reserve, err)
		}
	}
}
