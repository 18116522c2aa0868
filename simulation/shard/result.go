package shard

import (
	"math"
	"time"
)

// Result is what became of a day. Nothing of the time before its midnight counts.
type Result struct {
	// Length is that of the day.
	Length time.Duration
	// Joins are the visits that began. Each was served, or refused because no bridge came up in time, or still waits at the end.
	Joins, Served, Refused, Waiting int
	// Cut are the conferences that lost their bridge to a deletion.
	Cut int
	// Lost are the conferences that died with their zone.
	Lost int
	// ConferenceMinutes are those of all conferences on bridges, OverloadedConferenceMinutes those in minutes in which the bridge was
	// over its capacity.
	ConferenceMinutes, OverloadedConferenceMinutes float64
	// BridgeMinutes are the minutes of all bridges in use, OverloadedBridgeMinutes those over capacity.
	BridgeMinutes, OverloadedBridgeMinutes int
	// Stress has the mean stress of every bridge-minute.
	Stress Histogram
	// MachineHours are paid for: from a machine's creation until it is gone.
	MachineHours float64
	// LowerBoundHours are the bridge-hours of somebody who knows the future: in each minute the fewest bridges that could have
	// carried it. With LowerBoundWarmHours he keeps one more at any time.
	LowerBoundHours, LowerBoundWarmHours float64
	// MostMachines is the largest number of machines at once, those being deleted included: each holds an address.
	MostMachines int
	// Added counts machines that were added, Retired those that the reaper deleted, Removed those that the scaler did away with.
	Added, Retired, Removed int
	// OldestAfterRecycle is the age of the oldest machine two hours after the last recycle of the day; zero if there was none.
	OldestAfterRecycle time.Duration
	// Minutes and Events are kept if that was asked for.
	Minutes []Minute
	Events  []Event
}

// Minute is one minute of the day: means, except for Max and Machines.
type Minute struct {
	At time.Time
	// Machines are those paid for, Up the bridges in use, LowerBound the fewest that could carry the minute.
	Machines, Up, LowerBound int
	// Load is the stress of all conferences together, Mean and Max that of the bridges in use.
	Load, Mean, Max float64
	// Participants and Conferences are those at the end of the minute, Waiting the people without a bridge.
	Participants, Conferences, Waiting int
}

// Kind is what an event is about.
type Kind string

// The kinds of events.
const (
	// Added is a machine that was created, Up one whose bridge came into use.
	Added Kind = "added"
	Up    Kind = "up"
	// Drained is a bridge that a retirement began at, Retired a machine that the reaper had deleted.
	Drained Kind = "drained"
	Retired Kind = "retired"
	// Removed is a machine that the scaler did away with.
	Removed Kind = "removed"
	// Out is a machine that lost its power.
	Out Kind = "out"
	// CutOff is a conference that lost its bridge, Refused somebody who gave up waiting for one.
	CutOff  Kind = "cut"
	Refused Kind = "refused"
)

// Event is something that happened.
type Event struct {
	At   time.Time
	Kind Kind
	Text string
}

// Histogram counts values in steps of a hundredth, from 0 to 3; what is more is counted at 3.
type Histogram [301]int

// add counts a value.
func (h *Histogram) add(value float64) { h[min(max(int(math.Ceil(value*100-1e-9)), 0), len(h)-1)]++ }

// Merge counts what another one counted, each as often as given.
func (h *Histogram) Merge(other Histogram) {
	for i, n := range other {
		h[i] += n
	}
}

// Quantile is the value that a share (0 to 1) of all values does not exceed; zero of none.
func (h *Histogram) Quantile(share float64) float64 {
	total := 0
	for _, n := range h {
		total += n
	}
	rest := int(math.Ceil(share * float64(total)))
	for i, n := range h {
		if rest -= n; rest <= 0 {
			return float64(i) / 100
		}
	}
	return 0
}
