package report

import (
	"fmt"
	"slices"
)

// doors is the panel of what the front door makes of each shard, with the rooms that moved and the conferences that were cut.
func (d Day) doors(width float64) panel {
	p := d.newPanel("Front door", "", width, doorLine*float64(len(d.Shards)))
	line := func(shard string) float64 { return headLine + doorLine*float64(slices.Index(d.Shards, shard)) }
	for _, shard := range d.Shards {
		p.Grid = append(p.Grid, tick{At: line(shard) + doorLine/2, Label: shard})
	}
	for _, door := range d.Doors {
		if !slices.Contains(d.Shards, door.Shard) || !door.To.After(d.From) || !door.From.Before(d.To) {
			continue
		}
		start, end := p.axis.x(door.From), p.axis.x(door.To)
		p.Bars = append(p.Bars, bar{
			X: start, Y: line(door.Shard) + 3, W: max(end-start, 1), H: doorLine - 6, Class: "door-" + string(door.State),
			Text: fmt.Sprintf("shard %s %s from %s to %s", door.Shard, door.State, d.hour(door.From), d.hour(door.To)),
		})
		p.explain(entry{Class: "door-" + string(door.State), Label: string(door.State)})
	}
	moved := 0
	for _, mark := range d.Marks {
		if mark.Kind == Moved && slices.Contains(d.Shards, mark.Shard) {
			moved++
			p.mark(d, mark.At, line(mark.Shard)+doorLine/2, string(Moved), mark.Text)
		}
	}
	for _, cut := range d.Cuts {
		if slices.Contains(d.Shards, cut.Shard) {
			p.mark(d, cut.At, line(cut.Shard)+doorLine/2, "cut", fmt.Sprintf("%s cut: %s", cut.Room, cut.Cause))
		}
	}
	p.Desc = fmt.Sprintf("Each shard's state at the front door. %d rooms moved to another shard, %d conferences were cut.",
		moved, len(d.Cuts))
	return p.place()
}

// label is a text above the panels.
type label struct {
	X, Y float64
	Text string
	// Ends says that the text ends at X rather than starting there.
	Ends bool
	// At is the place that it belongs to.
	At float64
}

// labelLine is the height of a line of labels, beside how far a label is from its place.
const labelLine, beside = 13, 3

// labels writes the bands' and the events' texts in lines below one another, each at most so many letters long, so that none
// is written over another. What finds no room is left out; its line is there, and the page's table has it.
func (d Day) labels(a axis, lines, longest int) []label {
	type item struct {
		x    float64
		text string
	}
	var items []item
	for _, band := range d.Bands {
		items = append(items, item{a.x(band.From), band.Text})
	}
	for _, mark := range d.Marks {
		if mark.Kind == Event && a.contains(mark.At) {
			items = append(items, item{a.x(mark.At), d.hour(mark.At) + " " + mark.Text})
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return int(a.x*10) - int(b.x*10) })
	ends := make([]float64, lines)
	var placed []label
	for _, it := range items {
		text := it.text
		if runes := []rune(text); len(runes) > longest {
			text = string(runes[:longest-1]) + "…"
		}
		width := letter * float64(len([]rune(text)))
		l := label{X: it.x + beside, Text: text, At: it.x}
		start := l.X
		if l.X+width > a.left+a.width {
			l.X, l.Ends = it.x-beside, true
			start = l.X - width
		}
		free := slices.IndexFunc(ends, func(end float64) bool { return end < start })
		if free < 0 {
			continue
		}
		ends[free] = start + width + 2*beside
		l.Y = labelLine * float64(free+1)
		placed = append(placed, l)
	}
	return placed
}
