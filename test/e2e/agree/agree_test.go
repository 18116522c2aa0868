package agree

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/test/e2e/azure"
	"jitsi-meet-azure/test/e2e/azure/load"
)

// The simulated world is loaded as the played one: participants are a straight line, whatever rooms they are in.
func TestTheFiguresArePlayed(t *testing.T) {
	t.Parallel()
	m, err := capacity.Parse(played)
	require.NoError(t, err)
	for participants := 2; participants <= load.Full+50; participants++ {
		rooms := m.Demand(capacity.Conference{Participants: participants / 2})
		rooms = rooms.Plus(m.Demand(capacity.Conference{Participants: participants - participants/2}))
		if participants < 4 { // nobody is in a conference of one
			rooms = m.Demand(capacity.Conference{Participants: participants})
		}
		want, stress := load.Of(participants), m.Stress(rooms)
		require.InDelta(t, want.CPU, m.Sample(rooms).CPU, 1e-9, participants)
		require.InDelta(t, load.Stress(participants), m.Reported(stress), 1e-9, participants)
		if participants <= load.Full {
			// A room's own are not sent to themselves.
			require.InDelta(t, want.Out, m.Sample(rooms).Out, 2.1*4_250_000*60/8, participants)
		}
	}
	assert.InDelta(t, load.Stress(1)-load.Stress(0), m.ParticipantStress, 1e-9)
	assert.Equal(t, load.Booting(), load.Sample(m.Booting()))
	assert.Equal(t, azure.UsualBoot, m.Boot.Usual)
	assert.Equal(t, capacity.Span{Least: azure.EngineEvery, Usual: azure.EngineEvery, Most: azure.EngineEvery}, m.EngineRun)
	assert.Equal(t, []time.Duration{azure.MetricsLag, azure.CustomLag, azure.DeletionTime},
		[]time.Duration{m.HostDelay, m.CustomDelay, m.Deletion})
}

// morning is a run from eight to twelve on the usual setting, with one bridge from the night.
func morning(t *testing.T) Run {
	t.Helper()
	text, err := os.ReadFile("../../../autoscale/render/testdata/usual.golden.json")
	require.NoError(t, err)
	from := time.Date(2026, 6, 10, 8, 0, 20, 0, time.UTC)
	return Run{
		Shard: "a", Seed: 1, From: from, To: from.Add(4 * time.Hour), Setting: text,
		Reaper: Reaper{Policy: decide.Default(), Profiles: text}, Machines: []time.Time{from.Add(-5 * time.Hour)},
	}
}

// gather lets so many people meet in a room over a time since the beginning; zero is to the end.
func (run *Run) gather(room string, people int, join, leave time.Duration) {
	for range people {
		stay := Stay{Room: room, From: run.From.Add(join)}
		if leave > 0 {
			stay.To = run.From.Add(leave)
		}
		run.Stays = append(run.Stays, stay)
	}
}

func TestABusyMorning(t *testing.T) {
	t.Parallel()
	run := morning(t)
	quiet, err := Simulate(t.Context(), run)
	require.NoError(t, err)
	assert.Equal(t, Counts{Hours: 4}, quiet)

	run.gather("big", 220, 10*time.Minute, 40*time.Minute)
	busy, err := Simulate(t.Context(), run)
	require.NoError(t, err)
	assert.Positive(t, busy.Boots)
	assert.Equal(t, busy.Boots, busy.ScaleOuts, "each adds one")
	assert.Equal(t, busy.Boots, busy.Retirements, "by noon there is one again")
	assert.Zero(t, busy.Moved)
	assert.Greater(t, busy.Hours, quiet.Hours)

	run.Reaper.Policy.MinimumUptime = 10 * time.Hour
	kept, err := Simulate(t.Context(), run)
	require.NoError(t, err)
	assert.Zero(t, kept.Retirements, "nobody is that old")
}

