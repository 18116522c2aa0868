package profile_test

import (
	"math"
	"testing"
	"time"

	"jitsi-meet-azure/autoscale/profile"
)

func TestMinimumWithMargins(t *testing.T) {
	t.Parallel()
	when := calendar(t, night(berlin, "04:00", "04:10")) // 02:00Z to 02:10Z in summer
	for _, c := range []struct {
		now           string
		before, after time.Duration
		want          int
	}{
		{"2026-07-01T01:59:59Z", 0, 0, 1},
		{"2026-07-01T01:59:29Z", time.Hour, 30 * time.Second, 1},
		{"2026-07-01T01:59:29.999999999Z", time.Hour, 30 * time.Second, 1},
		{"2026-07-01T01:59:30Z", time.Hour, 30 * time.Second, 2},
		{"2026-07-01T02:00:00Z", 0, 0, 2},
		{"2026-07-01T02:09:59.999999999Z", 0, 0, 2},
		{"2026-07-01T02:10:00Z", 0, 0, 1},
		{"2026-07-01T02:10:00Z", 1, 0, 2},
		{"2026-07-01T02:10:59Z", time.Minute, 0, 2},
		{"2026-07-01T02:11:00Z", time.Minute, 0, 1},
		{"2026-07-01T02:11:00Z", time.Minute + 1, 0, 2},
		{"2026-07-01T04:11:00+02:00", time.Minute + 1, 0, 2}, // the zone of now does not matter
		{"2026-07-01T12:00:00Z", 10 * time.Hour, 13 * time.Hour, 2},
		{"2026-07-01T12:00:00Z", 9*time.Hour + 50*time.Minute, 13 * time.Hour, 1},
		{"2026-07-01T12:00:00Z", 0, 14 * time.Hour, 2},
		{"2026-07-01T12:00:00Z", 24 * time.Hour, 0, 2},
		// A negative margin is none, a huge one no more than all profiles.
		{"2026-07-01T02:05:00Z", -time.Hour, -time.Hour, 2},
		{"2026-07-01T02:15:00Z", -time.Hour, -time.Hour, 1},
		{"2026-07-01T12:00:00Z", math.MinInt64, math.MinInt64, 1},
		{"2026-07-01T12:00:00Z", math.MaxInt64, 0, 2},
		{"2026-07-01T12:00:00Z", 0, math.MaxInt64, 2},
		{"2026-07-01T12:00:00Z", math.MaxInt64, math.MaxInt64, 2},
	} {
		if got := when.Minimum(instant(t, c.now), c.before, c.after); got != c.want {
			t.Errorf("%s, %s before and %s after: minimum %d, want %d", c.now, c.before, c.after, got, c.want)
		}
	}
}

// At midnight Cuba's clocks leap to one o'clock. By the new clock 00:30 is an instant at which the old one shows 23:30 of the
// day before, and the margin began not a day earlier, but on the day before that.
func TestMinimumBeforeTheDayBegins(t *testing.T) {
	t.Parallel()
	const cuba = "Cuba Standard Time"
	when := calendar(t, []profile.Profile{weekly(5, cuba, "00:30", time.Sunday), weekly(1, cuba, "12:00")})
	now := instant(t, "2026-03-08T04:50:00Z")
	for _, before := range []time.Duration{0, time.Hour, 23*time.Hour + 52*time.Minute, 24 * time.Hour} {
		if got := when.Minimum(now, before, 0); got != 5 {
			t.Errorf("%s before: minimum %d", before, got)
		}
		if got := when.Minimum(now.Add(-21*time.Minute), before, 0); got != 1 {
			t.Errorf("%s before, earlier: minimum %d", before, got)
		}
	}
}

func BenchmarkMinimum(b *testing.B) {
	full := make([]profile.Profile, 0, profile.LargestSet)
	zones := []string{berlin, london, india, "Newfoundland Standard Time", "UTC"}
	for i := range profile.LargestSet {
		begin := time.Time{}.Add(time.Duration(i) * 71 * time.Minute)
		full = append(full, weekly(i, zones[i%len(zones)], begin.Format("15:04")))
	}
	for name, profiles := range map[string][]profile.Profile{"two": sample(), "twenty": full} {
		when := calendar(b, profiles)
		for season, text := range map[string]string{"summer": "2026-07-01T01:59:00Z", "change": "2026-10-25T01:10:00Z"} {
			now := instant(b, text)
			b.Run(name+"/"+season, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					when.Minimum(now, time.Minute, 5*time.Minute)
				}
			})
		}
	}
}
