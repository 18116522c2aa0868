// Package demand says who wants to meet when: a day of visits, drawn by seed for one of the kinds of days that the simulator knows,
// or read from a trace of the user's own. It is pure.
package demand

import "time"

// Visit is somebody's stay in a room.
type Visit struct {
	// Room is the index of the room in [Day.Rooms].
	Room int
	// Join and Leave are times since [Day.Midnight], negative in the time before it. Leave is after Join, and can be after
	// the day's end.
	Join, Leave time.Duration
	// Camera says that the person sends video.
	Camera bool
}

// Day is what happens on one day, or on several in a row. It is never changed once it is made.
type Day struct {
	// Name is its kind, or the name of the trace; Seed is what it was drawn by, zero for a trace.
	Name string
	Seed uint64
	// Midnight is the local midnight at which the day begins, in the zone that people live in.
	Midnight time.Time
	// Warmup is how long before Midnight the first visits may begin, so that a day begins as the one before it ended. Nothing of
	// that time counts. Length is how long the day is, a multiple of hours.
	Warmup, Length time.Duration
	// Planned is the load at the busiest time that was expected, in bridges: what somebody knows who knows the people. Zero where
	// nobody does, as of a trace.
	Planned float64
	// Rooms are the names of the rooms. A room can have several conferences a day, one after the other.
	Rooms []string
	// Visits are in the order of Join, then of Room.
	Visits []Visit
}
