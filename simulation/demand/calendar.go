package demand

import (
	"math/rand/v2"
	"time"
)

// year is the one that drawn days are of.
const year = 2026

// changes is how rarely a day is drawn on purpose among those on which the clocks change: one in so many. Among all days of a year
// they would hardly ever occur.
const changes = 16

// date draws the first day of a kind, and gives its midnight.
func date(rng *rand.Rand, p pattern, zone *time.Location) time.Time {
	candidates := firsts(p, zone)
	if special := clockChanges(candidates, p, zone); len(special) > 0 && rng.IntN(changes) == 0 {
		candidates = special
	}
	return candidates[rng.IntN(len(candidates))]
}

// firsts are the midnights of the year's days on which the kind can begin.
func firsts(p pattern, zone *time.Location) []time.Time {
	all := make([]time.Time, 0, 366)
	for day := time.Date(year, time.January, 1, 12, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
		if p.first(day.Weekday()) {
			all = append(all, midnight(year, day.Month(), day.Day(), zone))
		}
	}
	return all
}

// clockChanges are the candidates whose days are not of 24 hours each.
func clockChanges(candidates []time.Time, p pattern, zone *time.Location) []time.Time {
	var all []time.Time
	for _, first := range candidates {
		if length(first, p.days, zone) != time.Duration(p.days)*24*time.Hour {
			all = append(all, first)
		}
	}
	return all
}

// midnight is the first moment of a local day: 00:00, except where the clocks go forward at midnight and the day begins later.
func midnight(y int, m time.Month, d int, zone *time.Location) time.Time {
	const step = 15 * time.Minute // no zone's clocks change by anything that is not a multiple
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	today := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Day()
	for t.Add(-step).Day() == today {
		t = t.Add(-step)
	}
	for t.Day() != today {
		t = t.Add(step)
	}
	return t
}

// length is how long some local days are from their first midnight on, up to the next full hour: a day on which the clocks change
// can have 23 hours or 25.
func length(first time.Time, days int, zone *time.Location) time.Duration {
	y, m, d := first.In(zone).Date()
	whole := midnight(y, m, d+days, zone).Sub(first)
	if rest := whole % time.Hour; rest != 0 {
		whole += time.Hour - rest
	}
	return whole
}

// clock is how long after a day's midnight the local clock shows a time of it. Of two such moments it is one, and of a time that the
// clocks leave out one near it.
func (d Day) clock(hour, minute int) time.Duration {
	y, m, day := d.Midnight.Date()
	return time.Date(y, m, day, hour, minute, 0, 0, d.Midnight.Location()).Sub(d.Midnight)
}
