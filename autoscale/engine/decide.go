package engine

import (
	"fmt"
	"slices"
	"time"
)

// observe reads the metrics of all rules.
func (r *run) observe(metrics Metrics) {
	for _, rule := range r.profile.rules {
		o := observation{rule: rule}
		o.value, o.readable = rule.read(r.now, r.setting.assumed.Delay, r.capacity, metrics)
		r.seen = append(r.seen, o)
		if !o.readable && !slices.Contains(r.stay.Unreadable, rule.metric) {
			r.stay.Unreadable = append(r.stay.Unreadable, rule.metric)
		}
		if o.fires() && rule.direction != "None" {
			r.stay.Rules = append(r.stay.Rules, Fired{Rule: rule.String(), Value: o.value, Capacity: rule.wants(r.capacity)})
		}
	}
}

// within is a count in the profile's bounds.
func (r *run) within(count int) int { return min(max(count, r.profile.Minimum), r.profile.Maximum) }

// increase scales out if a rule says so. A rule that has to wait, or that the bounds leave no room, is one more reason to stay
// as it is: scaling in is for when no rule asks for more.
func (r *run) increase() (Decision, State, bool) {
	var chosen, first observation
	var until time.Time
	to, fired := r.capacity, false
	for _, o := range r.seen {
		if o.rule.direction != "Increase" || !o.fires() {
			continue
		}
		if !fired {
			first, fired = o, true
		}
		if end, waits := r.cooling(o.rule.cooldown); waits {
			until = end
			continue
		}
		if target := r.within(o.rule.wants(r.capacity)); target > to {
			to, chosen = target, o
		}
	}
	switch {
	case !fired:
		return Decision{}, State{}, false
	case to > r.capacity:
		d, next := r.fire(to, chosen)
		return d, next, true
	case !until.IsZero():
		d, next := r.wait(until, first.rule.String())
		return d, next, true
	default:
		d := r.stay
		d.Reason = fmt.Sprintf("%s, but the maximum is %d", first.rule, r.profile.Maximum)
		return d, r.state, true
	}
}

// decrease scales in if all rules for that say so, and as little as they allow.
func (r *run) decrease() (Decision, State) {
	d := r.stay
	to, chosen, all := r.fewest()
	if !all {
		d.Reason = "no rule asks for a change"
		return d, r.state
	}
	if to >= r.capacity {
		d.Reason = fmt.Sprintf("%s, but the minimum is %d", chosen.rule, r.profile.Minimum)
		return d, r.state
	}
	if until, waits := r.cooling(chosen.rule.cooldown); waits {
		return r.wait(until, chosen.rule.String())
	}
	for ; to < r.capacity; to++ {
		if r.calm(to) {
			return r.fire(to, chosen)
		}
	}
	d.Reason = chosen.rule.String() + ", but fewer instances would be too few at once"
	return d, r.state
}

// fewest is the number of instances that the Decrease rules agree on, and the rule that leaves the most; all says that there
// are such rules, and that all of them are true.
func (r *run) fewest() (to int, chosen observation, all bool) {
	rules := 0
	for _, o := range r.seen {
		if o.rule.direction != "Decrease" {
			continue
		}
		if !o.fires() {
			return 0, observation{}, false
		}
		rules++
		if target := r.within(o.rule.wants(r.capacity)); rules == 1 || target > to {
			to, chosen = target, o
		}
	}
	return to, chosen, rules > 0
}

// calm says that no rule would scale out again if there were so many instances.
func (r *run) calm(count int) bool {
	return !slices.ContainsFunc(r.seen, func(o observation) bool {
		return o.rule.direction == "Increase" && o.readable && o.rule.holds(o.with(count, r.capacity))
	})
}

// with is the value that a rule would see with another number of instances: what one instance has grows as others go, and
// what all have together stays.
func (o observation) with(count, capacity int) float64 {
	together := o.rule.statistic == "Sum" || o.rule.statistic == "Count"
	if together && !o.rule.perInstance {
		return o.value
	}
	if count == 0 {
		return 0
	}
	return o.value * float64(capacity) / float64(count)
}
