package report

import (
	_ "embed" // for the templates
	"fmt"
	"html/template"
	"io"
	"strings"
)

// Size of the picture, and what is around the panels in it.
const (
	pictureWidth, pictureHeight = 1000, 480
	pictureTitle                = 34
	pictureLines                = 3
	pictureLetters              = 34
	pictureMargin               = 8
)

//go:embed chart.tmpl
var chartText string

//go:embed chart.css
var chartStyle string

// drawing is a picture's content.
type drawing struct {
	Day           Day
	Style         template.CSS
	Width, Height float64
	Title, Result string
	Desc          string
	Labels        []label
	LabelsTop     float64
	Panels        []placed
	Forms         []form
}

// placed is a panel at its place.
type placed struct {
	Y     float64
	Panel panel
}

// Picture draws the day as one SVG picture of 1000 by 480, higher with more than five shards, which needs nothing else and has a
// background of its own.
func Picture(w io.Writer, d Day) error {
	d, err := d.checked()
	if err != nil {
		return err
	}
	drawing := drawing{
		Day: d, Style: template.CSS(chartStyle), Width: pictureWidth, Height: pictureHeight, //nolint:gosec // our own file
		Title: d.headline(), Result: d.result(), LabelsTop: pictureTitle, Forms: patterns(d),
	}
	panels := d.panels(pictureWidth)
	drawing.Labels = d.labels(panels[0].axis, pictureLines, pictureLetters)
	y := float64(pictureTitle + pictureLines*labelLine)
	var said []string
	for _, p := range panels {
		drawing.Panels = append(drawing.Panels, placed{Y: y, Panel: p})
		y += p.Total()
		said = append(said, p.Desc)
	}
	drawing.Height = max(drawing.Height, y+pictureMargin) // Many shards need more.
	drawing.Desc = drawing.Result + ". " + strings.Join(said, " ")
	charts, err := charts()
	if err != nil {
		return err
	}
	if err := charts.ExecuteTemplate(w, "picture", drawing); err != nil {
		return fmt.Errorf("drawing the day: %w", err)
	}
	return nil
}

// panels are those of the picture. They share its height: the load has more of it than a shard's bridges.
func (d Day) panels(width float64) []panel {
	const fixed = pictureHeight - pictureTitle - pictureLines*labelLine - hourLine - pictureMargin
	shards := float64(len(d.Shards))
	room := fixed - headLine*(3+shards) - doorLine*shards
	unit := max(room/(3.2+1.4*shards), 12)
	all := []panel{
		d.load(Participants, "Participants", width, 2.2*unit),
		d.load(Conferences, "Conferences", width, unit),
	}
	for _, shard := range d.Shards {
		all = append(all, d.fleet(shard, d.highestFleet(), width, 1.4*unit))
	}
	last := d.doors(width)
	last.LastOne = true
	return append(all, last)
}

// highestFleet is the most machines that any shard had, so that all shards have the same scale.
func (d Day) highestFleet() float64 {
	most := 1.0
	for _, shard := range d.Shards {
		highest, _ := peak(d.named(Bridges, shard), axis{from: d.From, to: d.To, width: pictureWidth})
		most = max(most, highest)
		for _, s := range d.named(Minimum, shard) {
			floor, _ := peak([]Series{s}, axis{from: d.From, to: d.To, width: pictureWidth})
			most = max(most, floor)
		}
	}
	return most
}

func (d Day) headline() string {
	text := fmt.Sprintf("A day of %s, %s", d.Environment, d.From.In(d.Zone).Format("2 January 2006"))
	if d.Factor > 1 {
		text += fmt.Sprintf(", %s times as fast", number(d.Factor))
	}
	return text
}

// result is the day in one line.
func (d Day) result() string {
	return fmt.Sprintf("%d of %d checks hold, %d bridges retired, conferences cut: %d by us, %d by what the day broke",
		d.Passed(), len(d.Checks), len(d.Retirements), d.Unexpected(), d.Expected())
}

// charts reads the templates of pictures.
func charts() (*template.Template, error) {
	read, err := template.New("chart").Funcs(template.FuncMap{"n": number}).Parse(chartText)
	if err != nil {
		return nil, fmt.Errorf("the templates of pictures: %w", err)
	}
	return read, nil
}
