package engine_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/autoscale/engine"
)

// metrics are what all instances report in every minute.
type metrics map[string][]float64

func (m metrics) Minute(metric string, _ time.Time) ([]float64, bool) {
	samples, known := m[metric]
	return samples, known
}

// history is what instances report minute by minute.
type history func(metric string, minute time.Time) []float64

func (h history) Minute(metric string, minute time.Time) ([]float64, bool) {
	samples := h(metric, minute)
	return samples, samples != nil
}

// rule writes a rule: "CPU > 70 +1", with +n, -n, +n% or =n, and more about it as key and value.
func rule(text string, more ...string) string {
	var metric, operator, change string
	var threshold float64
	if _, err := fmt.Sscan(text, &metric, &operator, &threshold, &change); err != nil {
		return err.Error()
	}
	values := map[string]any{
		"statistic": "Average", "timeAggregation": "Average", "timeGrain": "PT1M", "timeWindow": "PT5M",
		"dividePerInstance": false, "cooldown": "PT5M",
	}
	for i := 0; i+1 < len(more); i += 2 {
		values[more[i]] = more[i+1]
	}
	values["dividePerInstance"] = values["dividePerInstance"] == "true"
	trigger := map[string]any{"metricName": metric, "threshold": threshold, "operator": map[string]string{
		">": "GreaterThan", ">=": "GreaterThanOrEqual", "<": "LessThan", "<=": "LessThanOrEqual", "=": "Equals", "!=": "NotEquals",
	}[operator]}
	for _, name := range []string{"statistic", "timeAggregation", "timeGrain", "timeWindow", "dividePerInstance"} {
		trigger[name] = values[name]
	}
	action := map[string]any{"direction": "Increase", "type": "ChangeCount", "cooldown": values["cooldown"]}
	if change[0] == '-' {
		action["direction"] = "Decrease"
	}
	if strings.HasSuffix(change, "%") {
		action["type"] = "PercentChangeCount"
	} else if change[0] == '=' {
		action["type"] = "ExactCount"
	}
	if direction, given := values["direction"]; given {
		action["direction"] = direction
	}
	action["value"] = strings.Trim(change, "+-=%")
	written, err := json.Marshal(map[string]any{"metricTrigger": trigger, "scaleAction": action})
	if err != nil {
		return err.Error()
	}
	return string(written)
}

// profile writes a profile with bounds and a time, which is a part of a JSON object.
func profile(name string, minimum, initial, maximum int, when string, rules ...string) string {
	if when != "" {
		when = "," + when
	}
	return fmt.Sprintf(`{"name":%q,"capacity":{"minimum":"%d","default":"%d","maximum":"%d"},"rules":[%s]%s}`,
		name, minimum, initial, maximum, strings.Join(rules, ","), when)
}

// weekly is a recurrence.
func weekly(zone string, hour, minute int, days ...string) string {
	written, err := json.Marshal(days)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf(`"recurrence":{"frequency":"Week","schedule":{"timeZone":%q,"days":%s,"hours":[%d],"minutes":[%d]}}`,
		zone, written, hour, minute)
}

// everyDay are all weekdays.
func everyDay() []string {
	return []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
}

func setting(tb require.TestingT, profiles ...string) engine.Setting {
	s, err := engine.Parse([]byte(`{"enabled":true,"profiles":[` + strings.Join(profiles, ",") + `]}`))
	require.NoError(tb, err)
	return s
}

func at(tb testing.TB, text string) time.Time {
	tb.Helper()
	moment, err := time.Parse(time.RFC3339, text)
	require.NoError(tb, err)
	return moment
}

// deployed is the autoscale setting of shard a in an environment, as the stack gives it to Azure.
func deployed(tb testing.TB, environment string) []byte {
	tb.Helper()
	text, err := os.ReadFile("../../stack/testdata/" + environment + ".golden.yaml")
	require.NoError(tb, err)
	var resources []struct {
		Type, Name string
		Inputs     map[string]any
	}
	require.NoError(tb, yaml.Unmarshal(text, &resources))
	for _, r := range resources {
		if r.Name == "autoscale-a-setting" {
			written, err := json.Marshal(r.Inputs)
			require.NoError(tb, err)
			return written
		}
	}
	tb.Fatal("no autoscale setting")
	return nil
}
