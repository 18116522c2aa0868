package people

import (
	"maps"
	"slices"
	"time"
)

// SplitBound is how long, in real time, users of a room may be on two shards: the client compares shards after five seconds.
// Source: docs/front-door.md; lib-jitsi-meet, XmppConnection, _keepAliveAndCheckShard.
const SplitBound = 5 * time.Second

// Why is what first told somebody in a room that the room moves.
type Why string

const (
	// Broken is a connection that broke, and a session that the next one did not find again.
	Broken Why = "connection lost"
	// Elsewhere is an answer from another shard than the one that the user's page came from.
	Elsewhere Why = "another shard answered"
)

// Kind is what an [Event] is about.
type Kind string

// The kinds of events.
const (
	Moved  Kind = "room moved"
	Split  Kind = "room split"
	Reload Kind = "page reloaded"
	Never  Kind = "never got in"
)

// Event is something that happened to somebody.
type Event struct {
	// At is the time on the clock.
	At   time.Time
	Kind Kind
	Room string
	Text string
}

// Move is a room that went from one shard to another.
type Move struct {
	Room     string
	From, To string
	// Began is when the first user noticed, and Whole when all that had not left were on the same shard again, on the clock. Whole is
	// zero, and To the shard of whoever got furthest, where the meeting ended before.
	Began, Whole time.Time
	// Took is the time from Began to Whole in reality.
	Took  time.Duration
	Users int
	Why   Why
}

// Parting is a room with users on more than one shard at once.
type Parting struct {
	Room string
	// At is when it began, on the clock.
	At time.Time
	// Lasted is how long, in real time; so far, where it goes on.
	Lasted time.Duration
	// Users were on each shard in the beginning.
	Users map[string]int
}

// Certificate is one that the front door showed.
type Certificate struct {
	// Serial is its serial number, in decimal.
	Serial string
	// First and Last are when it was seen, on the clock.
	First, Last time.Time
}

// Ledger is what became of everybody's meetings so far.
type Ledger struct {
	// Due counts the stays that have begun by plan, Joins those that got into their room, and Never those that ended before.
	Due, Joins, Never int
	// Refused counts the attempts to load a page or to connect that failed; whoever fails tries again.
	Refused int
	// Reconnections counts connections that broke and were made again: Resumed with the old session, so that nobody else noticed, and
	// Rejoined with a new one.
	Reconnections, Resumed, Rejoined int
	// Reloads counts the users who found that they were on another shard than their page.
	Reloads int
	// Cuts counts the times that a user was told that the conference is gone, and WithoutMedia adds up how long they were, all
	// together, in a room with others without media, on the clock.
	Cuts         int
	WithoutMedia time.Duration
	// SlowestJoin is the longest that anybody took to get in, in real time.
	SlowestJoin  time.Duration
	Moves        []Move
	Partings     []Parting
	Certificates []Certificate
}

// LongPartings are those beyond [SplitBound]: there must be none.
func (l Ledger) LongPartings() []Parting {
	return slices.DeleteFunc(slices.Clone(l.Partings), func(p Parting) bool { return p.Lasted <= SplitBound })
}

// Share is who is on one shard.
type Share struct{ People, Rooms int }

// Snapshot is who is where at a moment.
type Snapshot struct {
	// At is the time on the clock.
	At time.Time
	// Joined are connected, Connecting want to be, Waiting are connected, with others in the room, and have no media.
	Joined, Connecting, Waiting int
	Rooms                       int
	// Shards has a room on two shards twice.
	Shards map[string]Share
}

// Now is who is where at this moment.
func (c *Crowd) Now() Snapshot {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := Snapshot{At: c.options.Clock.Now(), Waiting: c.waiting, Shards: map[string]Share{}}
	for _, g := range c.gatherings {
		if len(g.inside) > 0 {
			now.Rooms++
		}
		for shard, count := range g.inside {
			now.Joined += count
			share := now.Shards[shard]
			now.Shards[shard] = Share{People: share.People + count, Rooms: share.Rooms + 1}
		}
	}
	now.Connecting = c.staying - now.Joined
	return now
}

// Ledger is what became of everybody's meetings so far.
func (c *Crowd) Ledger() Ledger {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.ledger
	l.Moves = slices.Clone(l.Moves)
	l.Partings = slices.Clone(l.Partings)
	for _, g := range c.gatherings {
		if g.apart != nil {
			l.Partings = append(l.Partings, g.apart.lasting())
		}
	}
	l.Certificates = nil
	for _, serial := range slices.Sorted(maps.Keys(c.certificates)) {
		l.Certificates = append(l.Certificates, c.certificates[serial])
	}
	slices.SortStableFunc(l.Certificates, func(a, b Certificate) int { return a.First.Compare(b.First) })
	return l
}
