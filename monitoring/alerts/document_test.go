package alerts_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/monitoring/alerts"
	"jitsi-meet-azure/monitoring/schema"
)

// The documentation is made from the table, so that it cannot say anything else than what is deployed.
func TestDocumentation(t *testing.T) {
	t.Parallel()
	golden.Compare(t, filepath.Join("..", "..", "docs", "alerts.md"), documentation())
}

const introduction = `# Alerts

What the environment tells people about, made from the program's own table (` + "`monitoring/alerts`" + `); after a change there,
` + "`UPDATE=1 go test ./monitoring/alerts`" + ` writes this page anew. What to do about each is in the runbook
(` + "[operations.md](operations.md)" + `), under the alert's name. Who is told is configured in
` + "[`meet:monitoring.alerts`](configuration.md#monitoring)" + `; why it is done this way is in
[decision 17](decisions/0017-observability.md).

The numbers below are those of an environment like prod: two shards of at most 14 bridges, prefixes of 16 addresses, a reaper that
runs every minute. Where the design depends on the environment, the thresholds follow it.

| severity | when somebody should look |
|---|---|
| critical (0) | at any hour: people cannot meet, or are about to be unable to |
| error (1) | soon, also at night: something serves no more, and the rest carries it meanwhile |
| warning (2) | on the same working day: something works against the design, or costs money |

An alert ends by itself when its rule finds nothing any more. No alert makes anything happen to a bridge.
`

func documentation() string {
	var page strings.Builder
	page.WriteString(introduction)
	page.WriteString("\n## All of them\n\n| alert | severity | looks back | every | what it means |\n|---|---|---|---|---|\n")
	for _, a := range alerts.Table(usual()) {
		fmt.Fprintf(&page, "| [`%s`](operations.md#%s) | %s | %s | %s | %s |\n", a.Name, a.Name, a.Severity, minutes(a.Window.Minutes()),
			minutes(a.Every.Minutes()), a.Why)
	}
	page.WriteString("\n## What they look at\n")
	for _, a := range alerts.Table(usual()) {
		fmt.Fprintf(&page, "\n**%s** (`%s`)\n\n%s", a.Title, a.Name, watched(a))
	}
	page.WriteString("\n## Tables\n\n| table | filled by | columns that queries here use, and their source |\n|---|---|---|\n")
	for _, described := range schema.Tables() {
		var columns []string
		for _, column := range described.Columns {
			columns = append(columns, column.Name)
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s (%s) |\n", described.Name, described.Filled, strings.Join(columns, ", "), described.Source)
	}
	return page.String()
}

func minutes(n float64) string {
	switch {
	case n == 0:
		return "as it happens"
	case n >= 60:
		return fmt.Sprintf("%.0f h", n/60)
	default:
		return fmt.Sprintf("%.0f min", n)
	}
}

func watched(a alerts.Alert) string {
	switch {
	case a.Query != nil:
		return "```kusto\n" + a.Query.Text + "\n```\n"
	case a.Metric != nil:
		return fmt.Sprintf("%s of the metric `%s` of each shard's scale set, above %.0f.\n", a.Metric.Aggregation, a.Metric.Name, a.Threshold)
	case a.Activity != nil:
		var fields []string
		for field, value := range a.Activity.Equals {
			fields = append(fields, fmt.Sprintf("`%s` is `%s`", field, value))
		}
		slices.Sort(fields)
		of := "of the resource group"
		if a.Activity.OfCluster {
			of = "of the cluster"
		}
		return "The activity log " + of + ": " + strings.Join(fields, ", ") + ".\n"
	default:
		text := fmt.Sprintf("Asked from outside, from %d places; more than %.0f of them fail", a.Outside.Places, a.Threshold)
		if a.Outside.CertificateDays > 0 {
			text += fmt.Sprintf(", also where the certificate is valid for fewer than %d days", a.Outside.CertificateDays)
		}
		return text + ".\n"
	}
}
