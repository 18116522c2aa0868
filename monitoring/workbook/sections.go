package workbook

import (
	"fmt"
	"strings"

	"jitsi-meet-azure/monitoring/schema"
)

const (
	chart = "timechart"
	table = "table"
)

func lines(steps ...string) string { return strings.Join(steps, "\n") }

// Sections are the page's content, in order: what users feel first.
func Sections(args Args) []Section {
	return []Section{load(), bridges(args), autoscale(args), reaper(), frontDoor(args), cluster(args), certificates()}
}

func load() Section {
	numbers := schema.From("BridgeMetrics_CL", "vmId", "shard", "participants", "conferences", "bitRateUpload", "stressLevel")
	// Every bridge speaks once a minute: first what each had in five minutes, then the sum over the shard.
	perShard := func(column, how string) string {
		return lines(numbers,
			fmt.Sprintf("| summarize value = %s(%s) by bin(TimeGenerated, 5m), shard, vmId", how, column),
			"| summarize sum(value) by TimeGenerated, shard")
	}
	return Section{
		Title: "Load", Text: "What the bridges themselves report, once a minute. A conference on two bridges counts on both.",
		Tiles: []Tile{
			{Title: "Participants", Query: perShard("participants", "max"), View: chart, Half: true},
			{Title: "Conferences on bridges", Query: perShard("conferences", "max"), View: chart, Half: true},
			{Title: "Sent, kbit/s", Query: perShard("bitRateUpload", "avg"), View: chart, Half: true},
			{
				Title: "Stress of the busiest bridge (1 is its capacity; Jicofo avoids one above 0.8)",
				Query: lines(numbers, "| summarize max(stressLevel) by bin(TimeGenerated, 5m), shard"), View: chart, Half: true,
			},
		},
	}
}

func bridges(args Args) Section {
	return Section{
		Title: "Bridges per shard", Text: fmt.Sprintf("As the reaper finds them every minute. A shard may have %d.", args.Maximum),
		Tiles: []Tile{
			{Title: "Machines", Query: reported("bridges"), View: chart, Half: true},
			{Title: "Healthy ones", Query: reported("healthy"), View: chart, Half: true},
			{
				Title: "Each bridge now", View: table,
				Query: lines(
					schema.From("BridgeMetrics_CL", "vmId", "shard", "healthy", "drain", "gracefulShutdown", "conferences", "participants",
						"stressLevel", "version"),
					"| summarize arg_max(TimeGenerated, healthy, drain, gracefulShutdown, conferences, participants, stressLevel, version)"+
						" by shard, vmId",
					"| order by shard asc, TimeGenerated desc",
				),
			},
			{
				Title: "What went wrong while booting", View: table,
				Query: lines(
					schema.From("Syslog", "Computer", "Facility", "SyslogMessage"),
					`| where Facility == "local0" and SyslogMessage contains_cs "jitsi-bridge: FAILED: "`,
					"| summarize times = count(), max(TimeGenerated) by Computer, SyslogMessage",
				),
			},
		},
	}
}

// said are lines of the reaper with a message; see package alerts, which holds the messages to the program.
func said(message string) string {
	return lines(
		schema.From("FunctionAppLogs", "Message"),
		"| where Message contains_cs "+schema.Quote(`"msg":"`+message+`"`),
		"| extend shard = "+field("shard"),
	)
}

func field(name string) string {
	return fmt.Sprintf(`extract("\"%s\":\"([^\"]*)\"", 1, Message)`, name)
}

func reported(number string) string {
	return lines(said("shard"),
		fmt.Sprintf(`| extend value = toint(extract("\"%s\":([0-9]+)", 1, Message))`, number),
		"| summarize max(value) by bin(TimeGenerated, 5m), shard")
}

func autoscale(args Args) Section {
	return Section{
		Title: "Autoscale", Text: fmt.Sprintf("It only ever adds; the capacity that it sees never exceeds %d.", args.Maximum),
		Tiles: []Tile{
			{
				Title: "Capacity that autoscale sees", View: chart, Half: true,
				Query: lines(schema.From("AzureMetrics", "MetricName", "Resource", "Maximum"),
					`| where MetricName == "ObservedCapacity"`,
					"| summarize max(Maximum) by bin(TimeGenerated, 5m), Resource"),
			},
			{
				Title: "What it did", View: table, Half: true,
				Query: lines(schema.From("AutoscaleScaleActionsLog", "ScaleDirection", "CurrentInstanceCount", "NewInstanceCount",
					"ResultType", "ScaleActionMessage", "_ResourceId"),
					"| project TimeGenerated, ScaleDirection, CurrentInstanceCount, NewInstanceCount, ResultType, ScaleActionMessage,"+
						" _ResourceId",
					"| top 100 by TimeGenerated desc"),
			},
		},
	}
}

