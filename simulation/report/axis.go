package report

import (
	"math"
	"strconv"
	"time"
)

// axis is the time axis, from left to right.
type axis struct {
	from, to    time.Time
	zone        *time.Location
	left, width float64
}

// axisOf spans the minutes of a series.
func axisOf(s Series, left, width float64) axis {
	a := axis{zone: s.zone(), left: left, width: width}
	if len(s.Minutes) > 0 {
		a.from, a.to = s.Minutes[0].At, s.Minutes[len(s.Minutes)-1].At.Add(time.Minute)
	}
	return a
}

// x is where a moment is. What is before or after the series is at its ends.
func (a axis) x(at time.Time) float64 {
	long := a.to.Sub(a.from)
	if long <= 0 {
		return a.left
	}
	return a.left + a.width*min(max(float64(at.Sub(a.from))/float64(long), 0), 1)
}

func (a axis) contains(at time.Time) bool { return !at.Before(a.from) && !at.After(a.to) }

// clock is a moment by the clocks of the people, with the day of the week where there are several.
func (a axis) clock(at time.Time) string {
	const longest = 25 * time.Hour // The day on which the clocks are put back.
	if a.to.Sub(a.from) > longest {
		return at.In(a.zone).Format("Mon 15:04")
	}
	return at.In(a.zone).Format("15:04")
}

// tick is a place on an axis with its label.
type tick struct {
	At    float64
	Label string
}

// hourRoom is the width that the label of an hour or a day needs.
const hourRoom = 50

// hours are full hours by the clocks of the people, or midnights with their dates, as many as there is room for.
func (a axis) hours() []tick {
	long := a.to.Sub(a.from).Hours()
	if long <= 0 {
		return nil
	}
	step := 1
	for float64(step)*a.width/long < hourRoom {
		step = larger(step)
	}
	var all []tick
	year, month, day := a.from.In(a.zone).Date()
	for hour := 0; ; hour += step {
		at := time.Date(year, month, day, hour, 0, 0, 0, a.zone)
		switch {
		case at.After(a.to):
			return all
		case !a.contains(at):
		case step >= 24:
			all = append(all, tick{a.x(at), at.Format("2 Jan")})
		default:
			all = append(all, tick{a.x(at), at.Format("15:04")})
		}
	}
}

// larger is the next number of hours that divides a day, or the next number of days.
func larger(hours int) int {
	for _, next := range []int{2, 3, 4, 6, 12, 24} {
		if next > hours {
			return next
		}
	}
	return hours * 2
}

// scale is an axis of numbers, from the bottom up.
type scale struct {
	top, height, most, step float64
}

// scaleSteps is how many steps a scale has at most.
const scaleSteps = 4

// newScale makes room for values up to the highest, in round steps that are not below the least.
func newScale(top, height, highest, least float64) scale {
	step := least
	for math.Ceil(highest/step-1e-9) > scaleSteps {
		// 1, 2, 5, 10, 20, 50, and so on.
		lead := step / math.Pow(10, math.Floor(math.Log10(step)+1e-9))
		if lead > 1.5 && lead < 3 {
			step *= 2.5
		} else {
			step *= 2
		}
	}
	return scale{top: top, height: height, most: max(math.Ceil(highest/step-1e-9), 1) * step, step: step}
}

// y is where a number is.
func (s scale) y(value float64) float64 { return s.top + s.height*(1-min(value/s.most, 1)) }

func (s scale) ticks() []tick {
	var all []tick
	for i := 0; float64(i)*s.step <= s.most+s.step/2; i++ {
		value := float64(i) * s.step
		all = append(all, tick{s.y(value), number(value)})
	}
	return all
}

// number writes a number as short as it can be with one decimal. It is what every coordinate goes through, so none is ever NaN.
func number(value float64) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return "0"
	}
	return strconv.FormatFloat(math.Round(value*10)/10+0, 'f', -1, 64)
}
