// Package report tells the day that the system test has played: as one self-contained page, and as one picture. It computes
// nothing about the system; whoever plays the day says what was seen.
package report

import (
	"errors"
	"fmt"
	"time"
)

// Day is everything that a report tells. Times are those on the clock.
type Day struct {
	// Environment is the name of the environment that was played.
	Environment string
	// Zone is the environment's time zone, in whose hours the day is told; nil for UTC.
	Zone *time.Location
	// Factor is how many seconds passed on the clock in one real second.
	Factor float64
	// From and To are the beginning and the end of the day.
	From, To time.Time
	// Took is how long the day took in reality; zero where that is of no interest.
	Took time.Duration
	// Shards are the shards' names, in the order in which they are shown.
	Shards []string

	Series      []Series
	Doors       []Door
	Bands       []Band
	Marks       []Mark
	Retirements []Retirement
	Cuts        []Cut
	Checks      []Check
	RealTime    []RealTime
	// Substitutions are what was played instead of the real thing.
	Substitutions []Substitution
	Log           []LogLine
}

// The names of series that are drawn. Others are left to the tables of whoever makes the day.
const (
	// Participants are the people in a shard's conferences.
	Participants = "participants"
	// Conferences are a shard's conferences.
	Conferences = "conferences"
	// Bridges are a shard's machines with one version of the image.
	Bridges = "bridges"
	// Minimum is the autoscale minimum in force in a shard.
	Minimum = "minimum"
)

// Series is a number over the day. It keeps each value until the next point, and is zero before the first.
type Series struct {
	// Name is one of the above, Unit what is counted.
	Name, Unit string
	Shard      string
	// Image is the version of the image, for Bridges.
	Image string
	// Points are in the order of time.
	Points []Point
}

// Point is a value from a moment on.
type Point struct {
	At    time.Time
	Value float64
}

// DoorState is what the front door makes of a shard.
type DoorState string

// The states of a shard at the front door.
const (
	// DoorUp is a shard that gets new rooms.
	DoorUp DoorState = "up"
	// DoorDraining is one that keeps its rooms and gets no new ones.
	DoorDraining DoorState = "draining"
	// DoorDown is one whose rooms go elsewhere.
	DoorDown DoorState = "down"
)

// Door is a time during which the front door had a shard in one state.
type Door struct {
	Shard    string
	State    DoorState
	From, To time.Time
}

// Band is a time that is shaded, for example of a lost zone.
type Band struct {
	From, To time.Time
	// Shard is the one that it concerns; empty for all.
	Shard string
	Text  string
}

// Kind is what a mark is about.
type Kind string

// The kinds of marks. Retirements and cuts have marks of their own.
const (
	// Booted is a machine that began to serve.
	Booted Kind = "booted"
	// Lost is a machine that ended without anybody's having wanted it.
	Lost Kind = "lost"
	// Moved is a room that went to another shard.
	Moved Kind = "moved"
	// Event is something that the day brings, for example a new image.
	Event Kind = "event"
)

// Mark is something that happened at a moment.
type Mark struct {
	At   time.Time
	Kind Kind
	// Shard is where; empty for an event that concerns all.
	Shard string
	// Text says what, in a few words for an event.
	Text string
}

// Retirement is a machine that the reaper removed.
type Retirement struct {
	Shard, Machine, Image string
	Born, Retired         time.Time
	// Reasons are the reason codes of its audit, in their order.
	Reasons []string
}

// Cut is a conference that was cut.
type Cut struct {
	At           time.Time
	Room, Shard  string
	Participants int
	Cause        string
	// Expected says that the day brought it on purpose, as the loss of a zone does.
	Expected bool
}

// Check is something that was to hold.
type Check struct {
	Name   string
	OK     bool
	Detail string
}

// RealTime is something that does not go by the clock.
type RealTime struct{ What, Reason string }

// Substitution is something that was played.
type Substitution struct {
	// What is the real thing, Instead what was there.
	What, Instead, Reason string
}

// LogLine is a line of the day's log.
type LogLine struct {
	At   time.Time
	Text string
}

// checked is the day with what may be left open filled in.
func (d Day) checked() (Day, error) {
	if !d.From.Before(d.To) {
		return d, fmt.Errorf("the day of %s ends before it begins", d.Environment)
	}
	if len(d.Shards) == 0 {
		return d, errors.New("the day has no shard")
	}
	if d.Zone == nil {
		d.Zone = time.UTC
	}
	return d, nil
}

// Passed counts the checks that hold.
func (d Day) Passed() int {
	passed := 0
	for _, check := range d.Checks {
		if check.OK {
			passed++
		}
	}
	return passed
}

// Unexpected counts the conferences that nothing of the day was meant to cut.
func (d Day) Unexpected() int {
	count := 0
	for _, cut := range d.Cuts {
		if !cut.Expected {
			count++
		}
	}
	return count
}

// Expected counts the others.
func (d Day) Expected() int { return len(d.Cuts) - d.Unexpected() }
