package report

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var midnight = time.Date(2026, time.March, 10, 0, 0, 0, 0, time.UTC)

// minutesOf makes minutes with the given loads.
func minutesOf(loads ...float64) (all []Minute) {
	for i, load := range loads {
		all = append(all, Minute{At: midnight.Add(time.Duration(i) * time.Minute), Load: load})
	}
	return all
}

// However many minutes there are, the points are few, cover all of them, and lose no peak.
func TestThinned(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		count := rapid.IntRange(0, 3000).Draw(t, "count")
		minutes := minutesOf(rapid.SliceOfN(rapid.Float64Range(0, 100), count, count).Draw(t, "loads")...)
		points := thinned(minutes, load)
		require.LessOrEqual(t, len(points), mostPoints)
		if len(minutes) <= mostPoints {
			require.Len(t, points, len(minutes))
		}
		for i, m := range minutes {
			after := slices.IndexFunc(points, func(p point) bool { return p.at.After(m.At) })
			if after < 0 {
				after = len(points)
			}
			require.Positive(t, after, "minute %d is before all points", i)
			require.GreaterOrEqual(t, points[after-1].value, m.Load, "minute %d", i)
		}
		most, _ := highest(minutes, load)
		found := 0.0
		for _, p := range points {
			found = max(found, p.value)
		}
		require.InDelta(t, most, found, 0)
	})
}

func TestHighestIsTheFirst(t *testing.T) {
	t.Parallel()
	most, at := highest(minutesOf(1, 3, math.NaN(), 3, math.Inf(1)), load)
	assert.InDelta(t, 3, most, 0)
	assert.Equal(t, midnight.Add(time.Minute), at)
}

func TestPaths(t *testing.T) {
	t.Parallel()
	s := Series{Minutes: minutesOf(0, 2, 2, 0.5)}
	f := frame{axis: axisOf(s, 10, 40), scale: newScale(0, 100, 2, 1)}
	points := thinned(s.Minutes, load)
	assert.Equal(t, "M10 100H20V0H40V75H50", f.outline(points))
	assert.Equal(t, "M10 50H20V0H40V50H50V50H10Z", f.area(points, 1), "what is below the floor is cut off")
	assert.Empty(t, f.area(points, 2), "nothing is above 2")
	assert.Empty(t, f.outline(nil))
}

// The hours are those on the clocks of the people, also in the nights in which these are changed.
func TestHours(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		from  time.Time
		hours int
		width float64
		want  string
	}{
		"winter":    {time.Date(2026, time.March, 4, 23, 30, 0, 0, zone), 4, 700, "00:00 01:00 02:00 03:00"},
		"spring":    {time.Date(2026, time.March, 28, 23, 30, 0, 0, zone), 4, 700, "00:00 01:00 03:00 03:00 04:00"},
		"narrow":    {time.Date(2026, time.March, 4, 0, 0, 0, 0, zone), 24, 250, "00:00 06:00 12:00 18:00 00:00"},
		"days":      {time.Date(2026, time.March, 4, 0, 0, 0, 0, zone), 72, 200, "4 Mar 5 Mar 6 Mar 7 Mar"},
		"no length": {time.Date(2026, time.March, 4, 0, 0, 0, 0, zone), 0, 200, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := axis{from: c.from, to: c.from.Add(time.Duration(c.hours) * time.Hour), zone: zone, left: 10, width: c.width}
			ticks := a.hours()
			assert.Equal(t, c.want, strings.Join(each(ticks, func(t tick) string { return t.Label }), " "))
			for _, tick := range ticks {
				assert.GreaterOrEqual(t, tick.At, a.left)
				assert.LessOrEqual(t, tick.At, a.left+a.width)
			}
		})
	}
}

// Two labels never cover each other, however long the time is.
func TestHoursHaveRoom(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		long := time.Duration(rapid.IntRange(1, 60*24*400).Draw(t, "minutes")) * time.Minute
		a := axis{from: midnight, to: midnight.Add(long), zone: time.UTC, width: rapid.Float64Range(100, 1500).Draw(t, "width")}
		ticks := a.hours()
		require.NotEmpty(t, ticks)
		for i := 1; i < len(ticks); i++ {
			require.GreaterOrEqual(t, ticks[i].At-ticks[i-1].At, hourRoom-1e-6)
		}
	})
}

func TestScale(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		highest, least float64
		want           string
	}{
		{0, 1, "0 1"},
		{2, 1, "0 1 2"},
		{4, 1, "0 1 2 3 4"},
		{4.1, 1, "0 2 4 6"},
		{9, 1, "0 5 10"},
		{37, 1, "0 10 20 30 40"},
		{163, 1, "0 50 100 150 200"},
		{1, 0.5, "0 0.5 1"},
		{1.31, 0.5, "0 0.5 1 1.5"},
		{3, 0.5, "0 1 2 3"},
	} {
		got := strings.Join(each(newScale(0, 100, c.highest, c.least).ticks(), func(t tick) string { return t.Label }), " ")
		assert.Equal(t, c.want, got, "up to %v", c.highest)
	}
	rapid.Check(t, func(t *rapid.T) {
		highest := finite(number64().Draw(t, "highest"))
		s := newScale(0, 100, highest, 1)
		require.GreaterOrEqual(t, s.most, highest*(1-1e-6))
		require.LessOrEqual(t, len(s.ticks()), scaleSteps+2)
		require.LessOrEqual(t, s.most, max(highest*3, 1), "most of the plot would be empty")
	})
}

