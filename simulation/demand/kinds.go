package demand

import (
	"slices"
	"time"
)

// Kind is a kind of day.
type Kind string

// The kinds.
const (
	// Office is a working day: meetings on the hour and the half hour, most of them in the morning and after lunch.
	Office Kind = "office"
	// School is a day of lessons, 8:00 to 13:00: nobody, and then every class within four minutes.
	School Kind = "school"
	// Webinar is an office day on which 500 people listen to three, 16:00 to 17:00.
	Webinar Kind = "webinar"
	// Weekend is a Saturday and a Sunday of family calls, most of them in the evening.
	Weekend Kind = "weekend"
	// Shop is a day of somebody who advises customers and never closes.
	Shop Kind = "shop"
	// Flash is an office day on which 300 people come within two minutes, at a time that nobody could know.
	Flash Kind = "flash"
)

// Kinds are all kinds, in the order in which they are shown.
func Kinds() []Kind { return []Kind{Office, School, Webinar, Weekend, Shop, Flash} }

// Title is the kind in words; empty for one that does not exist.
func (k Kind) Title() string {
	switch k {
	case Office:
		return "office day"
	case School:
		return "school day"
	case Webinar:
		return "office day with a webinar of 500"
	case Weekend:
		return "weekend"
	case Shop:
		return "day of a shop that never closes"
	case Flash:
		return "office day with a flash crowd of 300"
	default:
		return ""
	}
}

// Meeting is what an ordinary meeting of the kind is like: how many people, and how many of them send video. What the kind's people
// cost a bridge is planned by it; the listeners of a webinar and a flash crowd come on top of what is planned.
func (k Kind) Meeting() (people, cameras int) {
	switch k {
	case School:
		return 25, 8
	case Weekend:
		return 4, 3
	case Shop:
		return 4, 2
	default:
		return 5, 2
	}
}

// choice is something that is drawn, and how often, against the others.
type choice struct{ value, weight int }

// pattern is how a kind's meetings arrive and what they are like. The numbers are assumptions: nobody publishes them.
type pattern struct {
	// first is the weekday on which the kind can begin, days how many days it lasts.
	first func(time.Weekday) bool
	days  int
	// hours is how many meetings begin in each hour of the local clock, against the other hours; halves how many of them in the
	// half hour that begins with the full hour, and sharp how many of them exactly on its beginning, both in percent.
	hours         [24]int
	halves, sharp int
	// sizes are people, lengths minutes, cameras percent of the people.
	sizes, lengths []choice
	cameras        int
	// early and late are how long before and after the beginning of a meeting people join.
	early, late time.Duration
	// restless are the percent of people who leave before the end.
	restless int
	// spread says how far a day's peak is above the mean number of people at the busiest time, in standard deviations of it, present
	// which part of the people of the meetings is there then. Both were measured over many seeds; a test holds them.
	spread, present float64
}

func workday(d time.Weekday) bool  { return d != time.Saturday && d != time.Sunday }
func saturday(d time.Weekday) bool { return d == time.Saturday }
func anyDay(time.Weekday) bool     { return true }

// pattern is that of the kind's meetings; School has lessons instead, and takes only a part of it.
func (k Kind) pattern() pattern {
	switch k {
	case School:
		return pattern{
			first: workday, days: 1, sizes: evenly(20, 30), cameras: 30,
			early: time.Minute, late: 3 * time.Minute, restless: 2, present: 0.97,
		}
	case Weekend:
		return pattern{
			first: saturday, days: 2,
			//           0           6               12                      18                23
			hours:   [24]int{4, 1, 1, 1, 1, 1, 2, 4, 8, 14, 20, 22, 18, 18, 22, 26, 30, 36, 60, 100, 100, 70, 30, 10},
			halves:  50,
			sizes:   []choice{{2, 45}, {3, 20}, {4, 17}, {5, 10}, {6, 8}},
			lengths: []choice{{20, 15}, {30, 20}, {45, 20}, {60, 20}, {90, 15}, {120, 10}},
			cameras: 80, late: 5 * time.Minute, restless: 5, spread: 1.9, present: 0.9,
		}
	case Shop:
		return pattern{
			first: anyDay, days: 1,
			//           0                 6                 12                  18                23
			hours:   [24]int{30, 30, 30, 30, 30, 30, 35, 45, 65, 85, 100, 100, 85, 75, 70, 75, 80, 90, 100, 100, 85, 60, 45, 35},
			halves:  50,
			sizes:   []choice{{2, 60}, {3, 25}, {4, 10}, {5, 5}},
			lengths: []choice{{10, 30}, {15, 30}, {25, 25}, {45, 15}},
			cameras: 50, late: 2 * time.Minute, restless: 5, spread: 2.8, present: 0.945,
		}
	default:
		return pattern{
			first: workday, days: 1,
			//           0                 6             12              18          23
			hours:  [24]int{1, 1, 1, 1, 1, 1, 3, 15, 55, 100, 100, 85, 40, 75, 100, 90, 60, 30, 12, 6, 4, 3, 2, 1},
			halves: 65, sharp: 85,
			sizes:   []choice{{2, 20}, {3, 17}, {4, 15}, {5, 12}, {6, 9}, {7, 7}, {8, 6}, {9, 5}, {10, 4}, {11, 3}, {12, 2}},
			lengths: []choice{{15, 15}, {30, 40}, {45, 20}, {60, 25}},
			cameras: 40, early: 2 * time.Minute, late: 4 * time.Minute, restless: 10, spread: 1.9, present: 0.86,
		}
	}
}

// evenly are the numbers from the least to the most, one as often as another.
func evenly(least, most int) []choice {
	var all []choice
	for v := least; v <= most; v++ {
		all = append(all, choice{v, 1})
	}
	return all
}

// moments are the mean of what is drawn, and the mean of its square.
func moments(all []choice) (mean, square float64) {
	var sum, squares, weights int
	for _, c := range all {
		sum += c.value * c.weight
		squares += c.value * c.value * c.weight
		weights += c.weight
	}
	return float64(sum) / float64(weights), float64(squares) / float64(weights)
}

// known says whether there is such a kind.
func (k Kind) known() bool { return slices.Contains(Kinds(), k) }
