package shard

import "fmt"

// wrong says what does not add up; empty where everything does.
func (w *world) wrong() string {
	people := make([]int, len(w.rooms))
	for i, v := range w.visits {
		if v.state == waits || v.state == inside {
			people[w.Day.Visits[i].Room]++
		}
	}
	onRooms, waiting, all := 0, 0, 0.0
	for index := range w.rooms {
		r := &w.rooms[index]
		if what := w.wrongRoom(index, people[index]); what != "" {
			return fmt.Sprintf("room %d: %s", index, what)
		}
		onRooms, waiting, all = onRooms+r.on, waiting+len(r.waiting), all+r.stress
	}
	onBridges := 0
	for _, m := range w.machines {
		onBridges += m.participants
		switch {
		case m.stress < 0 || m.participants < 0 || m.demand.Packets < -1e-6 || m.demand.In < -1 || m.demand.Out < -1:
			return fmt.Sprintf("machine %d has a stress of %v, %d people and %v", m.serial, m.stress, m.participants, m.demand)
		case m.up && !m.there():
			return fmt.Sprintf("machine %d is deleted, and its bridge is up", m.serial)
		case len(m.rooms) > 0 && !m.up:
			return fmt.Sprintf("machine %d has a conference and no bridge", m.serial)
		}
	}
	switch {
	case onRooms != onBridges:
		return fmt.Sprintf("%d people are on bridges, by the rooms %d", onBridges, onRooms)
	case waiting != w.waiting:
		return fmt.Sprintf("%d wait, by the rooms %d", w.waiting, waiting)
	case w.whole.all < all-1e-6 || w.whole.all > all+1e-6:
		return fmt.Sprintf("the load is %v, by the rooms %v", w.whole.all, all)
	}
	return ""
}

// wrongRoom is the same of one room with so many people.
func (w *world) wrongRoom(index, people int) string {
	r := &w.rooms[index]
	cut := r.at == nowhere && people >= 2
	switch {
	case r.participants != people || r.cameras > people || r.cameras < 0:
		return fmt.Sprintf("%d people with %d cameras, by the visits %d", r.participants, r.cameras, people)
	case r.at == nowhere && r.on != 0, r.at != nowhere && r.on != people:
		return fmt.Sprintf("%d of %d are on bridge %d", r.on, people, r.at)
	case r.at != nowhere && !w.all[r.at].rooms[index]:
		return fmt.Sprintf("its bridge %d does not know it", r.at)
	case r.at != nowhere && people == 0:
		return "nobody has a conference"
	case len(r.waiting) > 0 && !cut:
		return fmt.Sprintf("%d wait for nothing", len(r.waiting))
	case cut && w.choose() != nil:
		return "there is a bridge, and it has none"
	}
	return ""
}
