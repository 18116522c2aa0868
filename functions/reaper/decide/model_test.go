package decide_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// begin is a shard with n bridges that work.
func begin(n int) state {
	s := state{floor: 1, lastTick: never}
	for i := range n {
		s.machines[i] = machine{exists: true, process: up, listed: true}
	}
	return s
}

// without switches parts of a policy off that a search is not about, which keeps it small.
func without(replacement, age bool) decide.Policy {
	policy := scaled()
	if replacement {
		policy.BootDeadline, policy.DeadAfter = 0, 0
	}
	if age {
		policy.MaximumAge = 0
	}
	return policy
}

// budget is how many states a search of the ordinary tests looks at; MODEL_STATES sets another, 0 is all of them.
func budget(t *testing.T) int {
	t.Helper()
	text := os.Getenv("MODEL_STATES")
	if text == "" {
		return 150_000
	}
	states, err := strconv.Atoi(text)
	if err != nil || states < 0 {
		t.Fatalf("MODEL_STATES: %q is not a number of states", text)
	}
	return states
}

// The reaper never cuts a conference, never takes a shard's last bridge and never goes below the minimum in force or the warm
// reserve, whatever happens between any two of its operations; and in the end it retires what is idle.
func TestModelHolds(t *testing.T) {
	t.Parallel()
	dead := without(false, true)
	dead.BootDeadline = 0
	reserve := without(true, false)
	reserve.Reserve = 1.5
	for _, c := range []struct {
		name     string
		machines int
		scope    scope
	}{
		{"age and a changing minimum", 2, scope{floors: true, policy: without(true, false)}},
		{"crashes and lost answers", 2, scope{crash: true, mute: true, policy: without(true, true)}},
		{"lost tables", 2, scope{lose: true, mute: true, policy: without(true, true)}},
		{"late machines", 2, scope{late: true, policy: without(false, true)}},
		{"machines switched off", 2, scope{off: true, policy: dead}},
		{"bridges that hang with live media", 2, scope{hang: true, policy: dead}},
		{"three machines", 3, scope{policy: without(true, true)}},
		{"a warm reserve", 3, scope{policy: reserve}},
		{"two reapers at once", 2, scope{reapers: 2, policy: without(true, true)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sc := c.scope
			sc.machines, sc.reapers, sc.limit = c.machines, max(sc.reapers, 1), budget(t)
			found := sc.search(begin(c.machines), calm{scope: sc, good: map[mark]struct{}{}}.check)
			extent := "all that can be reached"
			if !found.complete {
				extent = "as many as the budget allows"
			}
			t.Logf("%d states (%s), %d moves", found.states, extent, found.moves)
			if found.breach != "" {
				t.Errorf("%s:\n  %s", found.breach, strings.Join(found.path, "\n  "))
			}
		})
	}
}

// instead puts another step in the place of that of the retirement slot.
func instead(plan decide.Plan, step decide.Step) decide.Plan {
	plan.Steps = []decide.Step{step}
	return plan
}

// under is the retirement under way and its bridge.
func under(shard decide.Shard) (decide.Removal, fleet.Bridge, bool) {
	removal, ok := shard.Memory.Slots[decide.SlotRetirement]
	for _, b := range shard.Bridges {
		if ok && b.ID == removal.Machine {
			return removal, b, true
		}
	}
	return removal, fleet.Bridge{}, false
}

// The search finds the harm when any of the steps is left out. Without this, finding nothing would prove nothing.
func TestModelFindsWhatEachStepIsFor(t *testing.T) {
	t.Parallel()
	reserve := without(true, true)
	reserve.Reserve = 1
	impatient := without(true, true)
	impatient.PresenceWait = -time.Hour
	hasty := without(true, true)
	hasty.EndedFor = 0
	witnesses := without(false, true)
	witnesses.BootDeadline = 0
	for _, c := range []struct {
		name  string
		scope scope
		want  string
	}{
		{"no second look", scope{crash: true, policy: without(true, true), change: func(s decide.Shard, p decide.Plan) decide.Plan {
			removal, b, ok := under(s)
			if !ok || removal.Phase != decide.PhaseTainting || !b.Report.Stats.Drain || s.Now.Sub(removal.Since) < time.Minute {
				return p
			}
			removal.Phase = decide.PhaseStopping
			return instead(p, decide.Step{Slot: decide.SlotRetirement, Machine: b.Machine, Record: removal, Changed: true, Do: decide.Shutdown})
		}}, "the last healthy bridge"},
		{"no look at the minimum", scope{floors: true, policy: without(true, true), change: func(s decide.Shard, _ decide.Plan) decide.Plan {
			s.Floor = 0
			return decide.Decide(s, without(true, true))
		}}, "the minimum in force"},
		{"no look at the reserve", scope{policy: reserve, change: func(s decide.Shard, _ decide.Plan) decide.Plan {
			return decide.Decide(s, without(true, true))
		}}, "the warm reserve"},
		{"no graceful shutdown", scope{policy: without(true, true), change: func(_ decide.Shard, p decide.Plan) decide.Plan {
			for i, step := range p.Steps {
				if step.Do == decide.Shutdown {
					p.Steps[i].Do, p.Steps[i].Record.Phase, p.Steps[i].After = decide.Delete, decide.PhaseDeleting, nil
				}
			}
			return p
		}}, "a live conference"},
		{"no wait after the graceful shutdown", scope{policy: without(true, true), change: func(s decide.Shard, p decide.Plan) decide.Plan {
			removal, b, ok := under(s)
			if !ok || removal.Phase != decide.PhaseStopping {
				return p
			}
			removal.Phase = decide.PhaseDeleting
			return instead(p, decide.Step{Slot: decide.SlotRetirement, Machine: b.Machine, Record: removal, Changed: true, Do: decide.Delete})
		}}, "a live conference"},
		{"one look at the end", scope{policy: hasty}, "a live conference"},
		{"no wait for Jicofo", scope{policy: impatient, change: func(s decide.Shard, _ decide.Plan) decide.Plan {
			for i := range s.Bridges {
				s.Bridges[i].Report.Stats.Drain = s.Bridges[i].Report.Draining // nor a look at what was announced
			}
			return decide.Decide(s, impatient)
		}}, "before Jicofo knew"},
		{"silence taken for the end of a process", scope{hang: true, policy: without(true, true), change: func(s decide.Shard, _ decide.Plan) decide.Plan {
			for i := range s.Bridges {
				if s.Bridges[i].Report.Outcome == fleet.OutcomeSilent {
					s.Bridges[i].Report.Outcome = fleet.OutcomeRefused
				}
			}
			return decide.Decide(s, without(true, true))
		}}, "a live conference"},
		{"no third witness", scope{hang: true, policy: witnesses, change: func(s decide.Shard, _ decide.Plan) decide.Plan {
			for i := range s.Bridges {
				s.Bridges[i].Traffic = fleet.TrafficNone
			}
			return decide.Decide(s, witnesses)
		}}, "a live conference"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sc := c.scope
			sc.machines, sc.reapers, sc.limit = 2, 1, 2_000_000
			found := sc.search(begin(2), nil)
			if !strings.Contains(found.breach, c.want) {
				t.Fatalf("after %d states the search found %q, want %q", found.states, found.breach, c.want)
			}
			t.Logf("after %d states: %s\n  %s", found.states, found.breach, strings.Join(found.path, "\n  "))
		})
	}
}
