package remember

import (
	"maps"
	"testing"

	"jitsi-meet-azure/functions/reaper/decide"
)

// Whatever lies in storage, parsing answers without panic, and what it takes it would also write, the same.
func FuzzParseShard(f *testing.F) {
	for _, key := range []string{removalRow, "removal:replacement", machineRow, tickKey} {
		f.Add(spoiled(f, key, map[string]any{"odata.etag": `W/"1"`, "Note": 1}))
	}
	f.Add([]byte(`{"PartitionKey":"a","RowKey":"removal:"}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, entity []byte) {
		memory, err := parseShard("a", [][]byte{entity})
		if err != nil {
			if memory.Slots != nil || memory.Machines != nil || !memory.LastTick.IsZero() {
				t.Fatalf("a refused row left %+v", memory)
			}
			return
		}
		again := rewritten(t, memory)
		if !maps.Equal(again.Slots, memory.Slots) || !maps.Equal(again.Machines, memory.Machines) ||
			!again.LastTick.Equal(memory.LastTick) {
			t.Fatalf("read    %+v\nwritten %+v", memory, again)
		}
	})
}

// rewritten writes a memory into rows and reads them.
func rewritten(t *testing.T, memory decide.Memory) decide.Memory {
	t.Helper()
	s, versions := &NewVolatile().store, map[decide.Slot]string{}
	for slot, r := range memory.Slots {
		versions[slot], r.Version = r.Version, ""
		write(t, s, "a", slot, r)
	}
	for id, past := range memory.Machines {
		past.Reason = "" // It is for people, and may be cut.
		memory.Machines[id] = past
		one := Sighting{Past: past}
		one.Machine.ID = id
		observe(t, s, "a", Observation{At: noon, Seen: []Sighting{one}})
	}
	if !memory.LastTick.IsZero() {
		observe(t, s, "a", Observation{At: memory.LastTick})
	}
	again := recall(t, s, "a")
	for slot, version := range versions {
		r := again.Slots[slot]
		r.Version = version
		again.Slots[slot] = r
	}
	if memory.LastTick.IsZero() {
		again.LastTick = memory.LastTick
	}
	return again
}
