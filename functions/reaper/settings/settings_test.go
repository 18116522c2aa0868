package settings_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"jitsi-meet-azure/functions/reaper/settings"
)

const scaleSet = "/subscriptions/s/resourceGroups/rg-meet-dev/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-"

// profiles stand for what the stack renders; the reader must give back the very same bytes.
const profiles = `{"version":1,"profiles":[{"name":"default <&>"}]}`

func example() settings.Settings {
	return settings.Settings{
		Environment:     "dev",
		Schedule:        "0 * * * * *",
		MinimumUptime:   55 * time.Minute,
		MaximumAge:      24 * time.Hour,
		BootDeadline:    20 * time.Minute,
		DeadAfter:       15 * time.Minute,
		Reserve:         1.5,
		Retention:       90 * 24 * time.Hour,
		ResourceManager: settings.PublicResourceManager,
		MetricsEndpoint: "https://westeurope.monitoring.azure.com",
		TableEndpoint:   "https://stmeetdevstate.table.core.windows.net/",
		ClientID:        "11111111-2222-3333-4444-555555555555",
		Targets: []settings.Target{
			{Shard: "a", ScaleSetID: scaleSet + "a", Jicofo: "http://10.40.1.10:8888", Profiles: json.RawMessage(profiles)},
			{Shard: "b", ScaleSetID: scaleSet + "b", Jicofo: "http://10.40.1.11:8888", Profiles: json.RawMessage(profiles)},
		},
	}
}

// environ is the process environment that App Service makes of the settings.
func environ(t interface{ Fatalf(string, ...any) }, s settings.Settings) []string {
	values, err := s.Values()
	if err != nil {
		t.Fatalf("Values: %v", err)
	}
	list := []string{"PATH=/bin", "FUNCTIONS_CUSTOMHANDLER_PORT=40000", "malformed"}
	for name, value := range values {
		list = append(list, name+"="+value, "APPSETTING_"+name+"="+value)
	}
	return list
}

func TestValuesOfTheExample(t *testing.T) {
	t.Parallel()
	values, err := example().Values()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"REAPER_ENVIRONMENT":      "dev",
		"REAPER_SCHEDULE":         "0 * * * * *",
		"REAPER_MINIMUM_UPTIME":   "55m0s",
		"REAPER_MAXIMUM_AGE":      "24h0m0s",
		"REAPER_STUCK_AFTER":      "0s",
		"REAPER_BOOT_DEADLINE":    "20m0s",
		"REAPER_DEAD_AFTER":       "15m0s",
		"REAPER_RESERVE":          "1.5",
		"REAPER_RETENTION":        "2160h0m0s",
		"REAPER_DRY_RUN":          "false",
		"REAPER_RESOURCE_MANAGER": "https://management.azure.com",
		"REAPER_METRICS_ENDPOINT": "https://westeurope.monitoring.azure.com",
		"REAPER_TABLE_ENDPOINT":   "https://stmeetdevstate.table.core.windows.net/",
		"AZURE_CLIENT_ID":         "11111111-2222-3333-4444-555555555555",
		"REAPER_PROFILES":         "[" + profiles + "]",
		"REAPER_TARGETS": `[{"shard":"a","scaleSetId":"` + scaleSet + `a","jicofo":"http://10.40.1.10:8888","profiles":0},` +
			`{"shard":"b","scaleSetId":"` + scaleSet + `b","jicofo":"http://10.40.1.11:8888","profiles":0}]`,
	}
	if !reflect.DeepEqual(values, want) {
		t.Errorf("Values = %v\nwant %v", values, want)
	}
}

// plain says that a reserve is one that a configuration can say: none with hundreds of digits behind the point.
func plain(reserve float64) bool { return reserve == 0 || reserve > 1e-3 }

