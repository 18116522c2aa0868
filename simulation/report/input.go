// Package report shows what a simulation found: as a table for a terminal, as one page of HTML that needs nothing else, and as one
// picture. It is pure: the same input gives the same bytes.
package report

import "time"

// Page is everything that is shown.
type Page struct {
	// Title is the headline. Environment is whose settings were simulated, such as "prod"; empty for the standard mix.
	Title, Environment string
	// Subject says which days, such as "office day, seed 7, Tuesday 2026-03-10, peak 2 bridges a shard".
	Subject string
	// Shards is how many shards the environment has: the figures of a day are those of all of them together.
	Shards int
	// Notes are the assumptions, one line each.
	Notes []string
	// Policies are compared. The first is ours.
	Policies []Row
	// Shapes are ours through the day, one a shard; nil for a mix.
	Shapes []Series
	// Cells are a mix, kind by kind and peak by peak; nil for a day.
	Cells []Cell
	// Currency is that of the costs, such as "USD".
	Currency string
}

// Row is what came of one policy: of all days simulated and of all shards together. A mix counts an average day of one shard.
type Row struct {
	// Name is a word, Title says what the policy does.
	Name, Title string
	// Days is what totals are divided by to be shown for a day; without days they are not shown.
	Days int
	// Cuts are the conferences that lost their bridge to a deletion. A mix counts them in all its days.
	Cuts int
	// Joins are the people who came. Some were refused because no bridge came up in time, some still waited at the end.
	Joins, Refused, Waiting int
	// ConferenceMinutes are the minutes of all conferences, Overloaded those on a bridge over its capacity.
	ConferenceMinutes, Overloaded float64
	// OverloadedMinutes are the bridge-minutes over capacity.
	OverloadedMinutes float64
	// P95Stress is what 95 of 100 bridge-minutes do not exceed; 1 is a full bridge.
	P95Stress float64
	// MachineHours are paid for. LowerBound are the hours of somebody who knows the future and keeps the fewest bridges that carry
	// each minute, LowerBoundWarm his if he keeps one more in every shard.
	MachineHours, LowerBound, LowerBoundWarm float64
	// Addresses is the most of one shard at once.
	Addresses int
	// Actions are the machines that were added, Retired those that were taken away.
	Actions int
	Retired int
	// OldestAfterRecycle is the age of the oldest machine two hours after a recycle; zero if there was none.
	OldestAfterRecycle time.Duration
	// Cost is that of the machines and the addresses, in [Page.Currency].
	Cost float64
}

// Series is one shard through the day.
type Series struct {
	Shard string
	// Minutes and Events are in the order of time. The hours shown are those of the zone of the first minute.
	Minutes []Minute
	Events  []Event
}

// Minute is one minute of a shard.
type Minute struct {
	At time.Time
	// Machines are those paid for, Up the bridges in use, LowerBound the fewest that could carry the minute.
	Machines, Up, LowerBound int
	// Load is the sum of the stress, Mean and Max that of the bridges in use: 1 is a full bridge.
	Load, Mean, Max float64
	// Waiting are the people without a bridge.
	Participants, Conferences, Waiting int
}

// Event is something that happened in a shard.
type Event struct {
	At time.Time
	// Kind is one of "added", "up" or "booted", "drained", "retired", "removed", "recycle", "refused" and "cut". All are listed; the
	// curves show what drains and boots.
	Kind, Text string
}

// Cell is what ours does in days of one kind and peak.
type Cell struct {
	Kind string
	// Peak is the load of a shard at its peak, in bridges.
	Peak float64
	// Overload is a share of the conference-minutes, from 0 to 1. Hours is the ratio of the machine-hours to the lower bound with one
	// warm bridge.
	Overload, Hours float64
}