func reaper() Section {
	return Section{
		Title: "Reaper", Text: "What is done and why; the whole audit is in the table `decisions` of the state account.",
		Tiles: []Tile{
			{
				Title: "Decisions", View: table,
				Query: lines(said("decision"),
					"| extend machine = "+field("machine")+", does = "+field("do"),
					"| extend reason = "+field("reason")+", level = "+field("level"),
					"| project TimeGenerated, shard, machine, does, reason, level",
					"| top 200 by TimeGenerated desc"),
			},
			{
				Title: "Heartbeats in ten minutes", View: chart, Half: true,
				Query: lines(said("heartbeat"), "| summarize count() by bin(TimeGenerated, 10m)"),
			},
			{
				Title: "Errors and warnings", View: table, Half: true,
				Query: lines(schema.From("FunctionAppLogs", "Message"),
					`| where Message contains_cs "\"level\":\"ERROR\"" or Message contains_cs "\"level\":\"WARN\""`,
					"| extend shard = "+field("shard")+", message = "+field("msg"),
					"| summarize times = count(), max(TimeGenerated) by shard, message"),
			},
		},
	}
}

func frontDoor(args Args) Section {
	from := schema.From("ContainerLogV2", "PodNamespace", "PodName", "ContainerName", "LogMessage")
	return Section{
		Title: "Front door",
		Text:  "Changes that proxies noticed. Lines about requests stay in the cluster: they hold the addresses of users.",
		Tiles: []Tile{
			{
				Title: "Shards, as the proxies see them", View: table,
				Query: lines(from,
					fmt.Sprintf(`| where PodNamespace == %s and ContainerName == "haproxy"`, schema.Quote(args.FrontDoor)),
					`| extend said = tostring(LogMessage) | where said startswith "shard " or said startswith "Server shards/"`,
					"| project TimeGenerated, PodName, said | top 200 by TimeGenerated desc"),
			},
			{
				Title: "What else proxies and relays said", View: table,
				Query: lines(from,
					fmt.Sprintf("| where PodNamespace == %s", schema.Quote(args.FrontDoor)),
					`| extend said = tostring(LogMessage)`,
					`| where not(said startswith "shard ") and not(said startswith "Server shards/")`,
					"| summarize times = count(), max(TimeGenerated) by PodName, said | top 100 by times desc"),
			},
		},
	}
}

func cluster(_ Args) Section {
	return Section{
		Title: "Cluster", Text: "The pods of the front door and of the shards.",
		Tiles: []Tile{
			{
				Title: "Containers that run", View: chart, Half: true,
				Query: lines(schema.From("KubePodInventory", "Namespace", "Name", "ContainerStatus"),
					`| where ContainerStatus == "running"`,
					"| summarize dcount(Name) by bin(TimeGenerated, 5m), Namespace"),
			},
			{
				Title: "Events", View: table, Half: true,
				Query: lines(schema.From("KubeEvents", "Namespace", "Name", "Reason", "Message", "KubeEventType"),
					`| where KubeEventType != "Normal"`,
					"| summarize times = count(), max(TimeGenerated) by Namespace, Name, Reason, Message"),
			},
			{
				Title: "Control plane: autoscaler of the nodes, load balancers, sign-ins", View: table,
				Query: lines(schema.From("AKSControlPlane", "Category", "Level", "Message"),
					`| where Level in ("WARNING", "ERROR", "FATAL")`,
					"| summarize times = count(), max(TimeGenerated) by Category, Level, Message | top 100 by times desc"),
			},
		},
	}
}

func certificates() Section {
	return Section{
		Title: "Certificates and secrets",
		Text:  "Asked from outside where browsers trust the certificate; and who was refused by the Key Vault.",
		Tiles: []Tile{
			{
				Title: "Tests from outside", View: table, Half: true,
				Query: lines(schema.From("AppAvailabilityResults", "Name", "Location", "Success", "DurationMs", "Message"),
					"| summarize arg_max(TimeGenerated, Success, DurationMs, Message) by Name, Location"),
			},
			{
				Title: "Key Vault", View: table, Half: true,
				Query: lines(schema.From("AZKVAuditLogs", "OperationName", "HttpStatusCode", "CallerIpAddress"),
					"| summarize times = count(), max(TimeGenerated) by OperationName, HttpStatusCode, CallerIpAddress"),
			},
		},
	}
}
