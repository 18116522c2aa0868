package people

import (
	"slices"
	"time"
)

// Presence is somebody's time in a room on one shard: one session, with the connections that broke and were made again for it.
type Presence struct {
	User string
	// Room is the room's name in small letters.
	Room, Shard string
	// From and To are times on the clock. To is zero as long as it goes on.
	From, To time.Time
}

// Presences are all until now, in the order in which they began.
func (c *Crowd) Presences() []Presence {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.presences)
}

// enters notes that somebody is in a room on a shard from now on, or again if the session is still the same. The crowd must be
// locked.
func (u *user) enters(shard string, resumed bool, at time.Time) {
	if resumed && u.present != nil {
		u.crowd.presences[*u.present].To = time.Time{}
		return
	}
	index := len(u.crowd.presences)
	u.present = &index
	u.crowd.presences = append(u.crowd.presences, Presence{User: u.stay.User, Room: u.room.key(), Shard: shard, From: at})
}

// exits notes that the connection has ended, and with it the presence, unless the session is taken up again. The crowd must be locked.
func (u *user) exits(at time.Time) {
	if u.present != nil {
		u.crowd.presences[*u.present].To = at
	}
}
