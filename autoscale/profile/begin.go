package profile

import "time"

const (
	day = 24 * time.Hour
	// daysBack is how many local days back a begin may still matter: every profile begins once in seven days, and the
	// eighth is for clocks that change meanwhile.
	daysBack = 8
)

// schedule is when a profile begins, and the one thing about it that a calendar answers.
type schedule struct {
	minimum      int
	zone         *time.Location // one pointer for each zone of a calendar
	days         [7]bool        // by [time.Weekday]
	hour, minute int
}

func newSchedule(p Profile, zone *time.Location) schedule {
	made := schedule{minimum: p.Minimum, zone: zone, hour: p.Recurrence.Hour, minute: p.Recurrence.Minute}
	for _, weekday := range p.Recurrence.Days {
		if weekday >= 0 && int(weekday) < len(made.days) {
			made.days[weekday] = true
		}
	}
	return made
}

// begins appends the begins of the local day of from, of the eight days before it and of the given number after it.
func (s schedule) begins(to []begin, from time.Time, ahead int) []begin {
	year, month, today := from.In(s.zone).Date()
	for i := -daysBack; i <= ahead; i++ {
		wall := time.Date(year, month, today+i, s.hour, s.minute, 0, 0, time.UTC)
		if s.days[wall.Weekday()] {
			earliest, latest := readings(wall, s.zone)
			to = append(to, begin{s.minimum, s.zone, earliest, latest})
		}
	}
	return to
}

// begin is one time that a profile comes into force.
type begin struct {
	minimum int
	zone    *time.Location
	// earliest and latest differ where the local time is ambiguous.
	earliest, latest time.Time
}

// follows says that b surely comes after the other begin. Of ambiguous times in one zone all are taken to be read alike,
// all early or all late; what two zones do has nothing to do with each other.
func (b begin) follows(other begin) bool {
	if b.zone == other.zone {
		return b.earliest.After(other.earliest) && b.latest.After(other.latest)
	}
	return b.earliest.After(other.latest)
}

// readings are the earliest and the latest instant that a local time, given as if it were in UTC, can mean in a zone. They
// differ only where its clocks change: a time that they show twice means either instant, and one that they leap over is
// read by the clock as it was before the leap, or as it is after it.
//
// A zone is taken to change its clocks at most once in two days.
func readings(wall time.Time, zone *time.Location) (earliest, latest time.Time) {
	// No zone is more than 14 hours from UTC, so a day to either side is surely before and after the time in the zone.
	earliest, latest = wall.Add(-offset(wall.Add(-day), zone)), wall.Add(-offset(wall.Add(day), zone))
	if earliest.Equal(latest) {
		return earliest, latest
	}
	shownBefore, shownAfter := shows(earliest, wall, zone), shows(latest, wall, zone)
	switch {
	case shownBefore && !shownAfter:
		latest = earliest
	case shownAfter && !shownBefore:
		earliest = latest
	case latest.Before(earliest):
		earliest, latest = latest, earliest
	}
	return earliest, latest
}

func shows(at, wall time.Time, zone *time.Location) bool { return at.Add(offset(at, zone)).Equal(wall) }

// offset is how far the zone's clocks are ahead of UTC.
func offset(at time.Time, zone *time.Location) time.Duration {
	_, seconds := at.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}
