package report

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// fine is the least width between two steps that is drawn. What changes within it appears as what it ends with.
const fine = 0.5

// value is a series' value at a moment.
func (s Series) value(at time.Time) float64 {
	after, _ := slices.BinarySearchFunc(s.Points, at, func(p Point, at time.Time) int {
		if p.At.After(at) {
			return 1
		}
		return -1
	})
	if after == 0 {
		return 0
	}
	return s.Points[after-1].Value
}

// moments are when any of the series changes within the day, its beginning included, in order.
func moments(all []Series, a axis) []time.Time {
	list := []time.Time{a.from}
	for _, s := range all {
		for _, p := range s.Points {
			if p.At.After(a.from) && !p.At.After(a.to) {
				list = append(list, p.At)
			}
		}
	}
	slices.SortFunc(list, time.Time.Compare)
	list = slices.CompactFunc(list, time.Time.Equal)
	// Of moments that would be drawn in one place the last is kept.
	kept := list[:0]
	for i, at := range list {
		if i+1 < len(list) && i > 0 && a.x(list[i+1])-a.x(kept[len(kept)-1]) < fine {
			continue
		}
		kept = append(kept, at)
	}
	return kept
}

// peak is the highest sum of the series and when it is first reached.
func peak(all []Series, a axis) (most float64, when time.Time) {
	when = a.from
	for _, at := range moments(all, a) {
		sum := 0.0
		for _, s := range all {
			sum += s.value(at)
		}
		if sum > most {
			most, when = sum, at
		}
	}
	return most, when
}

// stacked are the outlines of areas, one upon the other.
func stacked(all []Series, a axis, s scale) []string {
	times := moments(all, a)
	lower := make([]float64, len(times))
	outlines := make([]string, 0, len(all))
	for _, series := range all {
		upper := make([]float64, len(times))
		for i, at := range times {
			upper[i] = lower[i] + series.value(at)
		}
		outlines = append(outlines, outline(times, lower, upper, a, s))
		lower = upper
	}
	return outlines
}

// outline goes along the upper edge and back along the lower one.
func outline(times []time.Time, lower, upper []float64, a axis, s scale) string {
	if slices.Equal(lower, upper) {
		return ""
	}
	var d strings.Builder
	edge(&d, "M", times, upper, a, s)
	d.WriteString("V" + number(s.y(lower[len(lower)-1])))
	for i := len(times) - 1; i >= 0; i-- {
		d.WriteString("H" + number(a.x(times[i])))
		if i > 0 && lower[i-1] != lower[i] {
			d.WriteString("V" + number(s.y(lower[i-1])))
		}
	}
	d.WriteString("Z")
	return d.String()
}

// edge draws steps from the beginning to the end of the day.
func edge(d *strings.Builder, move string, times []time.Time, values []float64, a axis, s scale) {
	d.WriteString(move + number(a.x(times[0])) + " " + number(s.y(values[0])))
	for i := 1; i < len(times); i++ {
		if values[i] != values[i-1] {
			d.WriteString("H" + number(a.x(times[i])) + "V" + number(s.y(values[i])))
		}
	}
	d.WriteString("H" + number(a.x(a.to)))
}

// line is a series as a line of steps.
func line(series Series, a axis, s scale) string {
	times := moments([]Series{series}, a)
	values := make([]float64, len(times))
	for i, at := range times {
		values[i] = series.value(at)
	}
	var d strings.Builder
	edge(&d, "M", times, values, a, s)
	return d.String()
}

// named are the series of a name and, where one is given, a shard.
func (d Day) named(name, shard string) []Series {
	var found []Series
	for _, s := range d.Series {
		if s.Name == name && (shard == "" || s.Shard == shard) {
			found = append(found, s)
		}
	}
	slices.SortStableFunc(found, func(a, b Series) int {
		return cmp.Or(cmp.Compare(slices.Index(d.Shards, a.Shard), slices.Index(d.Shards, b.Shard)), compareVersions(a.Image, b.Image))
	})
	return found
}

// images are the versions of the image, from the oldest.
func (d Day) images() []string {
	var found []string
	for _, s := range d.named(Bridges, "") {
		if !slices.Contains(found, s.Image) {
			found = append(found, s.Image)
		}
	}
	slices.SortFunc(found, compareVersions)
	return found
}

// compareVersions compares versions number by number: digits by their count first, everything else as text.
func compareVersions(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	})
}
