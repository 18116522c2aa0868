package engine

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// rule is a rule of a profile.
type rule struct {
	metric      string
	grain       time.Duration
	statistic   string
	window      time.Duration
	aggregation string
	operator    string
	threshold   float64
	// perInstance divides by the number of instances.
	perInstance bool
	// direction, kind and value are the action.
	direction, kind string
	value           int
	cooldown        time.Duration
}

// signs are the operators in the reason of a decision.
func signs() map[string]string {
	return map[string]string{
		"Equals": "=", "NotEquals": "≠", "GreaterThan": ">", "GreaterThanOrEqual": "≥", "LessThan": "<", "LessThanOrEqual": "≤",
	}
}

// String is the rule's condition.
func (r rule) String() string {
	return fmt.Sprintf("%s %s %s", r.metric, signs()[r.operator], strconv.FormatFloat(r.threshold, 'f', -1, 64))
}

// holds compares a value with the threshold.
func (r rule) holds(value float64) bool {
	switch r.operator {
	case "Equals":
		return value == r.threshold
	case "NotEquals":
		return value != r.threshold
	case "GreaterThan":
		return value > r.threshold
	case "GreaterThanOrEqual":
		return value >= r.threshold
	case "LessThan":
		return value < r.threshold
	default:
		return value <= r.threshold
	}
}

// wants is the number of instances that the rule's action leads to from some number, before the bounds.
func (r rule) wants(capacity int) int {
	sign := 1
	if r.direction == "Decrease" {
		sign = -1
	}
	switch r.kind {
	case "ExactCount":
		return r.value
	case "PercentChangeCount":
		part := float64(capacity) * float64(r.value) / 100
		if sign > 0 {
			return capacity + int(math.Ceil(part))
		}
		return capacity - int(math.Floor(part))
	default:
		return capacity + sign*r.value
	}
}

// observation is what a rule sees.
type observation struct {
	rule     rule
	value    float64
	readable bool
}

// fires says that the rule is true.
func (o observation) fires() bool { return o.readable && o.rule.holds(o.value) }

// value is what the rule compares with its threshold; false if there is nothing.
func (r rule) read(now time.Time, delay time.Duration, capacity int, metrics Metrics) (value float64, readable bool) {
	var grains []float64
	end := now.Truncate(r.grain)
	// The latest grain must have been collected as a whole.
	for begin := end.Add(-r.window); !begin.Add(r.grain).After(end); begin = begin.Add(r.grain) {
		if sample, found := r.sample(begin, now.Add(-delay), metrics); found {
			grains = append(grains, sample)
		}
	}
	if len(grains) == 0 {
		return 0, false
	}
	value = combine(r.aggregation, grains)
	if !r.perInstance {
		return value, true
	}
	if capacity == 0 {
		return 0, false
	}
	return value / float64(capacity), true
}

// sample combines what all instances reported in a grain, as far as it was collected by some time.
func (r rule) sample(begin, collected time.Time, metrics Metrics) (value float64, found bool) {
	var all []float64
	for minute := begin; minute.Before(begin.Add(r.grain)); minute = minute.Add(time.Minute) {
		if minute.Add(time.Minute).After(collected) {
			break
		}
		if samples, known := metrics.Minute(r.metric, minute); known {
			all = append(all, samples...)
		}
	}
	// What is no number was not measured.
	all = slices.DeleteFunc(all, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
	if len(all) == 0 {
		return 0, false
	}
	return combine(r.statistic, all), true
}

// combine is a statistic over instances or an aggregation over time, of at least one value. What both have goes by two names.
func combine(how string, values []float64) float64 {
	switch how {
	case "Min", "Minimum":
		return slices.Min(values)
	case "Max", "Maximum":
		return slices.Max(values)
	case "Count":
		return float64(len(values))
	case "Last":
		return values[len(values)-1]
	}
	total := 0.0
	for _, v := range values {
		total += v
	}
	if how == "Average" {
		return total / float64(len(values))
	}
	return total
}
