package engine_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/autoscale/engine"
)

// The three forms of a setting say the same.
func TestForms(t *testing.T) {
	t.Parallel()
	given := deployed(t, "prod")
	inputs, err := engine.Parse(given)
	require.NoError(t, err)
	var properties map[string]any
	require.NoError(t, json.Unmarshal(given, &properties))
	for _, name := range []string{"autoscaleSettingName", "resourceGroupName", "location", "tags"} {
		delete(properties, name)
	}
	answer, err := json.Marshal(map[string]any{
		"id": "/subscriptions/s/x", "name": "n", "type": "Microsoft.Insights/autoscaleSettings", "location": "westeurope",
		"tags": map[string]string{"a": "b"}, "properties": properties,
	})
	require.NoError(t, err)
	rest, err := engine.Parse(answer)
	require.NoError(t, err)
	assert.Equal(t, inputs, rest)

	text, err := os.ReadFile("../render/testdata/usual.golden.json")
	require.NoError(t, err)
	plain, err := engine.Parse(text)
	require.NoError(t, err)
	p, found := plain.InForce(time.Date(2026, 6, 10, 2, 4, 0, 0, time.UTC))
	assert.True(t, found)
	assert.Equal(t, []any{"nightly-recycle", 2, 14, 2}, []any{p.Name, p.Minimum, p.Maximum, p.Default})
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	good := `{"enabled":true,"targetResourceUri":"/s","profiles":[` +
		profile("p", 1, 2, 3, weekly("UTC", 4, 0, "Monday"), rule("M > 1 +1")) + `]}`
	_, err := engine.Parse([]byte(good))
	require.NoError(t, err)
	// Each case changes one text of it.
	for _, c := range []struct{ from, to, problem string }{
		{`"minimum":"1"`, `"minimum":"one"`, `profile "p": minimum "one" is no number`},
		{`"minimum":"1"`, `"minimum":1`, "cannot unmarshal number"},
		{`"minimum":"1"`, `"minimum":"-1"`, "no number from 0"},
		{`"minimum":"1"`, `"minimum":"3"`, "does not hold"},
		{`"maximum":"3"`, `"maximum":"1001"`, "no number from 0 to 1000"},
		{`"minimum":"1"`, `"minimum":"1","Minimum":"2"`, `the key "Minimum" is there twice`},
		{`"minimum":"1"`, `"minimal":"1","minimum":"1"`, `unknown field "minimal"`},
		{`"name":"p"`, `"name":""`, "empty or taken"},
		{`"timeZone":"UTC"`, `"timeZone":"Europe/Berlin"`, "not a Windows time-zone id"},
		{`"Week"`, `"Day"`, `frequency "Day"`},
		{`["Monday"]`, `["Monday","Monday"]`, "given twice"},
		{`["Monday"]`, `[]`, "no days"},
		{`"hours":[4]`, `"hours":[4,5]`, "one hour from 0 to 23"},
		{`"minutes":[0]`, `"minutes":[60]`, "one minute from 0 to 59"},
		{`"PT1M"`, `"PT30S"`, "time grain"},
		{`"timeWindow":"PT5M"`, `"timeWindow":"PT4M"`, "time window"},
		{`"timeWindow":"PT5M"`, `"timeWindow":"P1D"`, "time window"},
		{`"timeWindow":"PT5M"`, `"timeWindow":"PT"`, "time window"},
		{`"timeGrain":"PT1M"`, `"timeGrain":"PT6M"`, "longer than the time window"},
		{`"cooldown":"PT5M"`, `"cooldown":"P8D"`, "cooldown"},
		{`"cooldown":"PT5M"`, `"cooldown":"5m"`, "cooldown"},
		{`"statistic":"Average"`, `"statistic":"Mean"`, `statistic "Mean"`},
		{`"timeAggregation":"Average"`, `"timeAggregation":"Min"`, `time aggregation "Min"`},
		{`"operator":"GreaterThan"`, `"operator":">"`, `operator ">"`},
		{`"Increase"`, `"Up"`, `direction "Up"`},
		{`"ChangeCount"`, `"ServiceAllowedNextValue"`, `type "ServiceAllowedNextValue"`},
		{`"value":"1"`, `"value":"x"`, `value "x"`},
		{`"threshold":1`, `"threshold":null`, "threshold is missing"},
		{`"metricName":"M"`, `"metricName":""`, "the metric is missing"},
		{`"metricName":"M"`, `"metricName":"M","metricResourceUri":"/t"`, "not the target /s"},
		{`"metricName":"M"`, `"metricName":"M","dimensions":[{"DimensionName":"VMName"}]`, "dimensions"},
		{`"recurrence"`, `"fixedDate":{"start":"2026-01-02T00:00:00","end":"2026-01-01T00:00:00"},"recurrence"`, "must end after it starts"},
		{`"recurrence"`, `"fixedDate":{"start":"soon","end":"2026-01-01T00:00:00"},"recurrence"`, `start "soon"`},
		{`"recurrence"`, `"fixedDate":{"start":"2026-01-01T00:00:00","end":"2026-01-02T00:00:00"},"recurrence"`, "a fixed date and a recurrence"},
		{good, `{"enabled":true,"profiles":[]}`, "0 profiles"},
		{good, good + good, "something follows"},
		{good, `[` + good + `]`, "no JSON object"},
		{good, good[:len(good)-1], "EOF"},
		{good, `{"properties":null}`, "properties are null"},
		{good, `{"version":2,"profiles":[]}`, "version 2"},
		{good, `{"tags":` + strings.Repeat("[", 30) + strings.Repeat("]", 30) + `}`, "nested too deep"},
		{good, `{"tags":"` + strings.Repeat("x", 1<<20) + `"}`, "bytes are more than"},
		{good, `{"profiles":[` + profile("a", 1, 1, 1, "") + "," + profile("a", 1, 1, 1, "") + `]}`, "empty or taken\n2 default profiles"},
		{good, `{"profiles":[` + profile("a", 1, 1, 1, "", strings.Split(strings.Repeat(rule("M > 1 +1")+"|", 11), "|")[:11]...) + `]}`, "11 rules"},
		{good, `{"profiles":[` + profile("%d", 2, 1, 1, "") + `]}`, `profile "%d": minimum 2 <= default 1`},
	} {
		require.Contains(t, good, c.from)
		_, err := engine.Parse([]byte(strings.Replace(good, c.from, c.to, 1)))
		assert.ErrorContains(t, err, c.problem, c.to)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(deployed(f, "dev"))
	text, err := os.ReadFile("../render/testdata/past-midnight.golden.json")
	require.NoError(f, err)
	f.Add(text)
	f.Add([]byte(`{"properties":{"enabled":true,"profiles":[` + profile("p", 1, 2, 3, `"fixedDate":{"start":"2026-01-01T00:00:00","end":"2026-12-31T00:00:00"}`,
		rule("M > 1 =3", "timeGrain", "PT2M"), rule("M < 1 -10%")) + `]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := engine.Parse(raw)
		if err != nil {
			return
		}
		p, found := s.InForce(noon())
		for _, capacity := range []int{0, 1, 5} {
			d, state := s.Evaluate(noon(), capacity, engine.State{}, metrics{"M": {1}})
			if found && (d.Capacity < p.Minimum || d.Capacity > p.Maximum) || !found && d.Capacity != capacity {
				t.Fatalf("%d became %d: %s", capacity, d.Capacity, d.Reason)
			}
			if (d.Capacity == capacity) != state.LastAction.IsZero() {
				t.Fatalf("%d became %d, acted %s", capacity, d.Capacity, state.LastAction)
			}
		}
	})
}
