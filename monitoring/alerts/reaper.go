package alerts

import (
	"fmt"
	"strings"

	"jitsi-meet-azure/monitoring/schema"
)

const (
	shardColumn   = "shard"
	reaperReport  = "functions/reaper/tick/report.go"
	reaperPatrol  = "functions/reaper/tick/patrol.go"
	reaperProgram = "functions/reaper/main.go"
	reaperHost    = "functions/reaper/host/server.go"

	heartbeat   = "heartbeat"
	shardReport = "shard"
)

// reaperSays are the lines of the reaper's log with a message, and the shard that they are about. The Functions host writes what
// the program prints, a JSON object a line, into the column Message.
// Source: Azure docs, functions-custom-handlers (logging); azure-functions-host, WorkerConsoleLogService.
func reaperSays(messages ...string) string {
	said := make([]string, 0, len(messages))
	for _, message := range messages {
		said = append(said, "Message contains_cs "+schema.Quote(`"msg":"`+message+`"`))
	}
	return lines(
		schema.From("FunctionAppLogs", "Message"),
		"| where "+strings.Join(said, " or "),
		"| extend shard = "+reaperText(shardColumn),
	)
}

// reaperNumber is a number of such a line.
func reaperNumber(name string) string {
	return fmt.Sprintf(`toint(extract("\"%s\":([0-9]+)", 1, Message))`, name)
}

// reaperText is a text of such a line, as far as it holds no quotation mark.
func reaperText(name string) string {
	return fmt.Sprintf(`extract("\"%s\":\"([^\"]+)\"", 1, Message)`, name)
}

// reaperLine finds shards about which the reaper says something at least so many times.
func reaperLine(message, file string, times int) *Query {
	return &Query{
		By: []string{shardColumn}, Lines: []Line{{file, `"` + message + `"`}},
		Text: lines(
			reaperSays(message),
			"| summarize times = count() by shard",
			fmt.Sprintf("| where times >= %d", times),
		),
	}
}

// reaperAlerts are about the function that scales in.
func reaperAlerts(f Facts) []Alert {
	return []Alert{
		{
			Name: "reaper-silent", Title: "The reaper does not run", Severity: Warning,
			Why: "No bridge is retired or replaced, so that idle machines cost money, old ones are not renewed and dead ones stay. No " +
				"conference is affected.",
			Window: f.silence(), Every: later,
			Query: &Query{
				Lines: []Line{{reaperProgram, `"` + heartbeat + `"`}},
				Text:  lines(reaperSays(heartbeat), "| summarize beats = count()", "| where beats == 0"),
			},
		},
		reaperFailing(f),
		{
			Name: "removal-stuck", Title: "A retirement is stuck", Severity: Warning,
			Why: "A bridge has been in one step of its retirement for 30 minutes, or for 12 hours with a conference on it, and no other " +
				"is retired in its shard meanwhile.",
			Window: f.watched(), Every: later,
			Query: reaperLine("a removal is stuck", reaperReport, 1),
		},
		{
			Name: "jicofo-knows-no-bridge", Title: "Jicofo names bridges that are no machine's", Severity: Warning,
			Why: "Bridges register under other names than the boot scripts give them, so that the reaper has lost a witness and replaces " +
				"no bridge of the shard. A new image is the likely cause.",
			Window: f.watched(), Every: later,
			Query: reaperLine("Jicofo names bridges, but none by a machine's vmId: is that their nickname?", reaperPatrol, f.mostTicks()),
		},
		{
			Name: "bridge-ailing", Title: "A bridge needs a person", Severity: Warning,
			Why: "The reaper has found a bridge that has not been healthy for 30 minutes and that not all witnesses call dead, or one " +
				"whose age nobody can tell. It leaves such a bridge alone.",
			Window: f.watched(), Every: later,
			Query: &Query{
				By: []string{shardColumn, "machine"}, Lines: []Line{{reaperReport, `"decision"`}, {reaperReport, `slog.LevelWarn`}},
				Text: lines(
					reaperSays("decision"),
					`| where Message contains_cs "\"level\":\"WARN\""`,
					"| extend machine = "+reaperText("machine")+", reason = "+reaperText("reason"),
					"| summarize times = count(), reason = take_any(reason) by shard, machine",
					fmt.Sprintf("| where times >= %d", f.mostTicks()),
				),
			},
		},
	}
}

func reaperFailing(f Facts) Alert {
	const failed, bad = "invocation failed", "bad setting"
	return Alert{
		Name: "reaper-failing", Title: "The reaper runs and fails", Severity: Warning,
		Why: "Most of its ticks have failed: Azure gives it no list of machines, a table cannot be read, or its " +
			"settings are wrong. It does nothing about what it cannot see. After a first deployment rights take ten minutes to arrive.",
		Window: f.watched(), Every: later,
		Query: &Query{
			Lines: []Line{{reaperHost, `"` + failed + `"`}, {reaperProgram, `"` + bad + `"`}},
			Text: lines(
				reaperSays(failed, bad),
				"| summarize times = count()",
				fmt.Sprintf("| where times >= %d", f.mostTicks()),
			),
		},
	}
}
