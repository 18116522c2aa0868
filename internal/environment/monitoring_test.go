package environment

import (
	"strings"
	"testing"
	"time"
)

const token = "TOKEN-THAT-NOBODY-MAY-SEE"

func TestReceiversAreRead(t *testing.T) {
	t.Parallel()
	c := readStack(t, "dev")
	c["meet:monitoring"] = map[string]any{"alerts": map[string]any{
		"emails": []any{"oncall@example.org"}, "webhooks": []any{"https://hooks.example.org/" + token}, "atMaximumMinutes": 30,
		"runbook": "https://git.example.org/meet/operations.md", "certificateDays": 7,
	}}
	env, _, err := load(t, "dev", c)
	if err != nil {
		t.Fatal(err)
	}
	got := env.Monitoring.Alerts
	if len(got.Emails) != 1 || len(got.Webhooks) != 1 || got.Webhooks[0] != "https://hooks.example.org/"+token ||
		got.AtMaximum != 30*time.Minute || got.CertificateDays != 7 || got.Runbook != "https://git.example.org/meet/operations.md" {
		t.Errorf("got %+v", got)
	}
}

// A webhook's address is often all that it takes to post there. It must not get into the log of a pipeline by being mistyped.
func TestNoMessageShowsASecret(t *testing.T) {
	t.Parallel()
	address := "https://hooks.example.org/" + token
	for name, monitoring := range map[string]any{
		"refused":              map[string]any{"alerts": map[string]any{"webhooks": []any{"http://" + token}}},
		"twice":                map[string]any{"alerts": map[string]any{"webhooks": []any{address, address}}},
		"no list":              map[string]any{"alerts": map[string]any{"webhooks": address}},
		"a list in a list":     map[string]any{"alerts": map[string]any{"webhooks": []any{[]any{address}}}},
		"misspelled":           map[string]any{"alerts": map[string]any{"webhook": address}},
		"one level too high":   map[string]any{"webhooks": []any{address}},
		"no object":            address,
		"alerts are a text":    map[string]any{"alerts": address},
		"monitoring is a list": []any{address},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := readStack(t, "dev")
			c["meet:monitoring"] = monitoring
			for _, problem := range problems(t, "dev", c) {
				if strings.Contains(problem.String(), token) {
					t.Errorf("the message shows it:\n%s", problem)
				}
			}
		})
	}
	raw := `{"meet:monitoring":"{\"alerts\":{\"webhooks\":[\"a\"],\"webhooks\":\"` + token + `\"}}"}`
	_, _, err := Load("dev", raw, Namespace)
	if err == nil || strings.Contains(err.Error(), token) {
		t.Errorf("a key given twice: %v", err)
	}
}

func TestWhatAnAlertMayNameAsRunbook(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]bool{
		"docs/operations.md": true, "https://git.example.org/a/operations.md": true, "https://git.example.org/a?b=c": true,
		"": false, "http://git.example.org/a": false, "docs/operations.md#a": false, "https://git.example.org/#a": false,
		"javascript:alert(1)": false, "docs operations": false, "https://u:p@git.example.org/": false,
	} {
		if isRunbook(value) != want {
			t.Errorf("%q: %v", value, !want)
		}
	}
}

func TestPauseOfTheReaper(t *testing.T) {
	t.Parallel()
	for schedule, want := range map[string]time.Duration{"0 * * * * *": time.Minute, "0 */4 * * * *": 4 * time.Minute} {
		if got := (Reaper{Schedule: schedule}).Pause(); got != want {
			t.Errorf("%s: %s", schedule, got)
		}
	}
}
