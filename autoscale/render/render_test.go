package render_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/golden"
)

// usual is the configuration that the documentation talks about.
func usual() environment.Autoscale {
	return environment.Autoscale{
		Minimum: 1, Maximum: 14, Default: 1,
		NetworkPercent: 70, CPUPercent: 70, Cooldown: 10 * time.Minute,
		Recycle: environment.Recycle{Hour: 4, TimeZone: "W. Europe Standard Time", Window: 5 * time.Minute},
	}
}

func profiles(tb testing.TB, cfg environment.Autoscale, mbps int) []profile.Profile {
	tb.Helper()
	made, err := render.Profiles(cfg, mbps)
	if err != nil {
		tb.Fatal(err)
	}
	return made
}

func TestNetworkThreshold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mbps, percent int
		want          float64
	}{
		{12_000, 70, 63_000_000_000},
		{12_500, 70, 65_625_000_000},
		{1_000, 100, 7_500_000_000},
		{1, 1, 75_000},
		{200_000, 99, 1_485_000_000_000},
	} {
		if got := render.NetworkThreshold(c.mbps, c.percent); got != c.want {
			t.Errorf("%d Mbit/s × %d %%: got %.0f, want %.0f", c.mbps, c.percent, got, c.want)
		}
	}
}

func TestProfilesAreAsInGit(t *testing.T) {
	t.Parallel()
	past := usual()
	past.Minimum, past.Maximum, past.Default = 2, 12, 4
	past.Recycle = environment.Recycle{Hour: 23, Minute: 55, TimeZone: "UTC", Window: 15 * time.Minute}
	reserved := usual()
	reserved.StressPercent, reserved.ReservePercent = 70, 80
	reserved.BusyHours = []environment.BusyHours{{
		Name: "mornings", Days: []time.Weekday{time.Monday, time.Wednesday}, From: 8 * time.Hour, To: 10 * time.Hour, Minimum: 3,
	}}
	for name, cfg := range map[string]environment.Autoscale{"usual": usual(), "past-midnight": past, "reserve": reserved} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := profile.Marshal(profiles(t, cfg, 12_000))
			if err != nil {
				t.Fatal(err)
			}
			var readable bytes.Buffer
			if err := json.Indent(&readable, text, "", "  "); err != nil {
				t.Fatal(err)
			}
			readable.WriteByte('\n')
			golden.Compare(t, "testdata/"+name+".golden.json", readable.Bytes())
			again, err := profile.Parse(readable.Bytes())
			if err != nil {
				t.Fatalf("white space must not matter: %v", err)
			}
			if fmt.Sprint(again) != fmt.Sprint(profiles(t, cfg, 12_000)) {
				t.Error("reading gives something else than was written")
			}
		})
	}
}

func TestProfilesRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*environment.Autoscale)
		want   string
	}{
		"no minimum":        {func(a *environment.Autoscale) { a.Minimum = 0 }, "minimum 0"},
		"default too low":   {func(a *environment.Autoscale) { a.Minimum = 2 }, "minimum 2 <= default 1"},
		"default too high":  {func(a *environment.Autoscale) { a.Default = 15 }, "default 15 <= maximum 14"},
		"no network share":  {func(a *environment.Autoscale) { a.NetworkPercent = 0 }, "network threshold of 0 %"},
		"too much CPU":      {func(a *environment.Autoscale) { a.CPUPercent = 101 }, "processor threshold of 101 %"},
		"no cooldown":       {func(a *environment.Autoscale) { a.Cooldown = 0 }, "cooldown: 0s"},
		"odd cooldown":      {func(a *environment.Autoscale) { a.Cooldown = 90 * time.Second }, "cooldown: 1m30s"},
		"endless cooldown":  {func(a *environment.Autoscale) { a.Cooldown = 8 * 24 * time.Hour }, "cooldown: 192h"},
		"window too short":  {func(a *environment.Autoscale) { a.Recycle.Window = time.Minute }, "recycle window of 1m0s"},
		"window of seconds": {func(a *environment.Autoscale) { a.Recycle.Window = 150 * time.Second }, "recycle window of 2m30s"},
		"window of a day":   {func(a *environment.Autoscale) { a.Recycle.Window = 24 * time.Hour }, "recycle window of 24h"},
		"no such hour":      {func(a *environment.Autoscale) { a.Recycle.Hour = 24 }, "24:00"},
		"no such minute":    {func(a *environment.Autoscale) { a.Recycle.Minute = -1 }, "no time of day"},
		"no time zone":      {func(a *environment.Autoscale) { a.Recycle.TimeZone = "" }, "time zone is empty"},
		"negative stress":   {func(a *environment.Autoscale) { a.StressPercent = -1 }, "stress threshold of -1 %"},
		"too much stress":   {func(a *environment.Autoscale) { a.StressPercent = 101 }, "stress threshold of 101 %"},
		"negative reserve":  {func(a *environment.Autoscale) { a.ReservePercent = -1 }, "reserve of -1 %"},
		"reserve for ever":  {func(a *environment.Autoscale) { a.ReservePercent = 1400 }, "a reserve of 1400 %"},
		"busy for nothing":  {busyFrom(8*time.Hour, 8*time.Hour, 2), `busy hours "busy": 8h0m0s to 8h0m0s is not`},
		"busy by seconds":   {busyFrom(8*time.Hour, 9*time.Hour+time.Second, 2), `busy hours "busy": 8h0m0s to 9h0m1s is not`},
		"busy before":       {busyFrom(-time.Hour, time.Hour, 2), `busy hours "busy": -1h0m0s to 1h0m0s is not`},
		"busy tomorrow":     {busyFrom(23*time.Hour, 25*time.Hour, 2), `busy hours "busy": 23h0m0s to 25h0m0s is not`},
		"busy as usual":     {busyFrom(8*time.Hour, 9*time.Hour, 1), `busy hours "busy": minimum 1 is not between 1 and 14`},
		"too busy":          {busyFrom(8*time.Hour, 9*time.Hour, 14), `busy hours "busy": minimum 14 is not between 1 and 14`},
		"busy on no day": {func(a *environment.Autoscale) {
			busyFrom(8*time.Hour, 9*time.Hour, 2)(a)
			a.BusyHours[0].Days = nil
		}, `busy hours "busy": there are no days`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := usual()
			c.change(&cfg)
			if _, err := render.Profiles(cfg, 12_000); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
	if _, err := render.Profiles(usual(), 0); err == nil {
		t.Error("a machine without a network is accepted")
	}
}

// busyFrom adds busy hours on a Monday.
func busyFrom(from, to time.Duration, minimum int) func(*environment.Autoscale) {
	return func(a *environment.Autoscale) {
		a.BusyHours = []environment.BusyHours{{Name: "busy", Days: []time.Weekday{time.Monday}, From: from, To: to, Minimum: minimum}}
	}
}

// configurations draws from everything that Profiles accepts.
func configurations(t *rapid.T) environment.Autoscale {
	minimum := rapid.IntRange(1, 20).Draw(t, "minimum")
	deflt := rapid.IntRange(minimum, 30).Draw(t, "default")
	return environment.Autoscale{
		Minimum: minimum, Default: deflt, Maximum: rapid.IntRange(deflt, 40).Draw(t, "maximum"),
		NetworkPercent: rapid.IntRange(1, 100).Draw(t, "network"),
		CPUPercent:     rapid.IntRange(1, 100).Draw(t, "cpu"),
		Cooldown:       time.Duration(rapid.IntRange(1, 7*24*60).Draw(t, "cooldown")) * time.Minute,
		Recycle: environment.Recycle{
			Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute"),
			TimeZone: rapid.SampledFrom([]string{"UTC", "GMT Standard Time", "Tokyo Standard Time"}).Draw(t, "zone"),
			Window:   time.Duration(rapid.IntRange(2, 24*60-1).Draw(t, "window")) * time.Minute,
		},
	}
}

func TestProfiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := configurations(t)
		profiles, err := render.Profiles(cfg, rapid.IntRange(1, 400_000).Draw(t, "mbps"))
		if err != nil {
			t.Fatal(err)
		}
		if len(profiles) != 2 {
			t.Fatalf("%d profiles", len(profiles))
		}
		recycle, twin := profiles[0], profiles[1]
		if recycle.Minimum != min(cfg.Minimum+1, cfg.Maximum) || twin.Minimum != cfg.Minimum {
			t.Fatalf("minima %d and %d", recycle.Minimum, twin.Minimum)
		}
		for _, p := range profiles {
			if p.Maximum != cfg.Maximum || p.Default < cfg.Default || !slices.Equal(p.Recurrence.Days, profile.EveryDay()) {
				t.Fatalf("maximum, default or days of %q", p.Name)
			}
		}
		if between := (clock(twin) - clock(recycle) + 24*time.Hour) % (24 * time.Hour); between != cfg.Recycle.Window {
			t.Fatalf("the window is %s long, not %s", between, cfg.Recycle.Window)
		}
		// Load scales out at any time of day alike.
		if !slices.Equal(recycle.Rules[1:], twin.Rules) || len(twin.Rules) != 3 {
			t.Fatalf("rules differ: %v %v", recycle.Rules, twin.Rules)
		}
	})
}

func clock(p profile.Profile) time.Duration {
	return time.Duration(p.Recurrence.Hour)*time.Hour + time.Duration(p.Recurrence.Minute)*time.Minute
}
