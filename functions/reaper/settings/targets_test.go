package settings_test

import (
	"strings"
	"testing"

	"jitsi-meet-azure/functions/reaper/settings"
)

const (
	jicofo      = "http://10.40.1.10:8888"
	otherJicofo = "http://10.40.1.11:8888"
)

// list writes one entry of REAPER_TARGETS after the other. What is empty in an entry is left out.
func list(entries ...[4]string) string {
	written := make([]string, 0, len(entries))
	for _, entry := range entries {
		var fields []string
		for i, name := range []string{"shard", "scaleSetId", "jicofo"} {
			if entry[i] != "" {
				fields = append(fields, `"`+name+`":"`+entry[i]+`"`)
			}
		}
		if entry[3] != "" {
			fields = append(fields, `"profiles":`+entry[3])
		}
		written = append(written, "{"+strings.Join(fields, ",")+"}")
	}
	return "[" + strings.Join(written, ",") + "]"
}

func TestParseRefusesTargets(t *testing.T) {
	t.Parallel()
	const noEntry = "REAPER_TARGETS[0]: refers to no entry of REAPER_PROFILES"
	for _, c := range []struct{ name, value, want string }{
		{"no targets", "[]", "REAPER_TARGETS: names no scale set"},
		{"null targets", "null", "REAPER_TARGETS: names no scale set"},
		{"two lists", "[][]", "REAPER_TARGETS: goes on after its list"},
		{
			"an object for the list", "{}",
			"REAPER_TARGETS: is not the list that the stack writes: json: cannot unmarshal object into Go value of type []settings.target",
		},
		{
			"an unknown field", `[{"shard":"a","force":true}]`,
			`REAPER_TARGETS: is not the list that the stack writes: json: unknown field "force"`,
		},
		{
			"a whole resource group", list([4]string{"a", "/subscriptions/s/resourceGroups/g", jicofo, "0"}),
			`REAPER_TARGETS[0]: "/subscriptions/s/resourceGroups/g" is not the id of a scale set`,
		},
		{
			"one instance", list([4]string{"a", scaleSet + "a/virtualMachines/0", jicofo, "0"}),
			`REAPER_TARGETS[0]: "` + scaleSet + `a/virtualMachines/0" is not the id of a scale set`,
		},
		{"no shard", list([4]string{"", scaleSet + "a", jicofo, "0"}), "REAPER_TARGETS[0]: has no shard"},
		{
			"no Jicofo", list([4]string{"a", scaleSet + "a", "", "0"}),
			`REAPER_TARGETS[0]: "" is not http:// with the IP address and port of a Jicofo`,
		},
		{"no profiles", list([4]string{"a", scaleSet + "a", jicofo, ""}), noEntry},
		{"profiles beyond the end", list([4]string{"a", scaleSet + "a", jicofo, "1"}), noEntry},
		{"profiles before the start", list([4]string{"a", scaleSet + "a", jicofo, "-1"}), noEntry},
		{
			"the same set under two names and in other case",
			list([4]string{"a", scaleSet + "a", jicofo, "0"}, [4]string{"b", strings.ToUpper(scaleSet) + "A", otherJicofo, "0"}),
			"REAPER_TARGETS[1]: scale set " + strings.ToLower(scaleSet) + "a is named twice",
		},
		{
			"one shard twice",
			list([4]string{"a", scaleSet + "a", jicofo, "0"}, [4]string{"a", scaleSet + "b", otherJicofo, "0"}),
			"REAPER_TARGETS[1]: shard a is named twice",
		},
		{
			"one Jicofo as the witness of two shards",
			list([4]string{"a", scaleSet + "a", jicofo, "0"}, [4]string{"b", scaleSet + "b", jicofo, "0"}),
			"REAPER_TARGETS[1]: Jicofo http://10.40.1.10:8888 is named twice",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refuses(t, "REAPER_TARGETS", c.value, c.want)
		})
	}
}

func TestIsJicofo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		jicofo:                      true,
		"http://127.0.0.1:1":        true,
		"http://[fd00::1]:8888":     true,
		"":                          false,
		"10.40.1.10:8888":           false,
		"http://":                   false,
		"http://10.40.1.10":         false, // no port
		"http://10.40.1.10:0":       false,
		"http://10.40.1.10:08888":   false,
		"http://10.40.1.10:8888/":   false,
		"http://10.40.1.10:8888?":   false,
		"http://10.40.1.10:8888#a":  false,
		"http://me@10.40.1.10:8888": false,
		"https://10.40.1.10:8888":   false, // Jicofo speaks no TLS
		"HTTP://10.40.1.10:8888":    false,
		"http://jicofo:8888":        false,
		"http://010.40.1.10:8888":   false,
		"http://[fe80::1%eth0]:80":  false,
		"http://10.40.1.10: 8888":   false,
	} {
		if got := settings.IsJicofo(text); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
