// Package tags gives the tags of a resource. They are written into each resource's arguments rather than added by a
// Pulumi transform, because transforms are invisible to unit tests. The package is pure.
package tags

import "maps"

// For returns the environment's own tags (own) with the project's standing ones: "environment", "component", and
// "shard" where shard is not empty. The standing ones win, because alerts and cost reports select by them.
func For(own map[string]string, environment, component, shard string) map[string]string {
	all := maps.Clone(own)
	if all == nil {
		all = map[string]string{}
	}
	all["environment"] = environment
	all["component"] = component
	all["managed-by"] = "pulumi"
	if shard != "" {
		all["shard"] = shard
	}
	return all
}
