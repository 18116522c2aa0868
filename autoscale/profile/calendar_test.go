package profile_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
)

// weekly is a profile without rules that begins at a time of day such as "04:00", on all days unless some are given.
func weekly(minimum int, zone, clock string, days ...time.Weekday) profile.Profile {
	hour, minute := -1, 0 // refused, unless clock can be read
	_, _ = fmt.Sscanf(clock, "%d:%d", &hour, &minute)
	on := profile.EveryDay()
	if len(days) > 0 {
		on = nil
	}
	for _, day := range days {
		on = append(on, profile.Weekday(day))
	}
	return profile.Profile{
		Name: zone + " " + clock, Minimum: minimum, Default: minimum, Maximum: 20, Rules: []profile.Rule{},
		Recurrence: profile.Recurrence{TimeZone: zone, Days: on, Hour: hour, Minute: minute},
	}
}

// night is a profile with a minimum of 2, and a twin with 1 that ends it.
func night(zone, begin, end string) []profile.Profile {
	return []profile.Profile{weekly(2, zone, begin), weekly(1, zone, end)}
}

func calendar(tb rapid.TB, profiles []profile.Profile) profile.Calendar {
	tb.Helper()
	made, err := profile.NewCalendar(profiles)
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

func instant(tb rapid.TB, text string) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

const (
	berlin = "W. Europe Standard Time" // clocks go on at 2026-03-29T01:00Z and back at 2026-10-25T01:00Z
	london = "GMT Standard Time"       // the same instants, an hour earlier by the local clock
	india  = "India Standard Time"     // 5:30 ahead of UTC
)

// change is the minimum from a moment on.
type change struct {
	at      string
	minimum int
}

// Each case lists all changes of the minimum from the first one on until the end; the minimum is looked up every minute.
func TestMinimum(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		profiles []profile.Profile
		changes  []change
		end      string
	}{
		"Berlin, spring": {night(berlin, "04:00", "04:10"), []change{
			{"2026-03-28T03:00:00Z", 2}, {"2026-03-28T03:10:00Z", 1}, {"2026-03-29T02:00:00Z", 2}, {"2026-03-29T02:10:00Z", 1},
		}, "2026-03-30T02:00:00Z"},
		"Berlin, autumn": {night(berlin, "04:00", "04:10"), []change{
			{"2026-10-24T02:00:00Z", 2}, {"2026-10-24T02:10:00Z", 1}, {"2026-10-25T03:00:00Z", 2}, {"2026-10-25T03:10:00Z", 1},
		}, "2026-10-26T03:00:00Z"},
		// 02:30 and 02:40 do not exist: they are 00:30Z and 00:40Z by the new clock, 01:30Z and 01:40Z by the old one.
		"Berlin, spring, within the hour that does not exist": {night(berlin, "02:30", "02:40"), []change{
			{"2026-03-28T01:30:00Z", 2},
			{"2026-03-28T01:40:00Z", 1},
			{"2026-03-29T00:30:00Z", 2},
			{"2026-03-29T01:40:00Z", 1},
			{"2026-03-30T00:30:00Z", 2},
			{"2026-03-30T00:40:00Z", 1},
		}, "2026-03-31T00:30:00Z"},
		// 02:05 by the new clock is 00:05Z, before the night begins at 00:55Z: then nothing ends it until the next day.
		"Berlin, spring, into the hour that does not exist": {night(berlin, "01:55", "02:05"), []change{
			{"2026-03-28T00:55:00Z", 2}, {"2026-03-28T01:05:00Z", 1}, {"2026-03-29T00:55:00Z", 2}, {"2026-03-30T00:05:00Z", 1},
		}, "2026-03-30T23:55:00Z"},
		// 02:55 by the old clock is 01:55Z, after the night ends at 01:05Z: then nothing ends it until the next day.
		"Berlin, spring, out of the hour that does not exist": {night(berlin, "02:55", "03:05"), []change{
			{"2026-03-28T01:55:00Z", 2}, {"2026-03-28T02:05:00Z", 1}, {"2026-03-29T00:55:00Z", 2}, {"2026-03-30T01:05:00Z", 1},
		}, "2026-03-31T00:55:00Z"},
		"Berlin, autumn, within the hour that exists twice": {night(berlin, "02:30", "02:40"), []change{
			{"2026-10-24T00:30:00Z", 2},
			{"2026-10-24T00:40:00Z", 1},
			{"2026-10-25T00:30:00Z", 2},
			{"2026-10-25T01:40:00Z", 1},
			{"2026-10-26T01:30:00Z", 2},
			{"2026-10-26T01:40:00Z", 1},
		}, "2026-10-27T01:30:00Z"},
		"Berlin, autumn, into the hour that exists twice": {night(berlin, "01:55", "02:05"), []change{
			{"2026-10-23T23:55:00Z", 2}, {"2026-10-24T00:05:00Z", 1}, {"2026-10-24T23:55:00Z", 2}, {"2026-10-25T01:05:00Z", 1},
		}, "2026-10-26T00:55:00Z"},
		"Berlin, autumn, out of the hour that exists twice": {night(berlin, "02:55", "03:05"), []change{
			{"2026-10-24T00:55:00Z", 2}, {"2026-10-24T01:05:00Z", 1}, {"2026-10-25T00:55:00Z", 2}, {"2026-10-25T02:05:00Z", 1},
		}, "2026-10-26T01:55:00Z"},
		"Berlin, autumn, the lower minimum in the hour that exists twice": {night(berlin, "23:00", "02:30"), []change{
			{"2026-10-24T21:00:00Z", 2}, {"2026-10-25T01:30:00Z", 1}, {"2026-10-25T22:00:00Z", 2}, {"2026-10-26T01:30:00Z", 1},
		}, "2026-10-26T22:00:00Z"},
		"London, spring": {night(london, "01:30", "01:40"), []change{
			{"2026-03-28T01:30:00Z", 2},
			{"2026-03-28T01:40:00Z", 1},
			{"2026-03-29T00:30:00Z", 2},
			{"2026-03-29T01:40:00Z", 1},
			{"2026-03-30T00:30:00Z", 2},
			{"2026-03-30T00:40:00Z", 1},
		}, "2026-03-31T00:30:00Z"},
		"London, autumn": {night(london, "01:30", "01:40"), []change{
			{"2026-10-24T00:30:00Z", 2},
			{"2026-10-24T00:40:00Z", 1},
			{"2026-10-25T00:30:00Z", 2},
			{"2026-10-25T01:40:00Z", 1},
			{"2026-10-26T01:30:00Z", 2},
			{"2026-10-26T01:40:00Z", 1},
		}, "2026-10-27T01:30:00Z"},
		"UTC, spring elsewhere": {night("UTC", "02:30", "02:40"), []change{
			{"2026-03-28T02:30:00Z", 2}, {"2026-03-28T02:40:00Z", 1}, {"2026-03-29T02:30:00Z", 2}, {"2026-03-29T02:40:00Z", 1},
		}, "2026-03-30T02:30:00Z"},
		"UTC, past midnight and the year's end": {night("UTC", "23:55", "00:10"), []change{
			{"2026-12-30T23:55:00Z", 2}, {"2026-12-31T00:10:00Z", 1}, {"2026-12-31T23:55:00Z", 2}, {"2027-01-01T00:10:00Z", 1},
		}, "2027-01-01T23:55:00Z"},
		"Berlin, past midnight and the year's end": {night(berlin, "23:55", "00:10"), []change{
			{"2026-12-31T22:55:00Z", 2}, {"2026-12-31T23:10:00Z", 1}, {"2027-01-01T22:55:00Z", 2},
		}, "2027-01-01T23:10:00Z"},
		"a leap day": {night(berlin, "23:55", "00:10"), []change{
			{"2028-02-28T22:55:00Z", 2}, {"2028-02-28T23:10:00Z", 1}, {"2028-02-29T22:55:00Z", 2}, {"2028-02-29T23:10:00Z", 1},
		}, "2028-03-01T22:55:00Z"},
		"India, half an hour off": {night(india, "04:00", "04:10"), []change{
			{"2026-03-28T22:30:00Z", 2}, {"2026-03-28T22:40:00Z", 1}, {"2026-03-29T22:30:00Z", 2}, {"2026-03-29T22:40:00Z", 1},
		}, "2026-03-30T22:30:00Z"},
		// Half an hour exists twice: 01:40 is 14:40Z and 15:10Z.
		"Lord Howe": {night("Lord Howe Standard Time", "01:40", "01:50"), []change{
			{"2026-04-03T14:40:00Z", 2}, {"2026-04-03T14:50:00Z", 1}, {"2026-04-04T14:40:00Z", 2}, {"2026-04-04T15:20:00Z", 1},
		}, "2026-04-05T15:10:00Z"},
		"weekends, by the local calendar": {[]profile.Profile{
			weekly(5, india, "02:00", time.Saturday), weekly(1, india, "03:00", time.Monday),
		}, []change{
			{"2026-12-25T20:30:00Z", 5}, {"2026-12-27T21:30:00Z", 1}, {"2027-01-01T20:30:00Z", 5}, {"2027-01-03T21:30:00Z", 1},
		}, "2027-01-08T20:30:00Z"},
		"once a week, and not again yet": {[]profile.Profile{
			weekly(5, "UTC", "12:00", time.Wednesday), weekly(1, "UTC", "13:00", time.Wednesday),
		}, []change{{"2026-10-14T12:00:00Z", 5}, {"2026-10-14T13:00:00Z", 1}, {"2026-10-21T12:00:00Z", 5}}, "2026-10-21T13:00:00Z"},
		"one alone":  {[]profile.Profile{weekly(3, berlin, "12:00", time.Wednesday)}, []change{{"2026-10-20T00:00:00Z", 3}}, "2026-11-03T00:00:00Z"},
		"no minimum": {[]profile.Profile{weekly(0, berlin, "12:00")}, []change{{"2026-10-24T00:00:00Z", 0}}, "2026-10-26T00:00:00Z"},
		"together": {[]profile.Profile{
			weekly(1, "UTC", "20:00"), weekly(4, "Tokyo Standard Time", "05:00"), weekly(2, "UTC", "23:00"),
		}, []change{{"2026-06-01T20:00:00Z", 4}, {"2026-06-01T23:00:00Z", 2}, {"2026-06-02T20:00:00Z", 4}}, "2026-06-02T23:00:00Z"},
		// In summer Berlin's 06:00 comes before the other's 05:00Z, in winter together with it.
		"two zones, autumn": {[]profile.Profile{weekly(3, berlin, "06:00"), weekly(1, "UTC", "05:00")}, []change{
			{"2026-10-24T04:00:00Z", 3}, {"2026-10-24T05:00:00Z", 1}, {"2026-10-25T05:00:00Z", 3},
		}, "2026-10-26T05:00:00Z"},
		// Berlin's 02:30 is 00:30Z or 01:30Z: which of the two profiles was last is not known until Berlin's next, or the other's.
		"two zones, one ambiguous, and lower": {[]profile.Profile{weekly(2, berlin, "02:30"), weekly(3, "UTC", "01:00")}, []change{
			{"2026-10-24T00:30:00Z", 2}, {"2026-10-24T01:00:00Z", 3}, {"2026-10-26T01:30:00Z", 2}, {"2026-10-27T01:00:00Z", 3},
		}, "2026-10-27T01:30:00Z"},
		"two zones, one ambiguous, and higher": {[]profile.Profile{weekly(3, berlin, "02:30"), weekly(1, "UTC", "01:00")}, []change{
			{"2026-10-24T00:30:00Z", 3}, {"2026-10-24T01:00:00Z", 1}, {"2026-10-25T00:30:00Z", 3}, {"2026-10-26T01:00:00Z", 1},
		}, "2026-10-26T01:30:00Z"},
		// 00:30Z or 01:30Z, and 00:40Z or 01:40Z: the two zones need not be read alike.
		"two zones, both ambiguous": {[]profile.Profile{weekly(3, berlin, "02:30"), weekly(1, london, "01:40")}, []change{
			{"2026-10-24T00:30:00Z", 3}, {"2026-10-24T00:40:00Z", 1}, {"2026-10-25T00:30:00Z", 3}, {"2026-10-26T01:40:00Z", 1},
		}, "2026-10-27T01:30:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			when := calendar(t, c.profiles)
			changes := append(slices.Clone(c.changes), change{c.end, 0})
			for i, from := range changes[:len(changes)-1] {
				at, until := instant(t, from.at), instant(t, changes[i+1].at)
				for ; at.Before(until); at = at.Add(time.Minute) {
					if got := when.Minimum(at, 0, 0); got != from.minimum {
						t.Fatalf("%s: minimum %d, want %d", at.Format(time.RFC3339), got, from.minimum)
					}
				}
				if got := when.Minimum(until.Add(-1), 0, 0); got != from.minimum {
					t.Errorf("just before %s: minimum %d, want %d", until.Format(time.RFC3339), got, from.minimum)
				}
			}
		})
	}
}
