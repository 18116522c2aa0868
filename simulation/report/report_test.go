package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/golden"
)

// forms are the three ways in which a page is shown, by the ending of their file.
var forms = map[string]func(Page, io.Writer) error{"txt": Page.Table, "html": Page.HTML, "svg": Page.SVG}

func written(t require.TestingT, p Page, form string) string {
	var out bytes.Buffer
	require.NoError(t, forms[form](p, &out))
	return out.String()
}

func TestForms(t *testing.T) {
	t.Parallel()
	for name, page := range pages(t) {
		for form := range forms {
			if name == "day" && form == "html" {
				page.Shapes = page.Shapes[:1] // The second shard adds only bytes.
			}
			t.Run(name+"."+form, func(t *testing.T) {
				t.Parallel()
				golden.Compare(t, "testdata/"+name+"."+form, written(t, page, form))
			})
		}
	}
}

func TestSameInputGivesSameBytes(t *testing.T) {
	t.Parallel()
	for form := range forms {
		first, second := written(t, day(t), form), written(t, day(t), form)
		assert.Equal(t, first, second, form)
	}
}

// The table is read in terminals of 120 columns.
func TestTableIsNarrow(t *testing.T) {
	t.Parallel()
	page := day(t)
	page.Policies[1].Name = strings.Repeat("a long name ", 8)
	page.Notes = append(page.Notes, strings.Repeat("a long note ", 40))
	for line := range strings.Lines(written(t, page, "txt")) {
		assert.LessOrEqual(t, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), 120, line)
	}
}

// notANumber finds what a coordinate or a figure must never be.
var notANumber = regexp.MustCompile(`NaN|Inf|ZgotmplZ|%!`)

// checkForms fails if a form of the page is not well formed, or if a number in it is none.
func checkForms(t require.TestingT, p Page) {
	for form := range forms {
		text := written(t, p, form)
		require.Empty(t, notANumber.FindString(text), "in %s", form)
		require.True(t, utf8.ValidString(text), "%s is no text", form)
	}
	drawing := xml.NewDecoder(strings.NewReader(written(t, p, "svg")))
	for {
		_, err := drawing.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		require.NoError(t, err, "the picture is not well formed")
	}
}

func number64() *rapid.Generator[float64] {
	return rapid.OneOf(rapid.SampledFrom([]float64{0, 0, 1, -1, 1e-300, 1e300, math.MaxFloat64, math.NaN(), math.Inf(1), math.Inf(-1)}),
		rapid.Float64Range(0, 1e4))
}

func anyPage(t *rapid.T) Page {
	text := rapid.StringMatching(`[ -~\x00-\x1f\x{80}-\x{2ff}]{0,12}`)
	count, when := rapid.OneOf(rapid.Just(0), rapid.Int()), rapid.Int64Range(-100, 5000)
	at := func() time.Time {
		if rapid.IntRange(0, 9).Draw(t, "zero") == 0 {
			return time.Time{}
		}
		return time.Date(2026, time.March, 28, 0, 0, 0, 0, time.UTC).Add(time.Duration(when.Draw(t, "minute")) * time.Minute)
	}
	f := func() float64 { return number64().Draw(t, "number") }
	n := func() int { return count.Draw(t, "count") }
	s := func() string {
		return strings.NewReplacer("NaN", "", "Inf", "", "%!", "").Replace(text.Draw(t, "text"))
	}
	times := func(most int, add func()) {
		for range rapid.IntRange(0, most).Draw(t, "length") {
			add()
		}
	}
	p := Page{Title: s(), Environment: s(), Subject: s(), Shards: n(), Currency: s()}
	times(3, func() { p.Notes = append(p.Notes, s()) })
	times(4, func() {
		p.Policies = append(p.Policies, Row{
			Name: s(), Title: s(), Days: n(), Cuts: n(), Joins: n(), Refused: n(), Waiting: n(), ConferenceMinutes: f(),
			Overloaded: f(), OverloadedMinutes: f(), P95Stress: f(), MachineHours: f(), LowerBound: f(), LowerBoundWarm: f(), Addresses: n(),
			Actions: n(), Retired: n(), OldestAfterRecycle: time.Duration(n()), Cost: f(),
		})
	})
	times(4, func() { p.Cells = append(p.Cells, Cell{Kind: s(), Peak: f(), Overload: f(), Hours: f()}) })
	times(2, func() {
		shard := Series{Shard: s()}
		times(5, func() {
			shard.Minutes = append(shard.Minutes, Minute{
				At: at(), Machines: n(), Up: n(), LowerBound: n(), Load: f(), Mean: f(), Max: f(), Participants: n(), Conferences: n(), Waiting: n(),
			})
		})
		times(5, func() {
			kind := rapid.SampledFrom([]string{"added", "retired", "recycle", "refused", "cut", "<other>"}).Draw(t, "kind")
			shard.Events = append(shard.Events, Event{At: at(), Kind: kind, Text: s()})
		})
		p.Shapes = append(p.Shapes, shard)
	})
	return p
}

