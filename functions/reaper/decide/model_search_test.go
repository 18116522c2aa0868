package decide_test

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"

	"jitsi-meet-azure/functions/reaper/act"
	"jitsi-meet-azure/functions/reaper/decide"
)

// scope is what a search explores.
type scope struct {
	machines int
	// reapers run at the same time; Azure's host promises one, and nothing may depend on it.
	reapers int
	// What can happen besides conferences and autoscale: a bridge crashes and restarts; it hangs with its media flowing; its
	// machine is switched off; it comes up late or never; an answer gets lost; the tables get lost; the minimum in force
	// changes.
	crash, hang, off, late, mute, lose, floors bool
	policy                                     decide.Policy
	// change alters the reaper's plans, to show what a step is good for.
	change func(decide.Shard, decide.Plan) decide.Plan
	// limit bounds the states that are looked at; 0 does not.
	limit int
}

// move is one thing that happens, with the state that it leads to and what it breaks.
type move struct {
	what   string
	to     state
	breach string
}

// moves are all things that can happen in a state.
func (sc scope) moves(s state, visit func(move)) {
	sc.reaperMoves(s, visit)
	sc.timeMoves(s, visit)
	for i := range sc.machines {
		sc.machineMoves(s, i, visit)
	}
	if sc.floors {
		t := s
		t.floor = 3 - s.floor
		visit(move{fmt.Sprintf("the minimum in force becomes %d", t.floor), t, ""})
	}
	if sc.lose && !s.lost {
		t := s
		t.slots, t.occupied, t.pasts, t.lastTick, t.lost = [2]removal{}, [2]bool{}, [most]past{}, never, true
		visit(move{"the tables are lost", t, ""})
	}
}

func idle(steps [2]pending) bool { return !steps[0].active && !steps[1].active }

// timeMoves let statistics be renewed, and a minute pass where no reaper is in the middle of something.
func (sc scope) timeMoves(s state, visit func(move)) {
	t := s
	t.renew()
	visit(move{"statistics are renewed", t, ""})
	t = s
	t.announce()
	visit(move{"presences arrive", t, ""})
	t = s
	if !idle(s.steps[0]) || !idle(s.steps[1]) {
		return
	}
	t.pass()
	visit(move{"a minute passes", t, ""})
}

// announce brings what Jicofo knows of every bridge up to now. It takes the participants away from one that is at the end of
// its graceful shutdown. Source: jicofo, BridgeSelector.EventHandler.bridgeIsShuttingDown.
func (s *state) announce() {
	for i := range s.machines {
		m := &s.machines[i]
		if m.exists && (m.process == up || m.process == unready) {
			m.pDrained, m.pStopping = m.drained, m.stopping
			m.conference = m.conference && !m.stopping
		}
	}
}

// renew brings every bridge's statistics up to now.
func (s *state) renew() {
	for i := range s.machines {
		m := &s.machines[i]
		if m.exists && (m.process == up || m.process == unready) {
			m.sConference, m.sDrained, m.sGraceful, m.sStopping = m.conference, m.drained, m.graceful, m.stopping
		}
	}
}

// pass lets a minute pass. Within it presences arrive, statistics are renewed and a crashed bridge is back.
func (s *state) pass() {
	older := func(minutes *int8) {
		if *minutes != never && *minutes < longest {
			*minutes++
		}
	}
	for i := range s.machines {
		m := &s.machines[i]
		if m.exists {
			m.age = min(m.age+1, oldest)
			if m.process == restarting {
				m.process, m.listed, m.young = up, true, longest
			} else if m.young > 0 {
				m.young--
			}
		}
		for _, since := range []*int8{
			&s.pasts[i].unreachable, &s.pasts[i].refused, &s.pasts[i].unhealthy, &s.pasts[i].absent, &s.pasts[i].deadSaid,
		} {
			if s.pasts[i].known {
				older(since)
			}
		}
	}
	for at := range s.slots {
		if s.occupied[at] {
			r := &s.slots[at]
			older(&r.since)
			older(&r.reported)
			older(&r.refused)
			older(&r.accepted)
		}
	}
	older(&s.lastTick)
	s.announce()
	s.renew()
}

