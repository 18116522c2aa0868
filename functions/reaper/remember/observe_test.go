package remember

import (
	"maps"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/fleet"
)

// sighting is machine n as it was first seen.
func sighting(n int) Sighting {
	return Sighting{Machine: fleet.Machine{ID: vmID(n)}, Past: decide.Past{FirstSeen: kept(noon.Add(time.Duration(n)))}}
}

func observe(t *testing.T, s Store, shard string, o Observation) {
	t.Helper()
	if err := s.Observe(t.Context(), shard, o); err != nil {
		t.Fatal(err)
	}
}

func TestObservation(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard, other := newShard(), newShard()
			want := map[string]decide.Past{}
			var seen []Sighting
			for n := range 250 {
				seen = append(seen, sighting(n))
				want[vmID(n)] = sighting(n).Past
			}
			observe(t, s, shard, Observation{At: noon, Seen: seen})
			observe(t, s, other, Observation{At: noon.Add(time.Hour), Seen: seen[:1]})
			if memory := recall(t, s, shard); !memory.LastTick.Equal(kept(noon)) || !maps.Equal(memory.Machines, want) {
				t.Errorf("%d machines, last looked at %s", len(memory.Machines), memory.LastTick)
			}

			// A machine changes, one is new, 120 are gone, two of which were never there.
			changed := sighting(200)
			changed.Past.EverAnswered, changed.Past.UnhealthySince = true, kept(noon)
			want[vmID(200)], want[vmID(300)] = changed.Past, sighting(300).Past
			gone := []string{vmID(900)}
			for n := range 118 {
				gone = append(gone, vmID(n))
				delete(want, vmID(n))
			}
			gone = append(gone, vmID(901))
			observe(t, s, shard, Observation{At: noon.Add(time.Minute), Seen: []Sighting{changed, sighting(300)}, Gone: gone})
			memory := recall(t, s, shard)
			if !memory.LastTick.Equal(kept(noon.Add(time.Minute))) || !maps.Equal(memory.Machines, want) {
				t.Errorf("%d machines, last looked at %s", len(memory.Machines), memory.LastTick)
			}

			// What is not so any more leaves the row.
			observe(t, s, shard, Observation{At: noon, Seen: []Sighting{sighting(200)}})
			if got := recall(t, s, shard).Machines[vmID(200)]; got != sighting(200).Past {
				t.Errorf("recalled %+v", got)
			}
			if memory := recall(t, s, other); len(memory.Machines) != 1 {
				t.Errorf("the other shard's memory is %+v", memory)
			}
		})
	}
}

// Whatever is added to the records of the package decide must be stored, or a test here must say why not.
func TestAllFieldsAreKept(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			full := Sighting{Machine: fleet.Machine{ID: vmID(1)}, Phase: "tainting"}
			fill(t, reflect.ValueOf(&full.Past).Elem())
			observe(t, s, shard, Observation{At: noon, Seen: []Sighting{full}})
			if got := recall(t, s, shard).Machines[vmID(1)]; got != full.Past {
				t.Errorf("stored   %+v\nrecalled %+v", full.Past, got)
			}
			r := removal(1)
			fill(t, reflect.ValueOf(&r).Elem())
			r.Machine, r.Instance, r.Cause, r.Phase, r.Version = vmID(1), "1", decide.CauseDead, decide.PhaseDeleting, ""
			r.Version = write(t, s, shard, decide.SlotReplacement, r)
			if got := recall(t, s, shard).Slots[decide.SlotReplacement]; got != r {
				t.Errorf("stored   %+v\nrecalled %+v", r, got)
			}
			memory := reflect.TypeFor[decide.Memory]()
			if memory.NumField() != 3 {
				t.Errorf("decide.Memory has %d fields; are all stored?", memory.NumField())
			}
		})
	}
}

// fill sets each field to something of its own.
func fill(t *testing.T, value reflect.Value) {
	t.Helper()
	for i := range value.NumField() {
		switch field := value.Field(i); field.Interface().(type) {
		case time.Time:
			field.Set(reflect.ValueOf(kept(noon.Add(time.Duration(i) * time.Hour))))
		case bool:
			field.SetBool(true)
		default:
			if field.Kind() != reflect.String {
				t.Fatalf("%s is of a kind that this test does not know", value.Type().Field(i).Name)
			}
			field.SetString("text-" + value.Type().Field(i).Name)
		}
	}
}

func TestOperatorsSeeTheMachine(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			one := sighting(1)
			one.Machine = fleet.Machine{
				ID: vmID(1), Instance: "7", Created: noon, Address: netip.MustParseAddr("10.1.2.3"),
				Image: "1.2.3", State: fleet.StateRunning,
			}
			one.Phase = string(decide.PhaseTainting)
			observe(t, s, shard, Observation{At: noon, Seen: []Sighting{one}})
			row := rows(t, s.machines, shard)[0]
			for name, want := range map[string]string{
				"PartitionKey": shard, "RowKey": "machine:" + vmID(1), "Instance": "7", "Address": "10.1.2.3", "Image": "1.2.3",
				"State": "running", "Phase": "tainting", "Created@odata.type": "Edm.DateTime",
			} {
				if row[name] != want {
					t.Errorf("%s is %v, want %s", name, row[name], want)
				}
			}
			if created, _ := row["Created"].(string); !strings.HasPrefix(created, "2026-03-01T12:00:00.1234567") {
				t.Errorf("Created is %s", created)
			}
			if _, there := row["StuckSince"]; there {
				t.Error("a time that is zero has a column")
			}
		})
	}
}

// An observation that contradicts itself is refused before anything of it is written.
func TestContradictoryObservations(t *testing.T) {
	t.Parallel()
	for kind, open := range memories {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			shard := newShard()
			for name, o := range map[string]Observation{
				"no time":         {Seen: []Sighting{sighting(1)}},
				"seen twice":      {At: noon, Seen: []Sighting{sighting(1), sighting(1)}},
				"seen and gone":   {At: noon, Seen: []Sighting{sighting(1)}, Gone: []string{vmID(1)}},
				"gone twice":      {At: noon, Seen: []Sighting{sighting(1)}, Gone: []string{vmID(2), vmID(2)}},
				"never first":     {At: noon, Seen: []Sighting{sighting(1), {Machine: fleet.Machine{ID: vmID(2)}}}},
				"no machine":      {At: noon, Seen: []Sighting{sighting(1), {Past: sighting(2).Past}}},
				"a bad id":        {At: noon, Seen: []Sighting{sighting(1)}, Gone: []string{"tick'"}},
				"a time too late": {At: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), Seen: []Sighting{sighting(1)}},
			} {
				if err := s.Observe(t.Context(), shard, o); err == nil {
					t.Errorf("%s passes", name)
				}
			}
			if memory := recall(t, s, shard); len(memory.Machines) > 0 || !memory.LastTick.IsZero() {
				t.Errorf("something was written: %+v", memory)
			}
		})
	}
}
