package render_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/engine"
	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/windowszone"
)

// says is the minimum that a configuration demands when clocks show some time: the highest of the usual one and of the busy hours,
// and one more in the recycle's window where there is room.
func says(cfg environment.Autoscale, wall time.Time) int {
	now := time.Duration(wall.Hour())*time.Hour + time.Duration(wall.Minute())*time.Minute
	minimum := cfg.Minimum
	for _, busy := range cfg.BusyHours {
		if slices.Contains(busy.Days, wall.Weekday()) && busy.From <= now && now < busy.To {
			minimum = max(minimum, busy.Minimum)
		}
	}
	begin := time.Duration(cfg.Recycle.Hour)*time.Hour + time.Duration(cfg.Recycle.Minute)*time.Minute
	if (now-begin+24*time.Hour)%(24*time.Hour) < cfg.Recycle.Window {
		minimum = min(minimum+1, cfg.Maximum)
	}
	return minimum
}

// inForce are the two that look at profiles: Azure's engine, as it is modelled, and the reaper's calendar.
type inForce struct {
	engine   engine.Setting
	calendar profile.Calendar
	zone     *time.Location
}

func read(tb require.TestingT, profiles []profile.Profile) inForce {
	text, err := profile.Marshal(profiles)
	require.NoError(tb, err)
	setting, err := engine.Parse(text)
	require.NoError(tb, err)
	calendar, err := profile.ParseCalendar(text)
	require.NoError(tb, err)
	zone, err := windowszone.Load(profiles[0].Recurrence.TimeZone)
	require.NoError(tb, err)
	return inForce{setting, calendar, zone}
}

// check compares what is in force at a moment with what the configuration says.
func (i inForce) check(tb require.TestingT, cfg environment.Autoscale, now time.Time) {
	p, found := i.engine.InForce(now)
	want, reaper := says(cfg, now.In(i.zone)), i.calendar.Minimum(now, 0, 0)
	if !found || p.Minimum != want || reaper != want {
		require.Fail(tb, "the minimum is another", "%s: engine %d of %q, reaper %d, want %d", now.In(i.zone), p.Minimum, p.Name, reaper, want)
	}
}

// The days on which clocks change in the zones of these tests, by zone. A zone without is watched at the same time.
func changes() map[string][2]string {
	return map[string][2]string{
		"W. Europe Standard Time": {"2026-03-29", "2026-10-25"},
		"Eastern Standard Time":   {"2026-03-08", "2026-11-01"},
		"UTC":                     {"2026-03-29", "2026-10-25"},
	}
}

// fortnight is the first minute of the two weeks around a day.
func fortnight(tb require.TestingT, around string) time.Time {
	day, err := time.Parse(time.DateOnly, around)
	require.NoError(tb, err)
	return day.AddDate(0, 0, -7)
}

// busy are hours of a working week that has most of what there can be: two on one day, one over the recycle, days at a stretch to
// midnight and on, and an overlap.
func busy() environment.Autoscale {
	cfg := usual()
	cfg.Recycle.Hour, cfg.Recycle.Window, cfg.Cooldown = 4, 5*time.Minute, 5*time.Minute
	cfg.StressPercent, cfg.ReservePercent = 70, 80
	working := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	cfg.BusyHours = []environment.BusyHours{
		{Name: "mornings", Days: working, From: 7*time.Hour + 45*time.Minute, To: 12 * time.Hour, Minimum: 3},
		{Name: "afternoons", Days: working, From: 13 * time.Hour, To: 18 * time.Hour, Minimum: 2},
		{Name: "all-hands", Days: []time.Weekday{time.Tuesday}, From: 11 * time.Hour, To: 14 * time.Hour, Minimum: 6},
		{Name: "vigil", Days: []time.Weekday{time.Saturday}, From: 22 * time.Hour, To: 24 * time.Hour, Minimum: 4},
		{Name: "vigil-on", Days: []time.Weekday{time.Sunday}, From: 0, To: 6 * time.Hour, Minimum: 4},
	}
	return cfg
}

