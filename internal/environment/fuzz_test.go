package environment

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse replaces one setting of a good configuration by anything.
func FuzzParse(f *testing.F) {
	base := settingsOf(f, readStack(f, "prod"))
	for name, raw := range base {
		f.Add("prod", name, raw)
	}
	f.Add("prod", "autoscale", settingsOf(f, withBusyHours(f, "prod", twoBusyHours))["autoscale"])
	f.Add("prod", "autoscale", `{"stressPercent": 0, "reservePercent": "250", "busyHours": [{}, null, {"days": [[], "Monday"]}]}`)
	f.Add("", "unknown", "{")
	f.Add("a'b", "tags", `{"\u0000":"\ud800"}`)
	f.Add("dev", "shards", `[{},{},{"zone":2}]`)
	f.Fuzz(func(t *testing.T, stack, name, raw string) {
		given := map[string]string{}
		for known, value := range base {
			given[known] = value
		}
		given[name] = raw
		if once, again := summary(stack, given), summary(stack, given); once != again {
			t.Error("two answers to one configuration")
		}
		env, _, err := Parse(stack, given)
		checkAnswer(t, env, err)
	})
}

// FuzzLoad passes anything as Pulumi's configuration.
func FuzzLoad(f *testing.F) {
	for _, stack := range []string{"dev", "prod"} {
		raw, err := EncodePulumiConfig(readStack(f, stack))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Add(`{"meet:a":"b","meet:a":1}`)
	f.Add(strings.Repeat("[", 20000))
	f.Fuzz(func(t *testing.T, raw string) {
		env, _, err := Load("prod", raw, Namespace)
		checkAnswer(t, env, err)
		for name := range first(FromPulumiConfig(raw, Namespace)) {
			if raw == "" || !strings.Contains(raw, ":") {
				t.Errorf("the setting %q came from nowhere", name)
			}
		}
	})
}

func first(given map[string]string, _ []Problem) map[string]string { return given }

// checkAnswer demands either an environment or problems that can be printed.
func checkAnswer(t *testing.T, env Environment, err error) {
	t.Helper()
	if err == nil {
		if env.Location == "" || len(env.Shards) < fewestShards {
			t.Error("an accepted configuration gave nothing")
		}
		return
	}
	var wrong *ConfigurationError
	if !errors.As(err, &wrong) || len(wrong.Problems) == 0 {
		t.Fatalf("unexpected error %v", err)
	}
	for _, p := range wrong.Problems {
		if p.Path == "" || p.Value == "" || p.Allowed == "" || p.Fix == "" {
			t.Errorf("an incomplete problem: %+v", p)
		}
	}
}
