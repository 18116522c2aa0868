package remember

import (
	"math"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"jitsi-meet-azure/functions/reaper/decide"
)

func TestAudit(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			one, other := newShard(), newShard()
			full := Entry{
				When: noon, Environment: "prod", Shard: one, Machine: vmID(1), Instance: "7", Image: "1.2.3",
				Action: "delete", Reason: decide.Finished, Detail: "it is done", Cause: decide.CauseRule, Phase: decide.PhaseDeleting,
				Invocation: "5ca1ab1e", Actor: "reaper", DryRun: true,
				Capacity: &Capacity{Healthy: 3, Floor: 2},
				Load:     &Load{Conferences: 0, LocalEndpoints: 1, Participants: 1 << 40, UptimeSeconds: 7200},
			}
			entries := []Entry{full, full, {When: noon.Add(12 * time.Hour), Shard: one}, {When: noon, Shard: other, Action: "no list?"}}
			for n := range 250 {
				entries = append(entries, Entry{When: noon.Add(time.Minute), Shard: other, Machine: vmID(n), Action: "keep"})
			}
			if err := s.Audit(t.Context(), entries); err != nil {
				t.Fatal(err)
			}
			got := rows(t, s.decisions, one)
			if len(got) != 3 || len(rows(t, s.decisions, other)) != 251 {
				t.Fatalf("%d and %d rows", len(got), len(rows(t, s.decisions, other)))
			}
			want := map[string]any{
				"PartitionKey": one + "_2026-03-01", "RowKey": "2026-03-01T12:00:00.123456789Z_" + vmID(1) + "_delete",
				"Environment": "prod", "Shard": one, "Machine": vmID(1), "Instance": "7", "Image": "1.2.3", "Action": "delete",
				"Reason": "finished", "Detail": "it is done", "Cause": "rule", "Phase": "deleting", "Invocation": "5ca1ab1e",
				"Actor": "reaper", "DryRun": true, "Healthy": "3", "Healthy@odata.type": "Edm.Int64", "Floor": "2", "Conferences": "0",
				"LocalEndpoints": "1", "Participants": "1099511627776", "UptimeSeconds": "7200", "When@odata.type": "Edm.DateTime",
			}
			for name, value := range want {
				if got[0][name] != value {
					t.Errorf("%s is %v, want %v", name, got[0][name], value)
				}
			}
			if key := got[1]["RowKey"]; key != want["RowKey"].(string)+"_2" {
				t.Errorf("the second of two alike has the key %v", key)
			}
			last := got[2]
			if last["PartitionKey"] != one+"_2026-03-02" || last["RowKey"] != "2026-03-02T00:00:00.123456789Z_-_-" {
				t.Errorf("the next day's entry is %v", last)
			}
			for _, name := range []string{"Machine", "Healthy", "Conferences", "UptimeSeconds"} {
				if value, there := last[name]; there {
					t.Errorf("%s is %v, although nothing was known of it", name, value)
				}
			}
		})
	}
}

// One bad entry does not cost the others.
func TestAuditWritesWhatItCan(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			err := s.Audit(t.Context(), []Entry{
				{When: noon, Shard: "no shard"},
				{Shard: shard},
				{When: time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC), Shard: shard},
				{When: noon, Shard: shard, Machine: "a/b\\c#d?\n", Action: "Ä delete", Detail: strings.Repeat("ä\x00", 5000) + "\xff"},
			})
			if err == nil || !strings.Contains(err.Error(), `"no shard" is no name`) || !strings.Contains(err.Error(), "has no time") ||
				!strings.Contains(err.Error(), "cannot keep the time") {
				t.Errorf("error %v", err)
			}
			got := rows(t, s.decisions, shard)
			if len(got) != 1 || got[0]["RowKey"] != "2026-03-01T12:00:00.123456789Z_a-b-c-d--_--delete" {
				t.Fatalf("rows %v", got)
			}
			detail := got[0]["Detail"].(string)
			if len(detail) > longestText || len(detail) < longestText-3 || !utf8.ValidString(detail) || strings.Contains(detail, "\x00") {
				t.Errorf("the detail has %d bytes: %.20q", len(detail), detail)
			}
			if machine := got[0]["Machine"]; machine != `a/b\c#d? ` {
				t.Errorf("the machine is %q", machine)
			}
		})
	}
}

func TestUse(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			var samples []Sample
			for n := range 150 {
				samples = append(samples, Sample{
					Shard: shard, Machine: vmID(n), Image: "1.2.3", Healthy: true, BitRateIn: 1000, BitRateOut: 2000, Stress: 1,
					Load: Load{Conferences: n, LocalEndpoints: 2, Participants: 3, UptimeSeconds: 4},
				})
			}
			samples[1].Stress = math.NaN()
			for range 2 { // The second time it replaces what is there.
				if err := s.Use(t.Context(), noon, samples); err != nil {
					t.Fatal(err)
				}
			}
			got := rows(t, s.usage, shard)
			if len(got) != 150 {
				t.Fatalf("%d rows", len(got))
			}
			for name, value := range map[string]any{
				"PartitionKey": shard + "_2026-03-01", "RowKey": "120000_" + vmID(0), "Shard": shard, "Machine": vmID(0), "Image": "1.2.3",
				"Healthy": true, "Conferences": "0", "LocalEndpoints": "2", "Participants": "3", "UptimeSeconds": "4",
				"BitRateIn": "1000", "BitRateOut": "2000", "Stress": 1.0, "At@odata.type": "Edm.DateTime",
			} {
				if got[0][name] != value {
					t.Errorf("%s is %v, want %v", name, got[0][name], value)
				}
			}
			if stress, there := got[1]["Stress"]; there {
				t.Errorf("a stress that is no number became %v", stress)
			}
			if err := s.Use(t.Context(), time.Time{}, samples); err == nil {
				t.Error("usage at no time passes")
			}
			if err := s.Use(t.Context(), noon, nil); err != nil {
				t.Errorf("no usage: %v", err)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard, other := newShard(), newShard()
			old := noon.AddDate(0, 0, -40)
			var entries []Entry
			var samples []Sample
			for n := range 260 {
				entries = append(entries, Entry{When: old.AddDate(0, 0, n%3), Shard: shard, Machine: vmID(n)})
				samples = append(samples, Sample{Shard: shard, Machine: vmID(n)})
			}
			entries = append(entries, Entry{When: noon, Shard: shard}, Entry{When: old, Shard: other})
			if err := s.Audit(t.Context(), entries); err != nil {
				t.Fatal(err)
			}
			for _, at := range []time.Time{old, noon.AddDate(0, 0, -1)} {
				if err := s.Use(t.Context(), at, samples); err != nil {
					t.Fatal(err)
				}
			}
			// Not a day, and not ours to remove.
			note, err := encode(shard+"_1", "note", columns{"Text": "kept"})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.decisions.submit(t.Context(), []change{{entity: note}}); err != nil {
				t.Fatal(err)
			}

			// The day of the moment stays, from its first instant on.
			before := noon.AddDate(0, 0, -1)
			var calls []int
			for {
				removed, err := s.Prune(t.Context(), shard, before)
				if err != nil {
					t.Fatal(err)
				}
				if calls = append(calls, removed); removed == 0 {
					break
				}
			}
			total := 0
			for _, removed := range calls {
				if total += removed; removed > pruneRows {
					t.Errorf("one call removed %d rows", removed)
				}
			}
			if total != 260+260 || len(calls) != 3 {
				t.Errorf("calls removed %v rows", calls)
			}
			if got := rows(t, s.decisions, shard); len(got) != 2 {
				t.Errorf("%d decisions are left", len(got))
			}
			if got := rows(t, s.usage, shard); len(got) != 260 {
				t.Errorf("%d samples are left", len(got))
			}
			if got := rows(t, s.decisions, other); len(got) != 1 {
				t.Errorf("%d decisions of the other shard are left", len(got))
			}
		})
	}
}

// Whatever a query brings, only whole days of the shard are removed.
func TestOutdated(t *testing.T) {
	t.Parallel()
	var all [][]byte
	for _, partition := range []string{"a_2026-02-27", "a_2026-02-28", "a_2026-03-01", "b_2026-02-27", "a", "a_", "a_note", "A_2026-02-27", "tick"} {
		entity, err := encode(partition, "x", nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entity)
	}
	old, err := outdated("a", time.Date(2026, time.February, 28, 23, 59, 0, 0, time.UTC), all)
	if err != nil || len(old) != 1 || len(old[0]) != 1 || !old[0][0].remove {
		t.Fatalf("to be removed: %v, %v", old, err)
	}
	if row, err := parse(old[0][0].entity); err != nil || row.partition != "a_2026-02-27" {
		t.Errorf("to be removed: %v, %v", row, err)
	}
	if _, err := outdated("a", noon, [][]byte{[]byte(`{}`)}); err == nil {
		t.Error("a row without keys passes")
	}
}
