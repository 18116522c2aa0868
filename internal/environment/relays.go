package environment

// Turn describes the relays of clients without UDP: they take media over TLS on TCP port 443 and pass it on to the bridges
// of their shard.
type Turn struct {
	// ImageTag is the tag of the coturn container image.
	ImageTag string
	// Replicas is the number of relays in every shard, 1 to 3.
	Replicas int
}
