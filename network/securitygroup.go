package network

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/tags"
)

// securityGroup registers the group of the subnet with the given role. Its rules are inline rather than resources of
// their own: a group is then replaced as a whole and never has half of its rules, and a rule added by hand is drift
// that the next deployment removes.
func (b *builder) securityGroup(role, shard string, rules []rule) (*network.NetworkSecurityGroup, error) {
	group, err := network.NewNetworkSecurityGroup(b.ctx, b.name+"-nsg-"+role, &network.NetworkSecurityGroupArgs{
		NetworkSecurityGroupName: pulumi.String(b.args.Names.SecurityGroup(role)),
		ResourceGroupName:        b.args.ResourceGroupName,
		Location:                 pulumi.String(b.args.Location),
		SecurityRules:            securityRules(rules),
		Tags:                     b.tags(shard),
	}, pulumi.Parent(b.component))
	if err != nil {
		return nil, fmt.Errorf("security group of the %s subnet: %w", role, err)
	}
	return group, nil
}

func securityRules(rules []rule) network.SecurityRuleTypeArray {
	converted := make(network.SecurityRuleTypeArray, 0, len(rules))
	for _, r := range rules {
		converted = append(converted, r.toArgs())
	}
	return converted
}

// toArgs writes single values into the singular properties, as Azure gives them back; the plural ones would show as
// drift.
func (r rule) toArgs() network.SecurityRuleTypeArgs {
	args := network.SecurityRuleTypeArgs{
		Name:            pulumi.String(r.name),
		Description:     pulumi.String(r.why),
		Priority:        pulumi.Int(r.priority),
		Direction:       pulumi.String(pick(r.outbound, "Outbound", "Inbound")),
		Access:          pulumi.String(pick(r.deny, "Deny", "Allow")),
		Protocol:        pulumi.String(r.protocol),
		SourcePortRange: pulumi.String(anywhere),
	}
	args.SourceAddressPrefix, args.SourceAddressPrefixes = oneOrMany(r.sources)
	args.DestinationAddressPrefix, args.DestinationAddressPrefixes = oneOrMany(r.destinations)
	args.DestinationPortRange, args.DestinationPortRanges = oneOrMany(r.ports)
	return args
}

func oneOrMany(values []string) (pulumi.StringPtrInput, pulumi.StringArrayInput) {
	if len(values) == 1 {
		return pulumi.String(values[0]), nil
	}
	return nil, pulumi.ToStringArray(values)
}

func pick(condition bool, yes, no string) string {
	if condition {
		return yes
	}
	return no
}

func (b *builder) tags(shard string) pulumi.StringMap {
	return pulumi.ToStringMap(tags.For(b.args.Tags, b.args.Names.Environment(), "network", shard))
}
