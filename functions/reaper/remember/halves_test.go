package remember

import (
	"strings"
	"testing"
	"time"
)

// A memory of which only the first page arrives is none.
func TestHalfAMemory(t *testing.T) {
	t.Parallel()
	tables, way := behind(t)
	page := `{"value":[` + string(spoiled(t, tickKey, nil)) + `]}`
	first := canned(200, page, "X-Ms-Continuation-Nextpartitionkey", "a", "X-Ms-Continuation-Nextrowkey", "x")
	for name, c := range map[string]struct {
		then exchange
		want string
	}{
		"the second fails":    {canned(500, problem("InternalError")), "storage answered 500 InternalError"},
		"the second is empty": {canned(200, ""), "an answer that cannot be used"},
		"the pages never end": {canned(200, `{"value":[]}`, "X-Ms-Continuation-Nextrowkey", "x"), "more than 20 pages"},
	} {
		way.set(times(1, first, c.then))
		memory, err := tables.Recall(t.Context(), "a")
		if err == nil || !strings.Contains(err.Error(), c.want) || !memory.LastTick.IsZero() {
			t.Errorf("%s: %+v, error %v", name, memory, err)
		}
	}
	// Pages may be empty, and there may be more after them.
	empty := canned(200, `{"value":[]}`, "X-Ms-Continuation-Nextrowkey", "x")
	way.set(times(1, empty, times(1, first, canned(200, `{"value":[]}`))))
	if memory, err := tables.Recall(t.Context(), "a"); err != nil || memory.LastTick.IsZero() {
		t.Errorf("three pages: %+v, %v", memory, err)
	}
}

// A look counts only once all of it is remembered: else a machine could seem to have been unreachable throughout, although it
// answered at the look that was lost.
func TestHalfAnObservation(t *testing.T) {
	t.Parallel()
	tables, way := behind(t)
	at := newScene(t, tables)
	var seen []Sighting
	for n := range 150 {
		seen = append(seen, sighting(n))
	}
	way.set(times(1, nil, canned(403, problem("AuthorizationFailure"))))
	err := tables.Observe(t.Context(), at.shard, Observation{At: noon.Add(time.Minute), Seen: seen, Gone: []string{vmID(200)}})
	way.set(nil)
	if err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("error %v", err)
	}
	memory := recall(t, tables, at.shard)
	if len(memory.Machines) != 100 || !memory.LastTick.Equal(kept(noon)) {
		t.Errorf("%d machines, last looked at %s", len(memory.Machines), memory.LastTick)
	}
}

// What can be written of the trail is written.
func TestHalfAnAudit(t *testing.T) {
	t.Parallel()
	tables, way := behind(t)
	one, other := newShard(), newShard()
	var entries []Entry
	for n := range 150 {
		entries = append(entries, Entry{When: noon, Shard: one, Machine: vmID(n)})
	}
	entries = append(entries, Entry{When: noon, Shard: other})
	way.set(times(1, canned(400, problem("InvalidInput")), nil))
	err := tables.Audit(t.Context(), entries)
	way.set(nil)
	if err == nil || !strings.Contains(err.Error(), "100 rows of "+one+"_2026-03-01: storage answered 400 InvalidInput") {
		t.Errorf("error %v", err)
	}
	if a, b := rows(t, tables.decisions, one), rows(t, tables.decisions, other); len(a) != 50 || len(b) != 1 {
		t.Errorf("%d and %d rows were written", len(a), len(b))
	}
}
