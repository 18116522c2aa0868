package main

import (
	"errors"
	"fmt"
	"net/netip"

	"sigs.k8s.io/yaml"
)

// zones are those that the shards are spread over.
const zones = 3

// withShards gives the environment in the stack file another number of shards, and an address plan that is large enough
// for them.
func withShards(stackFile []byte, shards int) ([]byte, error) {
	var file struct {
		Config map[string]any `json:"config"`
	}
	if err := yaml.Unmarshal(stackFile, &file); err != nil {
		return nil, fmt.Errorf("reading the stack file: %w", err)
	}
	all := make([]any, shards)
	for i := range all {
		all[i] = map[string]any{
			"name": fmt.Sprintf("s%02d", i+1), "zone": i%zones + 1,
			"bridgeSubnet":      netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 48, byte(8 + i/4), byte(i % 4 * 64)}), 26).String(),
			"signallingAddress": netip.AddrFrom4([4]byte{10, 48, 1, byte(10 + i)}).String(),
		}
	}
	network, isMap := file.Config["meet:network"].(map[string]any)
	door, isDoor := file.Config["meet:frontDoor"].(map[string]any)
	if !isMap || !isDoor {
		return nil, errors.New("the stack file has no network or no front door")
	}
	network["loadBalancers"], network["function"] = "10.48.1.0/25", "10.48.1.128/27"
	// A certificate from elsewhere would have to be put into the cluster first; the stack's own needs nobody.
	delete(door, "certificateSecret")
	file.Config["meet:shards"] = all
	return yaml.Marshal(file)
}
