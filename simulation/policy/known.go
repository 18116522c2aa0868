package policy

import (
	"fmt"
	"math"
	"sync"
	"time"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
)

// How somebody sets busy hours who knows his people's timetable and their number, but not the day: they begin twenty minutes before
// the first people come and end when most have gone, with a minimum of a little more than the load that is planned for.
// docs/decisions/0019-reserve-and-busy-hours.md has the evidence for the numbers.
const (
	// margin is the minimum against the load planned for.
	margin = 1.2
	early  = 20 * time.Minute
)

// timetable is when people of a kind are busy, and how many bridges they need beyond the margin; zero for those who have no
// timetable. Classes are few and large, and do not fill a bridge to its brim.
func timetable(k demand.Kind) (from, to time.Duration, spare float64) {
	switch k {
	case demand.Office, demand.Webinar, demand.Flash:
		return 8 * time.Hour, 17*time.Hour + 15*time.Minute, 0.5
	case demand.School:
		return 8 * time.Hour, 12*time.Hour + 30*time.Minute, 1.5
	default:
		return 0, 0, 0
	}
}

// Known is an environment's own policy with busy hours that fit the day: what the setting is worth to somebody who knows his users.
// Busy hours that are configured give way to those. Where nothing is known, of a kind without a timetable and of a trace, it is the
// environment's own policy.
func Known(env environment.Environment) Policy {
	var mu sync.Mutex
	made := map[string]Policy{}
	of := func(d demand.Day) (Policy, error) {
		mu.Lock()
		defer mu.Unlock()
		hours, key := busy(d, env.Autoscale)
		if found, there := made[key]; there {
			return found, nil
		}
		configured := env
		configured.Autoscale.BusyHours = hours
		p, err := Ours("known", "as configured", configured)
		if err == nil {
			made[key] = p
		}
		return p, err
	}
	return Policy{
		Name: "known", Title: "ours, busy hours known", Safe: true,
		setup: func(d demand.Day, bounds []int, model capacity.Model) (setup, error) {
			p, err := of(d)
			if err != nil {
				return setup{}, err
			}
			return p.setup(d, bounds, model)
		},
	}
}

// busy are the busy hours for a day, and a name for them: those configured where nothing is known of it, and none where the usual
// minimum would do.
func busy(d demand.Day, a environment.Autoscale) (hours []environment.BusyHours, name string) {
	from, to, spare := timetable(demand.Kind(d.Name))
	if to == 0 || d.Planned == 0 {
		return a.BusyHours, "configured"
	}
	minimum := min(int(math.Ceil(margin*d.Planned+spare)), a.Maximum-1)
	if minimum <= a.Minimum {
		return nil, "none"
	}
	days := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	hours = []environment.BusyHours{{Name: "known", Days: days, From: from - early, To: to, Minimum: minimum}}
	return hours, fmt.Sprintf("%d until %s", minimum, to)
}