// Marks of one kind that would cover each other are one, those of several kinds are several, and none is outside of the time.
func TestMarks(t *testing.T) {
	t.Parallel()
	at := func(minute int) time.Time { return midnight.Add(time.Duration(minute) * time.Minute) }
	s := Series{Minutes: minutesOf(make([]float64, 600)...), Events: []Event{
		{at(-1), "retired", "before"},
		{at(10), "retired", "a-1"},
		{at(11), "retired", "a-2"},
		{at(12), "retired", "a-3"},
		{at(12), "cut", ""},
		{at(13), "booted", "a-9"},
		{at(300), "retired", "a-4"},
		{at(700), "retired", "after"},
	}}
	p := s.bridges("Bridges", 900, 150)
	got := each(p.Marks, func(m mark) string { return m.Text })
	assert.Equal(t, []string{"00:10 to 00:12: 3 x retired", "05:00 retired: a-4", "00:12 cut"}, got)
	assert.Contains(t, p.Desc, "6 machines are retired")
}

// Bars are as long as their values are large, and a tick is where the fewest possible is.
func TestCompare(t *testing.T) {
	t.Parallel()
	p := Page{Policies: []Row{policy("a", 0, 0, 1, 50), policy("b", 0, 0, 4, 100)}}
	p.Policies[0].LowerBoundWarm = 25
	c := p.compare(900)
	require.Len(t, c.Rows, 2)
	first, second := c.Rows[0].Bars, c.Rows[1].Bars
	assert.InDelta(t, second[0].W, first[0].W*4, 1e-9)
	assert.InDelta(t, second[1].W, first[1].W*2, 1e-9)
	assert.InDelta(t, first[1].X+first[1].W/2, first[1].Tick, 1e-9)
	assert.Zero(t, second[1].Tick)
	assert.True(t, c.Rows[0].Ours)
	assert.False(t, c.Rows[1].Ours)
	for _, r := range c.Rows {
		assert.Less(t, r.Bars[0].X+r.Bars[0].W+figureWidth, r.Bars[1].X, "the figure of one bar would run into the next")
		assert.Less(t, r.Bars[1].X+r.Bars[1].W+figureWidth, 900.0-right)
	}
}

func TestHeatMap(t *testing.T) {
	t.Parallel()
	g := gridOf([]Cell{{"b", 2, 0.01, 3}, {"a", 1, 0, 1}, {"b", 1, 0.5, 1.5}})
	assert.Equal(t, []string{"b", "a"}, g.kinds)
	assert.Equal(t, []float64{1, 2}, g.peaks)
	shades := map[string][]string{}
	for _, m := range measures {
		for _, cell := range g.heatMap(m, 500).Cells {
			shades[m.id] = append(shades[m.id], cell.Text+" "+cell.Shade)
		}
	}
	assert.Equal(t, map[string][]string{
		"overload": {"b, peak 1: 50.00 % 0.85", "a, peak 1: 0 % 0.00", "b, peak 2: 1.00 % 0.42"},
		"hours":    {"b, peak 1: 1.50 0.42", "a, peak 1: 1.00 0.00", "b, peak 2: 3.00 0.85"},
	}, shades)
}

var (
	acrossIn = regexp.MustCompile(`[MH]([0-9.-]+)`)
	downIn   = regexp.MustCompile(`(?:M[0-9.-]+ |V)([0-9.-]+)`)
)

// inside fails if a number that the pattern finds is not between the two.
func inside(t *rapid.T, path string, pattern *regexp.Regexp, least, most float64) {
	for _, found := range pattern.FindAllStringSubmatch(path, -1) {
		value, err := strconv.ParseFloat(found[1], 64)
		require.NoError(t, err)
		require.True(t, value >= least-0.1 && value <= most+0.1, "%s is not between %v and %v in %s", found[0], least, most, path)
	}
}

// Whatever a series holds, what is drawn of it is inside of its plot.
func TestNothingIsOutsideOfItsPlot(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		for _, s := range anyPage(t).cleaned().Shapes {
			for _, p := range []panel{s.bridges("", 900, 170), s.stress(900, 90), s.people(900, 90)} {
				for _, shape := range p.Shapes {
					inside(t, shape.D, acrossIn, p.Left(), p.Right())
					inside(t, shape.D, downIn, p.Top(), p.Bottom())
				}
				for _, m := range p.Marks {
					require.True(t, m.X >= p.Left() && m.X <= p.Right() && m.Y >= p.Top() && m.Y <= p.Bottom(), "%+v", m)
				}
			}
		}
	})
}
