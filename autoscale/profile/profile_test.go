package profile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/golden"
)

// usual is the configuration that the documentation talks about.
func usual() environment.Autoscale {
	return environment.Autoscale{
		Minimum: 1, Maximum: 14, Default: 1,
		NetworkPercent: 70, CPUPercent: 70, Cooldown: 10 * time.Minute,
		Recycle: environment.Recycle{Hour: 4, TimeZone: "W. Europe Standard Time", Window: 10 * time.Minute},
	}
}

func render(tb testing.TB, cfg environment.Autoscale, mbps int) []profile.Profile {
	tb.Helper()
	profiles, err := profile.Render(cfg, mbps)
	if err != nil {
		tb.Fatal(err)
	}
	return profiles
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
		if got := profile.NetworkThreshold(c.mbps, c.percent); got != c.want {
			t.Errorf("%d Mbit/s × %d %%: got %.0f, want %.0f", c.mbps, c.percent, got, c.want)
		}
	}
}

func TestRenderIsAsInGit(t *testing.T) {
	t.Parallel()
	past := usual()
	past.Minimum, past.Maximum, past.Default = 2, 12, 4
	past.Recycle = environment.Recycle{Hour: 23, Minute: 55, TimeZone: "UTC", Window: 15 * time.Minute}
	for name, cfg := range map[string]environment.Autoscale{"usual": usual(), "past-midnight": past} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := profile.Marshal(render(t, cfg, 12_000))
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
			if fmt.Sprint(again) != fmt.Sprint(render(t, cfg, 12_000)) {
				t.Error("reading gives something else than was written")
			}
		})
	}
}

func TestRenderRefuses(t *testing.T) {
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
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := usual()
			c.change(&cfg)
			if _, err := profile.Render(cfg, 12_000); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
		})
	}
	if _, err := profile.Render(usual(), 0); err == nil {
		t.Error("a machine without a network is accepted")
	}
}

// configurations draws from everything that Render accepts.
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

func TestRenderedProfiles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		cfg := configurations(t)
		profiles, err := profile.Render(cfg, rapid.IntRange(1, 400_000).Draw(t, "mbps"))
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

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		profiles, err := profile.Render(configurations(t), rapid.IntRange(1, 400_000).Draw(t, "mbps"))
		if err != nil {
			t.Fatal(err)
		}
		text, err := profile.Marshal(profiles)
		if err != nil {
			t.Fatal(err)
		}
		read, err := profile.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(read) != fmt.Sprint(profiles) {
			t.Fatalf("wrote %v, read %v", profiles, read)
		}
	})
}

func TestParseIsStrict(t *testing.T) {
	t.Parallel()
	text, err := profile.Marshal(render(t, usual(), 12_000))
	if err != nil {
		t.Fatal(err)
	}
	good := string(text)
	for name, bad := range map[string]string{
		"empty":            "",
		"null":             "null",
		"no profiles":      `{"version":1,"profiles":[]}`,
		"no version":       strings.Replace(good, `"version":1,`, "", 1),
		"other version":    strings.Replace(good, `"version":1`, `"version":2`, 1),
		"unknown key":      strings.Replace(good, `"minimum":2`, `"minimum":2,"minimal":2`, 1),
		"key in capitals":  strings.Replace(good, `"minimum":2`, `"Minimum":2`, 1),
		"repeated key":     strings.Replace(good, `"minimum":2`, `"minimum":1,"minimum":2`, 1),
		"missing key":      strings.Replace(good, `"minimum":2,`, "", 1),
		"other number":     strings.Replace(good, `"minimum":2`, `"minimum":2.0`, 1),
		"text for number":  strings.Replace(good, `"minimum":2`, `"minimum":"2"`, 1),
		"negative":         strings.Replace(good, `"minimum":2`, `"minimum":-2`, 1),
		"crossed bounds":   strings.Replace(good, `"minimum":2`, `"minimum":20`, 1),
		"seconds":          strings.Replace(good, `"PT10M"`, `"PT600S"`, 1),
		"leading zero":     strings.Replace(good, `"PT10M"`, `"PT010M"`, 1),
		"no day":           strings.Replace(good, `"Monday"`, `"monday"`, 1),
		"day given twice":  strings.Replace(good, `"Monday"`, `"Tuesday"`, 1),
		"name given twice": strings.ReplaceAll(good, profile.RecycleName, "a") + strings.Repeat(" ", 0) + "x",
		"two documents":    good + good,
		"tail":             good + "]",
		"too long":         strings.Repeat(" ", 300_000) + good,
	} {
		if bad == good {
			t.Errorf("%s: the text was not changed", name)
		}
		if read, err := profile.Parse([]byte(bad)); err == nil {
			t.Errorf("%s: accepted as %v", name, read)
		}
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func([]profile.Profile)
		want   string
	}{
		"same name":      {func(p []profile.Profile) { p[1].Name = p[0].Name }, "the name is taken"},
		"no name":        {func(p []profile.Profile) { p[1].Name = "" }, "the name is empty"},
		"no metric":      {func(p []profile.Profile) { p[0].Rules[0].Metric = "" }, "rule 1: the metric is empty"},
		"other sum":      {func(p []profile.Profile) { p[0].Rules[1].Statistic = "Sum" }, `rule 2: statistic "Sum"`},
		"other operator": {func(p []profile.Profile) { p[0].Rules[0].Operator = "LessThan" }, `operator "LessThan"`},
		"no number":      {func(p []profile.Profile) { p[0].Rules[0].Threshold = math.NaN() }, "threshold NaN"},
		"no end":         {func(p []profile.Profile) { p[0].Rules[0].Threshold = math.Inf(1) }, "threshold +Inf"},
		"removes":        {func(p []profile.Profile) { p[0].Rules[0].Increase = -1 }, "increase -1"},
		"short look":     {func(p []profile.Profile) { p[0].Rules[0].Window = 4 }, "window PT4M is shorter than PT5M"},
		"long look":      {func(p []profile.Profile) { p[0].Rules[0].Window = 10_081 }, "window of 10081 minutes"},
		"no grain":       {func(p []profile.Profile) { p[0].Rules[0].Grain = 0 }, "grain of 0 minutes"},
		"no days":        {func(p []profile.Profile) { p[0].Recurrence.Days = nil }, "there are no days"},
		"eighth day":     {func(p []profile.Profile) { p[0].Recurrence.Days[0] = 7 }, "does not exist"},
		"many rules": {func(p []profile.Profile) {
			p[0].Rules = slices.Repeat(p[0].Rules, 3)
		}, "12 rules: there may be 10"},
	} {
		profiles := render(t, usual(), 12_000)
		c.change(profiles)
		if err := profile.Validate(profiles); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: want an error with %q, got %v", name, c.want, err)
		}
		if _, err := profile.Marshal(profiles); err == nil {
			t.Errorf("%s: written all the same", name)
		}
	}
}

// Whatever the reaper is given, it must either understand it fully or refuse it.
func FuzzParse(f *testing.F) {
	text, err := profile.Marshal(render(f, usual(), 12_000))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"version":1,"profiles":[]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		profiles, err := profile.Parse(text)
		if err != nil {
			return
		}
		written, err := profile.Marshal(profiles)
		if err != nil {
			t.Fatalf("read, but cannot be written: %v", err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil || !bytes.Equal(compact.Bytes(), written) {
			t.Fatalf("%s was read as %s", text, written)
		}
	})
}
