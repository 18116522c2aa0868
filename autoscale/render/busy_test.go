package render_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/internal/environment"
)

// Every profile has every load rule; only those of the recycle have its rule.
func TestEveryProfileHasTheLoadRules(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := busyConfigurations(t)
		cfg.StressPercent = rapid.IntRange(0, 100).Draw(t, "stress")
		cfg.ReservePercent = rapid.IntRange(0, max(0, 100*(cfg.Maximum-1)-1)).Draw(t, "reserve")
		made, err := render.Profiles(cfg, 12_000)
		if err != nil {
			return // too many changes
		}
		other := slices.IndexFunc(made, func(p profile.Profile) bool { return p.Rules[0].Operator != profile.GreaterThanOrEqual })
		load := made[other].Rules
		require.Len(t, load, 3+min(cfg.StressPercent, 1)+3*min(cfg.ReservePercent, 1))
		recycles := 0
		for _, p := range made {
			rules := p.Rules
			if always := rules[0]; always.Operator == profile.GreaterThanOrEqual {
				recycles++
				require.InDelta(t, 0, always.Threshold, 0)
				rules = rules[1:]
			}
			require.Equal(t, load, rules, p.Name)
			require.Equal(t, max(p.Minimum, cfg.Default), p.Default, p.Name)
			require.Equal(t, cfg.Maximum, p.Maximum, p.Name)
		}
		require.Positive(t, recycles)
		require.Less(t, recycles, len(made))
	})
}

// brief writes profiles as people would say them.
func brief(made []profile.Profile) []string {
	lines := make([]string, 0, len(made))
	for _, p := range made {
		var days []string
		for _, day := range p.Recurrence.Days {
			days = append(days, day.String()[:3])
		}
		lines = append(lines, fmt.Sprintf("%s: %d, %02d:%02d %s", p.Name, p.Minimum, p.Recurrence.Hour, p.Recurrence.Minute,
			strings.Join(days, " ")))
	}
	return lines
}

// A working week as it is told to Azure.
func TestTheProfilesOfABusyWeek(t *testing.T) {
	t.Parallel()
	cfg := busy()
	assert.Equal(t, []string{
		"nightly-recycle usual from Monday 04:00: 2, 04:00 Mon Tue Wed Thu Fri Sat",
		"usual from Monday 04:05: 1, 04:05 Mon Tue Wed Thu Fri Sat",
		"busy mornings from Monday 07:45: 3, 07:45 Mon Tue Wed Thu Fri",
		"usual from Monday 12:00: 1, 12:00 Mon Wed Thu Fri",
		"busy afternoons from Monday 13:00: 2, 13:00 Mon Wed Thu Fri",
		"usual from Monday 18:00: 1, 18:00 Mon Tue Wed Thu Fri",
		"busy all-hands from Tuesday 11:00: 6, 11:00 Tue",
		"busy afternoons from Tuesday 14:00: 2, 14:00 Tue",
		"busy vigil from Saturday 22:00: 4, 22:00 Sat",
		"busy vigil-on from Sunday 00:00: 4, 00:00 Sun",
		"nightly-recycle busy vigil-on from Sunday 04:00: 5, 04:00 Sun",
		"busy vigil-on from Sunday 04:05: 4, 04:05 Sun",
		"usual from Sunday 06:00: 1, 06:00 Sun",
	}, brief(profiles(t, cfg, 12_000)))
	// Away from the recycle its name stays, and with nothing else in the week so does its twin's.
	cfg.BusyHours = cfg.BusyHours[1:2]
	assert.Equal(t, []string{
		"nightly-recycle: 2, 04:00 Mon Tue Wed Thu Fri Sat Sun",
		"usual from Monday 04:05: 1, 04:05 Mon Tue Wed Thu Fri Sat Sun",
		"busy afternoons from Monday 13:00: 2, 13:00 Mon Tue Wed Thu Fri",
		"usual from Monday 18:00: 1, 18:00 Mon Tue Wed Thu Fri",
	}, brief(profiles(t, cfg, 12_000)))
	cfg.BusyHours = nil
	assert.Equal(t, []string{
		"nightly-recycle: 2, 04:00 Mon Tue Wed Thu Fri Sat Sun",
		`{"name":"Auto created default scale condition","for":"nightly-recycle"}: 1, 04:05 Mon Tue Wed Thu Fri Sat Sun`,
	}, brief(profiles(t, cfg, 12_000)))
}

// Busy hours that change the minimum too often are refused, with a way out that is one.
func TestTooManyChangesInAWeek(t *testing.T) {
	t.Parallel()
	cfg := usual()
	for i := range 6 {
		cfg.BusyHours = append(cfg.BusyHours, environment.BusyHours{
			Name: fmt.Sprintf("b%d", i), Days: []time.Weekday{time.Weekday(i), time.Weekday(i + 1)},
			From: time.Duration(i) * 17 * time.Minute, To: 12*time.Hour + time.Duration(i)*13*time.Minute, Minimum: 2 + i,
		})
	}
	_, err := render.Profiles(cfg, 12_000)
	require.EqualError(t, err, "rendering autoscale profiles: the busy hours take 24 profiles, and Azure takes 20: "+
		`merge "b0" and "b2", for example, which leaves 16`)
	cfg.BusyHours[0] = environment.BusyHours{
		Name: "b0", Days: []time.Weekday{0, 1, 2, 3}, From: 0, To: 12*time.Hour + 26*time.Minute, Minimum: 4,
	}
	cfg.BusyHours = slices.Delete(cfg.BusyHours, 2, 3)
	assert.Len(t, profiles(t, cfg, 12_000), 16)
}
