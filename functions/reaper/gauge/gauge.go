// Package gauge holds what the reaper publishes about a shard every minute and Azure's autoscale rules read: the names, and how
// one of the numbers follows from the other. It is apart so that who publishes, who writes the rules and who simulates both
// cannot disagree. It is pure, and imports nothing.
package gauge

// The names by which Azure Monitor knows the metrics. They are metrics of the shard's scale set; an autoscale rule refers to
// them by these names, so a name that changes switches a deployed rule off.
const (
	// Namespace is the metric namespace of both.
	Namespace = "Jitsi Bridges"
	// Stress is the stress of the bridges that are healthy, take new conferences and are not being removed: a value for each of
	// them, every minute. 1 is a bridge that is full by its own estimate, and it can be more.
	Stress = "Bridge Stress"
	// Spare is the capacity that the same bridges have left, in bridges: one value for the shard, every minute. See [SpareOf].
	Spare = "Spare Bridges"
)

// SpareOf is the capacity that bridges with these stresses have left, in bridges: an idle one counts 1, a full one nothing. One
// beyond that counts against the others, so the sum can be negative: who is on it cannot stay if it fails to carry them.
func SpareOf(stress []float64) float64 {
	spare := 0.0
	for _, one := range stress {
		spare += 1 - one
	}
	return spare
}
