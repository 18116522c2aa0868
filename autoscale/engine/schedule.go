package engine

import (
	"regexp"
	"strconv"
	"time"
)

// isoDuration is the part of ISO 8601 that Azure Monitor takes.
var isoDuration = regexp.MustCompile(`^P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?$`)

// duration reads an ISO 8601 duration, for example "PT5M" or "P1DT12H".
func duration(text string) (time.Duration, bool) {
	match := isoDuration.FindStringSubmatch(text)
	if match == nil || text == "P" || text[len(text)-1] == 'T' {
		return 0, false
	}
	var total time.Duration
	for i, unit := range []time.Duration{day, time.Hour, time.Minute, time.Second} {
		n, err := strconv.Atoi("0" + match[i+1])
		if err != nil {
			return 0, false
		}
		total += time.Duration(n) * unit
	}
	return total, true
}

// recurrence checks a weekly schedule. Azure reads one hour and one minute.
// Source: MicrosoftDocs/azure-docs issue 42655.
func (c *checker) recurrence(written recurrenceDocument) *recurrence {
	c.one("frequency", written.Frequency, "Week")
	schedule := written.Schedule
	r := &recurrence{
		zone: c.zone(schedule.TimeZone),
		hour: c.sole("hour", schedule.Hours, 24), minute: c.sole("minute", schedule.Minutes, 60),
	}
	for _, name := range schedule.Days {
		weekday, known := weekdays()[name]
		if !known || r.days[weekday] {
			c.refuse("day %q is no weekday or given twice", name)
		}
		r.days[weekday] = true
	}
	if len(schedule.Days) == 0 {
		c.refuse("there are no days")
	}
	return r
}

// sole reads a list of one number.
func (c *checker) sole(what string, numbers []int, limit int) int {
	if len(numbers) != 1 || numbers[0] < 0 || numbers[0] >= limit {
		c.refuse("the schedule must have one %s from 0 to %d", what, limit-1)
		return 0
	}
	return numbers[0]
}

func weekdays() map[string]time.Weekday {
	named := map[string]time.Weekday{}
	for d := time.Sunday; d <= time.Saturday; d++ {
		named[d.String()] = d
	}
	return named
}

// fixed checks a fixed date. Its times are in its zone, UTC if it has none; with an offset of their own they are instants.
func (c *checker) fixed(written fixedDocument) *span {
	zone := time.UTC
	if written.TimeZone != "" {
		zone = c.zone(written.TimeZone)
	}
	made := &span{start: c.moment("start", written.Start, zone), end: c.moment("end", written.End, zone)}
	if made.end.Before(made.start) || made.end.Sub(made.start) > longestFixed {
		c.refuse("the fixed date must end after it starts, and within %d days", longestFixed/day)
	}
	return made
}

func (c *checker) moment(what, text string, zone *time.Location) time.Time {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at
	}
	wall, err := time.Parse("2006-01-02T15:04:05", text)
	if err != nil {
		c.refuse("the %s %q of the fixed date is no time", what, text)
		return time.Time{}
	}
	return meant(wall, zone)
}
