package environment

// Turn describes the relays of clients without UDP: they take media over TLS on TCP port 443 and pass it on to the bridges
// of their shard.
type Turn struct {
	// ImageTag is the tag of the coturn container image.
	ImageTag string
	// Replicas is the number of relays in every shard, 1 to 3.
	Replicas int
}

// Monitoring describes where the environment's logs and metrics go.
type Monitoring struct {
	// RetentionDays is how long the Log Analytics workspace keeps them, 30 to 730 days.
	RetentionDays int
	// DailyGigabytes is how much the workspace takes in a day, in GB; it drops the rest.
	DailyGigabytes int
}
