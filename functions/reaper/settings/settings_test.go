package settings_test

import (
	"encoding/json"
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
		Environment:   "dev",
		Schedule:      "0 * * * * *",
		MinimumUptime: 55 * time.Minute,
		TableEndpoint: "https://stmeetdevstate.table.core.windows.net/",
		ClientID:      "11111111-2222-3333-4444-555555555555",
		Targets: []settings.Target{
			{Shard: "a", ScaleSetID: scaleSet + "a", Profiles: json.RawMessage(profiles)},
			{Shard: "b", ScaleSetID: scaleSet + "b", Profiles: json.RawMessage(profiles)},
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
		"REAPER_ENVIRONMENT":    "dev",
		"REAPER_SCHEDULE":       "0 * * * * *",
		"REAPER_MINIMUM_UPTIME": "55m0s",
		"REAPER_DRY_RUN":        "false",
		"REAPER_TABLE_ENDPOINT": "https://stmeetdevstate.table.core.windows.net/",
		"AZURE_CLIENT_ID":       "11111111-2222-3333-4444-555555555555",
		"REAPER_PROFILES":       "[" + profiles + "]",
		"REAPER_TARGETS": `[{"shard":"a","scaleSetId":"` + scaleSet + `a","profiles":0},` +
			`{"shard":"b","scaleSetId":"` + scaleSet + `b","profiles":0}]`,
	}
	if !reflect.DeepEqual(values, want) {
		t.Errorf("Values = %v\nwant %v", values, want)
	}
}

