package engine_test

const (
	oneByOne = "The proxies are replaced one by one. A client whose connection ends resumes its session through another proxy, on " +
		"the same shard; media does not pass the front door."
	newWeb = "The web servers are replaced one by one, each after its successor is ready. Browsers reconnect their WebSocket to the " +
		"same Prosody; media does not pass the web servers."
	stopping = "A relay that is told to stop goes on until nobody is connected, at most 12 hours; who is then still there connects " +
		"again through another."
)

func serviceChanges() []dayTwo {
	proxies, web := []effect{proxiesRestart}, []effect{webRestarts}
	rows := with(newWeb, web,
		setting("Another Jitsi", "stable-11146-3", "jitsi", "imageTag"),
		setting("A lower resolution", 360, "jitsi", "resolutionCap").noted("Who joins afterwards gets it."),
	)
	rows = append(rows, setting("More web servers", 5, "jitsi", "webReplicas", "maximum"))
	rows = append(rows, with(oneByOne, proxies,
		setting("Another HAProxy", "2.6.19-alpine", "frontDoor", "imageTag"),
		setting("Other limits of one address", 5000, "frontDoor", "perAddress", "connections"),
		setting("Fewer proxies", 2, "frontDoor", "replicas").on("prod"),
		setting("The certificate from a Key Vault", map[string]any{
			"vaultId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv-meet",
			"name":    "meet", "tenantId": "55555555-4444-3333-2222-111111111111",
		}, "frontDoor", "keyVaultCertificate"),
	)...)
	rows = append(rows,
		setting("More proxies", 3, "frontDoor", "replicas").noted("No other proxy restarts: all know the names of eight."),
		setting("Another coturn", "4.6.4", "turn", "imageTag"),
		setting("More relays", 2, "turn", "replicas"),
	)
	return append(rows, with(stopping, []effect{relaysGone}, setting("Fewer relays", 1, "turn", "replicas").on("prod"))...)
}

func reaperChanges() []dayTwo {
	const reads = "The app restarts; a tick that is cut short repeats what it had not finished."
	return []dayTwo{
		setting("Another schedule", "30 * * * * *", "reaper", "schedule").noted(reads),
		setting("The reaper made to watch only", true, "reaper", "dryRun").noted(reads),
		setting("Another minimum uptime", 90, "reaper", "minimumUptimeMinutes").noted(reads),
		setting("A lower maximum age", 12, "reaper", "maximumAgeHours").noted("Older bridges are drained: they keep their meetings."),
		setting("A larger plan", "B2", "reaper", "plan").noted(reads),
	}
}

func clusterChanges() []dayTwo {
	const byHand = "Nothing happens: the cluster's own pool is changed by hand ([decision 2](decisions/0002-cluster-upgrades.md))."
	return []dayTwo{
		setting("Kubernetes upgraded", "1.35", "cluster", "kubernetesVersion").
			noted("The control plane alone; nodes are upgraded shard by shard ([decision 2](decisions/0002-cluster-upgrades.md))."),
		setting("The paid tier", "Standard", "cluster", "tier"),
		setting("Another maintenance window", 4, "cluster", "maintenance", "hour"),
		setting("Other authorised ranges", []any{"203.0.113.0/24"}, "cluster", "authorizedIpRanges"),
		setting("More nodes for shards", 3, "cluster", "shardPool", "maximum"),
		setting("More nodes for the system", 5, "cluster", "systemPool", "maximum").noted(byHand),
		setting("Larger nodes for shards", "Standard_D8s_v5", "cluster", "shardPool", "vmSize").
			mustFail("Changing property 'agentPool.properties.vmSize' is not allowed", "Azure has no such change: a pool is made anew."),
	}
}

func environmentChanges() []dayTwo {
	domain := with("The new proxies know nothing of the old name: whoever is in a meeting loses it with the connection to an old one.",
		[]effect{addressMoves, proxiesRestart, webRestarts}, setting("Another domain", "other.example.org", "domain").
			noted("It is meant to be fixed. The reaper's storage, with its memory and audit, and the Key Vault are made anew. Make another "+
				"environment instead."))
	return append(domain,
		setting("Another region", "northeurope", "location").on("prod").mustFail("marked for protection", "Everything would be made anew."),
		setting("Another tag", "meetings", "tags", "team"),
		setting("Logs kept longer", 60, "monitoring", "retentionDays"),
		setting("Somebody else hears of alerts", []any{"oncall@example.org"}, "monitoring", "alerts", "emails"),
		setting("Certificates warned of earlier", 30, "monitoring", "alerts", "certificateDays"),
		dayTwo{
			what: "Protection", where: "protect", note: "In the state only. The API server must be restricted, and somebody must hear of alerts.",
			change: func(w *workspace) {
				w.set("meet:cluster", []any{"203.0.113.0/24"}, "authorizedIpRanges")
				w.set("meet:monitoring", []any{"oncall@example.org"}, "alerts", "emails")
				w.set("meet:protect", "true")
			},
		},
	)
}
