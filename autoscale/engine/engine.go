// Package engine is a model of Azure Monitor's autoscale engine: what one of its runs makes of a setting, of the number of
// instances and of their metrics. It is pure: the caller has the time, the metrics and the machines.
//
// # What is documented
//
// A run chooses one profile: a fixed-date profile whose time it is, else the recurring profile that began last, else the
// default profile. A count outside of the profile's minimum and maximum is moved to the nearer of them on the next run. One
// true Increase rule is enough to scale out, and of several the highest resulting count is taken. Decrease rules act only
// where no Increase rule is true and all of them are, and then as little as possible; an action that would make an Increase
// rule true again is made smaller or left out. After any action nothing happens for the cooldown of the rule that fired
// last. Where a metric cannot be read, the count is lifted to the profile's default, and never lowered. A rule combines the
// samples of all instances of a grain by its statistic, and the grains of its window by its aggregation; a sample that is
// missing is not counted. The network metrics of a scale set are bytes of one minute.
//
// Source: Azure docs, autoscale-understanding-settings, autoscale-best-practices, autoscale-flapping, autoscale-multiprofile;
// metrics-aggregation-explained.
//
// # What is assumed
//
// Azure does not document the following. [Assumptions] are what a simulation may want to vary.
//
//   - One action a run: a run that moves the count into its bounds, or to the default, evaluates no rule.
//   - Moving into the bounds or to the default does not wait for a cooldown ([Assumptions.EnforcementWaits]). It is an action
//     like any other, so that the cooldown of the rule that fired last begins anew ([Assumptions.EnforcementIsFree]).
//   - Of several rules with the same result the first in the profile is the one that fired.
//   - A percentage of the count is rounded up for an increase and down for a decrease.
//   - A rule whose result lies at or on the wrong side of the present count, or is cut to it by the bounds, takes no action
//     and begins no cooldown.
//   - The metrics cannot be read where a metric of any rule has no value in its whole window. Increase rules whose metrics can
//     be read still act; Decrease rules do not.
//   - A window holds the grains that are over when the engine runs; grains begin at multiples of their length since 1970.
//     What Azure has not collected yet is missing ([Assumptions.Delay]).
//   - A mean is taken to change in proportion when instances go, a total not to.
//   - A recurring profile that begins at a local time that clocks show twice begins at the second; at one that they leap over,
//     as if they had not leapt yet. Of profiles that begin together the first in the setting counts.
package engine

import (
	"fmt"
	"strings"
	"time"
)

// Metrics are a scale set's. Minute gives the samples of one metric in the minute that begins at the given time, one for each
// instance that reported, in no order; ok is false where nothing is known of that minute.
type Metrics interface {
	Minute(metric string, minute time.Time) (samples []float64, ok bool)
}

// State is what the engine remembers of one setting from run to run; the zero value has not acted yet.
type State struct {
	// LastAction is when the count was last changed.
	LastAction time.Time `json:"lastAction"`
	// Cooldown is that of the rule that fired last.
	Cooldown time.Duration `json:"cooldown"`
}

// Assumptions are about what Azure does not document; the zero value is what this package takes for likely.
type Assumptions struct {
	// EnforcementWaits has moving the count into its bounds wait for the cooldown.
	EnforcementWaits bool
	// EnforcementIsFree has the cooldown not begin when the count was moved into its bounds or to the default.
	EnforcementIsFree bool
	// OwnCooldown has each rule wait for its own cooldown since the last action, instead of that of the rule that fired last.
	OwnCooldown bool
	// Delay is how long after its end a minute's metrics are collected. A window must be longer, or it holds nothing.
	Delay time.Duration
}

// Decision is what one run does.
type Decision struct {
	// Capacity is the number of instances that there shall be.
	Capacity int
	// Profile is the name of the profile that was in force; empty for none.
	Profile string
	// Reason says in a line why.
	Reason string
	// Rules are those that were true, in the profile's order, whether they could act or not.
	Rules []Fired
	// Unreadable are the metrics without a value.
	Unreadable []string
}

