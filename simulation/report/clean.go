package report

import (
	"math"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// mostValue bounds what is drawn, far above anything a simulation can find.
const mostValue = 1e12

// finite is a value that can be drawn: from 0 to [mostValue], and 0 in place of what is no number.
func finite(value float64) float64 {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return 0
	}
	return min(max(value, 0), mostValue)
}

// clean takes out of a text what neither a terminal nor XML may be given: control characters, and bytes that are no text. Names and
// notes can come from a trace that somebody else wrote.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff || r == utf8.RuneError:
			return utf8.RuneError
		}
		return r
	}, text)
}

// cleaned is a copy of the page of which every text is clean and every series in order.
func (p Page) cleaned() Page {
	p.Title, p.Environment, p.Subject, p.Currency = clean(p.Title), clean(p.Environment), clean(p.Subject), clean(p.Currency)
	p.Notes = each(p.Notes, clean)
	p.Policies = each(p.Policies, func(r Row) Row {
		r.Name, r.Title = clean(r.Name), clean(r.Title)
		return r
	})
	p.Shapes = each(p.Shapes, Series.cleaned)
	p.Cells = each(p.Cells, func(c Cell) Cell {
		c.Kind = clean(c.Kind)
		return c
	})
	return p
}

func (s Series) cleaned() Series {
	s.Shard = clean(s.Shard)
	s.Minutes = slices.SortedStableFunc(slices.Values(s.Minutes), func(a, b Minute) int { return a.At.Compare(b.At) })
	s.Events = each(s.Events, func(e Event) Event {
		e.Kind, e.Text = clean(e.Kind), clean(e.Text)
		return e
	})
	slices.SortStableFunc(s.Events, func(a, b Event) int { return a.At.Compare(b.At) })
	return s
}

// zone is where the people of the series live.
func (s Series) zone() *time.Location {
	if len(s.Minutes) > 0 {
		return s.Minutes[0].At.Location()
	}
	return time.UTC
}

// each is what a function makes of each value.
func each[In, Out any](values []In, made func(In) Out) []Out {
	all := make([]Out, 0, len(values))
	for _, value := range values {
		all = append(all, made(value))
	}
	return all
}

// subject is the line below the headline.
func (p Page) subject() string {
	var parts []string
	if p.Subject != "" {
		parts = append(parts, p.Subject)
	}
	if p.Environment == "" {
		parts = append(parts, "the standard mix")
	} else {
		parts = append(parts, "settings of "+p.Environment)
	}
	if p.Shards > 0 {
		parts = append(parts, counted(p.Shards, "shard"))
	}
	return strings.Join(parts, ", ")
}