// machineMoves are what can happen to one machine and its bridge.
func (sc scope) machineMoves(s state, i int, visit func(move)) {
	with := func(what string, change func(*machine)) {
		t := s
		change(&t.machines[i])
		visit(move{name(i) + ": " + what, t, ""})
	}
	m := s.machines[i]
	switch {
	case !m.exists:
		if !s.mentioned(i) {
			with("autoscale adds a machine", func(m *machine) { *m = machine{exists: true} })
		}
		return
	case m.deleting:
		t := s
		t.machines[i] = machine{}
		t.pasts[i] = past{}
		visit(move{name(i) + ": the machine is gone", t, ""})
		return
	}
	switch m.process {
	case booting:
		// A machine that has missed its boot deadline never starts its bridge: its boot scripts see to that. Otherwise one
		// could come up, and get a conference, between the reaper's last look and the deletion.
		if m.age < 2 {
			with("the bridge comes up", func(m *machine) { m.process, m.listed = up, true })
			if sc.late {
				with("the bridge comes up halfway", func(m *machine) { m.process = unready })
			}
		}
	case unready:
		if !m.stopping {
			with("the bridge is ready", func(m *machine) { m.process, m.listed = up, true })
		} else {
			with("the process ends", func(m *machine) { m.exit(exited) })
		}
	case up:
		// More than Jicofo would do: it prefers bridges that are not drained. A bridge in its graceful shutdown refuses, but
		// not at the end of it any more; then it is Jicofo that asks no longer, once it knows.
		if !m.conference && (!m.graceful || m.stopping && !m.pStopping) {
			with("a conference starts", func(m *machine) { m.conference = true })
		}
		if m.pStopping && !m.conference {
			with("the process ends", func(m *machine) { m.exit(exited) })
		}
	case hung:
		if sc.hang {
			t := s
			t.machines[i].process, t.machines[i].listed = up, true
			t.announce()
			t.renew() // what it says now is new; what is old would be seen by its date
			visit(move{name(i) + ": it answers again", t, ""})
			with("its place in the brewery changes", func(m *machine) { m.listed = !m.listed })
		}
	default:
	}
	if m.conference && (m.process == up || m.process == hung) {
		with("the conference ends", func(m *machine) { m.conference, m.stopping = false, m.graceful })
	}
	if m.process == up {
		if sc.hang {
			with("it hangs", func(m *machine) { m.process = hung })
		}
		if sc.crash {
			with("it crashes", func(m *machine) { m.exit(restarting) })
		}
		if sc.off {
			with("it is switched off", func(m *machine) { m.exit(off) })
		}
	}
}

// mentioned says that something still refers to a machine that is gone. Its place is not taken before: in truth every
// machine has an identity of its own.
func (s *state) mentioned(i int) bool {
	for at := range s.slots {
		if s.occupied[at] && int(s.slots[at].machine) == i {
			return true
		}
		for r := range s.steps {
			if s.steps[r][at].active && int(s.steps[r][at].record.machine) == i {
				return true
			}
		}
	}
	return false
}

// exit ends the bridge's process, and its conferences with it: not the reaper's doing.
func (m *machine) exit(into process) {
	*m = machine{exists: true, process: into, age: m.age}
}

// reaperMoves let each reaper look and decide, or do the next operation of what it decided, or crash.
func (sc scope) reaperMoves(s state, visit func(move)) {
	for r := range sc.reapers {
		if idle(s.steps[r]) {
			for muted := -1; muted < sc.machines; muted++ {
				if muted >= 0 && (!sc.mute || s.machines[muted].process != up) {
					continue
				}
				sc.tick(s, r, muted, visit)
			}
			continue
		}
		t := s
		t.steps[r] = [2]pending{}
		visit(move{fmt.Sprintf("reaper %d crashes", r), t, ""})
		for at := range s.steps[r] {
			if s.steps[r][at].active {
				visit(operate(s, r, at, sc.reapers > 1))
				break // one step after the other
			}
		}
	}
}

// tick is a look at the shard and the decision, with what was seen remembered.
func (sc scope) tick(s state, r, muted int, visit func(move)) {
	shard := s.shard(muted)
	plan := decide.Decide(shard, sc.policy)
	if sc.change != nil {
		plan = sc.change(shard, plan)
	}
	t := s
	t.lastTick = 0
	for i := range t.machines {
		seen, there := plan.Machines[name(i)]
		switch {
		case !there:
			t.pasts[i] = past{}
		case sc.policy.DeadAfter > 0 || sc.policy.BootDeadline > 0:
			t.pasts[i] = shutPast(seen)
		}
	}
	var label strings.Builder
	fmt.Fprintf(&label, "reaper %d looks", r)
	if muted >= 0 {
		fmt.Fprintf(&label, " (no answer from %s)", name(muted))
	}
	for _, step := range plan.Steps {
		fmt.Fprintf(&label, ", %s: %s %s", step.Record.Machine, step.Do, step.Reason)
		at := place(decide.Slots(), step.Slot)
		if step.Do == decide.Nothing && !step.Changed && !step.Close {
			continue
		}
		t.steps[r][at] = t.hang(step, uint8(shard.Floor), sc.policy.Reserve)
	}
	visit(move{label.String(), t, ""})
}

