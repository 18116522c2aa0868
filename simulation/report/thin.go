package report

import (
	"slices"
	"strings"
	"time"
)

// mostPoints is how many points a line has at most: more than that no screen shows.
const mostPoints = 400

// point is a value that holds from a moment on.
type point struct {
	at    time.Time
	value float64
}

// thinned are the values of a series, as many minutes in one point as are needed to have few enough. A point has the highest of its
// minutes: a peak of one minute is what people are looking for.
func thinned(minutes []Minute, value func(Minute) float64) []point {
	size := max((len(minutes)+mostPoints-1)/mostPoints, 1)
	var all []point
	for chunk := range slices.Chunk(minutes, size) {
		p := point{at: chunk[0].At}
		for _, m := range chunk {
			p.value = max(p.value, finite(value(m)))
		}
		all = append(all, p)
	}
	return all
}

// highest is the greatest value, and when it is first reached; zero of none.
func highest(minutes []Minute, value func(Minute) float64) (most float64, at time.Time) {
	for i, m := range minutes {
		if v := finite(value(m)); i == 0 || v > most {
			most, at = v, m.At
		}
	}
	return most, at
}

// outline is the path of a line of steps. It turns only where the value does, so that a quiet night costs no bytes.
func (f frame) outline(points []point) string {
	if len(points) == 0 {
		return ""
	}
	var d strings.Builder
	last := number(f.scale.y(points[0].value))
	d.WriteString("M" + number(f.axis.x(points[0].at)) + " " + last)
	for _, p := range points[1:] {
		if y := number(f.scale.y(p.value)); y != last {
			d.WriteString("H" + number(f.axis.x(p.at)) + "V" + y)
			last = y
		}
	}
	d.WriteString("H" + number(f.axis.x(f.axis.to)))
	return d.String()
}

// area is the path of what is between a line of steps and a floor. Where the line is below it, there is nothing; a line that is
// never above it has no path at all.
func (f frame) area(points []point, floor float64) string {
	above := false
	raised := make([]point, 0, len(points))
	for _, p := range points {
		above = above || p.value > floor
		raised = append(raised, point{p.at, max(p.value, floor)})
	}
	if !above {
		return ""
	}
	return f.outline(raised) + "V" + number(f.scale.y(floor)) + "H" + number(f.axis.left) + "Z"
}

// frame is the two axes of a plot.
type frame struct {
	axis  axis
	scale scale
}
