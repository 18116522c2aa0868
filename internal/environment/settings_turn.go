package environment

func turnSettings() setting {
	return setting{
		name: "turn", kind: object,
		meaning: "The TURN relays of every shard, for clients whose network lets nothing out but TLS on port 443.",
		members: []setting{
			{
				name: "imageTag", fallback: "4.6.3", example: "4.6.3", valid: matches(`\d+\.\d+\.\d+(-[a-z0-9.]+)*`),
				allowed: "an exact version, such as 4.6.3 or 4.6.3-alpine", meaning: "The tag of the coturn container image.",
			},
			{
				name: "replicas", kind: integer, unit: "pods", fallback: "1", example: "2", allowed: "1 to 3", valid: within(1, 3),
				meaning: "The number of relays in every shard. A client's media go through one of them; when that one is lost, its " +
					"clients connect again through another. With one, they wait until it is back.",
			},
		},
	}
}

// monitoringSettings has the limits of a workspace that is paid by the amount of data.
// Source: Azure docs, "Manage data retention in a Log Analytics workspace".
func monitoringSettings() setting {
	return setting{
		name: "monitoring", kind: object, meaning: "The Log Analytics workspace of the environment.",
		members: []setting{{
			name: "retentionDays", kind: integer, unit: "days", fallback: "30", example: "90", allowed: "30 to 730",
			valid: within(30, 730), meaning: "How long logs and metrics are kept.",
		}, {
			name: "dailyGigabytes", kind: integer, unit: "GB a day", fallback: "5", example: "20", allowed: "1 to 1000",
			valid: within(1, 1000), meaning: "How much the workspace takes in a day; the rest of the day's is dropped. It is paid by the " +
				"amount, and something that logs in a loop would have no other limit.",
		}},
	}
}
