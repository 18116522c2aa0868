package remember

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/data/aztables"
	"pgregory.net/rapid"

	"jitsi-meet-azure/functions/reaper/decide"
)

// Of any number of writers that want the same thing at the same time, exactly one gets it.
func TestOneWriterWins(t *testing.T) {
	t.Parallel()
	const writers, rounds = 8, 6
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard, slot, version := newShard(), decide.SlotRetirement, ""
			for round := range rounds {
				results := race(writers, func(n int) (string, error) {
					r := removal(n)
					r.Version = version
					return s.Write(t.Context(), shard, slot, r)
				})
				winner := one(t, fmt.Sprintf("round %d", round), results)
				version = results[winner].version
				if got := recall(t, s, shard).Slots[slot]; got != keptRemoval(removal(winner), version) {
					t.Fatalf("round %d: writer %d won, but the slot holds %+v", round, winner, got)
				}
			}
			// One clears and others write; whoever is first, the slot is in the winner's state.
			results := race(writers, func(n int) (string, error) {
				if n == 0 {
					return "cleared", s.Clear(t.Context(), shard, slot, version)
				}
				r := removal(n)
				r.Version = version
				return s.Write(t.Context(), shard, slot, r)
			})
			winner := one(t, "clearing", results)
			if _, there := recall(t, s, shard).Slots[slot]; there == (winner == 0) {
				t.Errorf("writer %d won, but the slot is taken: %t", winner, there)
			}
		})
	}
}

type result struct {
	version string
	err     error
}

func race(writers int, try func(n int) (string, error)) []result {
	results, start := make([]result, writers), make(chan struct{})
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			<-start
			results[n].version, results[n].err = try(n)
		})
	}
	close(start)
	all.Wait()
	return results
}

// one gives the only winner.
func one(t *testing.T, what string, results []result) int {
	t.Helper()
	var winners []int
	for n, result := range results {
		switch {
		case result.err == nil:
			winners = append(winners, n)
		case !errors.Is(result.err, ErrConflict):
			t.Errorf("%s: writer %d: %v, want a conflict", what, n, result.err)
		}
	}
	if len(winners) != 1 {
		t.Fatalf("%s: writers %v won", what, winners)
	}
	return winners[0]
}

// Whatever is done in whatever order, both memories answer alike.
func TestBothMemoriesAreAlike(t *testing.T) {
	t.Parallel()
	tables := stored(t, aztables.ClientOptions{})
	rapid.Check(t, func(t *rapid.T) {
		twins := []*twin{{s: &NewVolatile().store}, {s: &tables.store}}
		shard := newShard()
		for step := range rapid.IntRange(1, 12).Draw(t, "steps") {
			slot := rapid.SampledFrom(decide.Slots()).Draw(t, "slot")
			n := rapid.IntRange(0, 2).Draw(t, "machine")
			age := rapid.IntRange(-1, 2).Draw(t, "age of the version")
			clearing := rapid.Bool().Draw(t, "clearing")
			var said [2]string
			for i, twin := range twins {
				said[i] = twin.step(t.Context(), shard, slot, n, age, clearing)
			}
			if said[0] != said[1] {
				t.Fatalf("step %d: volatile said %q, tables %q", step, said[0], said[1])
			}
		}
	})
}

// twin is one of two memories, with the versions that it has given, the newest last.
type twin struct {
	s        *store
	versions []string
}

// step does one thing and describes the outcome in words that do not depend on how versions look.
func (w *twin) step(ctx context.Context, shard string, slot decide.Slot, n, age int, clearing bool) string {
	r := removal(n)
	if age >= 0 && age < len(w.versions) {
		r.Version = w.versions[len(w.versions)-1-age]
	}
	var outcome string
	if clearing {
		if r.Version == "" {
			return "nothing to clear"
		}
		outcome = describe(w.s.Clear(ctx, shard, slot, r.Version))
	} else {
		version, err := w.s.Write(ctx, shard, slot, r)
		if err == nil {
			w.versions = append(w.versions, version)
		}
		outcome = describe(err)
	}
	memory, err := w.s.Recall(ctx, shard)
	outcome += ", recalled " + describe(err)
	for _, slot := range decide.Slots() {
		if held, there := memory.Slots[slot]; there {
			at := slices.Index(w.versions, held.Version)
			held.Version = ""
			outcome += fmt.Sprintf(", %s: %+v of write %d", slot, held, at)
		}
	}
	return outcome
}

func describe(err error) string {
	switch {
	case err == nil:
		return "fine"
	case errors.Is(err, ErrConflict):
		return "conflict"
	default:
		return "error: " + err.Error()
	}
}
