package environment

import (
	"slices"
	"strings"
	"time"
)

// pause is the longest time between two runs of a schedule that [isSchedule] accepts, exact below an hour. Where some hour
// or some day has no run at all it is an hour, which stands for "an hour or more".
func pause(schedule string) time.Duration {
	var chosen [][]bool
	for i, expression := range strings.Fields(schedule) {
		chosen = append(chosen, cronFields()[i].chosen(expression))
	}
	for _, field := range chosen[2:] {
		if slices.Contains(field, false) {
			return time.Hour
		}
	}
	// Every hour is like the next, so one hour in seconds, and the first run of the following one, say it all.
	const hour = 3600
	first, last, longest := -1, -1, 0
	for second := range hour {
		if !chosen[1][second/60] || !chosen[0][second%60] {
			continue
		}
		if first < 0 {
			first, last = second, second
		}
		longest, last = max(longest, second-last), second
	}
	return time.Duration(max(longest, first+hour-last)) * time.Second
}

// chosen says for every number from lowest to highest whether an accepted expression names it.
func (f cronField) chosen(expression string) []bool {
	named := make([]bool, f.highest-f.lowest+1)
	for part := range strings.SplitSeq(expression, ",") {
		span, step, stepped := strings.Cut(part, "/")
		first, last := f.bounds(span, stepped)
		every := 1
		if stepped {
			every, _ = decimal(step)
		}
		for n := first; n <= last; n += every {
			named[n-f.lowest] = true
		}
	}
	return named
}

// bounds are the first and the last number of a span. One number with a step runs on to the end.
// Source: NCrontab, CrontabField, which the Functions host reads schedules with.
func (f cronField) bounds(span string, stepped bool) (first, last int) {
	if span == "*" {
		return f.lowest, f.highest
	}
	from, to, isRange := strings.Cut(span, "-")
	first, _ = f.number(from)
	switch {
	case isRange:
		last, _ = f.number(to)
	case stepped:
		last = f.highest
	default:
		last = first
	}
	return first, last
}
