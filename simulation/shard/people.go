package shard

import (
	"time"

	"jitsi-meet-azure/simulation/capacity"
)

// room is a room with its conference, if it has one.
type room struct {
	participants, cameras int
	// on is how many of the participants are on the bridge.
	on int
	// at is the serial of the machine whose bridge has the conference; nowhere without one.
	at int
	// demand and stress are what the conference asks of its bridge.
	demand capacity.Demand
	stress float64
	// alone is since when one person has been left on the bridge; waiting are the visits that wait for a bridge.
	alone   time.Duration
	waiting []int
}

const nowhere = -1

// visit is what has become of a visit.
type visit struct {
	state   state
	counted bool
}

type state uint8

const (
	outside state = iota
	waits
	inside
	home
)

// join lets the next visitor in, and puts the one after him on the agenda.
func (w *world) join(i int) {
	given := w.Day.Visits[i]
	if i+1 < len(w.Day.Visits) {
		w.agenda.put(w.Day.Visits[i+1].Join, joins, i+1)
	}
	w.agenda.put(given.Leave, leaves, i)
	v, r := &w.visits[i], &w.rooms[given.Room]
	if v.counted = w.counts(); v.counted {
		w.result.Joins++
	}
	r.participants++
	if given.Camera {
		r.cameras++
	}
	v.state = waits
	r.waiting = append(r.waiting, i)
	w.waiting++
	w.arrange(given.Room, 1)
	if v.state == waits {
		w.agenda.put(w.now+w.Model.Patience, gives, i)
	}
}

// arrange makes what a room needs so: two people or more need a bridge, and one waits for none. Joined counts those who come onto
// the bridge now.
func (w *world) arrange(index, joined int) {
	r := &w.rooms[index]
	if r.at == nowhere && r.participants >= 2 {
		if m := w.choose(); m != nil {
			w.place(index, m)
			joined = r.participants
		}
	}
	if r.at != nowhere {
		w.weigh(index, joined)
	}
	if r.at == nowhere && r.participants >= 2 {
		return
	}
	for _, i := range r.waiting {
		w.visits[i].state = inside
		w.waiting--
		if w.visits[i].counted {
			w.result.Served++
		}
	}
	r.waiting = r.waiting[:0]
}

// leave lets a visitor go home, unless he went before.
func (w *world) leave(i int) {
	if w.visits[i].state == home {
		return
	}
	w.part(i, w.visits[i].state == waits)
}

// giveUp is somebody who has waited for a bridge for long enough.
func (w *world) giveUp(i int) {
	if w.visits[i].state == waits {
		w.part(i, true)
		w.note(Refused, "somebody gives up waiting for a bridge")
	}
}

// part takes a visitor out of his room; unserved says that he never got in.
func (w *world) part(i int, unserved bool) {
	given := w.Day.Visits[i]
	r := &w.rooms[given.Room]
	w.visits[i].state = home
	r.participants--
	if given.Camera {
		r.cameras--
	}
	if unserved {
		w.unserved(i, r)
	}
	switch {
	case r.at == nowhere:
		w.arrange(given.Room, 0) // The last who is left waits for nobody.
	case r.participants == 0:
		w.remove(given.Room)
	default:
		w.weigh(given.Room, 0)
		if r.participants == 1 {
			r.alone = w.now
			w.agenda.put(w.now+w.Model.Alone, alone, given.Room)
		}
	}
}

// unserved counts a visitor who got no bridge.
func (w *world) unserved(i int, r *room) {
	w.waiting--
	if w.visits[i].counted {
		w.result.Refused++
	}
	for at, other := range r.waiting {
		if other == i {
			r.waiting = append(r.waiting[:at], r.waiting[at+1:]...)
			return
		}
	}
}

// aloneFor ends the conference of somebody who has been alone since the timer was set.
func (w *world) aloneFor(index int) {
	if r := &w.rooms[index]; r.at != nowhere && r.participants == 1 && w.now-r.alone >= w.Model.Alone {
		w.remove(index)
	}
}

// place puts a room's conference on a bridge.
func (w *world) place(index int, m *machine) {
	w.touch(m)
	m.rooms[index] = true
	w.rooms[index].at = m.serial
}

// weigh works out anew what a conference costs, after people came or went.
func (w *world) weigh(index, joined int) {
	r := &w.rooms[index]
	m := w.all[r.at]
	w.touch(m)
	w.whole.pass(w.now)
	for range joined {
		m.recent = append(m.recent, w.now)
	}
	next := w.Model.Demand(capacity.Conference{Participants: r.participants, Cameras: r.cameras})
	w.change(r, m, next)
	m.participants += r.participants - r.on
	r.on = r.participants
}

// change replaces what a conference asks of its bridge.
func (w *world) change(r *room, m *machine, next capacity.Demand) {
	stress := w.Model.Stress(next)
	m.demand.Packets += next.Packets - r.demand.Packets
	m.demand.In += next.In - r.demand.In
	m.demand.Out += next.Out - r.demand.Out
	w.whole.change(r.stress, stress)
	r.demand, r.stress = next, stress
	m.stress = w.Model.Stress(m.demand)
}

// remove takes a room's conference off its bridge.
func (w *world) remove(index int) {
	r := &w.rooms[index]
	m := w.all[r.at]
	w.touch(m)
	w.whole.pass(w.now)
	w.change(r, m, capacity.Demand{})
	delete(m.rooms, index)
	m.participants -= r.on
	r.at, r.on = nowhere, 0
	if len(m.rooms) == 0 {
		// Sums and differences leave a rest.
		m.demand, m.stress = capacity.Demand{}, 0
		if m.leaves && m.there() {
			w.goAway(m, Removed, ended)
		}
	}
}

// touch brings everything that follows from a bridge's present state up to now, before that changes.
func (w *world) touch(m *machine) {
	m.settle(w.now, w.Model.Statistics, &w.Model)
	m.pass(w.now)
}