// What the stack writes, the program reads back unchanged.
func TestParseUndoesValues(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-z][a-z0-9]{0,7}`)
	rapid.Check(t, func(t *rapid.T) {
		written := settings.Settings{
			Environment:   word.Draw(t, "environment"),
			Schedule:      "0 */5 * * * *",
			MinimumUptime: time.Duration(rapid.Int64Range(1, int64(1000*time.Hour)).Draw(t, "uptime")),
			DryRun:        rapid.Bool().Draw(t, "dry run"),
			TableEndpoint: "https://" + word.Draw(t, "account") + ".table.core.windows.net/",
			ClientID:      word.Draw(t, "client"),
		}
		for _, shard := range rapid.SliceOfNDistinct(word, 1, 5, rapid.ID[string]).Draw(t, "shards") {
			profile, err := json.Marshal([]map[string]string{{"name": rapid.String().Draw(t, "profile")}})
			if err != nil {
				t.Fatal(err)
			}
			written.Targets = append(written.Targets, settings.Target{Shard: shard, ScaleSetID: scaleSet + shard, Profiles: profile})
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
		{"no uptime at all", "REAPER_MINIMUM_UPTIME", "0s", `REAPER_MINIMUM_UPTIME: "0s" is not above zero`},
		{"a negative uptime", "REAPER_MINIMUM_UPTIME", "-1h", `REAPER_MINIMUM_UPTIME: "-1h" is not above zero`},
		{"a vague dry run", "REAPER_DRY_RUN", "yes", `REAPER_DRY_RUN: "yes" is neither true nor false`},
		{"plain http", "REAPER_TABLE_ENDPOINT", "http://x/", `REAPER_TABLE_ENDPOINT: "http://x/" is not a plain https URL`},
		{"a signature", "REAPER_TABLE_ENDPOINT", "https://x/?sig=y", `REAPER_TABLE_ENDPOINT: "https://x/?sig=y" is not a plain https URL`},
		{"no identity", "AZURE_CLIENT_ID", "", "AZURE_CLIENT_ID: is missing"},
		{"a misspelt setting", "REAPER_DRYRUN", "true", "REAPER_DRYRUN: is not a setting of the reaper"},
		{"no targets", "REAPER_TARGETS", "[]", "REAPER_TARGETS: names no scale set"},
		{"null targets", "REAPER_TARGETS", "null", "REAPER_TARGETS: names no scale set"},
		{"two lists", "REAPER_TARGETS", "[][]", "REAPER_TARGETS: goes on after its list"},
		{
			"an object for the list", "REAPER_TARGETS", "{}",
			"REAPER_TARGETS: is not the list that the stack writes: json: cannot unmarshal object into Go value of type []settings.target",
		},
		{
			"an unknown field", "REAPER_TARGETS", `[{"shard":"a","force":true}]`,
			`REAPER_TARGETS: is not the list that the stack writes: json: unknown field "force"`,
		},
		{
			"a whole resource group", "REAPER_TARGETS", `[{"shard":"a","scaleSetId":"/subscriptions/s/resourceGroups/g","profiles":0}]`,
			`REAPER_TARGETS[0]: "/subscriptions/s/resourceGroups/g" is not the id of a scale set`,
		},
		{
			"one instance", "REAPER_TARGETS", `[{"shard":"a","scaleSetId":"` + scaleSet + `a/virtualMachines/0","profiles":0}]`,
			`REAPER_TARGETS[0]: "` + scaleSet + `a/virtualMachines/0" is not the id of a scale set`,
		},
		{"no shard", "REAPER_TARGETS", `[{"scaleSetId":"` + scaleSet + `a","profiles":0}]`, "REAPER_TARGETS[0]: has no shard"},
		{
			"no profiles", "REAPER_TARGETS", `[{"shard":"a","scaleSetId":"` + scaleSet + `a"}]`,
			"REAPER_TARGETS[0]: refers to no entry of REAPER_PROFILES",
		},
		{
			"profiles beyond the end", "REAPER_TARGETS", `[{"shard":"a","scaleSetId":"` + scaleSet + `a","profiles":1}]`,
			"REAPER_TARGETS[0]: refers to no entry of REAPER_PROFILES",
		},
		{
			"profiles before the start", "REAPER_TARGETS", `[{"shard":"a","scaleSetId":"` + scaleSet + `a","profiles":-1}]`,
			"REAPER_TARGETS[0]: refers to no entry of REAPER_PROFILES",
		},
		{
			"the same set under two names and in other case", "REAPER_TARGETS",
			`[{"shard":"a","scaleSetId":"` + scaleSet + `a","profiles":0},` +
				`{"shard":"b","scaleSetId":"` + strings.ToUpper(scaleSet) + `A","profiles":0}]`,
			"REAPER_TARGETS[1]: scale set " + strings.ToLower(scaleSet) + "a is named twice",
		},
		{"empty profiles", "REAPER_PROFILES", "[[]]", noProfiles},
		{"null profiles", "REAPER_PROFILES", "[null]", noProfiles},
		{"a word for profiles", "REAPER_PROFILES", `["default"]`, noProfiles},
		{"missing profiles", "REAPER_PROFILES", "", "REAPER_PROFILES: is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := settings.Parse(append(environ(t, example()), c.setting+"="+c.value))
			if err == nil || err.Error() != c.want {
				t.Errorf("error %v\nwant  %v", err, c.want)
			}
		})
	}
}

func TestParseReportsEverythingAtOnce(t *testing.T) {
	t.Parallel()
	_, err := settings.Parse(nil)
	if err == nil {
		t.Fatal("an empty environment passed")
	}
	if lines := strings.Count(err.Error(), "is missing"); lines != 8 {
		t.Errorf("%d settings are reported as missing, want all 8:\n%v", lines, err)
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

// Whatever an environment holds, Parse answers without panic, and what it accepts can be written and read again.
func FuzzParse(f *testing.F) {
	f.Add("55m", "true", "https://x/", `[{"shard":"a","scaleSetId":"`+scaleSet+`a","profiles":0}]`, `[[{}]]`)
	f.Add("", "", "", "", "")
	f.Fuzz(func(t *testing.T, uptime, dryRun, endpoint, targets, profiles string) {
		read, err := settings.Parse([]string{
			"REAPER_ENVIRONMENT=dev", "REAPER_SCHEDULE=0 * * * * *", "AZURE_CLIENT_ID=id", "REAPER_MINIMUM_UPTIME=" + uptime,
			"REAPER_DRY_RUN=" + dryRun, "REAPER_TABLE_ENDPOINT=" + endpoint, "REAPER_TARGETS=" + targets, "REAPER_PROFILES=" + profiles,
		})
		if err != nil {
			return
		}
		if _, err := settings.Parse(environ(t, read)); err != nil {
			t.Fatalf("%+v does not survive being written: %v", read, err)
		}
	})
}
