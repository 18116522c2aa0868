package profile

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// longest is the longest duration that Azure takes anywhere in an autoscale setting: a week.
const longest Minutes = 7 * 24 * 60

// Minutes is a duration of whole minutes, written as Azure writes it: ISO 8601, for example "PT5M".
type Minutes int

var iso = regexp.MustCompile(`^PT([1-9][0-9]{0,5})M$`)

// MinutesOf converts a duration, which must be of whole minutes.
func MinutesOf(d time.Duration) (Minutes, error) {
	if d%time.Minute != 0 || d < time.Minute || d > longest.Duration() {
		return 0, fmt.Errorf("%s is not of whole minutes between 1 minute and 1 week", d)
	}
	return Minutes(d / time.Minute), nil
}

// Duration is the same length as Go's type.
func (m Minutes) Duration() time.Duration { return time.Duration(m) * time.Minute }

// String is the ISO 8601 form.
func (m Minutes) String() string { return "PT" + strconv.Itoa(int(m)) + "M" }

// MarshalText writes the ISO 8601 form.
func (m Minutes) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads exactly what MarshalText writes.
func (m *Minutes) UnmarshalText(text []byte) error {
	match := iso.FindSubmatch(text)
	if match == nil {
		return fmt.Errorf("%q is not a duration of the form PT5M", text)
	}
	count, err := strconv.Atoi(string(match[1]))
	if err != nil {
		return fmt.Errorf("reading the duration %q: %w", text, err)
	}
	*m = Minutes(count)
	return nil
}

// Weekday is a day of the week, written in English, as Azure does.
type Weekday time.Weekday

// EveryDay is the whole week, in Azure's order.
func EveryDay() []Weekday {
	return []Weekday{
		Weekday(time.Monday), Weekday(time.Tuesday), Weekday(time.Wednesday), Weekday(time.Thursday),
		Weekday(time.Friday), Weekday(time.Saturday), Weekday(time.Sunday),
	}
}

// String is the English name.
func (w Weekday) String() string { return time.Weekday(w).String() }

// MarshalText writes the English name.
func (w Weekday) MarshalText() ([]byte, error) {
	if time.Weekday(w) < time.Sunday || time.Weekday(w) > time.Saturday {
		return nil, errors.New("there are seven days in a week")
	}
	return []byte(w.String()), nil
}

// UnmarshalText reads an English name.
func (w *Weekday) UnmarshalText(text []byte) error {
	for _, day := range EveryDay() {
		if day.String() == string(text) {
			*w = day
			return nil
		}
	}
	return fmt.Errorf("%q is not the English name of a weekday", text)
}
