package remember

import (
	"errors"
	"maps"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
)

func TestRemoval(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			if memory := recall(t, s, shard); len(memory.Slots)+len(memory.Machines) > 0 || !memory.LastTick.IsZero() {
				t.Errorf("a shard that nobody has looked at has a memory: %+v", memory)
			}

			r := removal(1)
			first := write(t, s, shard, decide.SlotRetirement, r)
			if got := recall(t, s, shard).Slots[decide.SlotRetirement]; got != keptRemoval(r, first) {
				t.Errorf("recalled %+v\nwritten  %+v", got, keptRemoval(r, first))
			}

			r.Version, r.Phase, r.Confirmed = first, decide.PhaseStopping, true
			r.Reported, r.EndedSince, r.Accepted = noon.Add(time.Minute), noon.Add(2*time.Minute), noon.Add(3*time.Minute)
			second := write(t, s, shard, decide.SlotRetirement, r)
			if got := recall(t, s, shard).Slots[decide.SlotRetirement]; second == first || got != keptRemoval(r, second) {
				t.Errorf("recalled %+v\nwritten  %+v", got, keptRemoval(r, second))
			}

			// What was there and is not any more leaves the row too.
			r = removal(1)
			r.Version = second
			third := write(t, s, shard, decide.SlotRetirement, r)
			if got := recall(t, s, shard).Slots[decide.SlotRetirement]; got != keptRemoval(r, third) {
				t.Errorf("recalled %+v\nwritten  %+v", got, keptRemoval(r, third))
			}

			if err := s.Clear(t.Context(), shard, decide.SlotRetirement, third); err != nil {
				t.Fatal(err)
			}
			if memory := recall(t, s, shard); len(memory.Slots) > 0 {
				t.Errorf("a cleared slot holds %+v", memory.Slots)
			}
			if err := s.Clear(t.Context(), shard, decide.SlotRetirement, third); err != nil {
				t.Errorf("clearing what is gone already: %v", err)
			}
		})
	}
}

// A record is never written over or cleared but by somebody who has seen it as it is.
func TestConflicts(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard, slot := newShard(), decide.SlotReplacement
			conflict := func(what string, err error) {
				t.Helper()
				if !errors.Is(err, ErrConflict) {
					t.Errorf("%s: %v, want a conflict", what, err)
				}
			}
			attempt := func(version string) error {
				r := removal(2)
				r.Version = version
				_, err := s.Write(t.Context(), shard, slot, r)
				return err
			}
			first := write(t, s, shard, slot, removal(1))
			conflict("a second removal in the slot", attempt(""))
			replaced := removal(1)
			replaced.Version = first
			second := write(t, s, shard, slot, replaced)
			conflict("writing over a newer version", attempt(first))
			conflict("clearing a newer version", s.Clear(t.Context(), shard, slot, first))
			if got := recall(t, s, shard).Slots; len(got) != 1 || got[slot] != keptRemoval(removal(1), second) {
				t.Errorf("after the conflicts the slots are %+v", got)
			}
			if err := s.Clear(t.Context(), shard, slot, second); err != nil {
				t.Fatal(err)
			}
			conflict("writing over what is gone", attempt(second))
			third := write(t, s, shard, slot, removal(1))
			conflict("writing over a record that was made anew", attempt(second))
			conflict("clearing a record that was made anew", s.Clear(t.Context(), shard, slot, second))
			if third == first || third == second {
				t.Errorf("version %s came back", third)
			}
		})
	}
}

func TestSlotsAndShardsAreApart(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			one, other := newShard(), newShard()
			a := write(t, s, one, decide.SlotRetirement, removal(1))
			b := write(t, s, one, decide.SlotReplacement, removal(2))
			c := write(t, s, other, decide.SlotRetirement, removal(3))
			want := map[decide.Slot]decide.Removal{
				decide.SlotRetirement: keptRemoval(removal(1), a), decide.SlotReplacement: keptRemoval(removal(2), b),
			}
			if got := recall(t, s, one).Slots; !maps.Equal(got, want) {
				t.Errorf("recalled %+v", got)
			}
			want = map[decide.Slot]decide.Removal{decide.SlotRetirement: keptRemoval(removal(3), c)}
			if got := recall(t, s, other).Slots; !maps.Equal(got, want) {
				t.Errorf("recalled %+v", got)
			}
		})
	}
}

func TestBadRecordsAreRefused(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			for name, spoil := range map[string]func(r *decide.Removal){
				"no machine":              func(r *decide.Removal) { r.Machine = "" },
				"a machine with a slash":  func(r *decide.Removal) { r.Machine = "a/b" },
				"a machine in capitals":   func(r *decide.Removal) { r.Machine = "5CA1AB1E" },
				"no instance":             func(r *decide.Removal) { r.Instance = "" },
				"an instance with a line": func(r *decide.Removal) { r.Instance = "1\n" },
				"an unknown cause":        func(r *decide.Removal) { r.Cause = "whim" },
				"no phase":                func(r *decide.Removal) { r.Phase = "" },
				"no beginning":            func(r *decide.Removal) { r.Began = time.Time{} },
				"no time of the phase":    func(r *decide.Removal) { r.Since = time.Time{} },
				"a time of long ago":      func(r *decide.Removal) { r.Reported = time.Date(1600, 1, 1, 0, 0, 0, 0, time.UTC) },
				"any version":             func(r *decide.Removal) { r.Version = "*" },
			} {
				r := removal(1)
				spoil(&r)
				if version, err := s.Write(t.Context(), shard, decide.SlotRetirement, r); err == nil || errors.Is(err, ErrConflict) {
					t.Errorf("%s: %q, %v", name, version, err)
				}
			}
			for name, err := range map[string]error{
				"an unknown slot":  second(s.Write(t.Context(), shard, "hold", removal(1))),
				"a bad shard":      second(s.Write(t.Context(), "A", decide.SlotRetirement, removal(1))),
				"clear: a slot":    s.Clear(t.Context(), shard, "hold", "1"),
				"clear: a shard":   s.Clear(t.Context(), "a'b", decide.SlotRetirement, "1"),
				"clear: none":      s.Clear(t.Context(), shard, decide.SlotRetirement, ""),
				"clear: any":       s.Clear(t.Context(), shard, decide.SlotRetirement, "*"),
				"recall: a shard":  second(s.Recall(t.Context(), "")),
				"prune: a shard":   second(s.Prune(t.Context(), "a_b", noon)),
				"observe: a shard": s.Observe(t.Context(), "toolongname", Observation{At: noon}),
			} {
				if err == nil {
					t.Errorf("%s passes", name)
				}
			}
			if memory := recall(t, s, shard); len(memory.Slots) > 0 {
				t.Errorf("something was written: %+v", memory.Slots)
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }
