package shard

import (
	"maps"
	"slices"
	"time"
)

// Outage is a time in which the shard's zone is without power: its bridges die with whatever is on them, Azure measures nothing and
// makes no machine, and nobody looks. At its end the machines that were there boot again. Whose conference dies goes elsewhere, as the
// front door has it: his visit should end at that moment.
type Outage struct{ From, To time.Duration }

// power takes the power away, or gives it back.
func (w *world) power(fails bool) {
	w.dark = fails
	for _, m := range w.machines {
		switch {
		case !m.there():
		case fails:
			w.die(m)
		default:
			m.boots = w.now + w.drawn(w.Boot)
			w.agenda.put(m.boots, boots, m.serial)
		}
	}
}

// die is a machine without power. Its next bridge knows nothing of the last one's end.
func (w *world) die(m *machine) {
	w.touch(m)
	m.drained, m.graceful, m.leaves = never, never, false
	for _, index := range slices.Sorted(maps.Keys(m.rooms)) {
		if w.counts() {
			w.result.Lost++
		}
		w.remove(index)
	}
	m.up, m.boots = false, never
	w.note(Out, "machine %d loses its power", m.serial)
}

// blind says that the reaper cannot look: in an outage, and until the bridges are back after it, since their Jicofo is not back sooner.
func (w *world) blind() bool {
	return w.dark || slices.ContainsFunc(w.Outages, func(o Outage) bool { return w.now >= o.To && w.now <= o.To+w.Boot.Most })
}
