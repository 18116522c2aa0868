package alerts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/monitoring/alerts"
	"jitsi-meet-azure/monitoring/schema/check"
)

func usual() alerts.Facts {
	return alerts.Facts{
		Shards: []string{"a", "b"}, Namespaces: []string{"shard-a", "shard-b"}, FrontDoor: "front-door", Proxies: 2, Maximum: 14,
		PrefixAddresses: 16, CPUPercent: 70, ReaperPause: time.Minute, AtMaximum: 15 * time.Minute, CertificateDays: 21, Trusted: true,
		Certificates: []alerts.Certificate{{Of: "shard a", Expires: "2027-11-24T10:00:00Z"}, {Of: "shard b", Expires: "2027-11-25T10:00:00+01:00"}},
	}
}

func find(t *testing.T, f alerts.Facts, name string) alerts.Alert {
	t.Helper()
	all := alerts.Table(f)
	i := slices.IndexFunc(all, func(a alerts.Alert) bool { return a.Name == name })
	require.GreaterOrEqual(t, i, 0, name)
	return all[i]
}

func TestEveryAlertIsWhole(t *testing.T) {
	t.Parallel()
	require.NoError(t, usual().Validate())
	seen := map[string]bool{}
	for _, a := range alerts.Table(usual()) {
		assert.Regexp(t, `^[a-z]+(-[a-z]+)*$`, a.Name)
		assert.False(t, seen[a.Name], "%s is there twice", a.Name)
		seen[a.Name] = true
		assert.NotEmpty(t, a.Title, a.Name)
		assert.Regexp(t, `[.]$`, a.Why, a.Name)
		assert.Contains(t, []alerts.Severity{alerts.Critical, alerts.Error, alerts.Warning}, a.Severity, a.Name)
		watches := 0
		for _, watched := range []bool{a.Query != nil, a.Metric != nil, a.Activity != nil, a.Outside != nil} {
			if watched {
				watches++
			}
		}
		assert.Equal(t, 1, watches, a.Name)
		assert.Less(t, len(a.Description("docs/operations.md")), 1000, a.Name)
		assert.Contains(t, a.Description("docs/operations.md"), "docs/operations.md#"+a.Name)
	}
	assert.GreaterOrEqual(t, len(seen), 20)
}

// Azure takes certain windows only, looks no further ahead than a window, and of metrics not as far back.
func TestWindowsAreAzures(t *testing.T) {
	t.Parallel()
	ofMetrics := []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour}
	for _, pause := range []time.Duration{time.Minute, 4 * time.Minute, 15 * time.Minute, time.Hour} {
		facts := usual()
		facts.ReaperPause = pause
		for _, a := range alerts.Table(facts) {
			if a.Activity != nil {
				assert.Zero(t, a.Window, a.Name)
				continue
			}
			assert.Contains(t, alerts.Windows(), a.Window, a.Name)
			assert.Contains(t, alerts.Windows(), a.Every, a.Name)
			assert.LessOrEqual(t, a.Every, a.Window, a.Name)
			if a.Query == nil {
				assert.Contains(t, ofMetrics, a.Window, a.Name)
				assert.LessOrEqual(t, a.Every, time.Hour, a.Name)
			}
		}
	}
}

func TestQueriesAreSound(t *testing.T) {
	t.Parallel()
	for _, a := range alerts.Table(usual()) {
		if a.Query == nil {
			continue
		}
		require.NoError(t, check.Query(a.Query.Text), "%s:\n%s", a.Name, a.Query.Text)
		for _, column := range a.Query.By {
			assert.Regexp(t, `(by|on|distinct|\(|, )[^|]*\b`+column+`\b`, a.Query.Text, "%s is split by what its rows do not have", a.Name)
		}
	}
}

// A message that is changed in a program and not here would never be found again, and nobody would miss it.
func TestProgramsSayWhatAlertsLookFor(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, a := range alerts.Table(usual()) {
		if a.Query == nil {
			continue
		}
		for _, line := range a.Query.Lines {
			content, err := os.ReadFile(filepath.Join("..", "..", line.File))
			require.NoError(t, err, a.Name)
			assert.Contains(t, string(content), line.Text, "%s: %s does not say it any more", a.Name, line.File)
			checked++
		}
		ours := strings.Contains(a.Query.Text, "FunctionAppLogs") || strings.Contains(a.Query.Text, "ContainerLogV2") ||
			strings.Contains(a.Query.Text, "Syslog")
		assert.Equal(t, ours, len(a.Query.Lines) > 0, "%s: a query about our own programs names what it looks for", a.Name)
	}
	assert.Greater(t, checked, 15)
}