// Every minute of two weeks, over both changes of the clocks.
func TestTheBusyWeekMinuteByMinute(t *testing.T) {
	t.Parallel()
	for zone, days := range changes() {
		for _, around := range days {
			t.Run(zone+" "+around, func(t *testing.T) {
				t.Parallel()
				cfg := busy()
				cfg.Recycle.TimeZone = zone
				both := read(t, profiles(t, cfg, 12_000))
				first := fortnight(t, around)
				for now := first; now.Before(first.AddDate(0, 0, 14)); now = now.Add(time.Minute) {
					both.check(t, cfg, now)
				}
			})
		}
	}
}

// steady draws a time of day at which no zone of these tests changes its clocks: a profile that begins in the hour that is leapt over,
// or that comes twice, begins where Azure does not say.
func steady(t *rapid.T, label string) time.Duration {
	hour := rapid.SampledFrom([]int{0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23}).Draw(t, label)
	minute := rapid.OneOf(rapid.Just(0), rapid.SampledFrom([]int{5, 30, 59}), rapid.IntRange(0, 59)).Draw(t, label+", minute")
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
}

// busyConfigurations draws busy hours, as many as there may be, of which some cover others and some the recycle.
func busyConfigurations(t *rapid.T) environment.Autoscale {
	cfg := configurations(t)
	cfg.Maximum = max(cfg.Maximum, cfg.Minimum+2)
	begin, end := steady(t, "recycle"), steady(t, "recycle's end")
	if end == begin {
		end = begin + 5*time.Minute
	}
	cfg.Recycle = environment.Recycle{
		Hour: int(begin / time.Hour), Minute: int(begin % time.Hour / time.Minute),
		TimeZone: rapid.SampledFrom([]string{"W. Europe Standard Time", "Eastern Standard Time", "UTC"}).Draw(t, "zone"),
		Window:   max((end-begin+24*time.Hour)%(24*time.Hour), 2*time.Minute),
	}
	weekday := rapid.Map(rapid.IntRange(0, 6), func(d int) time.Weekday { return time.Weekday(d) })
	for i := range rapid.IntRange(0, 6).Draw(t, "busy hours") {
		from, to := steady(t, "from"), steady(t, "to")
		if to <= from {
			to = 24 * time.Hour
		}
		cfg.BusyHours = append(cfg.BusyHours, environment.BusyHours{
			Name: fmt.Sprintf("b%d", i), Days: rapid.SliceOfNDistinct(weekday, 1, 7, rapid.ID).Draw(t, "days"), From: from, To: to,
			Minimum: rapid.IntRange(cfg.Minimum+1, cfg.Maximum-1).Draw(t, "minimum"),
		})
	}
	return cfg
}

// Whatever the busy hours are, the highest minimum that they say is in force, from the minute on in which it begins to that in which
// it ends; or there are too many changes in a week, and the message says how to have fewer.
func TestTheHighestMinimumIsInForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := busyConfigurations(t)
		made, err := render.Profiles(cfg, 12_000)
		if err != nil {
			require.ErrorContains(t, err, "profiles, and Azure takes 20: merge ")
			return
		}
		again, err := render.Profiles(cfg, 12_000)
		require.NoError(t, err)
		require.Equal(t, made, again)
		both := read(t, made)
		around := changes()[cfg.Recycle.TimeZone][rapid.IntRange(0, 1).Draw(t, "spring or autumn")]
		first := fortnight(t, around)
		// Both sides of every change of the days around, and minutes of all of them.
		for day := 5; day <= 9; day++ {
			midnight := first.In(both.zone).AddDate(0, 0, day)
			for _, p := range made {
				begin := time.Date(midnight.Year(), midnight.Month(), midnight.Day(), p.Recurrence.Hour, p.Recurrence.Minute, 0, 0, both.zone)
				both.check(t, cfg, begin)
				both.check(t, cfg, begin.Add(-time.Minute))
			}
		}
		step := time.Duration(rapid.SampledFrom([]int{113, 127, 131, 137}).Draw(t, "step")) * time.Minute
		now := first.Add(time.Duration(rapid.IntRange(0, 136).Draw(t, "first")) * time.Minute)
		for ; now.Before(first.AddDate(0, 0, 14)); now = now.Add(step) {
			both.check(t, cfg, now)
		}
	})
}
