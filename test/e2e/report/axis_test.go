package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func labelsOf(ticks []tick) (all []string) {
	for _, t := range ticks {
		all = append(all, t.Label)
	}
	return all
}

func berlin(t *testing.T) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	return zone
}

// The hours are those on the clocks of the people, also in the nights in which these are changed.
func TestHoursOfTheTimeZone(t *testing.T) {
	t.Parallel()
	zone := berlin(t)
	for name, c := range map[string]struct {
		from  time.Time
		hours int
		want  string
		wide  float64 // how much wider than the others the step over the change is
	}{
		"winter": {time.Date(2026, time.March, 4, 23, 30, 0, 0, zone), 6, "00:00 01:00 02:00 03:00 04:00 05:00", 1},
		"spring": {time.Date(2026, time.March, 28, 23, 30, 0, 0, zone), 5, "00:00 01:00 03:00 03:00 04:00 05:00", 1},
		"autumn": {time.Date(2026, time.October, 24, 23, 30, 0, 0, zone), 7, "00:00 01:00 02:00 03:00 04:00 05:00", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := axis{from: c.from, to: c.from.Add(time.Duration(c.hours) * time.Hour), zone: zone, left: 10, width: 700}
			ticks := a.hours()
			got := slices.Compact(labelsOf(ticks))
			assert.Equal(t, slices.Compact(strings.Fields(c.want)), got)
			widest, least := 0.0, 1e9
			for i := 1; i < len(ticks); i++ {
				step := ticks[i].At - ticks[i-1].At
				widest = max(widest, step)
				if step > 0 {
					least = min(least, step)
				}
			}
			assert.InDelta(t, c.wide, widest/least, 1e-6)
		})
	}
}

func TestAxesHaveRoomForTheirLabels(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, time.March, 4, 5, 0, 0, 0, time.UTC)
	for hours, least := range map[int]int{6: 7, 12: 13, 24: 13, 48: 16, 24 * 7: 14} {
		ticks := axis{from: from, to: from.Add(time.Duration(hours) * time.Hour), zone: time.UTC, width: 940}.hours()
		assert.GreaterOrEqual(t, len(ticks), min(least, 940/minimumHour)-1, "%d hours: %v", hours, labelsOf(ticks))
		for i := 1; i < len(ticks); i++ {
			assert.GreaterOrEqual(t, ticks[i].At-ticks[i-1].At, float64(minimumHour), "%d hours: %v", hours, labelsOf(ticks))
		}
	}
}

func TestScalesEndAtRoundNumbers(t *testing.T) {
	t.Parallel()
	for highest, want := range map[float64]float64{0: 1, 1: 1, 1.5: 2, 3: 3, 5: 5, 7: 8, 11: 12, 109: 120, 656: 800, 1001: 1200} {
		s := newScale(10, 100, highest)
		assert.InDelta(t, want, s.most, 0, "for %v", highest)
		assert.InDelta(t, 110, s.y(0), 1e-9)
		assert.InDelta(t, 10, s.y(s.most), 1e-9)
	}
	rapid.Check(t, func(t *rapid.T) {
		highest := rapid.Float64Range(0, 1e9).Draw(t, "highest")
		most := newScale(0, 1, highest).most
		assert.GreaterOrEqual(t, most, highest)
		assert.LessOrEqual(t, most, max(2*highest, 2))
	})
}

func TestAValueLastsUntilTheNext(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, time.March, 4, 5, 0, 0, 0, time.UTC)
	s := Series{Points: []Point{{from, 1}, {from.Add(time.Hour), 4}, {from.Add(time.Hour), 5}, {from.Add(2 * time.Hour), 2}}}
	for after, want := range map[time.Duration]float64{
		-time.Second: 0, 0: 1, 59 * time.Minute: 1, time.Hour: 5, 90 * time.Minute: 5, 2 * time.Hour: 2, 9 * time.Hour: 2,
	} {
		assert.InDelta(t, want, s.value(from.Add(after)), 0, after)
	}
	most, when := peak([]Series{s, s}, axis{from: from, to: from.Add(3 * time.Hour), width: 900})
	assert.InDelta(t, 10, most, 0)
	assert.Equal(t, from.Add(time.Hour), when)
}

// Areas lie upon one another without a gap: one's upper edge is the next one's lower edge.
func TestAreasAreStacked(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, time.March, 4, 5, 0, 0, 0, time.UTC)
	a := axis{from: from, to: from.Add(10 * time.Hour), left: 0, width: 100}
	one := Series{Points: []Point{{from, 1}, {from.Add(5 * time.Hour), 2}}}
	two := Series{Points: []Point{{from.Add(2 * time.Hour), 1}}}
	got := stacked([]Series{one, two}, a, scale{height: 40, most: 4})
	assert.Equal(t, []string{
		"M0 30H50V20H100V40H50H20H0Z",
		"M0 30H20V20H50V10H100V20H50V30H20H0Z",
	}, got)
	assert.Equal(t, []string{""}, stacked([]Series{{}}, a, scale{height: 40, most: 4}), "what is nowhere is not drawn")
}

// However often a number changes, its outline stays as long as the picture is wide.
func TestManyChangesAreDrawnShort(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, time.March, 4, 5, 0, 0, 0, time.UTC)
	a := axis{from: from, to: from.Add(24 * time.Hour), width: 1000}
	var s Series
	for i := range 100_000 {
		s.Points = append(s.Points, Point{from.Add(time.Duration(i) * 800 * time.Millisecond), float64(i % 7)})
	}
	assert.Less(t, len(moments([]Series{s}, a)), 2100)
	assert.Less(t, len(stacked([]Series{s}, a, newScale(0, 100, 7))[0]), 60_000)
}

func TestVersionsInTheirOrder(t *testing.T) {
	t.Parallel()
	versions := []string{"1.10.0", "1.9.0", "2.0.0", "1.9.0-rc", ""}
	slices.SortFunc(versions, compareVersions)
	assert.Equal(t, []string{"", "1.9.0", "1.9.0-rc", "1.10.0", "2.0.0"}, versions)
}

// No label is written over another one, and each is near what it is about.
func TestLabelsDoNotOverlap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := time.Date(2026, time.March, 4, 5, 0, 0, 0, time.UTC)
		d := Day{From: from, To: from.Add(24 * time.Hour), Zone: time.UTC}
		for i, minute := range rapid.SliceOfN(rapid.IntRange(0, 24*60), 0, 30).Draw(t, "minutes") {
			text := strings.Repeat("x", rapid.IntRange(1, 60).Draw(t, "length"+strconv.Itoa(i)))
			d.Marks = append(d.Marks, Mark{At: from.Add(time.Duration(minute) * time.Minute), Kind: Event, Text: text})
		}
		a := axis{from: d.From, to: d.To, zone: d.Zone, left: left, width: 900}
		type span struct{ from, to, y float64 }
		var spans []span
		for _, l := range d.labels(a, 3, 34) {
			width := letter * float64(len([]rune(l.Text)))
			s := span{l.X, l.X + width, l.Y}
			if l.Ends {
				s.from, s.to = l.X-width, l.X
			}
			assert.LessOrEqual(t, s.to, a.left+a.width+.1)
			for _, other := range spans {
				assert.False(t, s.y == other.y && s.from < other.to && other.from < s.to, fmt.Sprint(s, other))
			}
			spans = append(spans, s)
			assert.InDelta(t, l.At, l.X, 3.1)
		}
	})
}
