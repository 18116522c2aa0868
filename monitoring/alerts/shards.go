package alerts

import (
	"fmt"
	"strings"
	"time"

	"jitsi-meet-azure/monitoring/schema"
)

// shardAlerts are about shards that cannot carry conferences.
func shardAlerts(f Facts) []Alert {
	return []Alert{withoutBridges(f), shardDown(f), signallingGone(f), jicofoSilent(f)}
}

// withoutBridges asks two that do not know of each other, the bridges and the reaper, so that the loss of one of the two ways into
// the workspace looks like what it is and wakes nobody for a shard that is well.
func withoutBridges(f Facts) Alert {
	return Alert{
		Name: "shard-without-bridges", Title: "A shard has no healthy bridge", Severity: Critical,
		Why: "Nobody can hear or see anybody in the shard's rooms; the front door moves them to another shard if one has a bridge. " +
			"Neither a bridge of the shard nor the reaper has reported a healthy one.",
		Window: 10 * time.Minute, Every: soon,
		Query: &Query{
			By: []string{shardColumn}, Lines: []Line{{reaperReport, `"shard", "bridges"`}, {reaperReport, `"healthy"`}},
			Text: lines(
				"let bridges = "+schema.From("BridgeMetrics_CL", shardColumn, "healthy"),
				"| where healthy == true | project shard;",
				"let reaper = "+reaperSays(shardReport),
				"| where "+reaperNumber("healthy")+" > 0 | project shard;",
				f.shards(),
				"| join kind=leftanti (union bridges, reaper | distinct shard) on shard",
			),
		},
	}
}

// shardDown takes the last word of any proxy about a shard: HAProxy's own line when its check or shards.lua changes the state of
// the shard's server. A proxy speaks only when the state changes, so the window is long.
func shardDown(f Facts) Alert {
	return Alert{
		Name: "shard-down", Title: "The front door calls a shard down", Severity: Critical,
		Why: "The shard's web server or Prosody does not answer, or it lacks bridges or a Jicofo that another shard has: its rooms have " +
			"been moved to other shards, which carry the load now.",
		Window: 6 * time.Hour, Every: soon,
		Query: &Query{
			By: []string{shardColumn}, Lines: []Line{{"haproxy/config/testdata/prod.cfg", "backend shards\n"}},
			Text: lines(
				proxySays(f, "Server shards/"),
				"| extend shard = extract("+schema.Quote(serverState)+", 1, said), state = extract("+schema.Quote(serverState)+", 2, said)",
				"| where isnotempty(shard)",
				"| summarize arg_max(TimeGenerated, state) by shard",
				`| where state == "DOWN"`,
			),
		},
	}
}

// serverState is what HAProxy logs when the state of a shard's server changes. Source: HAProxy 2.6, src/server.c.
const serverState = `Server shards/([a-z0-9]+) is (DOWN|UP)`

// signallingGone is about the pods that every room of a shard depends on. They are never moved while they serve, so one that is
// gone for ten minutes does not come back by itself.
func signallingGone(f Facts) Alert {
	wanted := make([]string, 0, 2*len(f.Shards))
	for i, shard := range f.Shards {
		for _, pod := range []string{"prosody", "jicofo"} {
			wanted = append(wanted, fmt.Sprintf("%s, %s, %s", schema.Quote(shard), schema.Quote(f.Namespaces[i]), schema.Quote(pod)))
		}
	}
	return Alert{
		Name: "signalling-gone", Title: "A shard's Prosody or Jicofo does not run", Severity: Critical,
		Why:    "Without Prosody nobody in the shard can speak to anybody, without Jicofo no conference begins or grows.",
		Window: 10 * time.Minute, Every: soon,
		Query: &Query{
			By: []string{shardColumn, "pod"},
			Text: lines(
				"let running = "+schema.From("KubePodInventory", "Namespace", "ContainerName", "ContainerStatus"),
				`| where ContainerStatus == "running"`,
				`| extend pod = tostring(split(ContainerName, "/")[1]) | distinct Namespace, pod;`,
				"datatable(shard:string, Namespace:string, pod:string)["+strings.Join(wanted, ", ")+"]",
				"| join kind=leftanti running on Namespace, pod",
			),
		},
	}
}

func jicofoSilent(f Facts) Alert {
	return Alert{
		Name: "jicofo-silent", Title: "A shard's Jicofo does not answer the reaper", Severity: Error,
		Why: "Jicofo may hang while its pod runs. Meetings go on; the shard gets no new rooms once the front door notices, and the " +
			"reaper replaces no dead bridge there, because a witness is missing.",
		Window: f.watched(), Every: soon,
		Query: reaperLine("Jicofo does not say which bridges it knows", reaperPatrol, f.mostTicks()),
	}
}
