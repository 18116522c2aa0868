package probe

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// sample is what a videobridge 2.3.168 answered to /colibri/stats in October 2024.

// Source: README of the public Zabbix template for Jitsi Meet.

func sample(tb testing.TB) []byte {
	tb.Helper()
	data, err := os.ReadFile("testdata/stats.json")
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestParseStatsOfARealBridge(t *testing.T) {
	t.Parallel()
	got, err := parseStats(sample(t))
	want := fleet.Stats{
		At:                time.Date(2024, 10, 24, 2, 47, 27, 605e6, time.UTC),
		ClientsConfigured: 1, ClientsConnected: 1, RoomsConfigured: 1, RoomsJoined: 1,
		Version: "2.3.168-g28674f78",
	}
	if err != nil || got != want {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

// changed is the real answer with one field changed, or without it if value is empty.

func changed(tb testing.TB, field, value string) []byte {
	tb.Helper()
	var values map[string]json.RawMessage
	if err := json.Unmarshal(sample(tb), &values); err != nil {
		tb.Fatal(err)
	}
	if value == "" {
		delete(values, field)
	} else {
		values[field] = json.RawMessage(value)
	}
	data, err := json.Marshal(values)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func TestParseStatsReadsEveryField(t *testing.T) {
	t.Parallel()
	for field, c := range map[string]struct {
		value string
		got   func(fleet.Stats) any
		want  any
	}{
		"conferences":            {"3", func(s fleet.Stats) any { return s.Conferences }, 3},
		"local_endpoints":        {"4.0", func(s fleet.Stats) any { return s.LocalEndpoints }, 4},
		"participants":           {"1e1", func(s fleet.Stats) any { return s.Participants }, 10},
		"drain":                  {"true", func(s fleet.Stats) any { return s.Drain }, true},
		"graceful_shutdown":      {"true", func(s fleet.Stats) any { return s.GracefulShutdown }, true},
		"shutting_down":          {"true", func(s fleet.Stats) any { return s.ShuttingDown }, true},
		"muc_clients_configured": {"2", func(s fleet.Stats) any { return s.ClientsConfigured }, 2},
		"muc_clients_connected":  {"2", func(s fleet.Stats) any { return s.ClientsConnected }, 2},
		"mucs_configured":        {"1000000", func(s fleet.Stats) any { return s.RoomsConfigured }, 1000000},
		"mucs_joined":            {"2", func(s fleet.Stats) any { return s.RoomsJoined }, 2},
		"stress_level":           {"0.75", func(s fleet.Stats) any { return s.Stress }, 0.75},
		"bit_rate_download":      {"123", func(s fleet.Stats) any { return s.BitRateIn }, int64(123)},
		"bit_rate_upload":        {"456", func(s fleet.Stats) any { return s.BitRateOut }, int64(456)},
		"version":                {`"3.0"`, func(s fleet.Stats) any { return s.Version }, "3.0"},
		"current_timestamp": {
			`"2026-01-31 23:59:59.001"`, func(s fleet.Stats) any { return s.At },
			time.Date(2026, 1, 31, 23, 59, 59, 1e6, time.UTC),
		},
		"a_new_statistic": {`{"of":["any","kind"]}`, func(fleet.Stats) any { return nil }, nil},
	} {
		got, err := parseStats(changed(t, field, c.value))
		if err != nil || c.got(got) != c.want {
			t.Errorf("%s: got %+v, %v", field, got, err)
		}
	}
}

func TestParseStatsRefuses(t *testing.T) {
	t.Parallel()
	counts := []string{
		"conferences", "local_endpoints", "participants", "muc_clients_configured", "muc_clients_connected", "mucs_configured",
		"mucs_joined",
	}
	flags := []string{"drain", "graceful_shutdown", "shutting_down"}
	bad := map[string][]string{
		"current_timestamp": {
			"", "null", "0", `""`, `"2024-10-24T02:47:27.605Z"`, `"2024-10-24 02:47:27"`, `"2024-10-24 02:47:27,605"`,
			`"2024-13-24 02:47:27.605"`, `"2024-10-24 02:47:27.605 "`,
		},
		"stress_level":      {`"0.5"`, "-1", "true", "1e999", "1000.1"},
		"bit_rate_download": {`"0"`, "-1", "1e13"},
		"bit_rate_upload":   {"[]"},
		"version":           {"2", `"` + strings.Repeat("v", maxVersion+1) + `"`},
	}
	for _, field := range counts {
		bad[field] = []string{"", "null", `"0"`, "true", "-1", "0.5", "1000001", "1e999", "{}", "[0]"}
	}
	for _, field := range flags {
		bad[field] = []string{"", "null", `"false"`, "0", "{}"}
	}
	for field, values := range bad {
		for _, value := range values {
			if got, err := parseStats(changed(t, field, value)); err == nil || !strings.Contains(err.Error(), field) {
				t.Errorf("%s %q: got %+v, %v", field, value, got, err)
			}
		}
	}
	whole := strings.TrimSpace(string(sample(t)))
	for name, data := range map[string]string{
		"nothing":          "",
		"an empty object":  "{}",
		"null":             "null",
		"an array":         "[" + whole + "]",
		"cut":              whole[:len(whole)-1],
		"more behind":      whole + "{}",
		"a field twice":    whole[:len(whole)-1] + `,"conferences":0}`,
		"NaN":              strings.Replace(whole, `"conferences":0`, `"conferences":NaN`, 1),
		"names in capital": strings.Replace(whole, `"conferences"`, `"Conferences"`, 1),
	} {
		if got, err := parseStats([]byte(data)); err == nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestParseStatsWithoutTheOptional(t *testing.T) {
	t.Parallel()
	for _, field := range []string{"stress_level", "bit_rate_download", "bit_rate_upload", "version"} {
		for _, value := range []string{"", "null"} {
			stats, err := parseStats(changed(t, field, value))
			if err != nil {
				t.Errorf("%s %q: %v", field, value, err)
			}
			if stats.StressUnknown != (field == "stress_level") {
				t.Errorf("%s %q: stress %v, unknown %v", field, value, stats.Stress, stats.StressUnknown)
			}
		}
	}
}

func TestParseDrain(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]bool{`{"drain":true}`: true, `{"drain":false}`: false, `{ "drain": true, "x": 1 }`: true} {
		if got, err := parseDrain([]byte(data)); err != nil || got != want {
			t.Errorf("%s: %v, %v", data, got, err)
		}
	}
	for _, data := range []string{
		``, `true`, `{}`, `{"drain":null}`, `{"drain":"true"}`, `{"drain":1}`, `{"drain":true,"drain":false}`, `{"drain":true}}`,
		`{"Drain":true}`,
	} {
		if got, err := parseDrain([]byte(data)); err == nil {
			t.Errorf("%s: got %v", data, got)
		}
	}
}

// exposition is what a bridge answers to /metrics, around one metric, with a long line behind it.

// A body that breaks off is no answer, wherever it does, even where what matters has arrived.

func FuzzStats(f *testing.F) {
	f.Add(sample(f))
	f.Add(changed(f, "conferences", "1e3"))
	f.Add(changed(f, "current_timestamp", `"2026-01-31 23:59:59.001"`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		stats, err := parseStats(data)
		if err != nil {
			if stats != (fleet.Stats{}) {
				t.Errorf("an error and yet %+v", stats)
			}
			return
		}
		if stats.At.IsZero() && !bytes.Contains(data, []byte("0001-01-01")) {
			t.Error("no time")
		}
		for _, count := range []int{stats.Conferences, stats.LocalEndpoints, stats.Participants, stats.RoomsJoined} {
			if count < 0 || count > maxCount {
				t.Errorf("count %d", count)
			}
		}
		if stats.BitRateIn < 0 || stats.BitRateOut < 0 || !(stats.Stress >= 0 && stats.Stress <= maxStress) || len(stats.Version) > maxVersion {
			t.Errorf("%+v", stats)
		}
	})
}

func FuzzDrain(f *testing.F) {
	f.Add([]byte(`{"drain":true}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		drain, err := parseDrain(data)
		if err == nil && drain && !bytes.Contains(data, []byte("true")) {
			t.Errorf("%q is drained", data)
		}
	})
}
