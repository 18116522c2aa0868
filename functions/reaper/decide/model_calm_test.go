package decide_test

import (
	"fmt"
	"math"

	"jitsi-meet-azure/functions/reaper/decide"
)

// calm checks that the reaper gets done what it is for: from every state, once nothing happens any more but conferences
// ending and bridges coming up, the shard ends with exactly the bridges that the minimum in force and the warm reserve ask for,
// all of them taking conferences, and with nothing under way.
type calm struct {
	scope
	good map[mark]struct{}
}

// enough is more minutes than any shard of the model needs.
const enough = 40

func (c calm) check(s state) string {
	if s.lost {
		return "" // what was lost may cost a machine that nobody can explain any more, never a conference
	}
	var walked []mark
	for range enough {
		c.settle(&s)
		here := fingerprint(s)
		if _, good := c.good[here]; good {
			return c.remember(walked)
		}
		walked = append(walked, here)
		before := s
		c.round(&s)
		if s == before {
			if wrong := c.verdict(s); wrong != "" {
				return wrong
			}
			return c.remember(walked)
		}
	}
	return "the reaper never comes to rest"
}

func (c calm) remember(good []mark) string {
	for _, one := range good {
		c.good[one] = struct{}{}
	}
	return ""
}

// settle lets everything that was going on come to its end.
func (c calm) settle(s *state) {
	s.steps = [2][2]pending{}
	for i := range s.machines {
		m := &s.machines[i]
		switch {
		case !m.exists:
		case m.deleting:
			s.machines[i], s.pasts[i] = machine{}, past{}
		case m.process == booting && m.age < 2, m.process == hung, m.process == unready && !m.graceful:
			m.process, m.listed = up, true
		}
		m.conference, m.stopping = false, m.graceful
	}
	for s.standing() < int(s.floor) {
		for i := range c.machines {
			if !s.machines[i].exists && !s.mentioned(i) {
				s.machines[i] = machine{exists: true, process: up, listed: true}
				break
			}
		}
		if s.standing() < int(s.floor) {
			break
		}
	}
}

func (s *state) standing() (n int) {
	for _, m := range s.machines {
		if m.exists {
			n++
		}
	}
	return n
}

// round is a minute and a tick that is carried out whole.
func (c calm) round(s *state) {
	for i := range s.machines {
		if m := &s.machines[i]; m.exists && m.pStopping {
			m.exit(exited)
		}
	}
	s.pass()
	c.tick(*s, 0, -1, func(m move) { *s = m.to })
	for at := range decide.Slots() {
		for s.steps[0][at].active {
			*s = operate(*s, 0, at, false).to
		}
	}
	for at := range s.slots {
		s.slots[at].version, s.stamp = min(s.slots[at].version, 1), 1 // which number it is makes no difference
	}
}

func (c calm) verdict(s state) string {
	fine := 0
	for i, m := range s.machines {
		switch {
		case m.fine():
			fine++
		case c.reapers > 1 && m.drained && m.process == up:
			// A request of the one that arrives after the other has taken it back: nothing at a bridge can tell. It is
			// drained, as if by hand, until it is the oldest.
		case !m.exists, m.process == booting && (!s.pasts[i].watched || c.policy.BootDeadline == 0), m.process == exited:
			// A machine that nobody watched from its beginning may be anything; a process that is gone without the
			// reaper's having seen or asked for its end lacks a witness. Both are kept, and told to the operator.
		default:
			return fmt.Sprintf("%s is left as it is: %+v", name(i), m)
		}
	}
	for at, slot := range decide.Slots() {
		if s.occupied[at] {
			return fmt.Sprintf("the %s never ends: %+v", slot, s.slots[at].open())
		}
	}
	// Of idle bridges the warm reserve takes one for each that it has begun.
	wanted := max(int(s.floor), int(math.Ceil(c.policy.Reserve)))
	if left := s.standing() - wanted; c.reapers == 1 && fine > wanted && left > 0 {
		return fmt.Sprintf("%d bridges are left where %d would do", fine, wanted)
	}
	return ""
}
