package people

import (
	"time"

	"jitsi-meet-azure/test/e2e/meeting/wire"
)

// media is what one user has of it. The crowd must be locked.
type media struct {
	last wire.Media
	// off is since when, on the clock, the user has missed it; zero if it is not missed.
	off time.Time
	// alone is since when a user who misses it has been alone after coming back: the others may come too, or have gone for good.
	alone time.Time
	// waiting says that the user is one of those whom the crowd counts as waiting.
	waiting bool
}

// missed is told that the user is back, with a new session, after a break that began then: the media ended with the old one.
func (m *media) missed(since time.Time) {
	if m.off.IsZero() && m.last != wire.Alone {
		m.off = since
	}
	m.last = ""
}

// hear is told what the shard says.
func (m *media) hear(c *Crowd, now wire.Media, at time.Time) {
	m.unheard(c)
	switch now {
	case wire.On:
		m.found(c, at)
	case wire.Off:
		if m.last == wire.On {
			c.ledger.Cuts++
		}
		if m.off.IsZero() {
			m.off = at
		}
		m.waiting = true
		c.waiting++
	case wire.Alone:
		if m.last == "" {
			m.alone = at
		} else {
			m.found(c, at) // There is nobody left to miss.
		}
	}
	m.last = now
}

// unheard is told that the connection has ended, or that there is something newer.
func (m *media) unheard(c *Crowd) {
	if m.waiting {
		m.waiting = false
		c.waiting--
	}
}

// found ends the time without.
func (m *media) found(c *Crowd, at time.Time) {
	if !m.off.IsZero() {
		c.ledger.WithoutMedia += at.Sub(m.off)
	}
	m.off, m.alone = time.Time{}, time.Time{}
}

// end is the end of the stay.
func (m *media) end(c *Crowd, at time.Time) {
	m.unheard(c)
	if m.last == wire.Alone && !m.alone.IsZero() {
		at = m.alone
	}
	m.found(c, at)
}
