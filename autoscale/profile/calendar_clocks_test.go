package profile_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/internal/windowszone"
)

// The oracle reckons in minutes since 1970 and asks Go only how far a zone's clocks are from UTC. It watches them minute by
// minute for days, as somebody with a watch would, notes what they show twice and what they leap over, and then says minute
// by minute which profiles may be in force.

// tick is one minute: when it is, and what the clocks then show, as if they were in UTC.
type tick struct{ at, wall int64 }

// watch looks at a zone's clocks for some days around a moment.
func watch(zone *time.Location, around time.Time) []tick {
	const days = 11 // a week before the earliest moment that is asked about, and some
	var seen []tick
	for at := around.Unix()/60 - days*24*60; at <= around.Unix()/60+days*24*60; at++ {
		_, offset := time.Unix(at*60, 0).In(zone).Zone()
		seen = append(seen, tick{at, at + int64(offset)/60})
	}
	return seen
}

// meant says that a profile begins when clocks show the minute.
func meant(r profile.Recurrence, wall int64) bool {
	weekday := profile.Weekday((wall/(24*60) + 4) % 7) // 1970 began on a Thursday
	return wall%(24*60) == int64(r.Hour*60+r.Minute) && slices.Contains(r.Days, weekday)
}

// event is a begin of a profile: the first and the last minute that it can mean.
type event struct {
	minimum     int
	zone        string
	first, last int64
}

func events(p profile.Profile, ticks []tick) []event {
	var found []event
	shown := map[int64]int{}
	for i, now := range ticks {
		for wall := ticks[max(0, i-1)].wall + 1; wall < now.wall; wall++ { // leapt over
			if meant(p.Recurrence, wall) {
				before := ticks[i-1]
				found = append(found, event{p.Minimum, p.Recurrence.TimeZone, now.at - (now.wall - wall), before.at + (wall - before.wall)})
			}
		}
		if !meant(p.Recurrence, now.wall) {
			continue
		}
		if again, ok := shown[now.wall]; ok {
			found[again].last = now.at
			continue
		}
		shown[now.wall] = len(found)
		found = append(found, event{p.Minimum, p.Recurrence.TimeZone, now.at, now.at})
	}
	return found
}

// possible is the highest minimum that may be in force in a minute: of whatever may have begun, and has not surely ended.
func possible(all []event, at int64) int {
	highest := -1
	for _, e := range all {
		surelyEnded := slices.ContainsFunc(all, func(next event) bool {
			after := next.first > e.last
			if next.zone == e.zone {
				after = next.first > e.first && next.last > e.last
			}
			return after && next.last <= at
		})
		if e.first <= at && !surelyEnded {
			highest = max(highest, e.minimum)
		}
	}
	return highest
}

// engine is the highest minimum of what began last, for an engine that reads ambiguous times late in some zones, and early
// in the others.
func engine(all []event, at int64, late func(zone string) bool) int {
	highest, latest := -1, int64(-1)
	for _, e := range all {
		begins := e.first
		if late(e.zone) {
			begins = e.last
		}
		switch {
		case begins > at || begins < latest:
		case begins == latest:
			highest = max(highest, e.minimum)
		default:
			highest, latest = e.minimum, begins
		}
	}
	return highest
}

// places are zones, and days on which their clocks change; and some on which they do not.
func places() []struct{ zone, day string } {
	return []struct{ zone, day string }{
		{berlin, "2026-03-29"},
		{berlin, "2026-10-25"},
		{berlin, "2027-01-01"},
		{london, "2026-03-29"},
		{london, "2026-10-25"},
		{"Newfoundland Standard Time", "2026-03-08"},
		{"Newfoundland Standard Time", "2026-11-01"},
		{"Cuba Standard Time", "2026-03-08"},
		{"Cuba Standard Time", "2026-11-01"}, // from and to midnight
		{"Middle East Standard Time", "2026-10-25"},
		{"Azores Standard Time", "2026-10-25"}, // over midnight
		{"Lord Howe Standard Time", "2026-04-05"},
		{"Lord Howe Standard Time", "2026-10-04"}, // by half an hour
		{"Chatham Islands Standard Time", "2026-04-05"},
		{"Chatham Islands Standard Time", "2026-09-27"},
		{"Greenland Standard Time", "2026-03-28"},
		{india, "2026-12-31"},
		{"UTC", "2028-02-29"},
		{"Line Islands Standard Time", "2026-12-31"},
	}
}

