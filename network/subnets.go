package network

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
)

// subnet describes one subnet and its security group.
type subnet struct {
	role      string
	shard     string // of the security group's tag; empty where the subnet serves all shards
	prefix    netip.Prefix
	rules     []rule
	delegated string // the service that alone may use the subnet
	endpoints []string
}

// subnets lists all subnets. Those of the shards come last, in the configured order, so that a shard added at the end
// changes nobody's place in the chain.
func subnets(plan environment.Network, shards []environment.Shard) []subnet {
	bridges, signalling := bridgeSubnets(shards), signallingAddresses(shards)
	all := []subnet{
		{role: "nodes", prefix: plan.Nodes, rules: nodeRules(plan, bridges, signalling)},
		{role: "load-balancers", prefix: plan.LoadBalancers, rules: loadBalancerRules(plan, bridges, signalling)},
		{
			role: "function", prefix: plan.Function, rules: functionRules(bridges, signalling),
			delegated: "Microsoft.Web/serverFarms", endpoints: []string{"Microsoft.Storage"},
		},
	}
	for _, shard := range shards {
		all = append(all, subnet{
			role: bridgeRole(shard.Name), shard: shard.Name, prefix: shard.BridgeSubnet, rules: bridgeRules(plan, shard),
			// The vault of the bridges' secrets answers to the subnets that come to it this way, and to no other.
			endpoints: []string{"Microsoft.KeyVault"},
		})
	}
	return all
}

func bridgeRole(shard string) string { return "bridges-" + shard }

// subnet registers a subnet with its security group. It waits for the one before, since Azure changes one subnet of a
// network at a time and answers the others with AnotherOperationInProgress. The wait orders creations only: a subnet
// takes no value from another, so adding a shard changes nothing that exists, and no subnet is zonal.
//
// Explicit outbound: nodes leave through the cluster's load balancer, bridges through their own addresses, the function
// through App Service. The subnet property that refuses Azure's implicit outbound address (defaultOutboundAccess) does
// not exist in the API version of this provider (2023-02-01); with it nothing here would change.
func (b *builder) subnet(s subnet, virtualNetwork *network.VirtualNetwork, after *network.Subnet) (*network.Subnet, error) {
	group, err := b.securityGroup(s.role, s.shard, s.rules)
	if err != nil {
		return nil, err
	}
	options := []pulumi.ResourceOption{pulumi.Parent(b.component)}
	if after != nil {
		options = append(options, pulumi.DependsOn([]pulumi.Resource{after}))
	}
	created, err := network.NewSubnet(b.ctx, b.name+"-subnet-"+s.role, &network.SubnetArgs{
		SubnetName:           pulumi.String(b.args.Names.Subnet(s.role)),
		ResourceGroupName:    b.args.ResourceGroupName,
		VirtualNetworkName:   virtualNetwork.Name,
		AddressPrefix:        pulumi.String(s.prefix.String()),
		NetworkSecurityGroup: network.NetworkSecurityGroupTypeArgs{Id: group.ID()},
		Delegations:          delegations(s.delegated),
		ServiceEndpoints:     serviceEndpoints(s.endpoints),
	}, options...)
	if err != nil {
		return nil, fmt.Errorf("subnet %s: %w", s.role, err)
	}
	return created, nil
}

func delegations(service string) network.DelegationArrayInput {
	if service == "" {
		return nil
	}
	return network.DelegationArray{network.DelegationArgs{
		Name:        pulumi.String("delegation"),
		ServiceName: pulumi.String(service),
	}}
}

func serviceEndpoints(services []string) network.ServiceEndpointPropertiesFormatArrayInput {
	if len(services) == 0 {
		return nil
	}
	endpoints := make(network.ServiceEndpointPropertiesFormatArray, 0, len(services))
	for _, service := range services {
		endpoints = append(endpoints, network.ServiceEndpointPropertiesFormatArgs{Service: pulumi.String(service)})
	}
	return endpoints
}