// Whatever a simulation finds, nothing or nonsense included, is shown in numbers.
func TestNoNumberIsEverNone(t *testing.T) {
	t.Parallel()
	for _, page := range pages(t) {
		checkForms(t, page)
	}
	rapid.Check(t, func(t *rapid.T) { checkForms(t, anyPage(t)) })
}

// Names and notes come from traces: none of them can become markup, or a command to the terminal.
func TestTextsAreEscaped(t *testing.T) {
	t.Parallel()
	const bad = `"><script>alert(1)</script><img src=x onerror=y>` + "\x1b[2J\x9b\u009b"
	p := day(t)
	p.Title, p.Environment, p.Subject, p.Currency, p.Notes = bad, bad, bad, bad, []string{bad}
	for i := range p.Policies {
		p.Policies[i].Name, p.Policies[i].Title = bad, bad
	}
	p.Cells = []Cell{{Kind: bad, Peak: 1}}
	for i := range p.Shapes {
		p.Shapes[i].Shard = bad
		for j := range p.Shapes[i].Events {
			p.Shapes[i].Events[j].Text = bad
		}
	}
	checkForms(t, p)
	for form := range forms {
		text := written(t, p, form)
		assert.NotContains(t, text, "\x1b", form)
		assert.NotContains(t, text, "\u009b", form)
		if form == "txt" {
			continue
		}
		root, err := html.Parse(strings.NewReader(text))
		require.NoError(t, err)
		for node := range root.Descendants() {
			assert.NotContains(t, []string{"script", "img"}, node.Data, form)
		}
	}
}

// An input is shown, never changed: the caller may go on with it.
func TestInputStaysAsItIs(t *testing.T) {
	t.Parallel()
	p := day(t)
	p.Shapes[0].Minutes[0], p.Shapes[0].Minutes[5] = p.Shapes[0].Minutes[5], p.Shapes[0].Minutes[0]
	p.Shapes[0].Events[1].Text = "\x00"
	before := p.Shapes[0].Minutes[0]
	for form := range forms {
		_ = written(t, p, form)
	}
	assert.Equal(t, before, p.Shapes[0].Minutes[0])
	assert.Equal(t, "\x00", p.Shapes[0].Events[1].Text)
}

// The order in which minutes and events are given does not matter.
func TestOrderDoesNotMatter(t *testing.T) {
	t.Parallel()
	mixed := day(t)
	slices.Reverse(mixed.Shapes[0].Minutes)
	mixed.Shapes[0].Events[0], mixed.Shapes[0].Events[5] = mixed.Shapes[0].Events[5], mixed.Shapes[0].Events[0]
	for form := range forms {
		want, got := written(t, day(t), form), written(t, mixed, form)
		assert.Equal(t, want, got, form)
	}
}

// A page of many shards stays small enough to be opened.
func TestManyShards(t *testing.T) {
	t.Parallel()
	text := written(t, many(t), "html")
	assert.Less(t, len(text), 3_000_000)
	assert.Equal(t, 28*3+1, strings.Count(text, "<svg"))
}

// Identifiers are unique, and every one that is referred to is there.
func TestIdentifiers(t *testing.T) {
	t.Parallel()
	p := day(t)
	p.Cells = mix().Cells
	for _, form := range []string{"html", "svg"} {
		text := written(t, p, form)
		seen := map[string]bool{}
		for _, found := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			assert.False(t, seen[found[1]], "%s twice in %s", found[1], form)
			seen[found[1]] = true
		}
		for _, found := range regexp.MustCompile(`aria-labelledby="([^"]*)"`).FindAllStringSubmatch(text, -1) {
			for id := range strings.FieldsSeq(found[1]) {
				assert.True(t, seen[id], "%s is nowhere in %s", id, form)
			}
		}
	}
}

type broken struct{}

var errBroken = errors.New("the pipe is broken")

func (broken) Write([]byte) (int, error) { return 0, errBroken }

func TestFailingWriter(t *testing.T) {
	t.Parallel()
	for name, form := range forms {
		require.ErrorIs(t, form(day(t), broken{}), errBroken, name)
	}
}
