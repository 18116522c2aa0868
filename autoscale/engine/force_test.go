package engine_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/engine"
	autoscale "jitsi-meet-azure/autoscale/profile"
)

const berlin = "W. Europe Standard Time"

// Each case lists all changes of the profile in force from the first one on; it is looked up every minute.
func TestWhichProfileIsInForce(t *testing.T) {
	t.Parallel()
	type change struct{ at, name string }
	night := func(hour, minute, toHour, toMinute int) []string {
		return []string{
			profile("night", 2, 2, 9, weekly(berlin, hour, minute, everyDay()...)),
			profile("day", 1, 1, 9, weekly(berlin, toHour, toMinute, everyDay()...)),
		}
	}
	plain := profile("plain", 1, 1, 9, "")
	for name, c := range map[string]struct {
		profiles []string
		changes  []change
		end      string
	}{
		"spring, 04:00 to 04:10": {night(4, 0, 4, 10), []change{
			{"2026-03-28T03:00:00Z", "night"},
			{"2026-03-28T03:10:00Z", "day"},
			{"2026-03-29T02:00:00Z", "night"},
			{"2026-03-29T02:10:00Z", "day"},
		}, "2026-03-30T02:00:00Z"},
		"autumn, 04:00 to 04:10": {night(4, 0, 4, 10), []change{
			{"2026-10-24T02:00:00Z", "night"},
			{"2026-10-24T02:10:00Z", "day"},
			{"2026-10-25T03:00:00Z", "night"},
			{"2026-10-25T03:10:00Z", "day"},
		}, "2026-10-26T03:00:00Z"},
		// 02:30 does not exist: it is read by the clock before it leapt.
		"spring, 02:30 to 02:40": {night(2, 30, 2, 40), []change{
			{"2026-03-28T01:30:00Z", "night"},
			{"2026-03-28T01:40:00Z", "day"},
			{"2026-03-29T01:30:00Z", "night"},
			{"2026-03-29T01:40:00Z", "day"},
			{"2026-03-30T00:30:00Z", "night"},
		}, "2026-03-30T00:40:00Z"},
		// 02:30 exists twice: it is the second.
		"autumn, 02:30 to 02:40": {night(2, 30, 2, 40), []change{
			{"2026-10-24T00:30:00Z", "night"},
			{"2026-10-24T00:40:00Z", "day"},
			{"2026-10-25T01:30:00Z", "night"},
			{"2026-10-25T01:40:00Z", "day"},
			{"2026-10-26T01:30:00Z", "night"},
		}, "2026-10-26T01:40:00Z"},
		// autoscale-understanding-settings, the profile of weekends with its twin.
		"weekends": {[]string{
			profile("weekend", 1, 1, 9, weekly("E. Europe Standard Time", 6, 0, "Saturday", "Sunday")),
			profile("else", 1, 1, 9, weekly("E. Europe Standard Time", 19, 0, "Saturday", "Sunday")),
		}, []change{
			{"2026-06-05T00:00:00Z", "else"}, // a Friday
			{"2026-06-06T03:00:00Z", "weekend"},
			{"2026-06-06T16:00:00Z", "else"},
			{"2026-06-07T03:00:00Z", "weekend"},
			{"2026-06-07T16:00:00Z", "else"},
		}, "2026-06-13T03:00:00Z"},
		// autoscale-understanding-settings, the profile of one event.
		"an event": {[]string{plain, profile("event", 1, 1, 9,
			`"fixedDate":{"timeZone":"Pacific Standard Time","start":"2017-12-26T00:00:00","end":"2017-12-26T23:59:00"}`)}, []change{
			{"2017-12-26T00:00:00Z", "plain"}, {"2017-12-26T08:00:00Z", "event"}, {"2017-12-27T08:00:00Z", "plain"},
		}, "2017-12-28T00:00:00Z"},
		"a recurring profile has no end": {
			[]string{plain, profile("monday", 1, 1, 9, weekly("UTC", 12, 0, "Monday"))},
			[]change{{"2026-06-01T00:00:00Z", "monday"}},
			"2026-06-09T00:00:00Z",
		},
		"two at once": {[]string{
			profile("first", 1, 1, 9, weekly("UTC", 12, 0, everyDay()...)), profile("second", 1, 1, 9, weekly("UTC", 12, 0, everyDay()...)),
		}, []change{{"2026-06-01T00:00:00Z", "first"}}, "2026-06-03T00:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := setting(t, c.profiles...)
			changes := slices.Concat(c.changes, []change{{at: c.end}})
			for i, from := range changes[:len(changes)-1] {
				for now := at(t, from.at); now.Before(at(t, changes[i+1].at)); now = now.Add(time.Minute) {
					p, found := s.InForce(now)
					require.True(t, found && p.Name == from.name, "%s: %q, want %q", now, p.Name, from.name)
				}
			}
		})
	}
}

func TestNothingInForce(t *testing.T) {
	t.Parallel()
	s := setting(t, profile("event", 3, 3, 9, `"fixedDate":{"start":"2026-01-01T00:00:00Z","end":"2026-01-02T00:00:00Z"}`))
	d, state := s.Evaluate(noon(), 1, engine.State{}, metrics{})
	assert.Equal(t, engine.Decision{Capacity: 1, Reason: "no profile is in force"}, d)
	assert.Zero(t, state)
	off, err := engine.Parse([]byte(`{"profiles":[` + profile("p", 3, 3, 9, "") + `]}`))
	require.NoError(t, err)
	for _, s := range []engine.Setting{off, {}} {
		d, _ = s.Evaluate(noon(), 1, engine.State{}, metrics{})
		assert.Equal(t, engine.Decision{Capacity: 1, Reason: "autoscale is switched off"}, d)
		_, found := s.InForce(noon())
		assert.False(t, found)
	}
}

// The reaper's calendar gives the highest minimum that may be in force; what this engine takes to be in force is one of them.
func TestTheReapersCalendarIsNeverBelow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var profiles []autoscale.Profile
		for i := range rapid.IntRange(1, 4).Draw(t, "profiles") {
			minimum := rapid.IntRange(0, 9).Draw(t, "minimum")
			profiles = append(profiles, autoscale.Profile{
				Name: string(rune('a' + i)), Minimum: minimum, Maximum: 9, Default: 9, Rules: []autoscale.Rule{},
				Recurrence: autoscale.Recurrence{
					TimeZone: rapid.SampledFrom([]string{berlin, "UTC", "Lord Howe Standard Time", "Cuba Standard Time"}).Draw(t, "zone"),
					Days: rapid.SliceOfNDistinct(rapid.SampledFrom(autoscale.EveryDay()), 1, 7,
						func(d autoscale.Weekday) autoscale.Weekday { return d }).Draw(t, "days"),
					Hour: rapid.IntRange(0, 4).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute"),
				},
			})
		}
		text, err := autoscale.Marshal(profiles)
		require.NoError(t, err)
		s, err := engine.Parse(text)
		require.NoError(t, err)
		calendar, err := autoscale.NewCalendar(profiles)
		require.NoError(t, err)
		day := rapid.SampledFrom([]string{"2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-05", "2026-06-01"}).Draw(t, "day")
		start, err := time.Parse(time.DateOnly, day)
		require.NoError(t, err)
		now := start.Add(time.Duration(rapid.IntRange(-36*3600, 36*3600).Draw(t, "seconds")) * time.Second)
		p, found := s.InForce(now)
		if highest := calendar.Minimum(now, 0, 0); !found || p.Minimum > highest {
			t.Fatalf("%s: minimum %d of %s, but at most %d is possible", now, p.Minimum, p.Name, highest)
		}
	})
}
