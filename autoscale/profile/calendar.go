package profile

import (
	"errors"
	"fmt"
	"math"
	"time"

	"jitsi-meet-azure/internal/windowszone"
)

// Calendar says which of a set of profiles is in force when. [NewCalendar] and [ParseCalendar] make one; it is never
// changed afterwards, so it may be used by several goroutines at once.
type Calendar struct {
	schedules []schedule
}

// NewCalendar makes the calendar of a set of profiles. A set that breaks Azure's limits is refused, and so is one with a
// time zone that is not a Windows time-zone id; all problems are reported together.
func NewCalendar(profiles []Profile) (Calendar, error) {
	problems := []error{Validate(profiles)}
	zones := map[string]*time.Location{}
	made := Calendar{schedules: make([]schedule, 0, len(profiles))}
	for _, p := range profiles {
		id := p.Recurrence.TimeZone
		if _, loaded := zones[id]; !loaded && id != "" { // Validate has reported an empty one
			zone, err := windowszone.Load(id)
			if err != nil {
				problems = append(problems, fmt.Errorf("profile %q: %w", p.Name, err))
			}
			zones[id] = zone
		}
		made.schedules = append(made.schedules, newSchedule(p, zones[id]))
	}
	if err := errors.Join(problems...); err != nil {
		return Calendar{}, fmt.Errorf("making a calendar of autoscale profiles: %w", err)
	}
	return made, nil
}

// ParseCalendar makes the calendar of the profiles in a text that [Marshal] wrote. It refuses what [Parse] and
// [NewCalendar] refuse.
func ParseCalendar(text []byte) (Calendar, error) {
	profiles, err := Parse(text)
	if err != nil {
		return Calendar{}, err
	}
	return NewCalendar(profiles)
}

// Minimum is the highest minimum, in instances, of all profiles that are or may be in force at any moment from now-before to
// now+after, both included. Azure's engine applies a profile when it next runs, 30 to 60 seconds after the boundary, so
// around one either minimum may hold; and whoever removes a machine needs what holds until that is done. A negative margin
// counts as none, one of more than eight days as eight: by then every profile has been in force.
//
// A profile comes into force when its time of day begins in its zone, and stays so until any other does; of several that
// begin together each counts. Where clocks change, a local time may exist twice or not at all, and Azure does not say when
// a profile then begins. So both instants count that the local time can mean: the profile may be in force from the
// earlier one on, and what was in force before it until the later one.
//
// The zero Calendar knows no profile, so no number of instances is enough: its minimum is [math.MaxInt].
//
// Source: Azure docs, autoscale-multiprofile and autoscale-understanding-settings.
func (c Calendar) Minimum(now time.Time, before, after time.Duration) int {
	from, to := now.Add(-margin(before)), now.Add(margin(after))
	begins := c.begins(from, to)
	past := settled(begins, from)
	if len(past.begins) == 0 {
		// Every profile begins once a week, so only a time that Go cannot reckon with comes here.
		return c.highest()
	}
	minimum := 0
	for _, b := range begins {
		if !b.earliest.After(to) && !past.ended(b) {
			minimum = max(minimum, b.minimum)
		}
	}
	return minimum
}

// highest is the minimum that is enough whichever profile is in force.
func (c Calendar) highest() int {
	if len(c.schedules) == 0 {
		return math.MaxInt
	}
	highest := 0
	for _, s := range c.schedules {
		highest = max(highest, s.minimum)
	}
	return highest
}

// begins lists, in no order, when profiles begin: whatever may still be in force at the moment from, and whatever begins up
// to the moment to.
func (c Calendar) begins(from, to time.Time) []begin {
	// The local day of to may be one further on than the whole days between, and clocks that are set back over midnight
	// may have shown the next one already.
	ahead := int(to.Sub(from)/day) + 2
	found := make([]begin, 0, len(c.schedules)*(daysBack+ahead+1))
	for _, s := range c.schedules {
		found = s.begins(found, from, ahead)
	}
	return found
}

func margin(given time.Duration) time.Duration { return min(max(given, 0), daysBack*day) }

// past are the begins that have surely come to pass by some moment.
type past struct {
	begins []begin
	// newest is the latest of their earliest instants.
	newest time.Time
}

func settled(begins []begin, by time.Time) past {
	var p past
	for _, b := range begins {
		if b.latest.After(by) {
			continue
		}
		p.begins = append(p.begins, b)
		if b.earliest.After(p.newest) || len(p.begins) == 1 {
			p.newest = b.earliest
		}
	}
	return p
}

// ended says that another profile has surely taken the place of the one that began so.
func (p past) ended(b begin) bool {
	if p.newest.After(b.latest) {
		return true // the rule for other zones, all at once, and nearly always enough
	}
	for _, next := range p.begins {
		if next.follows(b) {
			return true
		}
	}
	return false
}
