package profile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/functions/reaper/gauge"
)

// sample is a nightly profile with every kind of rule, and one for the rest of the day, as the stack deploys them.
func sample() []profile.Profile {
	rule := func(metric string, operator profile.Operator, threshold float64) profile.Rule {
		return profile.Rule{
			Metric: metric, Statistic: profile.Average, Grain: 1, Aggregation: profile.Average, Window: 5,
			Operator: operator, Threshold: threshold, Increase: 1, Cooldown: 10,
		}
	}
	load := []profile.Rule{
		rule(profile.NetworkIn, profile.GreaterThan, 63_000_000_000),
		rule(profile.NetworkOut, profile.GreaterThan, 63_000_000_000),
		rule(profile.CPU, profile.GreaterThan, 70),
	}
	begin := func(hour, minute int) profile.Recurrence {
		return profile.Recurrence{TimeZone: "W. Europe Standard Time", Days: profile.EveryDay(), Hour: hour, Minute: minute}
	}
	always := rule(profile.CPU, profile.GreaterThanOrEqual, 0)
	return []profile.Profile{
		{Name: "night", Minimum: 2, Maximum: 14, Default: 2, Rules: append([]profile.Rule{always}, load...), Recurrence: begin(4, 0)},
		{Name: `{"for":"night"}`, Minimum: 1, Maximum: 14, Default: 1, Rules: load, Recurrence: begin(4, 10)},
	}
}

// reserved is a profile with a rule about a custom metric that is too low in the latest minute.
func reserved() profile.Profile {
	return profile.Profile{
		Name: "usual", Minimum: 1, Maximum: 14, Default: 1,
		Rules: []profile.Rule{{
			Metric: gauge.Spare, Namespace: gauge.Namespace, Statistic: profile.Average, Grain: 1, Aggregation: profile.Last, Window: 5,
			Operator: profile.LessThan, Threshold: 0.8, Increase: 2, Cooldown: 5,
		}},
		Recurrence: profile.Recurrence{TimeZone: "UTC", Days: []profile.Weekday{1}, Hour: 7, Minute: 45},
	}
}

// A custom metric names its namespace, and one of the scale set's own has no such key: what was written before there was one is
// read and written as it was.
func TestTheNamespaceIsWrittenOnlyWhereItIsOne(t *testing.T) {
	t.Parallel()
	text, err := profile.Marshal([]profile.Profile{reserved()})
	if err != nil {
		t.Fatal(err)
	}
	const rule = `{"metric":"Spare Bridges","namespace":"Jitsi Bridges","statistic":"Average","grain":"PT1M","aggregation":"Last",` +
		`"window":"PT5M","operator":"LessThan","threshold":0.8,"increase":2,"cooldown":"PT5M"}`
	before := `{"version":1,"profiles":[{"name":"usual","minimum":1,"maximum":14,"default":1,"rules":[%s],` +
		`"recurrence":{"timeZone":"UTC","days":["Monday"],"hour":7,"minute":45}}]}`
	if want := fmt.Sprintf(before, rule); string(text) != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	own := `{"metric":"Percentage CPU","statistic":"Average","grain":"PT1M","aggregation":"Average",` +
		`"window":"PT5M","operator":"GreaterThan","threshold":70,"increase":1,"cooldown":"PT10M"}`
	read, err := profile.Parse(fmt.Appendf(nil, before, own))
	if err != nil || read[0].Rules[0].Namespace != "" {
		t.Fatalf("%v of %+v", err, read)
	}
	empty := strings.Replace(own, `"statistic"`, `"namespace":"","statistic"`, 1)
	if read, err := profile.Parse(fmt.Appendf(nil, before, empty)); err == nil {
		t.Errorf("an empty namespace, which Marshal does not write, is read as %v", read)
	}
}

// sets draws from everything that is within Azure's limits.
func sets() *rapid.Generator[[]profile.Profile] {
	rule := rapid.Custom(func(t *rapid.T) profile.Rule {
		return profile.Rule{
			Metric:      rapid.SampledFrom([]string{profile.NetworkIn, profile.NetworkOut, profile.CPU}).Draw(t, "metric"),
			Namespace:   rapid.SampledFrom([]string{"", gauge.Namespace}).Draw(t, "namespace"),
			Statistic:   profile.Average,
			Aggregation: rapid.SampledFrom([]string{profile.Average, profile.Last}).Draw(t, "aggregation"),
			Grain:       profile.Minutes(rapid.IntRange(1, 60).Draw(t, "grain")),
			Window:      profile.Minutes(rapid.IntRange(5, 7*24*60).Draw(t, "window")),
			Operator: rapid.SampledFrom([]profile.Operator{
				profile.GreaterThan, profile.GreaterThanOrEqual, profile.LessThan,
			}).Draw(t, "operator"),
			Threshold: rapid.Float64Range(0, 1e15).Draw(t, "threshold"),
			Increase:  rapid.IntRange(1, 5).Draw(t, "increase"),
			Cooldown:  profile.Minutes(rapid.IntRange(1, 7*24*60).Draw(t, "cooldown")),
		}
	})
	one := rapid.Custom(func(t *rapid.T) profile.Profile {
		minimum := rapid.IntRange(0, 20).Draw(t, "minimum")
		deflt := rapid.IntRange(minimum, 30).Draw(t, "default")
		return profile.Profile{
			Name:    rapid.StringN(1, 20, 40).Draw(t, "name"),
			Minimum: minimum, Default: deflt, Maximum: rapid.IntRange(deflt, 40).Draw(t, "maximum"),
			Rules: rapid.SliceOfN(rule, 0, profile.MostRules).Draw(t, "rules"),
			Recurrence: profile.Recurrence{
				TimeZone: rapid.SampledFrom([]string{"UTC", "GMT Standard Time", "Tokyo Standard Time"}).Draw(t, "zone"),
				Days:     weekdays().Draw(t, "days"),
				Hour:     rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute"),
			},
		}
	})
	return rapid.SliceOfNDistinct(one, 1, 5, func(p profile.Profile) string { return p.Name })
}

// weekdays draws some days of the week, in any order, each at most once.
func weekdays() *rapid.Generator[[]profile.Weekday] {
	return rapid.Custom(func(t *rapid.T) []profile.Weekday {
		week := rapid.Permutation(profile.EveryDay()).Draw(t, "week")
		return week[:rapid.IntRange(1, len(week)).Draw(t, "count")]
	})
}

func TestJSONRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		profiles := sets().Draw(t, "profiles")
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
	text, err := profile.Marshal(sample())
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
		"name given twice": strings.Replace(good, `"name":"night"`, `"name":"{\"for\":\"night\"}"`, 1),
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
		"other mean":     {func(p []profile.Profile) { p[0].Rules[1].Aggregation = "Total" }, `rule 2: aggregation "Total" is neither`},
		"last instance":  {func(p []profile.Profile) { p[0].Rules[1].Statistic = profile.Last }, `rule 2: statistic "Last"`},
		"other operator": {func(p []profile.Profile) { p[0].Rules[0].Operator = "LessThanOrEqual" }, `operator "LessThanOrEqual"`},
		"below nothing":  {func(p []profile.Profile) { p[0].Rules[0].Threshold = -0.1 }, "threshold -0.1"},
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
		profiles := sample()
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
	text, err := profile.Marshal(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	custom, err := profile.Marshal([]profile.Profile{reserved()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(custom)
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