// What dies with the zone are the rooms with two people or more, and its machines come back without being added.
func TestALostZone(t *testing.T) {
	t.Parallel()
	run := morning(t)
	lost, back := run.From.Add(time.Hour), run.From.Add(90*time.Minute)
	run.Outages = []Outage{{From: lost, To: back}}
	for room := range 7 {
		run.gather(fmt.Sprint("room-", room), 3, time.Duration(room)*time.Minute, time.Hour+2*time.Second)
	}
	run.gather("alone", 1, time.Minute, 0)
	run.gather("over", 5, time.Minute, 30*time.Minute)
	run.gather("later", 4, 2*time.Hour, 0)
	run.Stays = append(run.Stays, Stay{Room: "no time", From: lost, To: lost})
	got, err := Simulate(t.Context(), run)
	require.NoError(t, err)
	assert.Equal(t, Counts{Hours: 4, Moved: 7}, got)
}

func TestTheDeployedReaperDecides(t *testing.T) {
	t.Parallel()
	told := settings.Settings{
		MinimumUptime: 1 * time.Minute, MaximumAge: 2 * time.Hour, StuckAfter: 3 * time.Minute, BootDeadline: 4 * time.Minute,
		DeadAfter: 5 * time.Minute, Reserve: 0.5,
	}
	want := decide.Default()
	want.MinimumUptime, want.MaximumAge, want.StuckAfter = time.Minute, 2*time.Hour, 3*time.Minute
	want.BootDeadline, want.DeadAfter, want.Reserve = 4*time.Minute, 5*time.Minute, 0.5
	assert.Equal(t, want, Policy(told))
}

func TestARunThatMakesNoSense(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*Run){
		"shard a: reading an autoscale setting": func(run *Run) { run.Setting = nil },
		"shard a: reading autoscale profiles":   func(run *Run) { run.Reaper.Profiles = []byte("{}") },
		"there must be a bridge at the start":   func(run *Run) { run.Machines = nil },
		"an hour or longer":                     func(run *Run) { run.To = run.From.Add(10 * time.Minute) },
		"outages must have a length":            func(run *Run) { run.Outages = []Outage{{From: run.From, To: run.From}} },
	} {
		run := morning(t)
		change(&run)
		_, err := Simulate(t.Context(), run)
		assert.ErrorContains(t, err, want)
	}
}

func TestHowFarCountsMayBeApart(t *testing.T) {
	t.Parallel()
	counts := func(machines, rooms int) Counts {
		return Counts{Boots: machines, Retirements: machines, ScaleOuts: machines, Moved: rooms}
	}
	for _, c := range []struct {
		measured, simulated Counts
		ok                  bool
	}{
		{counts(3, 5), counts(3, 5), true},
		{counts(3, 5), counts(5, 7), true},
		{counts(3, 5), counts(1, 3), true},
		{counts(3, 5), counts(6, 5), false},
		{counts(3, 5), counts(0, 5), false},
		{counts(3, 5), counts(3, 8), false},
		{counts(12, 40), counts(15, 46), true},
		{counts(12, 40), counts(16, 40), false},
		{counts(12, 40), counts(12, 47), false},
		{Counts{Boots: 3, Retirements: 3, ScaleOuts: 3}, Counts{Boots: 3, Retirements: 6, ScaleOuts: 3}, false},
		{Counts{Boots: 3, Retirements: 3, ScaleOuts: 3}, Counts{Boots: 3, Retirements: 3}, false},
		{Counts{Hours: 8}, Counts{Hours: 9}, true},
		{Counts{Hours: 8}, Counts{Hours: 10}, false},
		{Counts{Hours: 40}, Counts{Hours: 36}, true},
		{Counts{Hours: 40}, Counts{Hours: 35}, false},
	} {
		ok, text := Tell(Compare("a", c.measured, c.simulated))
		assert.Equal(t, c.ok, ok, text)
	}
	ok, text := Tell(append(Compare("a", counts(3, 5), counts(2, 5)), Compare("b", counts(1, 0), counts(9, 0))...))
	assert.False(t, ok)
	assert.Contains(t, text, "shard a: machines added 3, simulated 2; retired 3, simulated 2; scale-outs 3, simulated 2; ")
	assert.Contains(t, text, "; machine-hours 0, simulated 0; rooms moved 5, simulated 5; shard b: ")
	assert.Contains(t, text, "shard b: machines added 1, simulated 9 (more than 2 apart)")
	ok, _ = Tell(nil)
	assert.False(t, ok, "nothing was compared")
}
