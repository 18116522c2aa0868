package probe

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestParseRoster(t *testing.T) {
	t.Parallel()
	const state = `{"drain":false,"stress":0.1}`
	const room = "jvbbrewery@internal-muc.meet.jitsi"
	for name, c := range map[string]struct {
		data string
		want []string // nil for an error
	}{
		"two": {
			`{"focus_manager":{},"bridge_selector":{"strategy":"S","bridge":{"` + room + `/AB-c":` + state + `,"` + room + `/d/e":{}}}}`,
			[]string{"ab-c", "d/e"},
		},
		"none":               {`{"bridge_selector":{"bridge":{}}}`, []string{}},
		"nothing":            {``, nil},
		"null":               {`null`, nil},
		"no selector":        {`{}`, nil},
		"a null selector":    {`{"bridge_selector":null}`, nil},
		"no bridges":         {`{"bridge_selector":{}}`, nil},
		"null bridges":       {`{"bridge_selector":{"bridge":null}}`, nil},
		"a list of bridges":  {`{"bridge_selector":{"bridge":["` + room + `/a"]}}`, nil},
		"a string":           {`{"bridge_selector":{"bridge":"null"}}`, nil},
		"a bridge as string": {`{"bridge_selector":{"bridge":{"` + room + `/a":"{}"}}}`, nil},
		"a bare JID":         {`{"bridge_selector":{"bridge":{"` + room + `":{}}}}`, nil},
		"no nickname":        {`{"bridge_selector":{"bridge":{"` + room + `/":{}}}}`, nil},
		"a bridge twice":     {`{"bridge_selector":{"bridge":{"` + room + `/a":{},"` + room + `/a":{}}}}`, nil},
		"selector twice":     {`{"bridge_selector":{"bridge":{}},"bridge_selector":{"bridge":{}}}`, nil},
		"cut":                {`{"bridge_selector":{"bridge":{"` + room + `/a":{}}}`, nil},
		"more behind":        {`{"bridge_selector":{"bridge":{}}}{}`, nil},
	} {
		got, err := parseRoster([]byte(c.data))
		if names := slices.Sorted(maps.Keys(got)); (err != nil) != (c.want == nil) || err == nil && !slices.Equal(names, c.want) {
			t.Errorf("%s: got %q, %v", name, names, err)
		}
	}
}

func FuzzRoster(f *testing.F) {
	f.Add([]byte(`{"bridge_selector":{"bridge":{"jvbbrewery@internal-muc.meet.jitsi/a":{}}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		roster, err := parseRoster(data)
		if (err == nil) != (roster != nil) {
			t.Errorf("%v and %v", roster, err)
		}
		for nickname := range roster {
			if nickname == "" || nickname != strings.ToLower(nickname) {
				t.Errorf("nickname %q", nickname)
			}
		}
	})
}
