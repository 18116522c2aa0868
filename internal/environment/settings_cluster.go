package environment

import (
	"time"

	"jitsi-meet-azure/internal/vmsize"
)

func clusterSettings() setting {
	return setting{
		name: "cluster", kind: object, meaning: "The AKS cluster that carries signalling and the front door.",
		members: []setting{
			{
				name: "kubernetesVersion", allowed: "major.minor or major.minor.patch, such as 1.34 (in quotes in the stack file)",
				example: "1.34", valid: matches(`1\.[1-9][0-9]*(\.(0|[1-9][0-9]*))?`),
				meaning: "The Kubernetes version. With an upgrade channel it must be major.minor: AKS moves the patch itself.",
			},
			{
				name: "tier", fallback: "Standard", example: "Standard", allowed: "Free or Standard",
				valid: oneOf("Free", "Standard"), meaning: "AKS' pricing tier. Only Standard has an SLA.",
			},
			poolSettings("systemPool", "3", "5", "The pool of cluster services and the front door, over all three zones."),
			poolSettings("shardPool", "1", "3", "The shape of the one pool in every zone that has shards."),
			{
				name: "authorizedIpRanges", kind: items, optional: true, example: "203.0.113.0/24",
				meaning: "Who may reach the API server. The cluster's own egress addresses are added. Left out, the whole " +
					"Internet may; that is refused where `protect` is true.",
				allowed: "at most 198 public IPv4 ranges in CIDR form",
				members: []setting{{
					allowed: "a public IPv4 range in CIDR form, without host bits", example: "203.0.113.0/24",
					valid: isPublicRange, advise: adviseRange,
				}},
			},
			{
				name: "adminGroupIds", kind: items, optional: true, example: exampleGUID,
				meaning: "The Entra groups of the cluster's administrators. At least one is needed where `localAccounts` is false.",
				allowed: "object ids of Entra groups",
				members: []setting{{
					allowed: "the object id (a GUID) of an Entra group", example: exampleGUID, fix: groupFix, valid: isGUID,
				}},
			},
			{
				name: "localAccounts", kind: boolean, fallback: "false", example: "false", allowed: "true or false",
				meaning: "Allows the static administrator certificate. Without it the cluster takes Entra identities only.",
			},
			{
				name: "upgradeChannel", fallback: "patch", example: "patch", allowed: "none, patch or stable",
				valid: oneOf("none", "patch", "stable"), meaning: "Which Kubernetes versions AKS installs by itself.",
			},
			{
				name: "nodeOsUpgradeChannel", fallback: "SecurityPatch", example: "SecurityPatch",
				allowed: "None, SecurityPatch or NodeImage", valid: oneOf("None", "SecurityPatch", "NodeImage"),
				meaning: "What AKS installs on the nodes' systems by itself. NodeImage replaces every node weekly, so shards must " +
					"be drained as often.",
			},
			maintenanceSettings(),
		},
	}
}

const (
	exampleGUID = "11111111-2222-3333-4444-555555555555"
	groupFix    = `"$(az ad group show --group jitsi-admins --query id --output tsv)"`
)

func poolSettings(name, minimum, maximum, meaning string) setting {
	return setting{name: name, kind: object, meaning: meaning, members: []setting{
		{
			name: "vmSize", fallback: "Standard_D4s_v5", example: "Standard_D4s_v5", meaning: "The nodes' machine size.",
			allowed: "a known Azure size", valid: isVMSize, advise: adviseVMSize(func(vmsize.Size) bool { return true }),
		},
		{
			name: "minimum", kind: integer, unit: "nodes", fallback: minimum, example: minimum,
			allowed: "1 to 1000", valid: within(1, 1000), meaning: "The smallest number of nodes.",
		},
		{
			name: "maximum", kind: integer, unit: "nodes", fallback: maximum, example: maximum,
			allowed: "`minimum` to 1000", valid: within(1, 1000), meaning: "The largest number of nodes.",
		},
	}}
}

func maintenanceSettings() setting {
	days := make([]string, 0, 7)
	for day := time.Sunday; day <= time.Saturday; day++ {
		days = append(days, day.String())
	}
	return setting{name: "maintenance", kind: object, meaning: "The weekly window of automatic upgrades.", members: []setting{
		{
			name: "weekday", fallback: "Sunday", example: "Sunday", allowed: list(days), valid: oneOf(days...),
			meaning: "The day on which it opens.",
		},
		{
			name: "hour", kind: integer, unit: "hour in UTC", fallback: "2", example: "2", allowed: "0 to 23",
			valid: within(0, 23), meaning: "The hour at which it opens.",
		},
		{
			name: "durationHours", kind: integer, unit: "hours", fallback: "4", example: "4", allowed: "4 to 24",
			valid: within(4, 24), meaning: "Its length.",
		},
	}}
}