// What the stack writes, the program reads back unchanged.
func TestParseUndoesValues(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-z][a-z0-9]{0,7}`)
	within := func(least, most time.Duration) *rapid.Generator[time.Duration] {
		return rapid.Map(rapid.Int64Range(int64(least), int64(most)), func(n int64) time.Duration { return time.Duration(n) })
	}
	offOr := func(least, most time.Duration) *rapid.Generator[time.Duration] {
		return rapid.OneOf(rapid.Just(time.Duration(0)), within(least, most))
	}
	rapid.Check(t, func(t *rapid.T) {
		written := settings.Settings{
			Environment:     word.Draw(t, "environment"),
			Schedule:        "0 */5 * * * *",
			MinimumUptime:   within(time.Minute, 24*time.Hour).Draw(t, "uptime"),
			MaximumAge:      offOr(2*time.Hour, 720*time.Hour).Draw(t, "age"),
			StuckAfter:      offOr(10*time.Minute, 24*time.Hour).Draw(t, "stuck"),
			BootDeadline:    offOr(10*time.Minute, 4*time.Hour).Draw(t, "boot"),
			DeadAfter:       offOr(15*time.Minute, 4*time.Hour).Draw(t, "dead"),
			Reserve:         rapid.Float64Range(0, 100).Filter(plain).Draw(t, "reserve"),
			Retention:       within(24*time.Hour, 3650*24*time.Hour).Draw(t, "retention"),
			DryRun:          rapid.Bool().Draw(t, "dry run"),
			ResourceManager: "https://management." + word.Draw(t, "cloud"),
			MetricsEndpoint: "https://" + word.Draw(t, "region") + ".monitoring.azure.com",
			TableEndpoint:   "https://" + word.Draw(t, "account") + ".table.core.windows.net/",
			ClientID:        word.Draw(t, "client"),
		}
		for i, shard := range rapid.SliceOfNDistinct(word, 1, 5, rapid.ID[string]).Draw(t, "shards") {
			profile, err := json.Marshal([]map[string]string{{"name": rapid.String().Draw(t, "profile")}})
			if err != nil {
				t.Fatal(err)
			}
			port := rapid.Uint16Range(1, 65535).Draw(t, "port")
			written.Targets = append(written.Targets, settings.Target{
				Shard: shard, ScaleSetID: scaleSet + shard, Profiles: profile, Jicofo: fmt.Sprintf("http://10.40.1.%d:%d", i, port),
			})
		}
		read, err := settings.Parse(environ(t, written))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(read, written) {
			t.Fatalf("wrote %+v\nread  %+v", written, read)
		}
	})
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const noProfiles = "REAPER_TARGETS[0]: has no autoscale profiles\nREAPER_TARGETS[1]: has no autoscale profiles"
	for _, c := range []struct{ name, setting, value, want string }{
		{"a missing environment", "REAPER_ENVIRONMENT", "", "REAPER_ENVIRONMENT: is missing"},
		{
			"a five-field schedule", "REAPER_SCHEDULE", "* * * * *",
			`REAPER_SCHEDULE: "* * * * *" has 5 fields; a schedule has six, the first for seconds`,
		},
		{"a bare number as uptime", "REAPER_MINIMUM_UPTIME", "55", `REAPER_MINIMUM_UPTIME: "55" is not a duration such as 55m`},
		{"a vague dry run", "REAPER_DRY_RUN", "yes", `REAPER_DRY_RUN: "yes" is neither true nor false`},
		{"plain http", "REAPER_TABLE_ENDPOINT", "http://x/", `REAPER_TABLE_ENDPOINT: "http://x/" is not a plain https URL`},
		{"a signature", "REAPER_TABLE_ENDPOINT", "https://x/?sig=y", `REAPER_TABLE_ENDPOINT: "https://x/ with more" is not a plain https URL`},
		{"an empty query", "REAPER_TABLE_ENDPOINT", "https://x/?", `REAPER_TABLE_ENDPOINT: "https://x/ with more" is not a plain https URL`},
		{
			"a resource manager in the clear", "REAPER_RESOURCE_MANAGER", "http://management.azure.com",
			`REAPER_RESOURCE_MANAGER: "http://management.azure.com" is not a plain https URL`,
		},
		{
			"a resource manager with a user", "REAPER_RESOURCE_MANAGER", "https://me@management.azure.com",
			`REAPER_RESOURCE_MANAGER: "https://management.azure.com with more" is not a plain https URL`,
		},
		{
			"metrics in the clear", "REAPER_METRICS_ENDPOINT", "http://westeurope.monitoring.azure.com",
			`REAPER_METRICS_ENDPOINT: "http://westeurope.monitoring.azure.com" is not a plain https URL`,
		},
		{"nowhere for metrics", "REAPER_METRICS_ENDPOINT", "", "REAPER_METRICS_ENDPOINT: is missing"},
		{"a missing reserve", "REAPER_RESERVE", "", "REAPER_RESERVE: is missing"},
		{"no identity", "AZURE_CLIENT_ID", "", "AZURE_CLIENT_ID: is missing"},
		{"a misspelt setting", "REAPER_DRYRUN", "true", "REAPER_DRYRUN: is not a setting of the reaper"},
		{"empty profiles", "REAPER_PROFILES", "[[]]", noProfiles},
		{"null profiles", "REAPER_PROFILES", "[null]", noProfiles},
		{"a word for profiles", "REAPER_PROFILES", `["default"]`, noProfiles},
		{"missing profiles", "REAPER_PROFILES", "", "REAPER_PROFILES: is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refuses(t, c.setting, c.value, c.want)
		})
	}
}

// refuses wants the example with one setting changed to be refused for exactly this.
func refuses(t *testing.T, setting, value, want string) {
	t.Helper()
	_, err := settings.Parse(append(environ(t, example()), setting+"="+value))
	if err == nil || err.Error() != want {
		t.Errorf("error %v\nwant  %v", err, want)
	}
}

func TestParseReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := settings.Parse(nil)
	if err == nil {
		t.Fatal("an empty environment passed")
	}
	if lines := strings.Count(err.Error(), "is missing"); lines != 16 {
		t.Errorf("%d settings are reported as missing, want all 16:\n%v", lines, err)
	}
}

// Forty shards that share their profiles fit; profiles of forty kinds do not, and say so when the stack is deployed
// rather than when Linux refuses to start the handler.
func TestValuesBoundsTheirSize(t *testing.T) {
	t.Parallel()
	fleet := func(distinct bool) settings.Settings {
		s := example()
		s.Targets = nil
		for i := range 40 {
			name := "same"
			if distinct {
				name = strconv.Itoa(i)
			}
			profiles := `{"name":"` + strings.Repeat("x", 5000) + name + `"}`
			id := "s" + strconv.Itoa(i)
			s.Targets = append(s.Targets, settings.Target{Shard: id, ScaleSetID: scaleSet + id, Profiles: json.RawMessage(profiles)})
		}
		return s
	}
	if _, err := fleet(false).Values(); err != nil {
		t.Errorf("shared profiles: %v", err)
	}
	if _, err := fleet(true).Values(); err == nil || !strings.Contains(err.Error(), "REAPER_PROFILES would take") {
		t.Errorf("distinct profiles: %v", err)
	}
}

func TestValuesReportsBrokenProfiles(t *testing.T) {
	t.Parallel()
	s := example()
	s.Targets[1].Profiles = json.RawMessage("[")
	if _, err := s.Values(); err == nil || !strings.Contains(err.Error(), "autoscale profiles of shard b") {
		t.Errorf("error %v", err)
	}
}
