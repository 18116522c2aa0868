package bridgetest_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/bridgetest"
)

// A bridge calls itself as full as it is told to, by the participants of its latest statistics.
func TestStress(t *testing.T) {
	t.Parallel()
	for want, stress := range map[string]func(int) float64{
		`"stress_level":0.30,`: nil,
		`"stress_level":0.05,`: func(participants int) float64 { return math.Sqrt(float64(participants)) / 100 },
	} {
		now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
		b := bridgetest.New(bridgetest.Settings{Nickname: "a", Now: func() time.Time { return now }, Stress: stress})
		for _, participants := range []int{10, 20} {
			if _, err := b.StartConference(participants); err != nil {
				t.Fatal(err)
			}
		}
		_, client := connect(b)
		if body := get(t, client, "/colibri/stats"); !strings.Contains(body, `"stress_level":0.00,`) {
			t.Errorf("before the next statistics: %s", body)
		}
		now = now.Add(bridgetest.Interval)
		if body := get(t, client, "/colibri/stats"); !strings.Contains(body, want) {
			t.Errorf("%s is not in %s", want, body)
		}
	}
}