// The texts in the query are those that were held to the programs.
func TestQueriesLookForTheseLines(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"reaper-silent": {`\"msg\":\"heartbeat`}, "removal-stuck": {`\"msg\":\"a removal is stuck`},
		"jicofo-silent":          {`\"msg\":\"Jicofo does not say which bridges it knows`},
		"jicofo-knows-no-bridge": {`\"msg\":\"Jicofo names bridges, but none by a machine's vmId: is`},
		"bridge-ailing":          {`\"msg\":\"decision`, `\"level\":\"WARN\"`},
		"certificate-refused":    {"the new certificate of "}, "relay-full": {"the relay has used up its "},
		"proxy-without-rooms": {"other proxies take users but none has told its rooms"},
		"bridge-boot-failed":  {"jitsi-bridge: FAILED: ", "local0"},
	} {
		for _, text := range texts {
			assert.Contains(t, find(t, usual(), name).Query.Text, text, name)
		}
	}
}

func TestThresholdsFollowTheEnvironment(t *testing.T) {
	t.Parallel()
	small := usual()
	small.Maximum, small.PrefixAddresses, small.CPUPercent, small.AtMaximum = 3, 8, 90, 5*time.Minute
	for name, want := range map[string][2]string{
		"shard-at-maximum":      {"least >= 14", "least >= 3"},
		"prefix-nearly-used-up": {"machines >= 12", "machines >= 6"},
	} {
		assert.Contains(t, find(t, usual(), name).Query.Text, want[0])
		assert.Contains(t, find(t, small, name).Query.Text, want[1])
	}
	assert.InDelta(t, 85, find(t, usual(), "shard-cpu-high").Threshold, 0)
	assert.InDelta(t, 95, find(t, small, "shard-cpu-high").Threshold, 0)
	atOnce := find(t, small, "shard-at-maximum")
	assert.Equal(t, [2]time.Duration{5 * time.Minute, 5 * time.Minute}, [2]time.Duration{atOnce.Window, atOnce.Every})
}

// A reaper that is to run every few minutes is not silent because it did not run in this one, and does not fail ten times in
// fifteen minutes.
func TestTheReapersScheduleCounts(t *testing.T) {
	t.Parallel()
	for pause, want := range map[time.Duration]struct {
		silence time.Duration
		times   string
	}{
		time.Minute:      {15 * time.Minute, "times >= 10"},
		4 * time.Minute:  {30 * time.Minute, "times >= 2"},
		15 * time.Minute: {time.Hour, "times >= 2"},
	} {
		facts := usual()
		facts.ReaperPause = pause
		assert.Equal(t, want.silence, find(t, facts, "reaper-silent").Window, pause)
		failing := find(t, facts, "reaper-failing")
		assert.Contains(t, failing.Query.Text, want.times, pause)
		assert.GreaterOrEqual(t, failing.Window, 3*pause)
	}
}

// Who asks from outside gets no further than a certificate that nobody trusts.
func TestOnlyATrustedFrontDoorIsAskedFromOutside(t *testing.T) {
	t.Parallel()
	facts := usual()
	facts.Trusted = false
	assert.Len(t, alerts.Table(usual()), len(alerts.Table(facts))+2)
	for _, a := range alerts.Table(facts) {
		assert.Nil(t, a.Outside, a.Name)
	}
	assert.Equal(t, 21, find(t, usual(), "front-door-certificate").Outside.CertificateDays)
}

func TestEveryShardIsAskedFor(t *testing.T) {
	t.Parallel()
	assert.Contains(t, find(t, usual(), "shard-without-bridges").Query.Text, `datatable(shard:string)["a", "b"]`)
	gone := find(t, usual(), "signalling-gone").Query.Text
	for _, row := range []string{`"a", "shard-a", "prosody"`, `"b", "shard-b", "jicofo"`} {
		assert.Contains(t, gone, row)
	}
	assert.Contains(t, find(t, usual(), "certificate-expiring").Query.Text, `"shard a", datetime(2027-11-24T10:00:00Z)`)
	assert.Contains(t, find(t, usual(), "certificate-expiring").Query.Text, `datetime(2027-11-25T10:00:00+01:00)`)
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	err := alerts.Facts{Namespaces: []string{"x"}}.Validate()
	for _, name := range []string{
		"Shards", "Namespaces", "FrontDoor", "Proxies", "Maximum", "PrefixAddresses", "CPUPercent", "ReaperPause", "AtMaximum", "CertificateDays",
	} {
		require.ErrorContains(t, err, name)
	}
}

// The pattern is held to what the real HAProxy prints.
var serverState = regexp.MustCompile(`extract\("(Server shards/[^"]+)", 1`)
