package render

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/internal/environment"
)

// week is the minimum in force at every minute of a week of the local clock, which begins with Monday.
type week struct {
	minutes [7 * minutesOfDay]moment
}

// moment is what is in force at a minute.
type moment struct {
	minimum int
	recycle bool
	// busy is the name of the busy hours whose minimum it is; empty for the usual one.
	busy string
}

const minutesOfDay = int(day / time.Minute)

// newWeek lays the busy hours over the usual minimum, the highest on top, and the recycle over both: it demands one more than there
// must be anyway. Where that is the maximum there is no room for one more, and the window then changes nothing.
func newWeek(cfg environment.Autoscale) *week {
	w := &week{}
	for i := range w.minutes {
		w.minutes[i].minimum = cfg.Minimum
	}
	for _, hours := range cfg.BusyHours {
		for _, weekday := range hours.Days {
			begin := startOf(weekday)
			for i := begin + int(hours.From/time.Minute); i < begin+int(hours.To/time.Minute); i++ {
				if hours.Minimum > w.minutes[i].minimum {
					w.minutes[i] = moment{minimum: hours.Minimum, busy: hours.Name}
				}
			}
		}
	}
	window := int(cfg.Recycle.Window / time.Minute)
	for d := range 7 {
		for i := range window {
			at := &w.minutes[(d*minutesOfDay+cfg.Recycle.Hour*60+cfg.Recycle.Minute+i)%len(w.minutes)]
			at.minimum, at.recycle = min(at.minimum+1, cfg.Maximum), true
		}
	}
	return w
}

// startOf is the first minute of a weekday.
func startOf(d time.Weekday) int { return (int(d) + 6) % 7 * minutesOfDay }

// spell is what is in force from one time of day on certain days until the next spell of any kind begins.
type spell struct {
	moment

	at   time.Duration
	days []profile.Weekday
	name string
}

// spells are the changes of a week: those of a kind at the same time of day are one, for all their days. The recycle comes first, and
// what follows it next, as Azure's portal writes the two.
func (w *week) spells() []spell {
	var all []spell
	for i := range w.minutes {
		now := w.minutes[i]
		if now == w.minutes[(i+len(w.minutes)-1)%len(w.minutes)] {
			continue
		}
		at := time.Duration(i%minutesOfDay) * time.Minute
		found := slices.IndexFunc(all, func(s spell) bool { return s.moment == now && s.at == at })
		if found < 0 {
			found, all = len(all), append(all, spell{moment: now, at: at})
		}
		all[found].days = append(all[found].days, profile.Weekday((i/minutesOfDay+1)%7))
	}
	for first, s := range all {
		if s.recycle {
			all = slices.Concat(all[first:], all[:first])
			break
		}
	}
	for i := range all {
		all[i].name = w.name(all, i)
	}
	return all
}

// name names a spell. Where the recycle has one follower, the two have the names by which Azure's portal knows a pair; it has no
// notation for more, and shows those as they are.
func (w *week) name(all []spell, i int) string {
	s := all[i]
	recycles := 0
	for _, other := range all {
		if other.recycle {
			recycles++
		}
	}
	if pair := len(all) == 2; pair && s.recycle {
		return RecycleName
	} else if pair {
		return TwinName(RecycleName)
	}
	kind := "usual"
	if s.busy != "" {
		kind = "busy " + s.busy
	}
	if s.recycle && recycles == 1 {
		return RecycleName
	} else if s.recycle {
		kind = RecycleName + " " + kind
	}
	return fmt.Sprintf("%s from %s %02d:%02d", kind, s.days[0], int(s.at/time.Hour), int(s.at%time.Hour/time.Minute))
}

// tooMany says which two busy hours to merge where a setting would have more profiles than Azure takes: those that leave the fewest
// as one, over the days and the hours of both.
func tooMany(cfg environment.Autoscale, number int) error {
	least, pair := number, ""
	for i, one := range cfg.BusyHours {
		for j, other := range cfg.BusyHours[:i] {
			merged := cfg
			merged.BusyHours = append(slices.Delete(slices.Delete(slices.Clone(cfg.BusyHours), i, i+1), j, j+1), environment.BusyHours{
				Name: one.Name, Days: slices.Concat(one.Days, other.Days),
				From: min(one.From, other.From), To: max(one.To, other.To), Minimum: max(one.Minimum, other.Minimum),
			})
			if left := len(newWeek(merged).spells()); left < least {
				least, pair = left, fmt.Sprintf("%q and %q", other.Name, one.Name)
			}
		}
	}
	return fmt.Errorf("the busy hours take %d profiles, and Azure takes %d: merge %s, for example, which leaves %d",
		number, profile.LargestSet, pair, least)
}

// checkBusyHours guards what the computation of a week relies on.
func checkBusyHours(cfg environment.Autoscale) error {
	var problems []error
	for _, hours := range cfg.BusyHours {
		if hours.From < 0 || hours.To <= hours.From || hours.To > day || hours.From%time.Minute != 0 || hours.To%time.Minute != 0 {
			problems = append(problems, fmt.Errorf("busy hours %q: %s to %s is not of whole minutes of one day",
				hours.Name, hours.From, hours.To))
		}
		if len(hours.Days) == 0 {
			problems = append(problems, fmt.Errorf("busy hours %q: there are no days", hours.Name))
		}
		if hours.Minimum <= cfg.Minimum || hours.Minimum >= cfg.Maximum {
			problems = append(problems, fmt.Errorf("busy hours %q: minimum %d is not between %d and %d",
				hours.Name, hours.Minimum, cfg.Minimum, cfg.Maximum))
		}
	}
	return errors.Join(problems...)
}
