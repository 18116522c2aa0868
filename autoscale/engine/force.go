package engine

import (
	"slices"
	"time"
)

const (
	day = 24 * time.Hour
	// daysBack is how many local days back the begin of a recurring profile may still matter: it begins at least once a week,
	// and the eighth day is for clocks that change meanwhile.
	daysBack = 8
)

// Profile is a profile of a setting, without its rules and its time.
type Profile struct {
	Name string
	// Minimum, Maximum and Default are instances.
	Minimum, Maximum, Default int

	rules []rule
	// fixed and recurs say when the profile is in force; a default profile has neither.
	fixed  *span
	recurs *recurrence
}

// span is a time with an end, both included.
type span struct{ start, end time.Time }

// recurrence is a weekly schedule.
type recurrence struct {
	zone         *time.Location
	days         [7]bool // by [time.Weekday]
	hour, minute int
}

// InForce is the profile that the engine chooses when it runs at some time; false if there is none.
func (s Setting) InForce(now time.Time) (Profile, bool) {
	if !s.enabled {
		return Profile{}, false
	}
	return s.inForce(now)
}

func (s Setting) inForce(now time.Time) (Profile, bool) {
	at := slices.IndexFunc(s.profiles, func(p Profile) bool {
		return p.fixed != nil && !now.Before(p.fixed.start) && !now.After(p.fixed.end)
	})
	if at < 0 {
		at = s.recurring(now)
	}
	if at < 0 {
		at = slices.IndexFunc(s.profiles, func(p Profile) bool { return p.fixed == nil && p.recurs == nil })
	}
	if at < 0 {
		return Profile{}, false
	}
	return s.profiles[at], true
}

// recurring is the index of the recurring profile that began last; -1 where there is none.
func (s Setting) recurring(now time.Time) int {
	found := -1
	var latest time.Time
	for i, p := range s.profiles {
		if p.recurs == nil {
			continue
		}
		if began := p.recurs.last(now); found < 0 || began.After(latest) {
			found, latest = i, began
		}
	}
	return found
}

// last is when the profile last began. Its begins are a day apart or more, and clocks change by less.
func (r recurrence) last(now time.Time) time.Time {
	year, month, today := now.In(r.zone).Date()
	// Tomorrow is for clocks that are set back over midnight.
	for back := -1; back <= daysBack; back++ {
		wall := time.Date(year, month, today-back, r.hour, r.minute, 0, 0, time.UTC)
		if !r.days[wall.Weekday()] {
			continue
		}
		if begins := meant(wall, r.zone); !begins.After(now) {
			return begins
		}
	}
	return time.Time{}
}

// meant is the instant of a local time, which is given as if it were in UTC. Clocks that are set forward leap over local times
// and those that are set back show some twice. .NET reads the latter as standard time, the second; for the former the clock
// is read as it was before it leapt.
// Source for .NET: TimeZoneInfo.ConvertTimeToUtc. That Azure's engine reads clocks as .NET does is an assumption.
func meant(wall time.Time, zone *time.Location) time.Time {
	// No zone is more than 14 hours from UTC, so a day to either side is surely before and after the time in the zone.
	before, after := wall.Add(-offset(wall.Add(-day), zone)), wall.Add(-offset(wall.Add(day), zone))
	if shows := after.Add(offset(after, zone)); shows.Equal(wall) {
		return after
	}
	return before
}

// offset is how far the zone's clocks are ahead of UTC.
func offset(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}
