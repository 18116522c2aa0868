package decide_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
	"jitsi-meet-azure/functions/reaper/gauge"
)

// loaded gives a bridge a stress.
func loaded(stress float64) func(*fleet.Bridge) {
	return func(b *fleet.Bridge) { b.Report.Stats.Stress = stress }
}

func mute(b *fleet.Bridge) { b.Report.Stats.StressUnknown = true }

// reserving is the default policy with a warm reserve.
func reserving(bridges float64) decide.Policy {
	policy := decide.Default()
	policy.Reserve = bridges
	return policy
}

// The reserve keeps the oldest idle bridge where the others have not enough left. Each case says what they have left.
func TestTheWarmReserve(t *testing.T) {
	t.Parallel()
	old, young, third := bridge("old", 3*time.Hour), bridge("young", 2*time.Hour), bridge("third", time.Hour)
	half, full := but(young, loaded(0.5)), but(young, loaded(1))
	for _, c := range []struct {
		name    string
		reserve float64
		floor   int
		bridges []fleet.Bridge
		want    decide.Reason
	}{
		{"none, and no reserve", 0, 1, []fleet.Bridge{old, full}, decide.IdleAndOldest},
		{"less than nothing, and no reserve", 0, 1, []fleet.Bridge{old, but(young, loaded(1.5))}, decide.IdleAndOldest},
		{"less", 0.75, 1, []fleet.Bridge{old, half}, decide.WarmReserve},
		{"exactly as much", 0.5, 1, []fleet.Bridge{old, half}, decide.IdleAndOldest},
		{"more", 0.25, 1, []fleet.Bridge{old, half}, decide.IdleAndOldest},
		{"less than a whole bridge of two", 1.75, 1, []fleet.Bridge{old, half, third}, decide.WarmReserve},
		{"enough together", 1.5, 1, []fleet.Bridge{old, half, third}, decide.IdleAndOldest},
		{"as much as an overloaded one leaves", 0.75, 1, []fleet.Bridge{old, third, but(young, loaded(1.5))}, decide.WarmReserve},
		{"its own room does not count", 1.25, 1, []fleet.Bridge{but(old, loaded(0)), young}, decide.WarmReserve},
		{"that of a drained one neither", 1.25, 1, []fleet.Bridge{old, young, but(third, drained)}, decide.WarmReserve},
		{"nor that of an unhealthy one", 1.25, 1, []fleet.Bridge{old, young, but(third, silent)}, decide.WarmReserve},
		{"nor that of one that does not say its stress", 1.25, 1, []fleet.Bridge{old, young, but(third, mute)}, decide.WarmReserve},
		{"one that says none is a bridge all the same", 0, 1, []fleet.Bridge{old, but(young, mute)}, decide.IdleAndOldest},
		{"where none says it there is no reserve", 1.25, 1, []fleet.Bridge{but(old, mute), but(young, mute)}, decide.IdleAndOldest},
		{"one that says it is enough for one", 1.25, 1, []fleet.Bridge{old, but(young, mute)}, decide.WarmReserve},
		{"the last one is called that", 0.5, 1, []fleet.Bridge{old}, decide.LastHealthy},
		{"the minimum comes first", 2, 2, []fleet.Bridge{old, young}, decide.MinimumInForce},
		{"the reserve comes before business", 2, 1, []fleet.Bridge{but(old, busy), young}, decide.WarmReserve},
		{"a busy one past its maximum age is drained", 1, 1, []fleet.Bridge{but(bridge("old", 25*time.Hour), busy), young}, decide.PastMaximumAge},
		{"or kept for the reserve", 1.25, 1, []fleet.Bridge{but(bridge("old", 25*time.Hour), busy), young}, decide.WarmReserve},
		{"a young one is young", 2, 1, []fleet.Bridge{bridge("old", 50*time.Minute), bridge("young", 40*time.Minute)}, decide.Young},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			plan := decide.Decide(remembered(c.floor, c.bridges...), reserving(c.reserve))
			if got := plan.Verdicts[0].Reason; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
			drains := c.want == decide.IdleAndOldest || c.want == decide.PastMaximumAge
			if drained := plan.Verdicts[0].Do == decide.Drain; drained != drains || len(plan.Steps) > 1 {
				t.Errorf("steps %+v", plan.Steps)
			}
		})
	}
}

