package shard

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// choose is the bridge that Jicofo puts a new conference on: of those in use, first those that are not drained, and of these the one
// with the least stress by its last report, those added since counted on top. One that shuts down refuses. Nil if there is none.
//
// Source: jitsi/jicofo, BridgeSelector and Bridge (correctedStress).
func (w *world) choose() *machine {
	var best *machine
	least, bestDrained := math.Inf(1), false
	for _, m := range w.machines {
		if !m.up || m.graceful != never || !m.there() {
			continue
		}
		w.touch(m)
		// What a bridge reports reaches Jicofo with its next presence.
		drained := m.told.drained
		stress := m.told.stress + float64(m.recently(w.now, w.Model.RampUp))*w.Model.ParticipantStress
		if best == nil || bestDrained && !drained || bestDrained == drained && stress < least {
			best, least, bestDrained = m, stress, drained
		}
	}
	return best
}

// boot brings a machine's bridge into use; whoever has none goes onto it: those who wait, and conferences that lost theirs.
func (w *world) boot(m *machine) {
	if !m.there() || m.boots != w.now {
		return
	}
	m.pass(w.now)
	m.up = true
	w.note(Up, "bridge %d is in use", m.serial)
	for index := range w.rooms {
		if r := &w.rooms[index]; r.at == nowhere && r.participants >= 2 {
			w.arrange(index, 0)
		}
	}
}

// add creates machines.
func (w *world) add(count int, reason string) {
	for range count {
		m := newMachine(len(w.all), w.now, w.now+w.drawn(w.Boot))
		w.machines, w.all = append(w.machines, m), append(w.all, m)
		w.agenda.put(m.boots, boots, m.serial)
		if w.counts() {
			w.result.Added++
		}
		w.note(Added, "machine %d: %s", m.serial, reason)
	}
	w.most()
}

// most counts the machines that hold an address.
func (w *world) most() {
	if w.counts() {
		w.result.MostMachines = max(w.result.MostMachines, len(w.machines))
	}
}

// ended is why a bridge goes that was told to shut down.
const ended = "it has no conference any more"

// goAway deletes a machine. Whatever is on it loses its bridge; Jicofo puts it on another.
func (w *world) goAway(m *machine, kind Kind, reason string) {
	m.deleted, m.up = w.now, false
	m.gone = w.now + w.Model.Deletion
	w.agenda.put(m.gone, vanishes, m.serial)
	if w.counts() && kind == Retired {
		w.result.Retired++
	} else if w.counts() {
		w.result.Removed++
	}
	w.note(kind, "machine %d, %s old: %s", m.serial, (w.now - m.created).Truncate(time.Minute), reason)
	for _, index := range slices.Sorted(maps.Keys(m.rooms)) {
		if w.counts() {
			w.result.Cut++
		}
		w.note(CutOff, "the conference of room %s with %d people loses its bridge", w.Day.Rooms[index], w.rooms[index].participants)
		w.remove(index)
		w.arrange(index, 0)
	}
}

// vanish is the end of a machine that was deleted.
func (w *world) vanish(m *machine) {
	w.pay(m, w.now)
	w.machines = slices.DeleteFunc(w.machines, func(other *machine) bool { return other == m })
}

// capacity is the number of machines that Azure counts.
func (w *world) capacity() int {
	count := 0
	for _, m := range w.machines {
		if m.there() {
			count++
		}
	}
	return count
}

// scale lets the scaler run.
func (w *world) scale() {
	if w.dark {
		return
	}
	w.metrics.now = w.wall()
	seen := Seen{Capacity: w.capacity(), Metrics: &w.metrics}
	var taking []*machine
	for _, m := range w.machines {
		w.touch(m)
		switch {
		case !m.there() || m.graceful != never:
		case !m.up:
			seen.Coming++
		case m.drained == never:
			taking = append(taking, m)
			seen.Bridges = append(seen.Bridges, Bridge{Stress: m.told.stress, Participants: m.participants, Age: w.now - m.created})
		}
	}
	order := w.Scaler.Run(w.metrics.now, seen)
	if order.Leave != nil {
		w.shutDown(taking[*order.Leave])
		return
	}
	switch {
	case order.Capacity > seen.Capacity:
		w.add(order.Capacity-seen.Capacity, order.Reason)
	case order.Capacity < seen.Capacity:
		w.drop(seen.Capacity-order.Capacity, order.Reason)
	}
}

// shutDown has a bridge end when its last conference has.
func (w *world) shutDown(m *machine) {
	m.graceful, m.leaves = w.now, true
	w.note(Drained, "bridge %d shuts down", m.serial)
	if len(m.rooms) == 0 {
		w.goAway(m, Removed, ended)
	}
}

// drop deletes the newest machines, as a scale set does that is made smaller.
// Source: Azure docs, virtual-machine-scale-sets-scale-in-policy (default).
func (w *world) drop(count int, reason string) {
	for _, m := range slices.Backward(slices.Clone(w.machines)) {
		if count > 0 && m.there() {
			count--
			w.goAway(m, Removed, reason)
		}
	}
}

// find is the machine with an instance id.
func (w *world) find(instance string) (*machine, error) {
	for _, m := range w.machines {
		if m.instance == instance {
			return m, nil
		}
	}
	return nil, fmt.Errorf("there is no machine %s", instance)
}
