package demand

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// moment reads a time of a trace. The local clock shows some times twice, when it is put back: such a one is taken for the first
// moment that is not before the line above.
func moment(text string, last time.Time, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, inRange(at)
	}
	wall, err := time.Parse(localTime, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("it is neither of RFC 3339 nor like %s", localTime)
	}
	if err := inRange(wall); err != nil {
		return time.Time{}, err
	}
	moments := shows(wall, zone)
	if len(moments) == 0 {
		return time.Time{}, fmt.Errorf("the clocks of %s leave this time out", zone)
	}
	for _, at := range moments {
		if !at.Before(last) {
			return at, nil
		}
	}
	return moments[len(moments)-1], nil
}

// inRange keeps out years that no trace is of, with which times could not be reckoned.
func inRange(at time.Time) error {
	if at.Year() < 2000 || at.Year() > 2199 {
		return errors.New("allowed are the years 2000 to 2199")
	}
	return nil
}

// shows are the moments, in order, at which the clocks of a zone show a time (that of wall, which is in UTC): one, none or two.
func shows(wall time.Time, zone *time.Location) []time.Time {
	var all []time.Time
	near := wall.In(zone)
	for _, around := range []time.Time{near.Add(-24 * time.Hour), near.Add(24 * time.Hour)} {
		_, offset := around.Zone()
		at := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if _, there := at.Zone(); there == offset && !slices.ContainsFunc(all, at.Equal) {
			all = append(all, at)
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return all
}
