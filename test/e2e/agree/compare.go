package agree

import (
	"fmt"
	"math"
	"strings"
)

// How far a simulated count may be from the measured one: so many, or such a part of what was measured, whichever is more. Each
// was fixed before a run's number of it was seen.
//
// Machines come and go at thresholds: one whose rule is nearly true, or whose retirement is nearly over at the end, may fall on either
// side, once in the morning and once in the evening. Beyond that the reaper's looks are late or left out on a fast clock, so that each
// retirement, and what would have followed it, is later than in the simulator.
//
// What machines there were all day long is a sharper number where few come and go: one that is added or retired some minutes earlier or
// later hardly changes it.
//
// Rooms are cut with the zone within a moment: people who come and go in that moment may be on either side of it.
const (
	fewMachines, partOfMachines = 2, 0.25
	fewHours, partOfHours       = 1, 0.10
	fewRooms, partOfRooms       = 2, 0.15
)

// Counts are what is compared.
type Counts struct {
	// Boots are the machines that were added, Retirements those that the reaper deleted, and ScaleOuts the actions of the engine that
	// added any.
	Boots, Retirements, ScaleOuts int
	// Hours are those of all machines, each from its making until it is gone, rounded to whole hours.
	Hours int
	// Moved are the rooms that had a conference on the shard when its zone was lost, and so had to move.
	Moved int
}

// Comparison is one count of one shard.
type Comparison struct {
	Shard, What         string
	Measured, Simulated int
	// Allowed is how far they may be apart.
	Allowed int
}

// OK says that they are no further apart.
func (c Comparison) OK() bool {
	return max(c.Measured-c.Simulated, c.Simulated-c.Measured) <= c.Allowed
}

// String is the comparison in words.
func (c Comparison) String() string {
	text := fmt.Sprintf("%s %d, simulated %d", c.What, c.Measured, c.Simulated)
	if !c.OK() {
		text += fmt.Sprintf(" (more than %d apart)", c.Allowed)
	}
	return text
}

// Compare compares all counts of a shard.
func Compare(shard string, measured, simulated Counts) []Comparison {
	compared := func(what string, m, s, few int, part float64) Comparison {
		return Comparison{Shard: shard, What: what, Measured: m, Simulated: s, Allowed: max(few, int(math.Floor(part*float64(m))))}
	}
	return []Comparison{
		compared("machines added", measured.Boots, simulated.Boots, fewMachines, partOfMachines),
		compared("retired", measured.Retirements, simulated.Retirements, fewMachines, partOfMachines),
		compared("scale-outs", measured.ScaleOuts, simulated.ScaleOuts, fewMachines, partOfMachines),
		compared("machine-hours", measured.Hours, simulated.Hours, fewHours, partOfHours),
		compared("rooms moved", measured.Moved, simulated.Moved, fewRooms, partOfRooms),
	}
}

// Tell says of all comparisons whether they hold, and both numbers of each.
func Tell(all []Comparison) (ok bool, text string) {
	ok = len(all) > 0
	var parts []string
	last := ""
	for _, c := range all {
		part := c.String()
		if c.Shard != last {
			part, last = "shard "+c.Shard+": "+part, c.Shard
		}
		parts = append(parts, part)
		ok = ok && c.OK()
	}
	return ok, strings.Join(parts, "; ")
}
