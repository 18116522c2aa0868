package people

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// gathering is who of a room is where.
type gathering struct {
	crowd *Crowd
	room  string
	// present have been in and have not left; inside are those of them who are connected, by shard.
	present int
	inside  map[string]int
	// home is the shard where everybody was together last.
	home string
	// trouble is nil as long as nobody has lost the others.
	trouble *trouble
	apart   *apart
}

// trouble is what has been going on since somebody lost the others.
type trouble struct {
	at     time.Time // on the clock
	moment time.Time // in reality
	why    Why
	// elsewhere is the shard other than home that somebody got to.
	elsewhere string
}

// apart is a split that goes on.
type apart struct {
	parting Parting
	moment  time.Time
}

func (a *apart) lasting() Parting {
	p := a.parting
	p.Lasted = time.Since(a.moment)
	return p
}

// gathering is the one of a room; it is made for the first who comes.
func (c *Crowd) gathering(name string) *gathering {
	g := c.gatherings[name]
	if g == nil {
		g = &gathering{crowd: c, room: name, inside: map[string]int{}}
		c.gatherings[name] = g
	}
	return g
}

// arrive is somebody's connection to a shard; first says that it is the first of this stay.
func (g *gathering) arrive(shard string, first bool) {
	if first {
		g.present++
	}
	g.inside[shard]++
	if g.home != "" && shard != g.home {
		g.lost(Elsewhere) // Unless it is known already why.
		g.trouble.elsewhere = shard
	}
	g.settle()
}

// lost is told that somebody has lost the others.
func (g *gathering) lost(why Why) {
	if g.trouble == nil {
		g.trouble = &trouble{at: g.crowd.options.Clock.Now(), moment: time.Now(), why: why}
	}
}

// part is the end of somebody's connection.
func (g *gathering) part(shard string) {
	if g.inside[shard]--; g.inside[shard] <= 0 {
		delete(g.inside, shard)
	}
	g.settle()
}

// leave is the end of the stay of somebody who is not connected any more.
func (g *gathering) leave() {
	g.present--
	g.settle()
}

// settle looks whether everybody is together.
func (g *gathering) settle() {
	g.judgeSplit()
	if g.present == 0 {
		if g.trouble != nil && g.trouble.elsewhere != "" {
			g.moved(g.trouble.elsewhere, time.Time{}, 0)
		}
		delete(g.crowd.gatherings, g.room)
		return
	}
	for shard, count := range g.inside {
		if count != g.present { // All of them, and so on no other shard.
			return
		}
		if g.home != "" && g.home != shard {
			g.lost(Elsewhere)
			g.moved(shard, g.crowd.options.Clock.Now(), count)
		}
		g.home, g.trouble = shard, nil
	}
}

// moved writes down where the room went.
func (g *gathering) moved(to string, whole time.Time, users int) {
	m := Move{Room: g.room, From: g.home, To: to, Began: g.trouble.at, Whole: whole, Users: users, Why: g.trouble.why}
	text := fmt.Sprintf("from shard %s to %s, and ended before everybody was there", m.From, m.To)
	if !whole.IsZero() {
		m.Took = time.Since(g.trouble.moment)
		text = fmt.Sprintf("from shard %s to %s, all %d people within %s of real time: %s", m.From, m.To, users, short(m.Took), m.Why)
	}
	g.crowd.ledger.Moves = append(g.crowd.ledger.Moves, m)
	g.crowd.say(Moved, g.room, text)
}

// judgeSplit follows how long the room has been on more than one shard.
func (g *gathering) judgeSplit() {
	switch {
	case len(g.inside) > 1 && g.apart == nil:
		g.apart = &apart{moment: time.Now(), parting: Parting{Room: g.room, At: g.crowd.options.Clock.Now(), Users: maps.Clone(g.inside)}}
	case len(g.inside) <= 1 && g.apart != nil:
		p := g.apart.lasting()
		g.apart = nil
		g.crowd.ledger.Partings = append(g.crowd.ledger.Partings, p)
		g.crowd.say(Split, g.room, fmt.Sprintf("over shards %v for %s of real time", slices.Sorted(maps.Keys(p.Users)), short(p.Lasted)))
	}
}

func short(how time.Duration) time.Duration { return how.Round(time.Millisecond) }
