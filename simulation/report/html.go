package report

import (
	_ "embed" // for the templates
	"fmt"
	"html/template"
	"io"
	"strconv"
)

// Sizes of the page's pictures.
const (
	pageWidth                                 = 1060
	bridgesHeight, stressHeight, peopleHeight = 190, 90, 90
	// mostListed is how many events of a shard are listed.
	mostListed = 400
)

//go:embed page.tmpl
var pageText string

//go:embed page.css
var pageStyle string

// view is what the template of the page is given.
type view struct {
	Style           template.CSS
	Headline, About string
	Findings, Notes []string
	Facts           []fact
	Columns         []column
	Policies        []line
	PerDay          string
	Compare         comparison
	Maps            []heatMap
	Shards          []shown
}

// fact is a figure of ours that is shown large.
type fact struct{ Name, Value string }

// line is one policy in the table.
type line struct {
	Name, Title string
	Ours        bool
	Fields      []string
}

// shown is one shard.
type shown struct {
	Title  string
	Panels []panel
	Events []listedEvent
	// More is how many events are not listed.
	More int
}

type listedEvent struct{ When, Kind, Text string }

// HTML writes one page that needs nothing else: no script, no font, no picture from elsewhere. It fails only if w does.
func (p Page) HTML(w io.Writer) error {
	p = p.cleaned()
	read, err := charts()
	if err == nil {
		_, err = read.New("page").Parse(pageText)
	}
	if err != nil {
		return fmt.Errorf("the template of the page: %w", err)
	}
	v := view{
		Style:    template.CSS(pageStyle + chartStyle), //nolint:gosec // our own files
		Headline: p.headline(), About: p.subject(), Findings: p.findings(), Notes: p.Notes, Facts: p.facts(), Columns: p.columns(),
		PerDay: perDay, Compare: p.compare(pageWidth), Maps: p.heatMaps(pageWidth),
	}
	for i, r := range p.Policies {
		v.Policies = append(v.Policies, line{
			Name: r.Name, Title: r.Title, Ours: i == 0, Fields: each(v.Columns, func(c column) string { return c.Text(r) }),
		})
	}
	for i, s := range p.Shapes {
		v.Shards = append(v.Shards, s.shown(i))
	}
	if err := read.ExecuteTemplate(w, "page", v); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// facts are the figures of ours that people ask for first.
func (p Page) facts() []fact {
	if len(p.Policies) == 0 {
		return nil
	}
	r := p.Policies[0]
	return []fact{
		{"conferences cut", strconv.Itoa(r.Cuts)},
		{"people refused", percent(r.refusals())},
		{"conference-minutes overloaded", percent(r.overload())},
		{"machine-hours a day", amount(r.hours(), 1)},
		{"x the fewest with one warm", decimal(r.timesWarm(), 2)},
		{p.currency() + " a day", amount(r.daily(r.Cost), 2)},
	}
}

// shown draws the shard with the given index.
func (s Series) shown(index int) shown {
	made := shown{
		Title: "Shard " + s.Shard,
		Panels: []panel{
			s.bridges("Bridges", pageWidth, bridgesHeight), s.stress(pageWidth, stressHeight), s.people(pageWidth, peopleHeight),
		},
	}
	for i := range made.Panels {
		made.Panels[i].ID = fmt.Sprintf("shard%d-%d", index, i)
	}
	zone := s.zone()
	for _, e := range s.Events {
		if len(made.Events) == mostListed {
			made.More = len(s.Events) - mostListed
			break
		}
		made.Events = append(made.Events, listedEvent{When: e.At.In(zone).Format("Mon 15:04:05"), Kind: e.Kind, Text: e.Text})
	}
	return made
}
