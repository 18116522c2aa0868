package alerts

import (
	"fmt"
	"time"

	"jitsi-meet-azure/monitoring/schema"
)

// overloaded is the stress from which on a bridge has nothing left to give: Jicofo avoids a bridge above 0.8, and 1 is what the
// videobridge calls its capacity. Source: jitsi/jicofo, reference.conf (bridge.stress-threshold); jitsi-videobridge, stress level.
const overloaded = 0.9

const bootScripts = "vmss/cloudinit/scripts/lib.sh"

// scaleAlerts are about shards that are about to have, or have, no bridge to add.
func scaleAlerts(f Facts) []Alert {
	return []Alert{
		{
			Name: "autoscale-failed", Title: "Autoscale has failed to add a bridge", Severity: Error,
			Why: "Azure could not make the machine: a quota, a zone without capacity, no address left, or an image that is gone. The " +
				"shard's bridges carry the load as long as they can.",
			Activity: &Activity{Equals: map[string]string{"category": "Autoscale", "status": "Failed"}},
		},
		atMaximum(f),
		prefixNearlyUsedUp(f),
		{
			Name: "shard-cpu-high", Title: "A shard's bridges are busy although autoscale should have helped", Severity: Warning,
			Why: fmt.Sprintf("Their processors have been above %.0f %% for fifteen minutes on average, while a bridge is added from %d %% "+
				"on: new machines do not come, do not register, or are not given conferences.", f.busy(), f.CPUPercent),
			Window: later, Every: soon, Threshold: f.busy(),
			Metric: &Metric{
				Of: ScaleSets, Namespace: "Microsoft.Compute/virtualMachineScaleSets", Name: "Percentage CPU", Aggregation: "Average",
			},
		},
	}
}

// atMaximum reads what autoscale itself reports once a minute, because what a scale set has Azure gives no metric for.
func atMaximum(f Facts) Alert {
	return Alert{
		Name: "shard-at-maximum", Title: "A shard has all the bridges that it may have", Severity: Error,
		Why: fmt.Sprintf("It has had %d bridges for %d minutes: more load makes conferences worse instead of bringing another machine.",
			f.Maximum, int(f.AtMaximum.Minutes())),
		Window: f.AtMaximum, Every: min(f.AtMaximum, soon),
		Query: &Query{
			By: []string{shardColumn},
			Text: lines(
				schema.From("AzureMetrics", "MetricName", "Resource", "Minimum"),
				`| where MetricName == "ObservedCapacity"`,
				`| extend shard = tolower(extract("([^-]+)$", 1, Resource))`,
				"| summarize least = min(Minimum) by shard",
				fmt.Sprintf("| where least >= %d", f.Maximum),
			),
		},
	}
}

// prefixNearlyUsedUp counts machines as the reaper finds them in Azure's own list: those that are being deleted hold their
// address to the end.
func prefixNearlyUsedUp(f Facts) Alert {
	return Alert{
		Name: "prefix-nearly-used-up", Title: "A shard's public addresses are nearly used up", Severity: Warning,
		Why: fmt.Sprintf("Machines hold at least %d of the prefix's %d addresses. Without an address no bridge can be added, and a prefix "+
			"cannot grow.", f.nearlyUsedUp(), f.PrefixAddresses),
		Window: later, Every: later,
		Query: &Query{
			By: []string{shardColumn}, Lines: []Line{{reaperReport, `"shard", "bridges"`}},
			Text: lines(
				reaperSays(shardReport),
				"| summarize machines = max("+reaperNumber("bridges")+") by shard",
				fmt.Sprintf("| where machines >= %d", f.nearlyUsedUp()),
			),
		},
	}
}

// bridgeAlerts are about single machines.
func bridgeAlerts(_ Facts) []Alert {
	return []Alert{
		{
			Name: "bridge-stress-high", Title: "A bridge is overloaded", Severity: Warning,
			Why: "It calls itself stressed beyond what Jicofo avoids, so that the people on it see and hear badly. Others of its shard " +
				"may be idle: a conference stays where it is.",
			Window: 10 * time.Minute, Every: soon,
			Query: &Query{
				By: []string{shardColumn, "vmId"},
				Text: lines(
					schema.From("BridgeMetrics_CL", "vmId", shardColumn, "stressLevel"),
					"| where isnotnull(stressLevel)",
					"| summarize stress = avg(stressLevel), minutes = count() by shard, vmId",
					fmt.Sprintf("| where minutes >= 5 and stress >= %.1f", overloaded),
				),
			},
		},
		{
			Name: "bridge-boot-failed", Title: "A machine does not become a bridge", Severity: Warning,
			Why: "Its boot has failed more than once for the reason that the log gives: no address inside the prefix, no secret, no " +
				"registration. It takes no conference, and the reaper replaces it after the boot deadline.",
			Window: 30 * time.Minute, Every: later,
			Query: &Query{
				By:    []string{"Computer"},
				Lines: []Line{{bootScripts, `log "FAILED: $1"`}, {bootScripts, `'jitsi-bridge: %s\n'`}},
				Text: lines(
					schema.From("Syslog", "Computer", "Facility", "SyslogMessage"),
					`| where Facility == "local0" and SyslogMessage contains_cs "jitsi-bridge: FAILED: "`,
					"| summarize times = count(), said = take_any(SyslogMessage) by Computer",
					"| where times >= 2",
				),
			},
		},
	}
}
