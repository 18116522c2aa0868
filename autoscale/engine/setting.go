package engine

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/internal/windowszone"
)

// Limits of an autoscale setting, of a rule's durations, and of what makes sense as a number of instances.
// Source: Azure REST API, Microsoft.Insights/autoscaleSettings 2022-10-01; Azure docs, autoscale-understanding-settings.
const (
	shortestGrain, longestWindow      = time.Minute, 12 * time.Hour
	shortestWindow                    = 5 * time.Minute
	shortestCooldown, longestCooldown = time.Minute, 7 * day
	longestFixed                      = 365 * day
	mostInstances                     = 1000
)

// Setting is an autoscale setting. [Parse] makes one; it is never changed afterwards. The zero value is switched off.
type Setting struct {
	enabled  bool
	profiles []Profile
	assumed  Assumptions
}

// Assume is the setting under other assumptions.
func (s Setting) Assume(a Assumptions) Setting {
	s.assumed = a
	return s
}

// Parse reads an autoscale setting in any of three forms: as the REST API has it, as the Pulumi provider's inputs are, and as
// package profile writes profiles. It is strict: what is unknown or twice is an error, and so is what Azure refuses or what
// this package does not model; all problems of the content are reported together. An error is also a rule about another
// resource than the target, or about dimensions, since [Metrics] has neither.
func Parse(raw []byte) (Setting, error) {
	d, err := read(raw)
	if err != nil {
		return Setting{}, fmt.Errorf("reading an autoscale setting: %w", err)
	}
	var c checker
	if len(d.Profiles) == 0 || len(d.Profiles) > profile.LargestSet {
		c.refuse("%d profiles: there must be 1 to %d", len(d.Profiles), profile.LargestSet)
	}
	s := Setting{enabled: d.Enabled}
	names, plain := map[string]bool{}, 0
	for _, written := range d.Profiles {
		c.within = fmt.Sprintf("profile %q: ", written.Name)
		if written.Name == "" || names[written.Name] {
			c.refuse("the name is empty or taken")
		}
		names[written.Name] = true
		p := c.profile(written, d.Target)
		if p.fixed == nil && p.recurs == nil {
			plain++
		}
		s.profiles = append(s.profiles, p)
	}
	c.within = ""
	if plain > 1 {
		c.refuse("%d default profiles: there may be one", plain)
	}
	if err := errors.Join(c.problems...); err != nil {
		return Setting{}, fmt.Errorf("reading an autoscale setting: %w", err)
	}
	return s, nil
}

// checker collects problems.
type checker struct {
	within   string
	problems []error
}

func (c *checker) refuse(format string, args ...any) {
	c.problems = append(c.problems, fmt.Errorf("%s%w", c.within, fmt.Errorf(format, args...)))
}

// one refuses a word that is none of those allowed.
func (c *checker) one(what, word string, allowed ...string) string {
	if !slices.Contains(allowed, word) {
		c.refuse("%s %q is none of %s", what, word, strings.Join(allowed, ", "))
	}
	return word
}

// count reads a number of instances, which Azure writes as text.
func (c *checker) count(what, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 || n > mostInstances {
		c.refuse("%s %q is no number from 0 to %d", what, text, mostInstances)
		return 0
	}
	return n
}

// length reads a duration of whole minutes.
func (c *checker) length(what, text string, low, high time.Duration) time.Duration {
	d, valid := duration(text)
	if !valid || d < low || d > high || d%time.Minute != 0 {
		c.refuse("%s %q is no duration of whole minutes from %s to %s", what, text, low, high)
		return low
	}
	return d
}

// zone loads a Windows time zone.
func (c *checker) zone(id string) *time.Location {
	zone, err := windowszone.Load(id)
	if err != nil {
		c.refuse("%w", err)
		return time.UTC
	}
	return zone
}

// profile checks one profile.
func (c *checker) profile(written profileDocument, target string) Profile {
	p := Profile{
		Name:    written.Name,
		Minimum: c.count("minimum", written.Capacity.Minimum),
		Maximum: c.count("maximum", written.Capacity.Maximum),
		Default: c.count("default", written.Capacity.Default),
	}
	if p.Minimum > p.Default || p.Default > p.Maximum {
		c.refuse("minimum %d <= default %d <= maximum %d does not hold", p.Minimum, p.Default, p.Maximum)
	}
	if written.FixedDate != nil && written.Recurrence != nil {
		c.refuse("it has a fixed date and a recurrence")
	}
	if written.FixedDate != nil {
		p.fixed = c.fixed(*written.FixedDate)
	}
	if written.Recurrence != nil {
		p.recurs = c.recurrence(*written.Recurrence)
	}
	if len(written.Rules) > profile.MostRules {
		c.refuse("%d rules: there may be %d", len(written.Rules), profile.MostRules)
	}
	outer := c.within
	for i, r := range written.Rules {
		c.within = fmt.Sprintf("%srule %d: ", outer, i+1)
		p.rules = append(p.rules, c.rule(r, target))
	}
	c.within = outer
	return p
}

// rule checks one rule.
func (c *checker) rule(written ruleDocument, target string) rule {
	trigger, action := written.MetricTrigger, written.ScaleAction
	r := rule{
		metric:      trigger.MetricName,
		grain:       c.length("time grain", trigger.TimeGrain, shortestGrain, longestWindow),
		statistic:   c.one("statistic", trigger.Statistic, "Average", "Min", "Max", "Sum", "Count"),
		window:      c.length("time window", trigger.TimeWindow, shortestWindow, longestWindow),
		aggregation: c.one("time aggregation", trigger.TimeAggregation, "Average", "Minimum", "Maximum", "Total", "Count", "Last"),
		operator: c.one("operator", trigger.Operator,
			"Equals", "NotEquals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"),
		perInstance: trigger.DividePerInstance,
		direction:   c.one("direction", action.Direction, "None", "Increase", "Decrease"),
		// ServiceAllowedNextValue is for services that know a next size; scale sets know none.
		kind:     c.one("type", action.Type, "ChangeCount", "PercentChangeCount", "ExactCount"),
		value:    1, // Azure's default
		cooldown: c.length("cooldown", action.Cooldown, shortestCooldown, longestCooldown),
	}
	if action.Value != nil {
		r.value = c.count("value", *action.Value)
	}
	if trigger.Threshold == nil || math.IsNaN(*trigger.Threshold) || math.IsInf(*trigger.Threshold, 0) {
		c.refuse("the threshold is missing or no number")
	} else {
		r.threshold = *trigger.Threshold
	}
	if r.metric == "" {
		c.refuse("the metric is missing")
	}
	if r.grain > r.window {
		c.refuse("the time grain %s is longer than the time window %s", r.grain, r.window)
	}
	if len(trigger.Dimensions) > 0 {
		c.refuse("it looks at dimensions of the metric, which are not modelled")
	}
	if trigger.MetricResourceURI != "" && !strings.EqualFold(trigger.MetricResourceURI, target) {
		c.refuse("it looks at %s, which is not the target %s", trigger.MetricResourceURI, target)
	}
	return r
}