// hang makes a pending step of a decided one.
func (s *state) hang(step decide.Step, floor uint8, reserve float64) pending {
	p := pending{
		active: true, do: place(does, step.Do), close: step.Close, changed: step.Changed, record: shut(step.Record), floor: floor,
	}
	if step.After != nil {
		p.hasNext, p.next = true, shut(*step.After)
	}
	if step.Do == decide.Shutdown {
		spare := 0.0
		for i, m := range s.machines {
			if i != int(p.record.machine) && m.fine() {
				p.others |= 1 << i
				if !m.sConference {
					spare++
				}
			}
		}
		p.short = spare < reserve
	}
	return p
}

// operate does the next operation of a step by running the real executor up to it.
func operate(s state, r, at int, crowd bool) move {
	t := s
	p := &t.steps[r][at]
	slot := decide.Slots()[at]
	step := decide.Step{
		Slot: slot, Record: p.record.open(), Changed: p.changed, Do: does[p.do], Close: p.close,
	}
	if p.done > 0 {
		step.Record.Version = "" // the executor takes the version that Write returns
	}
	step.Machine.ID, step.Machine.Instance = step.Record.Machine, step.Record.Instance
	if p.hasNext {
		after := p.next.open()
		step.After = &after
	}
	d := &desk{s: &t, step: p, crowd: crowd}
	err := act.Carry(context.Background(), "a", step, d, d)
	what := fmt.Sprintf("reaper %d, %s: operation %d", r, step.Record.Machine, p.done+1)
	if err != nil {
		what += " (" + err.Error() + ")"
	}
	p.done++
	if !strings.Contains(fmt.Sprint(err), errStop.Error()) {
		*p = pending{}
	}
	return move{what, t, d.breach}
}

// mark stands for a state. Two of 128 bits that meet by chance among some millions are less likely than a machine that
// miscounts.
type mark [2]uint64

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func fingerprint(s state) mark {
	return mark{maphash.Comparable(seeds[0], s), maphash.Comparable(seeds[1], s)}
}

// origins is how the search first came to each state: from which other, by which of its moves.
type origins struct {
	from []int32
	move []uint16
}

// path tells how the search came to a state.
func (sc scope) path(start state, found origins, at int) []string {
	var chain []uint16
	for ; at > 0; at = int(found.from[at]) {
		chain = append(chain, found.move[at])
	}
	slices.Reverse(chain)
	var told []string
	for _, wanted := range chain {
		number, next := uint16(0), start
		sc.moves(start, func(m move) {
			if number == wanted {
				told, next = append(told, m.what), m.to
			}
			number++
		})
		start = next
	}
	return told
}

// result is what a search found.
type result struct {
	states, moves int
	complete      bool
	breach        string
	path          []string
}

// search visits every state that can be reached from the start, nearest first, until something is broken. calm is called
// once for every state.
func (sc scope) search(start state, calm func(state) string) result {
	known := map[mark]struct{}{fingerprint(start): {}}
	queue, came := []state{start}, origins{from: []int32{-1}, move: []uint16{0}}
	found := result{}
	report := func(at int, what, breach string) {
		found.breach, found.path = breach, append(sc.path(start, came, at), what)
	}
	for at := 0; len(queue) > 0 && found.breach == ""; at++ {
		if sc.limit > 0 && at >= sc.limit {
			return found
		}
		s := queue[0]
		queue = queue[1:]
		found.states++
		if calm != nil {
			if breach := calm(s); breach != "" {
				report(at, "then all is quiet", breach)
				return found
			}
		}
		number := uint16(0)
		sc.moves(s, func(m move) {
			found.moves++
			if m.breach != "" && found.breach == "" {
				report(at, m.what, m.breach)
			}
			to := fingerprint(m.to)
			if _, old := known[to]; !old {
				known[to] = struct{}{}
				queue = append(queue, m.to)
				came.from, came.move = append(came.from, int32(at)), append(came.move, number)
			}
			number++
		})
	}
	found.complete = found.breach == ""
	return found
}
