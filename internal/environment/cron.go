package environment

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// cronField is one of the six fields of a timer's schedule.
// Source: Azure docs, "Timer trigger for Azure Functions", NCRONTAB expressions.
type cronField struct {
	name            string
	lowest, highest int
	names           []string // three-letter names of lowest, lowest+1, ...
}

func cronFields() []cronField {
	return []cronField{
		{name: "second", highest: 59},
		{name: "minute", highest: 59},
		{name: "hour", highest: 23},
		{name: "day", lowest: 1, highest: 31},
		{name: "month", lowest: 1, highest: 12, names: []string{
			"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
		}},
		{name: "day of the week", highest: 6, names: []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}},
	}
}

func isSchedule(value string) bool { return scheduleFault(value) == "" }

// adviseSchedule knows the usual slip, a five-field expression.
func adviseSchedule(value string) (string, string) {
	const six = "six cron fields in UTC: second, minute, hour, day, month, day of the week"
	fault := scheduleFault(value)
	better := ""
	if len(strings.Fields(value)) == len(cronFields())-1 && isSchedule("0 "+value) {
		better = "0 " + value
	}
	return six + " (" + fault + ")", better
}

// scheduleFault says what is wrong with a schedule, "" if nothing is.
func scheduleFault(value string) string {
	parts, fields := strings.Split(value, " "), cronFields()
	if len(parts) == len(fields)-1 {
		return "the seconds are missing in front"
	}
	if len(parts) != len(fields) {
		return fmt.Sprintf("it has %s, with single spaces between them", count(len(parts), "field"))
	}
	for i, field := range fields {
		if !field.accepts(parts[i]) {
			return fmt.Sprintf("the %s must be *, or %d to %d, with ranges (-), steps (/) and lists (,)",
				field.name, field.lowest, field.highest)
		}
	}
	return ""
}

// accepts reads a list of "*", "a" or "a-b", each with an optional step "/n".
func (f cronField) accepts(expression string) bool {
	for part := range strings.SplitSeq(expression, ",") {
		span, step, stepped := strings.Cut(part, "/")
		if stepped && !f.acceptsStep(step) || !f.acceptsSpan(span) {
			return false
		}
	}
	return true
}

func (f cronField) acceptsStep(step string) bool {
	n, ok := decimal(step)
	return ok && n >= 1 && n <= max(1, f.highest)
}

func (f cronField) acceptsSpan(span string) bool {
	if span == "*" {
		return true
	}
	from, to, isRange := strings.Cut(span, "-")
	first, ok := f.number(from)
	if !isRange || !ok {
		return ok
	}
	last, ok := f.number(to)
	return ok && first <= last
}

// number reads a number or a name of the field.
func (f cronField) number(value string) (int, bool) {
	if i := slices.Index(f.names, strings.ToLower(value)); i >= 0 {
		return f.lowest + i, true
	}
	n, ok := decimal(value)
	return n, ok && n >= f.lowest && n <= f.highest
}

// decimal reads digits only, unlike strconv, which also takes signs.
func decimal(value string) (int, bool) {
	if value == "" || strings.Trim(value, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(value)
	return n, err == nil
}
