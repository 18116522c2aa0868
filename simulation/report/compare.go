package report

import "math"

// Sizes of the comparison, in the units of its picture.
const (
	nameLetters          = 38
	namesWidth           = nameLetters*letter + 8
	barHeight, barLine   = 11, 19
	barHead              = 20
	figureWidth, cutRoom = 62, 96
)

// comparison is a picture of the policies, a line each: two bars and a number.
type comparison struct {
	Width, Height float64
	Heads         []label
	Rows          []compared
}

// label is a text at its place. It ends there where End says so.
type label struct {
	X, Y float64
	Text string
	End  bool
}

// compared is the line of one policy.
type compared struct {
	Y     float64
	Name  label
	Ours  bool
	Bars  []bar
	Texts []label
}

// bar is a rectangle, with a tick where the fewest possible is.
type bar struct {
	X, Y, W, H float64
	Text       string
	Tick       float64
}

// compare draws overload and machine-hours of the policies as bars, and the conferences that they cut.
func (p Page) compare(width float64) comparison {
	part := (width - namesWidth - cutRoom - left) / 2
	overloadX, hoursX := float64(namesWidth), namesWidth+part+left/2
	c := comparison{Width: width, Height: barHead + barLine*float64(len(p.Policies)) + 4}
	c.Heads = []label{
		{X: overloadX, Y: 12, Text: "conference-minutes overloaded"},
		{X: hoursX, Y: 12, Text: "machine-hours a day (tick: fewest with one warm)"},
		{X: width - right, Y: 12, Text: "conferences cut", End: true},
	}
	mostOverload, mostHours := 0.0, 0.0
	for _, r := range p.Policies {
		mostOverload = max(mostOverload, finite(r.overload()))
		mostHours = max(mostHours, finite(r.hours()), finite(r.daily(r.LowerBoundWarm)))
	}
	room := part - figureWidth
	for i, r := range p.Policies {
		y := barHead + barLine*float64(i)
		row := compared{Y: y, Ours: i == 0, Name: label{X: 12, Y: y + barHeight - 1, Text: short(r.label(), nameLetters)}}
		hours, warm := r.hours(), r.daily(r.LowerBoundWarm)
		overload := newBar(overloadX, y, room, r.overload(), mostOverload, percent(r.overload()))
		paid := newBar(hoursX, y, room, hours, mostHours, amount(hours, 1))
		if warm > 0 && !math.IsInf(warm, 0) {
			paid.Tick = hoursX + room*finite(warm)/mostHours
		}
		row.Bars = []bar{overload, paid}
		row.Texts = []label{
			overload.label(overload.Text),
			paid.label(paid.Text),
			{X: width - right, Y: y + barHeight - 1, Text: decimal(float64(r.Cuts), 0), End: true},
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// newBar is a bar as long as its part of the most, of which all of the room is the whole.
func newBar(x, y, room, value, most float64, text string) bar {
	b := bar{X: x, Y: y, H: barHeight, Text: text}
	if most > 0 {
		b.W = room * finite(value) / most
	}
	return b
}

// label is the figure at the end of the bar, or right of its tick if that is further.
func (b bar) label(text string) label {
	return label{X: max(b.X+b.W, b.Tick) + 5, Y: b.Y + barHeight - 1, Text: text}
}
