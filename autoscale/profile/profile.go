// Package profile describes autoscale profiles as plain data: what Azure Monitor is told, what the reaper respects and
// what a simulation replays are one and the same value. The package is pure.
//
// A set of profiles has a stable JSON form, see [Marshal], and a [Calendar], which says which minimum is in force.
package profile

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
)

// Azure's limits of an autoscale setting.
// Source: Azure REST API, Microsoft.Insights/autoscaleSettings 2022-10-01.
const (
	// LargestSet is how many profiles a setting may have.
	LargestSet = 20
	// MostRules is how many rules a profile may have.
	MostRules = 10
	// ShortestWindow is the least time that a rule looks back over.
	ShortestWindow Minutes = 5
)

// The two metrics of a scale set that a bridge's network load is read from, and its processor load. Both network metrics
// count the bytes of one minute. "Network In" and "Network Out" without "Total" are deprecated billing metrics.
// Source: Azure docs, supported metrics of microsoft.compute/virtualmachinescalesets.
const (
	NetworkIn  = "Network In Total"
	NetworkOut = "Network Out Total"
	CPU        = "Percentage CPU"
)

// How samples are combined. Over instances (statistic) it is Average alone, over time (aggregation) either: the unit of a rule's
// threshold then stays that of the metric, per instance.
const (
	Average = "Average"
	// Last is the latest grain of the window.
	Last = "Last"
)

// Operator compares a metric with a threshold.
type Operator string

const (
	// GreaterThan fires above the threshold.
	GreaterThan Operator = "GreaterThan"
	// GreaterThanOrEqual fires at the threshold and above.
	GreaterThanOrEqual Operator = "GreaterThanOrEqual"
	// LessThan fires below the threshold.
	LessThan Operator = "LessThan"
)

// Profile is in force from one of its recurrences until the next recurrence of any profile of the same setting.
type Profile struct {
	// Name identifies the profile; package render has the one name that Azure's portal reads a meaning into.
	Name string `json:"name"`
	// Minimum and Maximum are instances. Azure moves the count into these bounds on its next run, whatever the rules say.
	Minimum int `json:"minimum"`
	Maximum int `json:"maximum"`
	// Default is the count that Azure lifts the set to when it cannot read the metrics. It never lowers the count.
	Default int `json:"default"`
	// Rules add instances; one true rule is enough, and several true ones do not add up.
	Rules []Rule `json:"rules"`
	// Recurrence says when the profile comes into force.
	Recurrence Recurrence `json:"recurrence"`
}

// Rule adds instances when a metric is too high, or too low. There is no rule that removes instances, on purpose: Azure knows nothing of
// conferences, so removing is the reaper's work alone.
type Rule struct {
	// Metric is the name of the scale set's metric.
	Metric string `json:"metric"`
	// Namespace is that of a custom metric; empty for one of the scale set's own.
	Namespace string `json:"namespace,omitempty"`
	// Statistic combines the samples of all instances of one grain.
	Statistic string `json:"statistic"`
	// Grain is the spacing of samples.
	Grain Minutes `json:"grain"`
	// Aggregation combines the grains of the window.
	Aggregation string `json:"aggregation"`
	// Window is how far the rule looks back.
	Window Minutes `json:"window"`
	// Operator and Threshold say when the rule is true; the threshold is in the metric's unit, per instance.
	Operator  Operator `json:"operator"`
	Threshold float64  `json:"threshold"`
	// Increase is the number of instances that the rule adds.
	Increase int `json:"increase"`
	// Cooldown is the least time between the last scale action, of whichever rule, and this one.
	Cooldown Minutes `json:"cooldown"`
}

// Recurrence is a weekly schedule with one time of day. Azure knows no end of a recurring profile: it lasts until the
// next one begins.
type Recurrence struct {
	// TimeZone is a Windows time-zone id; Hour and Minute are in it.
	TimeZone string    `json:"timeZone"`
	Days     []Weekday `json:"days"`
	Hour     int       `json:"hour"`
	Minute   int       `json:"minute"`
}

