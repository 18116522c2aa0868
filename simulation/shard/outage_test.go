package shard_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/shard"
)

// asked is a scaler that always wants the same number, and counts how often it was asked when.
type asked struct {
	wants int
	at    []time.Time
}

func (*asked) Every() capacity.Span {
	return capacity.Span{Least: time.Minute, Usual: time.Minute, Most: time.Minute}
}

func (s *asked) Run(now time.Time, _ shard.Seen) shard.Order {
	s.at = append(s.at, now)
	return shard.Order{Capacity: s.wants, Reason: "asked for"}
}

// Two bridges with three conferences lose their zone for an hour, in which nobody does anything, and come back of the same age.
func TestAnOutage(t *testing.T) {
	t.Parallel()
	model, err := capacity.Load()
	require.NoError(t, err)
	calendar, err := profile.NewCalendar([]profile.Profile{{
		Name: "always", Minimum: 2, Maximum: 5, Default: 2, Recurrence: profile.Recurrence{TimeZone: "UTC", Days: profile.EveryDay()},
	}})
	require.NoError(t, err)
	scaler := &asked{wants: 2}
	from, to := 2*time.Hour, 3*time.Hour
	day := demand.Day{Name: "outage", Seed: 1, Midnight: time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC), Length: 6 * time.Hour}
	for room := range 3 {
		day.Rooms = append(day.Rooms, string(rune('a'+room)))
		for range 3 {
			day.Visits = append(day.Visits, demand.Visit{Room: room, Join: time.Hour + time.Duration(room)*time.Minute, Leave: from + time.Second})
		}
	}
	input := shard.Input{
		Day: day, Model: model, Boot: model.Boot, Scaler: scaler, Reaper: &shard.Reaper{Policy: decide.Default(), Calendar: calendar},
		Start: 2, Ages: []time.Duration{3 * time.Hour, time.Hour}, Outages: []shard.Outage{{From: from, To: to}}, Recycle: 2 * time.Hour, Keep: true,
	}
	got, err := shard.Run(t.Context(), input)
	require.NoError(t, err)
	assert.Equal(t, 3, got.Lost)
	assert.Zero(t, got.Cut+got.Added+got.Retired+got.Removed+got.Refused)
	assert.Equal(t, 9, got.Served)
	assert.Equal(t, 7*time.Hour, got.OldestAfterRecycle, "read four hours after the beginning")
	for _, at := range scaler.at {
		since := at.Sub(day.Midnight)
		assert.True(t, since <= from || since >= to, "asked in the outage, %s after midnight", since)
	}
	for i, m := range got.Minutes {
		switch since := time.Duration(i) * time.Minute; {
		case since < from || since >= to+model.Boot.Most:
			assert.Equal(t, 2, m.Up, since)
		case since < to:
			assert.Zero(t, m.Up, since)
			assert.Zero(t, m.Load, since)
		}
	}

	input.Outages = append(input.Outages, shard.Outage{From: from, To: to})
	_, err = shard.Run(t.Context(), input)
	require.ErrorContains(t, err, "outages must have a length")
	input.Outages, input.Ages = nil, input.Ages[:1]
	_, err = shard.Run(t.Context(), input)
	require.ErrorContains(t, err, "an age for each bridge")
}

// A machine that comes up in an outage does not, and comes up after it, and a machine that was leaving stays.
func TestABootInAnOutage(t *testing.T) {
	t.Parallel()
	model, err := capacity.Load()
	require.NoError(t, err)
	day := demand.Day{Name: "outage", Seed: 1, Midnight: time.Date(2026, 6, 10, 0, 0, 0, 0, time.UTC), Length: 2 * time.Hour}
	outage := shard.Outage{From: 2*time.Minute + 30*time.Second, To: 10 * time.Minute}
	got, err := shard.Run(t.Context(), shard.Input{
		Day: day, Model: model, Boot: model.Boot, Scaler: &asked{wants: 2}, Start: 1, Outages: []shard.Outage{outage}, Keep: true,
	})
	require.NoError(t, err)
	assert.Equal(t, 1, got.Added)
	ups := 0
	for _, e := range got.Events {
		if e.Kind == shard.Up {
			ups++
			assert.GreaterOrEqual(t, e.At.Sub(day.Midnight), outage.To+model.Boot.Least, "without power")
		}
	}
	assert.Equal(t, 2, ups)
	assert.Equal(t, 2, got.Minutes[30].Up)
}
