package report

import (
	"cmp"
	_ "embed" // for the templates
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"
)

// Sizes of the page's pictures.
const (
	pageWidth  = 1080
	loadHeight = 190
	// bridgeHeight is how much a bridge has of a fleet's height, within the bounds.
	bridgeHeight, leastFleet, mostFleet = 18, 70, 200
	// pageLines are the lines of labels above the first picture at most, pageLetters what one label has at most.
	pageLines, pageLetters = 6, 60
)

//go:embed page.tmpl
var pageText string

//go:embed page.css
var pageStyle string

// page is what the template of the page is given.
type page struct {
	Day
	Style    template.CSS
	Title    string
	Result   string
	Forms    []form
	Charts   []chart
	Happened []happening
	Kept     []kept
	Moves    int
}

// chart is one picture of the page.
type chart struct {
	ID     string
	Panel  panel
	Labels []label
	// LabelsHeight is the room above the panel.
	LabelsHeight, Width float64
}

// Height is the picture's.
func (c chart) Height() float64 { return c.LabelsHeight + c.Panel.Total() + 2 }

// happening is a line of what the day brought.
type happening struct {
	At       time.Time
	When     string
	Shard    string
	Text     string
	Duration string
}

// kept is how long a machine lived, for the table.
type kept struct {
	Retirement
	Age, Because string
}

// HTML writes the day as one page that needs nothing else: no script, no font, no picture from elsewhere.
func HTML(w io.Writer, d Day) error {
	d, err := d.checked()
	if err != nil {
		return err
	}
	read, err := charts()
	if err == nil {
		_, err = read.New("page").Funcs(template.FuncMap{"clock": d.moment}).Parse(pageText)
	}
	if err != nil {
		return fmt.Errorf("the template of the page: %w", err)
	}
	content := page{
		Day: d, Style: template.CSS(pageStyle + chartStyle), //nolint:gosec // our own files
		Title: d.headline(), Result: d.result(), Forms: patterns(d), Charts: d.charts(), Happened: d.happened(), Kept: d.kept(),
	}
	for _, mark := range d.Marks {
		if mark.Kind == Moved {
			content.Moves++
		}
	}
	if err := read.ExecuteTemplate(w, "page", content); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// moment is a time in the hours of the environment, with the day of the week where it is another than the first.
func (d Day) moment(at time.Time) string {
	local, from := at.In(d.Zone), d.From.In(d.Zone)
	if local.YearDay() == from.YearDay() && local.Year() == from.Year() {
		return local.Format(time.TimeOnly)
	}
	return local.Format("Mon 15:04:05")
}

// charts are the page's pictures, each with the hours below it.
func (d Day) charts() []chart {
	highest := d.highestFleet()
	panels := []panel{
		d.load(Participants, "Participants", pageWidth, loadHeight),
		d.load(Conferences, "Conferences", pageWidth, loadHeight/2),
	}
	for _, shard := range d.Shards {
		panels = append(panels, d.fleet(shard, highest, pageWidth, min(max(bridgeHeight*highest, leastFleet), mostFleet)))
	}
	panels = append(panels, d.doors(pageWidth))
	all := make([]chart, 0, len(panels))
	for i, p := range panels {
		p.LastOne = true
		c := chart{ID: fmt.Sprintf("chart%d", i), Panel: p, Width: pageWidth}
		if i == 0 {
			c.Labels = d.labels(p.axis, pageLines, pageLetters)
			for _, l := range c.Labels {
				c.LabelsHeight = max(c.LabelsHeight, l.Y)
			}
		}
		all = append(all, c)
	}
	return all
}

// happened is what the day brought, in the order of time.
func (d Day) happened() []happening {
	var all []happening
	for _, band := range d.Bands {
		all = append(all, happening{
			At: band.From, When: d.moment(band.From), Shard: band.Shard, Text: band.Text, Duration: short(band.To.Sub(band.From)),
		})
	}
	for _, mark := range d.Marks {
		if mark.Kind == Event || mark.Kind == Lost {
			all = append(all, happening{At: mark.At, When: d.moment(mark.At), Shard: mark.Shard, Text: mark.Text})
		}
	}
	slices.SortStableFunc(all, func(a, b happening) int { return a.At.Compare(b.At) })
	return all
}

// kept are the retirements in the order of time.
func (d Day) kept() []kept {
	all := make([]kept, 0, len(d.Retirements))
	for _, r := range d.Retirements {
		all = append(all, kept{Retirement: r, Age: short(r.Retired.Sub(r.Born)), Because: strings.Join(r.Reasons, ", ")})
	}
	slices.SortStableFunc(all, func(a, b kept) int {
		return cmp.Or(a.Retired.Compare(b.Retired), cmp.Compare(a.Shard, b.Shard))
	})
	return all
}

// short is a time to the minute, or to the second where it is less than one.
func short(span time.Duration) string {
	if span < time.Minute {
		return span.Round(time.Second).String()
	}
	return strings.TrimSuffix(span.Round(time.Minute).String(), "0s")
}
