package shard

import "time"

// kind is what is due. Of what is due at one moment, the lower kind comes first, then what was put down first.
type kind uint8

const (
	leaves   kind = iota // visit: goes home
	joins                // visit: comes
	alone                // room: somebody may have been alone for long enough
	gives                // visit: gives up waiting
	boots                // machine: its bridge comes up
	vanishes             // machine: is gone
	minute               // a minute is over
	looks                // the reaper's tick
	scales               // the scaler's run
	power                // outage: the zone loses its power, or has it again
)

// due is an entry of the agenda.
type due struct {
	at    time.Duration
	kind  kind
	what  int
	order int
}

func (d due) before(other due) bool {
	if d.at != other.at {
		return d.at < other.at
	}
	if d.kind != other.kind {
		return d.kind < other.kind
	}
	return d.order < other.order
}

// agenda is a binary heap, written out because a simulation spends a good part of its time in it.
type agenda struct {
	entries []due
	order   int
}

func (a *agenda) put(at time.Duration, k kind, what int) {
	a.order++
	a.entries = append(a.entries, due{at, k, what, a.order})
	for i := len(a.entries) - 1; i > 0; {
		parent := (i - 1) / 2
		if !a.entries[i].before(a.entries[parent]) {
			return
		}
		a.entries[i], a.entries[parent] = a.entries[parent], a.entries[i]
		i = parent
	}
}

// next takes the earliest entry away; there must be one.
func (a *agenda) next() due {
	first, last := a.entries[0], len(a.entries)-1
	a.entries[0] = a.entries[last]
	a.entries = a.entries[:last]
	for i := 0; ; {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < last; child++ {
			if a.entries[child].before(a.entries[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		a.entries[i], a.entries[least] = a.entries[least], a.entries[i]
		i = least
	}
}
