package report

import (
	"fmt"
	"slices"
	"time"
)

// Sizes of a panel, in the units of its picture.
const (
	// left is the room for the labels of the numbers, right that on the other side.
	left, right = 44, 22
	// headLine is the height of the line with the title and the legend.
	headLine = 18
	// hourLine is the height of the line with the hours.
	hourLine = 18
	// doorLine is the height of a shard's line of the front door.
	doorLine = 16
	// letter is about how wide a letter is.
	letter = 6.1
)

// panel is one drawing over the day. The plot's upper left corner is at (left, headLine).
type panel struct {
	Title, Desc   string
	Width, Height float64 // of the plot
	Hours, Grid   []tick
	Layers        []layer
	Lines         []string
	Bands         []bar
	Bars          []bar
	Events        []symbol
	Symbols       []symbol
	Legend        []entry
	// LastOne has the hours written below it.
	LastOne bool

	shard string
	axis  axis
	scale scale
}

// layer is an area in a colour, with a pattern upon it.
type layer struct {
	D, Label string
	Form     form
}

// bar is a rectangle with what it means.
type bar struct {
	X, Y, W, H  float64
	Class, Text string
}

// symbol is a mark, in the form of its class, with what it means.
type symbol struct {
	X, Y        float64
	Class, Text string
}

// entry is one of the legend: either a layer's form or a symbol's class.
type entry struct {
	X, Width     float64
	Class, Label string
	// Form is nil for a symbol.
	Form *form
}

// Left and Top are where the plot begins, Bottom and Right where it ends.
func (p panel) Left() float64 { return left }

// Top is the upper end of the plot.
func (p panel) Top() float64 { return headLine }

// Bottom is the lower end of the plot.
func (p panel) Bottom() float64 { return headLine + p.Height }

// Right is the right end of the plot.
func (p panel) Right() float64 { return left + p.Width }

// Total is the height of the panel with its lines of text.
func (p panel) Total() float64 {
	if p.LastOne {
		return p.Bottom() + hourLine
	}
	return p.Bottom()
}

// newPanel makes a panel with what all of them have: the hours, the bands and the events.
func (d Day) newPanel(title, shard string, width, height float64) *panel {
	p := &panel{
		Title: title, Width: width - left - right, Height: height, shard: shard,
		axis: axis{from: d.From, to: d.To, zone: d.Zone, left: left, width: width - left - right},
	}
	p.Hours = p.axis.hours()
	for _, band := range d.Bands {
		if band.Shard == "" || shard == "" || band.Shard == shard {
			start, end := p.axis.x(band.From), p.axis.x(band.To)
			p.Bands = append(p.Bands, bar{X: start, Y: headLine, W: max(end-start, 1), H: height, Class: "band", Text: band.Text})
		}
	}
	for _, mark := range d.Marks {
		if mark.Kind == Event && p.axis.contains(mark.At) {
			p.Events = append(p.Events, symbol{X: p.axis.x(mark.At), Y: headLine, Class: "event", Text: d.hour(mark.At) + " " + mark.Text})
		}
	}
	return p
}

// hour is a moment in the hours of the environment.
func (d Day) hour(at time.Time) string { return at.In(d.Zone).Format("15:04") }

// stack draws series one upon the other, up to the highest of all days of its kind.
func (p *panel) stack(d Day, series []Series, highest float64, look func(Series) (form, string)) {
	p.scale = newScale(headLine, p.Height, highest)
	p.Grid = p.scale.ticks()
	for i, outline := range stacked(series, p.axis, p.scale) {
		if outline == "" {
			continue
		}
		form, label := look(series[i])
		p.Layers = append(p.Layers, layer{D: outline, Label: label, Form: form})
		p.explain(entry{Class: form.ID, Label: label, Form: &form})
	}
	most, when := peak(series, p.axis)
	p.Desc = fmt.Sprintf("At most %s, first reached at %s.", number(most), d.hour(when))
}

// explain adds an entry to the legend, once.
func (p *panel) explain(wanted entry) {
	if !slices.ContainsFunc(p.Legend, func(e entry) bool { return e.Class == wanted.Class }) {
		p.Legend = append(p.Legend, wanted)
	}
}

// place puts the legend at the right end of the title's line. The titles are short.
func (p *panel) place() panel {
	x := p.Right()
	for i := len(p.Legend) - 1; i >= 0; i-- {
		e := &p.Legend[i]
		e.Width = 16 + letter*float64(len([]rune(e.Label)))
		x -= e.Width
		e.X = x
		x -= 12
	}
	return *p
}

// load is a panel of participants or conferences, stacked by shard.
func (d Day) load(name, title string, width, height float64) panel {
	p := d.newPanel(title, "", width, height)
	series, forms := d.named(name, ""), d.shardForms()
	most, _ := peak(series, p.axis)
	p.stack(d, series, most, func(s Series) (form, string) { return forms[s.Shard], "shard " + s.Shard })
	p.Desc = title + " over the day, the shards one upon the other. " + p.Desc
	return p.place()
}

// fleet is the panel of a shard's bridges, stacked by the version of their image, with the machines that came and went.
func (d Day) fleet(shard string, highest, width, height float64) panel {
	p := d.newPanel("Bridges of shard "+shard, shard, width, height)
	forms := d.imageForms()
	p.stack(d, d.named(Bridges, shard), highest, func(s Series) (form, string) { return forms[s.Image], s.Image })
	for _, minimum := range d.named(Minimum, shard) {
		p.Lines = append(p.Lines, line(minimum, p.axis, p.scale))
		p.explain(entry{Class: "minimum", Label: "minimum"})
	}
	came, went := 0, 0
	for _, mark := range d.Marks {
		if mark.Shard != shard || mark.Kind != Booted && mark.Kind != Lost {
			continue
		}
		y := p.Bottom() - 5
		if mark.Kind == Booted {
			came++
		} else {
			y = headLine + 6
		}
		p.mark(d, mark.At, y, string(mark.Kind), mark.Text)
	}
	for _, r := range d.Retirements {
		if r.Shard == shard {
			went++
			p.mark(d, r.Retired, headLine+6, "retired", fmt.Sprintf("%s (%s) retired", r.Machine, r.Image))
		}
	}
	p.Desc = fmt.Sprintf("The machines of shard %s by the version of their image. %s %d booted, %d were retired.",
		shard, p.Desc, came, went)
	return p.place()
}

// mark adds a symbol to the plot.
func (p *panel) mark(d Day, at time.Time, y float64, class, text string) {
	if !p.axis.contains(at) {
		return
	}
	p.Symbols = append(p.Symbols, symbol{X: p.axis.x(at), Y: y, Class: class, Text: d.hour(at) + " " + text})
	p.explain(entry{Class: class, Label: class})
}
