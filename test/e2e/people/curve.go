package people

import (
	"errors"
	"fmt"
	"time"
)

// Point says how many people there should be at a time of day.
type Point struct {
	// At is the time since midnight.
	At time.Duration
	// Share is the part of the peak, 0 to 1.
	Share float64
}

// Lasting is a meeting that goes on for most of a night, every night.
type Lasting struct {
	// Room is the room's name, behind its tenant and a slash if there is one.
	Room string
	// From and To are times since midnight. A meeting to an earlier time ends the next day.
	From, To time.Duration
	People   int
}

// Curve is how many people want to meet over a day, in local time. Between its points it is straight, and it begins anew at
// midnight. Its lasting meetings are on top.
type Curve struct {
	Points  []Point
	Lasting []Lasting
}

const day = 24 * time.Hour

// WorkingDay has a ramp in the morning, its peak before noon, a dip at lunch, a busy afternoon, some life in the evening and next
// to nobody at night. Two meetings go on at night, so that there are bridges which are never idle then.
func WorkingDay() Curve {
	const h, m = time.Hour, time.Minute
	return Curve{
		Points: []Point{
			{0, .01},
			{6 * h, .01},
			{7*h + 30*m, .10},
			{9 * h, .60},
			{10*h + 30*m, 1},
			{11*h + 30*m, .95},
			{12*h + 30*m, .45},
			{14 * h, .85},
			{16 * h, .70},
			{17*h + 30*m, .40},
			{19 * h, .20},
			{20*h + 30*m, .25},
			{22*h + 30*m, .06},
		},
		Lasting: []Lasting{
			{Room: "operations/night-watch", From: 22 * h, To: 6 * h, People: 4},
			{Room: "release-night", From: 21 * h, To: 8 * h, People: 3},
		},
	}
}

// Share is the part of the peak at a time since midnight.
func (c Curve) Share(at time.Duration) float64 {
	if len(c.Points) == 0 {
		return 0
	}
	before := c.Points[len(c.Points)-1]
	before.At -= day
	for _, point := range c.Points {
		if at < point.At {
			return between(before, point, at)
		}
		before = point
	}
	next := c.Points[0]
	next.At += day
	return between(before, next, at)
}

func between(before, after Point, at time.Duration) float64 {
	if after.At == before.At {
		return after.Share
	}
	return before.Share + (after.Share-before.Share)*float64(at-before.At)/float64(after.At-before.At)
}

// validate says everything that is wrong with the curve.
func (c Curve) validate() error {
	var problems []error
	for _, lasting := range c.Lasting {
		problems = append(problems, lasting.validate())
	}
	for index, point := range c.Points {
		if point.At < 0 || point.At >= day || index > 0 && point.At <= c.Points[index-1].At {
			problems = append(problems, fmt.Errorf("point %d of the day is at %s: times must grow, from 0 to less than a day",
				index, point.At))
		}
		if !(point.Share >= 0 && point.Share <= 1) {
			problems = append(problems, fmt.Errorf("point %d of the day has the share %v, allowed is 0 to 1", index, point.Share))
		}
	}
	return errors.Join(problems...)
}

func (l Lasting) validate() error {
	if min(l.From, l.To) < 0 || max(l.From, l.To) >= day || l.From == l.To || l.People < 1 {
		return fmt.Errorf("the lasting meeting in %s is from %s to %s with %d people: allowed are two times of day and somebody",
			l.Room, l.From, l.To, l.People)
	}
	_, err := parseRoom(l.Room)
	return err
}

// sinceMidnight is what the clocks on the walls show: on the day on which they are set, too.
func sinceMidnight(at time.Time) time.Duration {
	hour, minute, second := at.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second
}