// Fired is a rule that was true.
type Fired struct {
	// Rule is the condition, for example "Percentage CPU > 70".
	Rule string
	// Value is what was compared with the threshold.
	Value float64
	// Capacity is the number of instances that the rule asks for, before the bounds.
	Capacity int
}

// Evaluate is one run of the engine: how many instances there shall be of the capacity that there are, and what the engine
// remembers if that comes to pass. An action that failed is one that was not taken: then the state stays as it was.
func (s Setting) Evaluate(now time.Time, capacity int, state State, metrics Metrics) (Decision, State) {
	stay := Decision{Capacity: capacity}
	if !s.enabled {
		stay.Reason = "autoscale is switched off"
		return stay, state
	}
	in, found := s.inForce(now)
	if !found {
		stay.Reason = "no profile is in force"
		return stay, state
	}
	stay.Profile = in.Name
	r := run{setting: s, profile: in, now: now, capacity: capacity, state: state, stay: stay}
	if bound := min(max(capacity, in.Minimum), in.Maximum); bound != capacity {
		return r.enforce(bound)
	}
	r.observe(metrics)
	if d, next, acted := r.increase(); acted {
		return d, next
	}
	return r.otherwise()
}

// run is one run with what it has found out.
type run struct {
	setting  Setting
	profile  Profile
	now      time.Time
	capacity int
	state    State
	// stay is the decision to do nothing.
	stay Decision
	// seen is what each rule of the profile sees.
	seen []observation
}

// cooling says until when the engine waits after an action, given the rule that wants to fire.
func (r *run) cooling(own time.Duration) (until time.Time, waits bool) {
	if r.state.LastAction.IsZero() {
		return time.Time{}, false
	}
	cooldown := r.state.Cooldown
	if r.setting.assumed.OwnCooldown {
		cooldown = own
	}
	until = r.state.LastAction.Add(cooldown)
	return until, r.now.Before(until)
}

// wait is the decision to wait for a cooldown.
func (r *run) wait(until time.Time, forWhat string) (Decision, State) {
	d := r.stay
	d.Reason = fmt.Sprintf("%s waits for the cooldown until %s", forWhat, until.UTC().Format(time.RFC3339))
	return d, r.state
}

// enforce moves the count into its bounds.
func (r *run) enforce(bound int) (Decision, State) {
	what := fmt.Sprintf("minimum %d", bound)
	if bound < r.capacity {
		what = fmt.Sprintf("maximum %d", bound)
	}
	if until, waits := r.cooling(0); waits && r.setting.assumed.EnforcementWaits {
		return r.wait(until, what)
	}
	return r.move(bound, what)
}

// move changes the count for another reason than a rule.
func (r *run) move(to int, why string) (Decision, State) {
	d, next := r.stay, r.state
	d.Capacity, d.Reason = to, why
	if !r.setting.assumed.EnforcementIsFree {
		next.LastAction = r.now
	}
	return d, next
}

// fire changes the count because of a rule.
func (r *run) fire(to int, o observation) (Decision, State) {
	d := r.stay
	d.Capacity, d.Reason = to, fmt.Sprintf("%s: it is %.4g", o.rule, o.value)
	return d, State{LastAction: r.now, Cooldown: o.rule.cooldown}
}

// otherwise is what a run does when no instance is to be added because of a rule.
func (r *run) otherwise() (Decision, State) {
	if len(r.stay.Unreadable) > 0 {
		what := "no metrics of " + strings.Join(r.stay.Unreadable, ", ")
		if r.capacity < r.profile.Default {
			return r.move(r.profile.Default, fmt.Sprintf("%s: default %d", what, r.profile.Default))
		}
		r.stay.Reason = what
		return r.stay, r.state
	}
	return r.decrease()
}
