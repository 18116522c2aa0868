package remember

import (
	"context"
	"errors"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
)

// A dry run goes on for months.
func TestVolatileForgetsTheOldestTrail(t *testing.T) {
	t.Parallel()
	held := newLocal(3)
	s := &store{machines: newLocal(0), decisions: held, usage: newLocal(3)}
	for n := range 5 {
		if err := s.Audit(t.Context(), []Entry{{When: noon.Add(-time.Duration(n) * time.Hour), Shard: "a", Action: "keep"}}); err != nil {
			t.Fatal(err)
		}
	}
	got := rows(t, held, "a")
	if len(got) != 3 || got[0]["RowKey"] != "2026-03-01T08:00:00.123456789Z_-_keep" {
		t.Errorf("rows %v", got)
	}
}

func TestVolatileRows(t *testing.T) {
	t.Parallel()
	v := NewVolatile()
	observe(t, v, "a", Observation{At: noon, Seen: []Sighting{sighting(1)}})
	if err := v.Audit(t.Context(), []Entry{{When: noon, Shard: "a", Action: "keep"}}); err != nil {
		t.Fatal(err)
	}
	if err := v.Use(t.Context(), noon, []Sample{{Shard: "a", Machine: vmID(1)}}); err != nil {
		t.Fatal(err)
	}
	if got := v.Rows(Decisions); len(got) != 1 || got[0]["Action"] != "keep" {
		t.Errorf("decisions %v", got)
	}
	if got := v.Rows(Usage); len(got) != 1 || got[0]["Machine"] != vmID(1) {
		t.Errorf("usage %v", got)
	}
	got := v.Rows(Machines)
	if len(got) != 2 || got[1]["RowKey"] != "tick" {
		t.Errorf("machines %v", got)
	}
	got[1]["At"] = "spoiled"
	if recall(t, v, "a"); len(v.Rows("other")) > 0 {
		t.Error("there is a table of another name")
	}
}

// Transactions are held against the rules of storage, or a dry run would not find out what storage refuses.
func TestVolatileRefusesWhatStorageRefuses(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			row := func(partition, key string) change {
				entity, err := encode(partition, key, nil)
				if err != nil {
					t.Fatal(err)
				}
				return change{entity: entity}
			}
			gone := row(shard, "x")
			gone.remove = true
			var many []change
			for n := range 101 {
				many = append(many, row(shard, vmID(n)))
			}
			cases := map[string][]change{
				"none":          nil,
				"too many":      many,
				"one row twice": {row(shard, "a"), row(shard, "a")},
				"gone already":  {row(shard, "a"), gone},
			}
			if _, emulated := s.usage.(remote); !emulated { // Azurite takes them, storage does not.
				cases["two partitions"] = []change{row(shard, "a"), row(newShard(), "b")}
			}
			for name, changes := range cases {
				if err := s.usage.submit(t.Context(), changes); err == nil || errors.Is(err, errGone) != (name == "gone already") {
					t.Errorf("%s: %v", name, err)
				}
			}
			if got := rows(t, s.usage, shard); len(got) > 0 {
				t.Errorf("written all the same: %v", got)
			}
		})
	}
}

func TestVolatileEndsWithItsContext(t *testing.T) {
	t.Parallel()
	v := NewVolatile()
	at := scene{shard: "a", version: write(t, v, "a", decide.SlotRetirement, removal(1))}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for what, call := range at.calls(v) {
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
