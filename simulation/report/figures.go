package report

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// none is written for what there is no value of.
const none = "-"

// column is a figure of a policy, in the table of the terminal and in that of the page.
type column struct {
	// Head is short, Means says what the figure is.
	Head, Means string
	// Text writes the figure.
	Text func(Row) string
}

// columns are all figures, from the left.
func (p Page) columns() []column {
	daily := func(figure func(Row) float64, places int) func(Row) string {
		return func(r Row) string { return amount(r.daily(figure(r)), places) }
	}
	return []column{
		{"cut", "conferences that lost their bridge to a deletion, in all days", func(r Row) string { return strconv.Itoa(r.Cuts) }},
		{"refused/d", "people who gave up waiting for a bridge", daily(func(r Row) float64 { return float64(r.Refused) }, 1)},
		{"overload", "share of the conference-minutes on a bridge over its capacity", func(r Row) string { return percent(r.overload()) }},
		{"over/d", "bridge-minutes over capacity", daily(func(r Row) float64 { return r.OverloadedMinutes }, 1)},
		{"p95", "stress that 95 of 100 bridge-minutes do not exceed; full is 1", func(r Row) string { return decimal(r.P95Stress, 2) }},
		{"hours/d", "machine-hours paid for", func(r Row) string { return amount(r.hours(), 1) }},
		{
			"x bound", "machine-hours, as a multiple of the fewest if the future were known",
			func(r Row) string { return decimal(ratio(r.MachineHours, r.LowerBound), 2) },
		},
		{"x warm", "the same, if one bridge more were kept in every shard", func(r Row) string { return decimal(r.timesWarm(), 2) }},
		{"addr", "most addresses of a shard at once", func(r Row) string { return strconv.Itoa(r.Addresses) }},
		{"out/d", "machines added", daily(func(r Row) float64 { return float64(r.Actions) }, 1)},
		{"in/d", "machines taken away", daily(func(r Row) float64 { return float64(r.Retired) }, 1)},
		{"oldest", "age of the oldest machine two hours after a recycle", func(r Row) string { return age(r.OldestAfterRecycle) }},
		{p.currency() + "/d", "cost of machines and addresses", daily(func(r Row) float64 { return r.Cost }, 2)},
	}
}

// currency is what the costs are in.
func (p Page) currency() string {
	if p.Currency == "" {
		return "cost"
	}
	return p.Currency
}

// perDay says what "/d" in a head means.
const perDay = "/d is for a day, of all shards together."

// ratio is not a number where there is nothing to divide by; [decimal] and [percent] write that as [none].
func ratio(part, whole float64) float64 {
	if math.IsNaN(whole) || whole <= 0 {
		return math.NaN()
	}
	return part / whole
}

// daily makes a total one of a day.
func (r Row) daily(total float64) float64 { return ratio(total, float64(r.Days)) }
func (r Row) hours() float64              { return r.daily(r.MachineHours) }
func (r Row) timesWarm() float64          { return ratio(r.MachineHours, r.LowerBoundWarm) }

// overload is the share of the conference-minutes on an overloaded bridge. Where there were none, none was overloaded.
func (r Row) overload() float64 {
	if r.ConferenceMinutes == 0 && r.Overloaded == 0 {
		return 0
	}
	return ratio(r.Overloaded, r.ConferenceMinutes)
}

// refusals is the share of the people who came that were refused. Where nobody came, nobody was.
func (r Row) refusals() float64 {
	if r.Joins == 0 && r.Refused == 0 {
		return 0
	}
	return ratio(float64(r.Refused), float64(r.Joins))
}

// label is what the policy is called in pictures.
func (r Row) label() string {
	if r.Title == "" || r.Title == r.Name {
		return r.Name
	}
	return r.Name + ": " + r.Title
}

// decimal writes a number with so many places.
func decimal(value float64, places int) string {
	if math.IsNaN(value) || math.IsInf(value, 0) {
		return none
	}
	text := strconv.FormatFloat(value, 'f', places, 64)
	if zero := strconv.FormatFloat(0, 'f', places, 64); text == "-"+zero {
		return zero
	}
	return text
}

// amount writes a number with so many places, and a large one without any.
func amount(value float64, places int) string {
	const large = 1000
	if math.Abs(value) >= large {
		places = 0
	}
	return decimal(value, places)
}

// percent writes a share. What is not zero never looks like zero.
func percent(share float64) string {
	const least = 0.0001
	switch {
	case math.IsNaN(share) || math.IsInf(share, 0):
		return none
	case share == 0:
		return "0 %"
	case share > 0 && share < least:
		return "<0.01 %"
	}
	return decimal(share*100, 2) + " %"
}

// age writes a duration in hours and minutes.
func age(d time.Duration) string {
	if d <= 0 {
		return none
	}
	d = d.Round(time.Minute)
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// counted writes a number of things.
func counted(number int, thing string) string {
	if number != 1 {
		thing += "s"
	}
	return strconv.Itoa(number) + " " + thing
}

// short cuts a text to so many letters.
func short(text string, letters int) string {
	if runes := []rune(text); len(runes) > letters {
		return string(runes[:letters-1]) + "…"
	}
	return text
}
