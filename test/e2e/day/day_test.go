package day

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/clock"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/outputs"
	"jitsi-meet-azure/test/e2e/agree"
	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/meeting"
	"jitsi-meet-azure/test/e2e/report"
)

func TestScripts(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"whole", "brief", "live"} {
		script, err := Named(name)
		require.NoError(t, err)
		last := script.Begins
		for _, step := range script.Steps {
			assert.Greater(t, step.At, last, "%s: %s", name, step.Name)
			assert.Less(t, step.At, script.Ends, "%s: %s", name, step.Name)
			last = step.At
		}
		if len(script.Steps) == 0 {
			continue
		}
		assert.Greater(t, script.Morning, script.Begins)
		assert.Less(t, script.Morning, script.Ends)
		for _, must := range []string{zoneFailsName, zoneReturnsName, newImageName} {
			_, planned := script.when(must)
			assert.True(t, planned, "%s: %s", name, must)
		}
	}
	_, err := Named("tomorrow")
	require.ErrorContains(t, err, `there is no day "tomorrow"`)
}

func TestVerdicts(t *testing.T) {
	t.Parallel()
	assert.Equal(t, map[string]report.DoorState{"a": report.DoorUp, "b": report.DoorDown, "c": report.DoorDraining},
		verdicts("a=up b=down c=up", map[string]bool{"b": true, "c": true}))
	assert.Empty(t, verdicts("<html>", nil))
}

// world is one in which shard a is in the zone that is lost.
func world(t *testing.T) *World {
	t.Helper()
	w := &World{options: Options{Script: Whole()}, zone: time.UTC, midnight: date(time.UTC)}
	w.outputs.Shards = map[string]outputs.Shard{"a": {Zone: 1}, "b": {Zone: 2}}
	w.settings.Autoscale.Recycle = environment.Recycle{Hour: 4, Window: 10 * time.Minute}
	var err error
	w.clk, err = clock.Start(w.midnight, 100)
	require.NoError(t, err)
	return w
}

func TestOnlyTheLostZoneExcusesACut(t *testing.T) {
	t.Parallel()
	w := world(t)
	noon := w.midnight.Add(12 * time.Hour)
	assert.False(t, w.excused("a", meeting.Cut{At: noon, Cause: meeting.ShardLost}), "the zone was not lost at all")
	w.lost = noon
	for _, each := range []struct {
		shard   string
		at      time.Time
		cause   meeting.Cause
		excused bool
	}{
		{"a", noon, meeting.ShardLost, true},
		{"a", noon.Add(8 * time.Minute), meeting.BridgeLost, true},
		{"a", noon.Add(9 * time.Minute), meeting.BridgeLost, false},
		{"a", noon.Add(-time.Second), meeting.BridgeLost, false},
		{"a", noon, meeting.BridgeEnding, false},
		{"a", noon, meeting.ProsodyStopped, false},
		{"b", noon, meeting.ShardLost, false},
	} {
		assert.Equal(t, each.excused, w.excused(each.shard, meeting.Cut{At: each.at, Cause: each.cause}), "%+v", each)
	}
}

func TestRecycleIsThatAfterTheNewImage(t *testing.T) {
	t.Parallel()
	w := world(t)
	from, to, planned := w.recycle()
	assert.True(t, planned)
	assert.Equal(t, w.midnight.Add(28*time.Hour), from)
	assert.Equal(t, from.Add(10*time.Minute), to)
	w.options.Script = Brief()
	from, _, planned = w.recycle()
	assert.True(t, planned)
	assert.Equal(t, w.midnight.Add(4*time.Hour), from)
}

func TestWhoServedThroughout(t *testing.T) {
	t.Parallel()
	w := world(t)
	machine := func(id string, hour int) azure.Status {
		return azure.Status{Machine: azure.Machine{VMID: id, Created: w.midnight.Add(at(hour, 0))}, State: azure.Serving}
	}
	first, second := machine("first", 1), machine("second", 2)
	looks := func(busy ...string) {
		w.seen.looks = nil
		for minute, who := range busy {
			conferences := map[string]int{}
			for _, id := range strings.Fields(who) {
				conferences[id] = 1
			}
			w.seen.looks = append(w.seen.looks, look{
				at: w.midnight.Add(28*time.Hour + time.Duration(minute)*time.Minute), conferences: conferences,
				fleets: map[string][]azure.Status{"a": {first, second}},
			})
		}
	}
	through := func(m azure.Status) bool {
		return w.keptThroughout("a", m, w.midnight, w.midnight.Add(30*time.Hour))
	}
	looks("first", "first", "first second")
	assert.True(t, through(first))
	assert.True(t, through(second), "the reaper takes the oldest alone, which is busy")
	looks("first", "second", "first")
	assert.False(t, through(first), "it was idle for a while")
	looks()
	assert.False(t, through(first), "nobody looked")
	looks("second", "second", "second")
	assert.False(t, through(first))
	assert.True(t, through(second))
	looks("", "", "")
	w.settings.Autoscale.ReservePercent = 90
	assert.False(t, through(first), "one bridge is reserve enough")
	w.settings.Autoscale.ReservePercent = 100
	assert.True(t, through(first), "nearly a bridge is not a whole one")
	assert.True(t, through(second), "the older one stays")
}

func TestHoursOfMachines(t *testing.T) {
	t.Parallel()
	w := world(t)
	run := agree.Run{From: w.midnight.Add(at(6, 0)), To: w.midnight.Add(at(12, 0))}
	machine := func(id string, hour int) azure.Status {
		return azure.Status{Machine: azure.Machine{VMID: id, Created: w.midnight.Add(at(hour, 0))}}
	}
	fleet := []azure.Status{machine("all along", 3), machine("came", 8), machine("came and went", 8), machine("after all", 13)}
	assert.Equal(t, 6+4+1, hours(run, fleet, map[string]time.Time{"came and went": w.midnight.Add(at(9, 10))}))
	assert.Zero(t, hours(run, nil, nil))
}
