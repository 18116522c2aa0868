package report

import "fmt"

// The values of a minute that are drawn.
func machines(m Minute) float64     { return float64(m.Machines) }
func up(m Minute) float64           { return float64(m.Up) }
func lowerBound(m Minute) float64   { return float64(m.LowerBound) }
func load(m Minute) float64         { return m.Load }
func meanStress(m Minute) float64   { return m.Mean }
func maxStress(m Minute) float64    { return m.Max }
func participants(m Minute) float64 { return float64(m.Participants) }
func conferences(m Minute) float64  { return float64(m.Conferences) }
func waiting(m Minute) float64      { return float64(m.Waiting) }

// greatest is the most of several values.
func greatest(minutes []Minute, values ...func(Minute) float64) float64 {
	most := 0.0
	for _, value := range values {
		found, _ := highest(minutes, value)
		most = max(most, found)
	}
	return most
}

// bridges is the panel of a shard's machines and bridges, against the load and the fewest that could have carried it.
func (s Series) bridges(title string, width, height float64) panel {
	p := newPanel(s, title, width, height, lane, greatest(s.Minutes, machines, up, lowerBound, load), 1)
	p.area("load", "load", s.Minutes, 0, load)
	p.line("machines", "machines paid for", s.Minutes, machines)
	p.line("bound", "fewest possible", s.Minutes, lowerBound)
	p.line("up", "bridges in use", s.Minutes, up)
	p.events(s.Events)
	p.Desc = "No minutes."
	if len(s.Minutes) > 0 {
		most, at := highest(s.Minutes, machines)
		heaviest, when := highest(s.Minutes, load)
		p.Desc = fmt.Sprintf("At most %s machines, first at %s; the load is at most %s full bridges, at %s. %d machines are retired.",
			number(most), p.frame.axis.clock(at), decimal(heaviest, 2), p.frame.axis.clock(when), s.count("retired"))
	}
	return p.finished()
}

// full is the stress of a full bridge.
const full = 1

// stress is the panel of the stress of a shard's bridges. What is over capacity is filled.
func (s Series) stress(width, height float64) panel {
	p := newPanel(s, "Stress", width, height, 0, max(greatest(s.Minutes, maxStress, meanStress), full), 0.5)
	p.area("over", "over capacity", s.Minutes, full, maxStress)
	p.line("most", "highest of the bridges", s.Minutes, maxStress)
	p.line("mean", "mean", s.Minutes, meanStress)
	p.shape("full", "", "M"+number(p.Left())+" "+number(p.frame.scale.y(full))+"H"+number(p.Right()))
	over := 0
	for _, m := range s.Minutes {
		if finite(m.Max) > full {
			over++
		}
	}
	most, _ := highest(s.Minutes, maxStress)
	p.Desc = fmt.Sprintf("The stress of the bridges in use, of which 1 is full: at most %s; over 1 in %d of %d minutes.",
		decimal(most, 2), over, len(s.Minutes))
	return p.finished()
}

// people is the panel of who is there, and of who waits for a bridge.
func (s Series) people(width, height float64) panel {
	p := newPanel(s, "People", width, height, 0, greatest(s.Minutes, participants, conferences, waiting), 1)
	p.area("people", "participants", s.Minutes, 0, participants)
	p.line("rooms", "conferences", s.Minutes, conferences)
	p.area("waiting", "waiting for a bridge", s.Minutes, 0, waiting)
	most, _ := highest(s.Minutes, participants)
	longest, _ := highest(s.Minutes, waiting)
	p.Desc = fmt.Sprintf("At most %s participants, and at most %s people without a bridge.", number(most), number(longest))
	return p.finished()
}

// count is how many events there are of a kind.
func (s Series) count(kind string) int {
	found := 0
	for _, e := range s.Events {
		if e.Kind == kind {
			found++
		}
	}
	return found
}
