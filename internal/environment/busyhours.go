package environment

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"
)

func (c *checker) buildBusyHours() []BusyHours {
	const list = "autoscale.busyHours"
	var all []BusyHours
	for i := range c.counts[list] {
		at := element(list, i)
		hours := BusyHours{
			Name: c.values[at+".name"], From: sinceMidnight(c.values[at+".from"]), To: sinceMidnight(c.values[at+".to"]),
			Minimum: c.number(at + ".minimum"),
		}
		for j := range c.counts[at+".days"] {
			hours.Days = append(hours.Days, weekday(c.values[element(at+".days", j)]))
		}
		slices.SortFunc(hours.Days, func(a, b time.Weekday) int { return cmp.Compare(sinceMonday(a), sinceMonday(b)) })
		all = append(all, hours)
	}
	return all
}

// sinceMonday counts the days of a week that begins with Monday.
func sinceMonday(d time.Weekday) int { return (int(d) + 6) % 7 }

// sinceMidnight reads a time of day that has been accepted.
func sinceMidnight(text string) time.Duration {
	if text == midnight {
		return day
	}
	at, _ := time.Parse("15:04", text)
	return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
}

const day = 24 * time.Hour

// midnight is how the end of a day is written.
const midnight = "24:00"

// mostBusyHours keeps an autoscale setting within the twenty profiles that Azure takes, unless the days of the busy hours are odd;
// then autoscale/render says which to merge.
const mostBusyHours = 6

func checkBusyHours(c *checker, a *Autoscale) {
	const list = "autoscale.busyHours"
	if n := len(a.BusyHours); n > mostBusyHours {
		c.refuse(list, fmt.Sprintf("a list of %d", n), fmt.Sprintf("at most %d", mostBusyHours), c.remove(element(list, n-1)))
		return
	}
	first := map[string]int{}
	for i, hours := range a.BusyHours {
		at := element(list, i)
		if path := at + ".name"; c.fine(path) {
			if other, taken := first[hours.Name]; taken {
				c.refuse(path, hours.Name, fmt.Sprintf("a name that no other busy hours have (%s has this one)", element(list, other)),
					c.set(path, unusedBusyName(a.BusyHours)))
			} else {
				first[hours.Name] = i
			}
		}
		checkBusyTimes(c, at)
		checkBusyDays(c, at+".days")
		checkBusyMinimum(c, a, at, hours.Minimum)
	}
}

// unusedBusyName is the first of busy-1, busy-2, ... that no busy hours have.
func unusedBusyName(all []BusyHours) string {
	number := 1
	for slices.ContainsFunc(all, func(b BusyHours) bool { return b.Name == fmt.Sprintf("busy-%d", number) }) {
		number++
	}
	return fmt.Sprintf("busy-%d", number)
}

func checkBusyTimes(c *checker, at string) {
	from, to := at+".from", at+".to"
	if c.fine(from, to) && sinceMidnight(c.values[to]) <= sinceMidnight(c.values[from]) {
		allowed := fmt.Sprintf("later than from, which is %s; hours past midnight are two entries", c.values[from])
		c.refuse(to, c.values[to], allowed, c.set(to, midnight))
	}
}

func checkBusyDays(c *checker, path string) {
	if !c.fine(path) {
		return
	}
	if c.counts[path] == 0 {
		c.refuse(path, "a list of none", "at least one weekday", c.set(element(path, 0), time.Monday.String()))
	}
	seen := map[string]bool{}
	for i := range c.counts[path] {
		at := element(path, i)
		if c.fine(at) && seen[c.values[at]] {
			c.refuse(at, c.values[at], "each day once", c.remove(at))
		}
		seen[c.values[at]] = true
	}
}

func checkBusyMinimum(c *checker, a *Autoscale, at string, minimum int) {
	path := at + ".minimum"
	if !c.fine(path, "autoscale.minimum", "autoscale.maximum") || minimum > a.Minimum && minimum < a.Maximum {
		return
	}
	least, most := a.Minimum+1, a.Maximum-1
	allowed := fmt.Sprintf("at least %d, more than autoscale.minimum, and at most %d, which leaves the nightly recycle one more",
		least, most)
	fix := c.set(path, strconv.Itoa(min(max(minimum, least), most)))
	if least > most {
		allowed = fmt.Sprintf("there is no room for busy hours: they need an autoscale.maximum of at least %d", a.Minimum+2)
		fix = c.remove(at)
	}
	c.refuse(path, strconv.Itoa(minimum), allowed, fix)
}
