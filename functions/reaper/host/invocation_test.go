package host

import (
	"strings"
	"testing"
	"time"
)

// sent is an invocation as the host sends it.
const sent = `{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-03-29T01:59:00.0012+01:00",` +
	`"LastUpdated":"2026-03-29T01:59:00+01:00","Next":"2026-03-29T03:01:00+02:00"},"IsPastDue":true}},` +
	`"Metadata":{"sys":{"MethodName":"reaper","UtcNow":"2026-03-29T01:00:00.1234567Z","RandGuid":"5ca1ab1e-0000-4000-8000-000000000001"}}}`

func TestParseInvocation(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 29, 1, 0, 0, 123456700, time.UTC)
	for _, c := range []struct {
		name, body string
		want       Invocation
	}{
		{"as the host sends it", sent, Invocation{
			ID: "5ca1ab1e-0000-4000-8000-000000000001", Method: "reaper", UTCNow: now, PastDue: true,
			Last: time.Date(2026, time.March, 29, 0, 59, 0, 1200000, time.UTC),
			Next: time.Date(2026, time.March, 29, 1, 1, 0, 0, time.UTC),
		}},
		{
			"objects as JSON text", `{"Data":{"timer":"{\"IsPastDue\":\"True\"}"},"Metadata":{"sys":"{\"RandGuid\":\"x\"}"}}`,
			Invocation{ID: "x", PastDue: true},
		},
		{"nothing said", `{}`, Invocation{}},
		{"nothing said, in so many words", `{"Data":null,"Metadata":{"sys":null}}`, Invocation{}},
		{"the first run", `{"Data":{"timer":{"ScheduleStatus":{"Last":"0001-01-01T00:00:00+00:00"},"IsPastDue":false}}}`, Invocation{}},
		{"no schedule status", `{"Data":{"timer":{"ScheduleStatus":null}}}`, Invocation{}},
		{"other types", `{"Data":[1,2],"Metadata":{"sys":{"RandGuid":7,"UtcNow":"soon","MethodName":["x"]}}}`, Invocation{}},
		{"a forged log line", `{"Metadata":{"sys":{"RandGuid":"a\n{\"level\":\"ERROR\"}\u00e9"}}}`, Invocation{ID: "alevelERROR"}},
		{
			"a long text", `{"Metadata":{"sys":{"RandGuid":"` + strings.Repeat("x", 1000) + `"}}}`,
			Invocation{ID: strings.Repeat("x", maxText)},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseInvocation([]byte(c.body))
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got  %+v\nwant %+v", got, c.want)
			}
		})
	}
}

func TestParseInvocationRefuses(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                        "is not a JSON object",
		"[]":                      "is not a JSON object",
		`"{}"`:                    "is not a JSON object",
		"null":                    "is null",
		"{":                       "is not a JSON object",
		"{}{}":                    "goes on after its JSON object",
		"{} x":                    "goes on after its JSON object",
		strings.Repeat("[", 1000): "is not a JSON object",
	} {
		if _, err := parseInvocation([]byte(body)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: error %v, want one that says %q", body, err, want)
		}
	}
}

// Whatever arrives, parsing answers without panic and lets nothing through that could forge or flood a log.
func FuzzParseInvocation(f *testing.F) {
	for _, seed := range []string{sent, "{}", "null", `{"Data":{"timer":"{}"}}`, `{"Metadata":{"sys":{"RandGuid":"\u0000"}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		parsed, err := parseInvocation(body)
		if err != nil {
			if parsed != (Invocation{}) {
				t.Fatalf("a refused invocation left %+v", parsed)
			}
			return
		}
		for _, text := range []string{parsed.ID, parsed.Method} {
			if len(text) > maxText || strings.Trim(text, "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != "" {
				t.Fatalf("%q came through", text)
			}
		}
	})
}
