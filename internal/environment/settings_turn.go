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
