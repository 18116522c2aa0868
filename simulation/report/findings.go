package report

import (
	"fmt"
	"math"
	"strings"
)

// criterion is something that policies are compared by: the less of it the better.
type criterion struct {
	name  string
	value func(Row) float64
	// text writes a value, of which unit says what it is.
	text func(float64) string
	unit string
}

var criteria = []criterion{
	{"conferences cut", func(r Row) float64 { return float64(r.Cuts) }, func(v float64) string { return decimal(v, 0) }, "of them"},
	{"refusals", Row.refusals, percent, "of those who came"},
	{"overload", Row.overload, percent, "of the conference-minutes"},
	{"machine-hours", Row.hours, func(v float64) string { return amount(v, 1) }, "a day"},
}

// findings say in plain words what the figures mean.
func (p Page) findings() []string {
	if len(p.Policies) == 0 {
		return []string{"No policy was simulated."}
	}
	ours := p.Policies[0]
	said := []string{ours.verdict()}
	if len(p.Policies) == 1 {
		return said
	}
	var best []string
	for _, c := range criteria {
		rival, better := c.best(p.Policies)
		if !better {
			best = append(best, c.name)
			continue
		}
		said = append(said, fmt.Sprintf("%s does best on %s: %s %s, %s %s.",
			rival.Name, c.name, c.text(c.value(rival)), c.unit, ours.Name, c.text(c.value(ours))))
	}
	if len(best) > 0 {
		said = append(said, fmt.Sprintf("On %s no other policy does better than %s.", listed(best), ours.Name))
	}
	if len(best) == len(criteria) {
		return said
	}
	return append(said, p.dominance())
}

// verdict is one policy in a sentence.
func (r Row) verdict() string {
	cuts := "cuts no conference"
	if r.Cuts > 0 {
		cuts = "cuts " + counted(r.Cuts, "conference")
	}
	refuses := "nobody"
	if r.Refused > 0 {
		refuses = percent(r.refusals()) + " of those who came"
	}
	text := fmt.Sprintf("%s %s and refuses %s; %s of the conference-minutes are on an overloaded bridge.",
		r.Name, cuts, refuses, percent(r.overload()))
	if times := ratio(r.MachineHours, r.LowerBound); !math.IsNaN(times) {
		text += fmt.Sprintf(" It pays for %s x the fewest machine-hours possible", decimal(times, 2))
		if warm := r.timesWarm(); !math.IsNaN(warm) {
			text += fmt.Sprintf(", %s x the fewest that keep one bridge warm in every shard", decimal(warm, 2))
		}
		text += "."
	}
	if r.Waiting > 0 {
		text += fmt.Sprintf(" At the end %s of those who came still waited.", percent(ratio(float64(r.Waiting), float64(r.Joins))))
	}
	return text
}

// best is the policy with the least, and whether that is less than the first one has. A policy without a value is never best.
func (c criterion) best(policies []Row) (best Row, better bool) {
	best = policies[0]
	for _, rival := range policies[1:] {
		if c.value(rival) < c.value(best) {
			best, better = rival, true
		}
	}
	return best, better
}

// dominance names the policies that are better than ours without being worse in anything.
func (p Page) dominance() string {
	ours := p.Policies[0]
	var better []string
	for _, rival := range p.Policies[1:] {
		if dominates(rival, ours) {
			better = append(better, rival.Name)
		}
	}
	if len(better) == 0 {
		return fmt.Sprintf("Whatever beats %s in one of these pays for it in another.", ours.Name)
	}
	verb := "is"
	if len(better) > 1 {
		verb = "are"
	}
	return fmt.Sprintf("%s %s better than %s in one of these and worse in none.", listed(better), verb, ours.Name)
}

// dominates is true if a policy is worse in nothing and better in something. What has no value is worse than anything.
func dominates(rival, ours Row) bool {
	better := false
	for _, c := range criteria {
		theirs, mine := c.value(rival), c.value(ours)
		if math.IsNaN(theirs) || theirs > mine {
			return false
		}
		better = better || theirs < mine
	}
	return better
}

// listed joins names as a sentence does.
func listed(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
