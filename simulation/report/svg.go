package report

import (
	_ "embed" // for the templates
	"fmt"
	"html/template"
	"io"
	"strings"
)

// Sizes of the picture.
const (
	pictureWidth  = 900
	pictureHead   = 52
	pictureMargin = 10
	// dayHeight is that of the plot of a shard's bridges.
	dayHeight = 190
	// lineLetters is how long a line of text is at most.
	lineLetters = 140
)

//go:embed chart.tmpl
var chartText string

//go:embed chart.css
var chartStyle string

// picture is what the template of the picture is given.
type picture struct {
	Style         template.CSS
	Width, Height float64
	Title, Desc   string
	Lines         []label
	Panels        []placedPanel
	Maps          []placedMap
	Compare       comparison
	CompareY      float64
}

type placedPanel struct {
	Y     float64
	Panel panel
}

type placedMap struct {
	X, Y float64
	Map  heatMap
}

// InnerWidth and InnerHeight are those of the paper, whose edge is half a unit inside of the picture.
func (p picture) InnerWidth() float64  { return p.Width - 1 }
func (p picture) InnerHeight() float64 { return p.Height - 1 }

// SVG draws one picture, 900 wide, that needs nothing else: the first shard's day, or the cells of a mix, and the policies compared.
// It fails only if w does.
func (p Page) SVG(w io.Writer) error {
	p = p.cleaned()
	drawn := picture{
		Style: template.CSS(chartStyle), Width: pictureWidth, //nolint:gosec // our own file
		Title: p.headline(), Desc: strings.Join(p.findings(), " "),
		Lines: []label{{X: 12, Y: 41, Text: short(p.subject(), lineLetters)}},
	}
	y := float64(pictureHead)
	if len(p.Shapes) > 0 {
		first := p.Shapes[0]
		shown := first.bridges("Bridges of shard "+short(first.Shard, kindLetters), pictureWidth, dayHeight)
		drawn.Panels = append(drawn.Panels, placedPanel{Y: y, Panel: shown})
		drawn.Desc = shown.Desc + " " + drawn.Desc
		y += shown.Total() + pictureMargin
	}
	tallest := 0.0
	for i, m := range p.heatMaps(pictureWidth/2 - pictureMargin) {
		drawn.Maps = append(drawn.Maps, placedMap{X: pictureWidth / 2 * float64(i), Y: y, Map: m})
		tallest = max(tallest, m.Height+pictureMargin)
	}
	drawn.CompareY = y + tallest
	drawn.Compare = p.compare(pictureWidth)
	drawn.Height = drawn.CompareY + drawn.Compare.Height + pictureMargin
	read, err := charts()
	if err != nil {
		return err
	}
	if err := read.ExecuteTemplate(w, "picture", drawn); err != nil {
		return fmt.Errorf("drawing the picture: %w", err)
	}
	return nil
}

// headline is the title, and something if there is none.
func (p Page) headline() string {
	if p.Title == "" {
		return "Simulation"
	}
	return p.Title
}

// charts reads the templates of pictures.
func charts() (*template.Template, error) {
	read, err := template.New("chart").Funcs(template.FuncMap{"n": number}).Parse(chartText)
	if err != nil {
		return nil, fmt.Errorf("the templates of pictures: %w", err)
	}
	return read, nil
}
