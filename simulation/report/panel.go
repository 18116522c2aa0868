package report

import (
	"fmt"
	"slices"
	"time"
)

// Sizes of a panel, in the units of its picture.
const (
	// left is the room for the labels of the numbers, right that on the other side.
	left, right = 40, 22
	// headLine is the height of the lines with the title and the legend, hourLine that of the line with the hours.
	headLine, hourLine = 38, 18
	// lane is the height of the two rows of marks above the numbers, of which each is a row.
	lane, row = 30, 14
	// letter is about how wide a letter is.
	letter = 5.9
	// together is how near marks of one kind are drawn as one.
	together = 7
)

// panel is one plot over the time of a series. Its upper left corner is at (left, headLine).
type panel struct {
	// ID tells the panels of a page apart.
	ID, Title, Desc string
	Width, Height   float64
	Hours, Grid     []tick
	Shapes          []shape
	Marks           []mark
	Legend          []entry

	frame frame
}

// shape is an area or a line, in the form of its class.
type shape struct{ Class, D, Label string }

// mark is something that happened, once or several times within a few minutes.
type mark struct {
	X, Y        float64
	Class, Text string

	from, to time.Time
	count    int
}

// entry is one of the legend.
type entry struct {
	X            float64
	Class, Label string
	// Mark is true for the sign of a mark, false for a line or an area.
	Mark bool
}

// Left, Right, Top and Bottom are the sides of the plot, Total the height of all with the lines of text.
func (panel) Left() float64     { return left }
func (p panel) Right() float64  { return p.Width - right }
func (panel) Top() float64      { return headLine }
func (p panel) Bottom() float64 { return headLine + p.Height }
func (p panel) Total() float64  { return p.Bottom() + hourLine }

// newPanel makes a panel whose numbers go up to the highest, in steps not below the least, and leave room above them.
func newPanel(s Series, title string, width, height, above, most, least float64) *panel {
	p := &panel{Title: title, Width: width, Height: height}
	p.frame = frame{axis: axisOf(s, left, width-left-right), scale: newScale(headLine+above, height-above, most, least)}
	p.Hours, p.Grid = p.frame.axis.hours(), p.frame.scale.ticks()
	return p
}

// line draws a line of steps, area what is below it.
func (p *panel) line(class, label string, minutes []Minute, value func(Minute) float64) {
	p.shape(class, label, p.frame.outline(thinned(minutes, value)))
}

func (p *panel) area(class, label string, minutes []Minute, floor float64, value func(Minute) float64) {
	p.shape(class, label, p.frame.area(thinned(minutes, value), floor))
}

func (p *panel) shape(class, label, path string) {
	if path == "" {
		return
	}
	p.Shapes = append(p.Shapes, shape{Class: class, D: path, Label: label})
	p.explain(entry{Class: class, Label: label})
}

// explain adds to the legend, once.
func (p *panel) explain(wanted entry) {
	if wanted.Label != "" && !slices.ContainsFunc(p.Legend, func(e entry) bool { return e.Class == wanted.Class }) {
		p.Legend = append(p.Legend, wanted)
	}
}

// drawn are the kinds of events with a mark, in the order of the legend, and in which row: what asks for bridges is above what ends.
var drawn = []struct {
	kind string
	row  float64
}{
	{"recycle", 0}, {"added", 0}, {"refused", 0}, {"retired", 1}, {"removed", 1}, {"cut", 1},
}

// events draws the marks of what happened. Those of one kind that would cover each other become one, which says how many they are.
func (p *panel) events(events []Event) {
	for _, d := range drawn {
		y := headLine + row*(d.row+0.5)
		var marks []mark
		for _, e := range events {
			if e.Kind != d.kind || !p.frame.axis.contains(e.At) {
				continue
			}
			x := p.frame.axis.x(e.At)
			if last := len(marks) - 1; last >= 0 && x-marks[last].X < together {
				marks[last].count++
				marks[last].to = e.At
				continue
			}
			marks = append(marks, mark{X: x, Y: y, Class: d.kind, Text: e.Text, from: e.At, to: e.At, count: 1})
		}
		for _, m := range marks {
			m.Text = p.frame.axis.said(m)
			p.Marks = append(p.Marks, m)
			p.explain(entry{Class: d.kind, Label: d.kind, Mark: true})
		}
	}
}

// said is what a mark means, in words.
func (a axis) said(m mark) string {
	switch {
	case m.count > 1:
		return fmt.Sprintf("%s to %s: %d x %s", a.clock(m.from), a.clock(m.to), m.count, m.Class)
	case m.Text == "":
		return a.clock(m.from) + " " + m.Class
	}
	return a.clock(m.from) + " " + m.Class + ": " + m.Text
}

// finished puts the legend below the title.
func (p *panel) finished() panel {
	x := float64(left)
	for i := range p.Legend {
		e := &p.Legend[i]
		e.X = x
		x += 34 + letter*float64(len([]rune(e.Label)))
	}
	return *p
}