// Minimum looks at a zone's clocks a day before and a day after a local time, and takes them to change at most once between.
func TestClocksChangeSeldom(t *testing.T) {
	t.Parallel()
	for _, id := range windowszone.IDs() {
		zone, err := windowszone.Load(id)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC)
		for at.Year() < 2040 {
			_, offset := at.In(zone).Zone()
			start, end := at.In(zone).ZoneBounds()
			if offset < -14*3600 || offset > 14*3600 || (!start.IsZero() && !end.IsZero() && end.Sub(start) <= 48*time.Hour) {
				t.Errorf("%s: %d seconds from UTC between %s and %s", id, offset, start, end)
			}
			if end.IsZero() {
				break
			}
			at = end
		}
	}
}

func TestMinimumAgainstAWalkOfTheClocks(t *testing.T) {
	t.Parallel()
	walks := map[string][]tick{}
	walk := func(id string, around time.Time) []tick {
		key := id + around.String()
		if walks[key] == nil {
			zone, err := windowszone.Load(id)
			if err != nil {
				t.Fatal(err)
			}
			walks[key] = watch(zone, around)
		}
		return walks[key]
	}
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.SampledFrom(places()).Draw(t, "place")
		around := instant(t, place.day+"T00:00:00Z")
		profiles := nights(place.zone).Draw(t, "profiles")
		var all []event
		for _, p := range profiles {
			all = append(all, events(p, walk(p.Recurrence.TimeZone, around))...)
		}
		now := around.Add(time.Duration(rapid.IntRange(-36*3600, 36*3600).Draw(t, "now, in seconds")) * time.Second)
		margin := rapid.OneOf(rapid.IntRange(0, 120), rapid.IntRange(0, 3*3600))
		before := time.Duration(margin.Draw(t, "before")) * time.Second
		after := time.Duration(margin.Draw(t, "after")) * time.Second
		got := calendar(t, profiles).Minimum(now, before, after)

		engines := []func(zone string) bool{
			func(string) bool { return false },
			func(string) bool { return true },
			func(zone string) bool { return zone == place.zone },
			func(zone string) bool { return zone != place.zone },
		}
		want, atLeast := -1, -1
		for at := now.Add(-before).Unix() / 60; at <= now.Add(after).Unix()/60; at++ {
			want = max(want, possible(all, at))
			for _, late := range engines {
				atLeast = max(atLeast, engine(all, at, late))
			}
		}
		if got != want || got < atLeast {
			t.Fatalf("%s - %s + %s: minimum %d, want %d, and at least %d", now, before, after, got, want, atLeast)
		}
	})
}

// nights draws profiles that begin in the hours in which clocks change, in one zone or in several, and some of them on some days only.
func nights(zone string) *rapid.Generator[[]profile.Profile] {
	one := rapid.Custom(func(t *rapid.T) profile.Profile {
		begins := rapid.OneOf(rapid.IntRange(0, 4*60), rapid.IntRange(0, 24*60-1)).Draw(t, "begins")
		p := weekly(rapid.IntRange(0, 5).Draw(t, "minimum"), zone, "00:00")
		p.Recurrence.Hour, p.Recurrence.Minute = begins/60, begins%60
		if rapid.Bool().Draw(t, "other zone") {
			p.Recurrence.TimeZone = rapid.SampledFrom([]string{berlin, london, "Romance Standard Time", "UTC", india}).Draw(t, "zone")
		}
		if rapid.Bool().Draw(t, "some days") {
			p.Recurrence.Days = weekdays().Draw(t, "days")
		}
		return p
	})
	return rapid.Map(rapid.SliceOfN(one, 1, 4), func(profiles []profile.Profile) []profile.Profile {
		for i := range profiles {
			profiles[i].Name = strconv.Itoa(i)
		}
		return profiles
	})
}
