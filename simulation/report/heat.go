package report

import (
	"fmt"
	"slices"
	"strconv"
)

// grid are the cells of a mix in their rows and columns.
type grid struct {
	// kinds are in the order in which they come, peaks from the lowest.
	kinds []string
	peaks []float64
	cells []Cell
}

func gridOf(cells []Cell) grid {
	g := grid{cells: cells}
	for _, c := range cells {
		if !slices.Contains(g.kinds, c.Kind) {
			g.kinds = append(g.kinds, c.Kind)
		}
		if peak := finite(c.Peak); !slices.Contains(g.peaks, peak) {
			g.peaks = append(g.peaks, peak)
		}
	}
	slices.Sort(g.peaks)
	return g
}

// at is the cell of a kind and a peak.
func (g grid) at(kind string, peak float64) (Cell, bool) {
	for _, c := range g.cells {
		if c.Kind == kind && finite(c.Peak) == peak {
			return c, true
		}
	}
	return Cell{}, false
}

// Sizes of a heat-map, in the units of its picture.
const (
	kindLetters     = 16
	kindsWidth      = kindLetters*letter + 20
	mapHead, mapRow = 38, 24
	widestCell, gap = 92, 2
)

// heatMap is a picture of one figure of the cells: the worse the stronger its colour.
type heatMap struct {
	ID, Title, Desc string
	Width, Height   float64
	Labels          []label
	Cells           []heat
}

// heat is a cell. Shade is how strong its colour is, from 0 to 1, as SVG writes it.
type heat struct {
	X, Y, W, H  float64
	Shade, Text string
	Label       label
}

// measure is a figure of a cell: its colour is the stronger the nearer it is to the worst.
type measure struct {
	id, title   string
	best, worst float64
	value       func(Cell) float64
	text        func(float64) string
}

var measures = []measure{
	{"overload", "Conference-minutes overloaded", 0, 0.02, func(c Cell) float64 { return c.Overload }, percent},
	{
		"hours", "Machine-hours, x the fewest with one warm", 1, 2, func(c Cell) float64 { return c.Hours },
		func(v float64) string { return decimal(v, 2) },
	},
}

// heatMap draws one figure of the mix.
func (g grid) heatMap(m measure, width float64) heatMap {
	cell := min((width-kindsWidth)/float64(max(len(g.peaks), 1)), widestCell)
	h := heatMap{
		ID: m.id, Title: m.title, Width: width, Height: mapHead + mapRow*float64(len(g.kinds)) + 4,
		Desc: fmt.Sprintf("%s, for each kind of day and each peak in bridges: palest at %s, strongest at %s and above.",
			m.title, m.text(m.best), m.text(m.worst)),
	}
	h.Labels = append(h.Labels, label{X: kindsWidth - 8, Y: mapHead - 6, Text: "peak, bridges", End: true})
	for column, peak := range g.peaks {
		x := kindsWidth + cell*float64(column)
		h.Labels = append(h.Labels, label{X: x + cell/2 + 6, Y: mapHead - 6, Text: number(peak), End: true})
		for row, kind := range g.kinds {
			y := mapHead + mapRow*float64(row)
			found, ok := g.at(kind, peak)
			if !ok {
				continue
			}
			value := m.value(found)
			text := m.text(value)
			h.Cells = append(h.Cells, heat{
				X: x, Y: y, W: max(cell-gap, 1), H: mapRow - gap, Shade: m.shade(value),
				Text:  fmt.Sprintf("%s, peak %s: %s", kind, number(peak), text),
				Label: label{X: x + cell - gap - 6, Y: y + mapRow/2 + 3, Text: text, End: true},
			})
		}
	}
	for row, kind := range g.kinds {
		y := mapHead + mapRow*float64(row) + mapRow/2 + 3
		h.Labels = append(h.Labels, label{X: kindsWidth - 8, Y: y, Text: short(kind, kindLetters), End: true})
	}
	return h
}

// shade is how strong the colour of a value is.
func (m measure) shade(value float64) string {
	part := min(max((finite(value)-m.best)/(m.worst-m.best), 0), 1)
	return strconv.FormatFloat(part*0.85, 'f', 2, 64)
}

// heatMaps are those of all figures, each of the given width; none of a day.
func (p Page) heatMaps(width float64) []heatMap {
	if len(p.Cells) == 0 {
		return nil
	}
	g := gridOf(p.Cells)
	return each(measures, func(m measure) heatMap { return g.heatMap(m, width) })
}