// A removal under way looks at the reserve as at the rest of the rule, until it cannot be taken back; a dead bridge is no
// reserve.
func TestTheReserveWithinARemoval(t *testing.T) {
	t.Parallel()
	old, half := bridge("old", 3*time.Hour), but(bridge("other", 2*time.Hour), loaded(0.5))
	aged := retiring(decide.PhaseTainting, func(r *decide.Removal) { r.Cause = decide.CauseAge })
	asked := retiring(decide.PhaseStopping, func(r *decide.Removal) { r.Confirmed, r.EndedSince = true, now.Add(-time.Minute) })
	for _, c := range []struct {
		name    string
		stored  decide.Removal
		reserve float64
		b       fleet.Bridge
		want    verdict
	}{
		{"drained, and the others fill up", retiring(decide.PhaseTainting, nil), 0.75, but(old, drained), verdict{decide.Undrain, decide.WarmReserve}},
		{"drained, and they do not", retiring(decide.PhaseTainting, nil), 0.5, but(old, drained), verdict{decide.Shutdown, decide.StillIdle}},
		{"emptying, and the others fill up", aged, 0.75, but(but(bridge("old", 25*time.Hour), drained), busy), verdict{decide.Undrain, decide.WarmReserve}},
		{"emptying, and they do not", aged, 0.5, but(but(bridge("old", 25*time.Hour), drained), busy), verdict{"", decide.Emptying}},
		{"not drained any more, and nothing to take back", retiring(decide.PhaseTainting, nil), 0.75, old, verdict{"", decide.DrainLost}},
		{"past the point of no return", asked, 5, but(old, finished), verdict{decide.Delete, decide.Finished}},
		{"its process is gone", asked, 5, but(old, refusing), verdict{decide.Delete, decide.ProcessGone}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shard := remembered(1, c.b, half)
			shard.Memory.Slots[decide.SlotRetirement] = c.stored
			plan := decide.Decide(shard, reserving(c.reserve))
			if len(plan.Steps) != 1 {
				t.Fatalf("steps %+v", plan.Steps)
			}
			if got := (verdict{plan.Steps[0].Do, plan.Steps[0].Reason}); got != c.want {
				t.Errorf("%q because %q, want %q because %q", got.do, got.reason, c.want.do, c.want.reason)
			}
		})
	}
}

// Whose stress a plan tells.
func TestStressOfAPlan(t *testing.T) {
	t.Parallel()
	one, two := but(bridge("one", 40*time.Minute), loaded(0.25)), but(bridge("two", 50*time.Minute), loaded(0.5))
	old := bridge("old", 3*time.Hour)
	removing := func(id string, phase decide.Phase) func(*decide.Shard) {
		return func(s *decide.Shard) {
			s.Memory.Slots[decide.SlotRetirement] = retiring(phase, func(r *decide.Removal) { r.Machine, r.Instance = id, id })
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*decide.Shard)
		bridges []fleet.Bridge
		want    []float64
	}{
		{"of all, in their order", nil, []fleet.Bridge{two, one}, []float64{0.5, 0.25}},
		{"not of one whose removal begins", nil, []fleet.Bridge{two, old, one}, []float64{0.5, 0.25}},
		{"a single one", nil, []fleet.Bridge{one}, []float64{0.25}},
		{"one beyond full", nil, []fleet.Bridge{but(one, loaded(1.5))}, []float64{1.5}},
		{"not of one that is unhealthy", nil, []fleet.Bridge{one, but(two, silent)}, []float64{0.25}},
		{"not of one that is drained", nil, []fleet.Bridge{one, but(two, drained)}, []float64{0.25}},
		{"not of one that does not say it", nil, []fleet.Bridge{one, but(two, mute)}, []float64{0.25}},
		{"not of one that was drained and does not know yet", removing("old", decide.PhaseTainting), []fleet.Bridge{one, old}, []float64{0.25}},
		{"of one that takes conferences again", removing("two", decide.PhaseUntainting), []fleet.Bridge{one, two}, []float64{0.25, 0.5}},
		{"without memory, of all that take conferences", func(s *decide.Shard) { s.Remembered = false }, []fleet.Bridge{old, two}, []float64{0, 0.5}},
		{"of none", nil, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			shard := remembered(1, c.bridges...)
			if c.change != nil {
				c.change(&shard)
			}
			if got := decide.Decide(shard, decide.Default()).Stress; !slices.Equal(got, c.want) {
				t.Errorf("%v, want %v", got, c.want)
			}
		})
	}
}

