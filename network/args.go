// Package network deploys the environment's virtual network: subnets, their security groups, the public addresses of
// the front door and of the cluster's egress, and for each shard a zonal public IP prefix and an address for TURN.
//
// Nothing in it is a NAT gateway: a gateway lives in one zone, and on a bridge subnet it would hide the bridges' own
// public addresses (docs/decisions/0001-egress.md).
package network

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args describes the network of one environment.
type Args struct {
	// Names gives every physical name.
	Names naming.Names
	// Location is the Azure region; it must have availability zones.
	Location string
	// Tags are added to every resource that takes tags (subnets do not).
	Tags map[string]string
	// Network is the address plan.
	Network environment.Network
	// Shards get a bridge subnet, a public IP prefix and a public address for TURN each, in their order.
	Shards []environment.Shard
	// PrefixLength is the length of every shard's public IP prefix: 28 (16 addresses) to 31 (2 addresses), the only
	// ones that Azure gives out of its own ranges.
	// Source: Azure docs, public-ip-address-prefix.
	PrefixLength int
	// Protect guards the virtual network and every public address against deletion, and leaves the prefixes in Azure
	// when the stack is destroyed.
	Protect bool
	// ResourceGroupName is the resource group of everything here.
	ResourceGroupName pulumi.StringInput
}

// Validate returns all problems at once. The configuration has been checked before it gets here; these are the rules
// that other callers could break.
func (a Args) Validate() error {
	var problems []error
	add := func(broken bool, format string, values ...any) {
		if broken {
			problems = append(problems, fmt.Errorf("network: "+format, values...))
		}
	}
	add(a.Names.Environment() == "", "Names must come from naming.For")
	add(a.Location == "", "Location is missing")
	add(a.ResourceGroupName == nil, "ResourceGroupName is missing")
	add(len(a.Shards) == 0, "Shards is empty")
	add(a.PrefixLength < 28 || a.PrefixLength > 31, "PrefixLength %d is not one of 28 to 31", a.PrefixLength)
	add(!a.Network.AddressSpace.IsValid(), "Network.AddressSpace is missing")
	add(!a.Network.Pods.IsValid(), "Network.Pods is missing")
	for _, part := range a.subnetRanges() {
		add(!part.prefix.IsValid(), "%s is missing", part.path)
		add(part.prefix.IsValid() && !inside(a.Network.AddressSpace, part.prefix),
			"%s %s is outside Network.AddressSpace %s", part.path, part.prefix, a.Network.AddressSpace)
	}
	problems = append(problems, a.validateShards()...)
	return errors.Join(problems...)
}

func (a Args) validateShards() []error {
	var problems []error
	seen := map[string]bool{}
	for i, shard := range a.Shards {
		if shard.Name == "" || seen[shard.Name] {
			problems = append(problems, fmt.Errorf("network: Shards[%d].Name %q is empty or taken", i, shard.Name))
		}
		seen[shard.Name] = true
		if shard.Zone < 1 || shard.Zone > 3 {
			problems = append(problems, fmt.Errorf("network: Shards[%d].Zone %d is not one of 1, 2, 3", i, shard.Zone))
		}
		if !a.Network.LoadBalancers.Contains(shard.SignallingAddress) {
			problems = append(problems, fmt.Errorf("network: Shards[%d].SignallingAddress %s is outside Network.LoadBalancers %s",
				i, shard.SignallingAddress, a.Network.LoadBalancers))
		}
	}
	return problems
}

// subnetRange is one range that becomes a subnet.
type subnetRange struct {
	path   string
	prefix netip.Prefix
}

func (a Args) subnetRanges() []subnetRange {
	ranges := []subnetRange{
		{"Network.Nodes", a.Network.Nodes},
		{"Network.LoadBalancers", a.Network.LoadBalancers},
		{"Network.Function", a.Network.Function},
	}
	for i, shard := range a.Shards {
		ranges = append(ranges, subnetRange{fmt.Sprintf("Shards[%d].BridgeSubnet", i), shard.BridgeSubnet})
	}
	return ranges
}

func inside(outer, inner netip.Prefix) bool {
	return outer.IsValid() && outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