// Validate checks a set of profiles against Azure's limits and reports all problems at once.
func Validate(profiles []Profile) error {
	var problems []error
	if len(profiles) == 0 || len(profiles) > LargestSet {
		problems = append(problems, fmt.Errorf("%d profiles: there must be 1 to %d", len(profiles), LargestSet))
	}
	seen := map[string]bool{}
	for _, p := range profiles {
		if seen[p.Name] {
			problems = append(problems, fmt.Errorf("profile %q: the name is taken", p.Name))
		}
		seen[p.Name] = true
		if err := p.validate(); err != nil {
			problems = append(problems, fmt.Errorf("profile %q: %w", p.Name, err))
		}
	}
	return errors.Join(problems...)
}

func (p Profile) validate() error {
	var problems []error
	if p.Name == "" {
		problems = append(problems, errors.New("the name is empty"))
	}
	if p.Minimum < 0 || p.Minimum > p.Default || p.Default > p.Maximum {
		problems = append(problems, fmt.Errorf("0 <= minimum %d <= default %d <= maximum %d does not hold",
			p.Minimum, p.Default, p.Maximum))
	}
	if len(p.Rules) > MostRules {
		problems = append(problems, fmt.Errorf("%d rules: there may be %d", len(p.Rules), MostRules))
	}
	for i, rule := range p.Rules {
		if err := rule.validate(); err != nil {
			problems = append(problems, fmt.Errorf("rule %d: %w", i+1, err))
		}
	}
	return errors.Join(append(problems, p.Recurrence.validate())...)
}

func (r Rule) validate() error {
	var problems []error
	if r.Metric == "" {
		problems = append(problems, errors.New("the metric is empty"))
	}
	if r.Statistic != Average {
		problems = append(problems, fmt.Errorf("statistic %q must be %q", r.Statistic, Average))
	}
	if r.Aggregation != Average && r.Aggregation != Last {
		problems = append(problems, fmt.Errorf("aggregation %q is neither %q nor %q", r.Aggregation, Average, Last))
	}
	if !slices.Contains([]Operator{GreaterThan, GreaterThanOrEqual, LessThan}, r.Operator) {
		problems = append(problems, fmt.Errorf("operator %q is none of %q, %q and %q",
			r.Operator, GreaterThan, GreaterThanOrEqual, LessThan))
	}
	if math.IsNaN(r.Threshold) || math.IsInf(r.Threshold, 0) || r.Threshold < 0 {
		problems = append(problems, fmt.Errorf("threshold %v is not a number of at least 0", r.Threshold))
	}
	if r.Increase < 1 {
		problems = append(problems, fmt.Errorf("increase %d is below 1", r.Increase))
	}
	if r.Window < ShortestWindow {
		problems = append(problems, fmt.Errorf("window %s is shorter than %s", r.Window, ShortestWindow))
	}
	return errors.Join(append(problems, inRange("grain", r.Grain), inRange("window", r.Window), inRange("cooldown", r.Cooldown))...)
}

func inRange(name string, length Minutes) error {
	if length < 1 || length > longest {
		return fmt.Errorf("%s of %d minutes is outside 1 to %d", name, int(length), int(longest))
	}
	return nil
}

func (r Recurrence) validate() error {
	var problems []error
	if r.TimeZone == "" {
		problems = append(problems, errors.New("the time zone is empty"))
	}
	if r.Hour < 0 || r.Hour > 23 || r.Minute < 0 || r.Minute > 59 {
		problems = append(problems, fmt.Errorf("%d:%02d is no time of day", r.Hour, r.Minute))
	}
	if len(r.Days) == 0 {
		problems = append(problems, errors.New("there are no days"))
	}
	seen := map[Weekday]bool{}
	for _, day := range r.Days {
		if seen[day] || time.Weekday(day) < time.Sunday || time.Weekday(day) > time.Saturday {
			problems = append(problems, fmt.Errorf("day %s is given twice or does not exist", day))
		}
		seen[day] = true
	}
	return errors.Join(problems...)
}
