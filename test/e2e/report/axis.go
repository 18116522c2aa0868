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

// x is where a moment is. Moments outside of the day are at its ends.
func (a axis) x(at time.Time) float64 {
	part := float64(at.Sub(a.from)) / float64(a.to.Sub(a.from))
	return a.left + a.width*min(max(part, 0), 1)
}

func (a axis) contains(at time.Time) bool { return !at.Before(a.from) && !at.After(a.to) }

// tick is a place on an axis with its label.
type tick struct {
	At    float64
	Label string
}

// minimumHour is how many units of width an hour's label needs.
const minimumHour = 52

// hours are the full hours of the time zone, as many as there is room for. Where the clocks change, the steps between them are
// longer or shorter, as they are for the people.
func (a axis) hours() []tick {
	step := 24
	for _, candidate := range []int{1, 2, 3, 4, 6, 12} {
		if a.width/(a.to.Sub(a.from).Hours()/float64(candidate)) >= minimumHour {
			step = candidate
			break
		}
	}
	var all []tick
	year, month, day := a.from.In(a.zone).Date()
	for hour := 0; ; hour += step {
		at := time.Date(year, month, day, hour, 0, 0, 0, a.zone)
		if at.After(a.to) {
			return all
		}
		if a.contains(at) {
			all = append(all, tick{At: a.x(at), Label: at.Format("15:04")})
		}
	}
}

// scale is an axis of numbers, from the bottom up.
type scale struct {
	top, height, most float64
}

// newScale makes room for values up to the highest, which ends at a round number.
func newScale(top, height, highest float64) scale {
	most := 1.0
	for most < highest {
		most = following(most)
	}
	return scale{top: top, height: height, most: most}
}

// following is the next of 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, and so on.
func following(number float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(number)+1e-9))
	for _, step := range []float64{1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10} {
		if next := math.Ceil(unit*step - 1e-9); next > number+1e-9 {
			return next
		}
	}
	return number * 2
}

// y is where a number is.
func (s scale) y(number float64) float64 { return s.top + s.height*(1-min(number/s.most, 1)) }

// ticks are the bottom, the top and, where there is room, the middle.
func (s scale) ticks() []tick {
	all := []tick{{s.y(0), "0"}}
	if half := s.most / 2; s.height >= 60 && half == math.Trunc(half) {
		all = append(all, tick{s.y(half), number(half)})
	}
	return append(all, tick{s.y(s.most), number(s.most)})
}

// number writes a number as short as it can be with one decimal.
func number(value float64) string {
	return strconv.FormatFloat(math.Round(value*10)/10, 'f', -1, 64)
}