// reserved draws a shard with stresses, and a policy with or without a reserve.
func reserved(t *rapid.T) (decide.Shard, decide.Policy) {
	shard := anyShard(t)
	for i := range shard.Bridges {
		stats := &shard.Bridges[i].Report.Stats
		stats.Stress = float64(rapid.IntRange(0, 12).Draw(t, "stress")) / 8
		stats.StressUnknown = rapid.IntRange(0, 9).Draw(t, "says its stress") == 0
	}
	return shard, reserving(float64(rapid.IntRange(0, 16).Draw(t, "reserve")) / 8)
}

// What a shard has left by its plan is the plain sum over its bridges, and a retirement that begins leaves the reserve: what is
// published never has autoscale add a bridge for one that the reaper takes.
func TestARetirementLeavesTheReserve(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shard, policy := reserved(t)
		plan := decide.Decide(shard, policy)
		var want []float64
		for _, b := range shard.Bridges {
			removed := slices.ContainsFunc(plan.Steps, func(s decide.Step) bool { return s.Record.Machine == b.ID && !s.Close })
			if wellAndTaking(b) && !removed && !b.Report.Stats.StressUnknown {
				want = append(want, b.Report.Stats.Stress)
			}
		}
		if !slices.Equal(plan.Stress, want) {
			t.Fatalf("stress %v, want %v", plan.Stress, want)
		}
		for _, step := range plan.Steps {
			retires := step.Record.Cause == decide.CauseRule || step.Record.Cause == decide.CauseAge
			if !retires || policy.Reserve == 0 || step.Do != decide.Drain && step.Do != decide.Shutdown {
				continue
			}
			left := gauge.SpareOf(plan.Stress)
			if _, both := shard.Memory.Slots[decide.SlotReplacement]; both {
				continue // whose end may give the shard a bridge back in this plan, which the rule did not count on
			}
			if left < policy.Reserve {
				t.Fatalf("%s leaves %v, less than the reserve of %v", step.Do, left, policy.Reserve)
			}
		}
	})
}

// A reserve only ever keeps a bridge: whatever harms one is done without it as well, and it changes no replacement.
func TestAReserveOnlyKeeps(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		shard, policy := reserved(t)
		with, without := decide.Decide(shard, policy), decide.Decide(shard, reserving(0))
		for _, verdict := range without.Verdicts {
			if verdict.Reason == decide.WarmReserve {
				t.Fatal("kept for a reserve that there is not")
			}
		}
		for _, step := range with.Steps {
			harms := step.Do == decide.Drain || step.Do == decide.Shutdown || step.Do == decide.Delete
			alike := slices.ContainsFunc(without.Steps, func(s decide.Step) bool { return same(s, step) })
			if (harms || replaces(step)) && !alike {
				t.Fatalf("only with a reserve: %+v", step)
			}
		}
		if slices.ContainsFunc(without.Steps, replaces) != slices.ContainsFunc(with.Steps, replaces) {
			t.Fatalf("steps %+v, without a reserve %+v", with.Steps, without.Steps)
		}
	})
}

// replaces says that a step is one of the removal of a machine that serves nobody.
func replaces(s decide.Step) bool {
	cause := s.Record.Cause
	return cause == decide.CauseDead || cause == decide.CauseNeverUp || cause == decide.CauseNeverReady
}

// same says that two steps do the same for the same reason.
func same(a, b decide.Step) bool {
	return a.Slot == b.Slot && a.Record == b.Record && a.Do == b.Do && a.Reason == b.Reason && a.Close == b.Close
}

// A stress that is no number, which no bridge can report, retires nobody.
func TestStressThatIsNoNumber(t *testing.T) {
	t.Parallel()
	shard := remembered(1, bridge("old", 3*time.Hour), but(bridge("young", 2*time.Hour), loaded(math.NaN())))
	if got := decide.Decide(shard, reserving(0.5)).Verdicts[0].Reason; got != decide.WarmReserve {
		t.Errorf("%q, want %q", got, decide.WarmReserve)
	}
}
