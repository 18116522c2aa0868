package aks

import (
	"net/netip"
	"slices"

	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// entra hands authentication and authorisation to Microsoft Entra where administrators are named.
func (b *builder) entra() aks.ManagedClusterAADProfilePtrInput {
	groups := b.args.Cluster.AdminGroupIDs
	if len(groups) == 0 {
		return nil
	}
	return aks.ManagedClusterAADProfileArgs{
		Managed:             pulumi.Bool(true),
		EnableAzureRBAC:     pulumi.Bool(true),
		AdminGroupObjectIDs: pulumi.ToStringArray(slices.Sorted(slices.Values(groups))),
	}
}

// apiServerAccess closes the API server to all but the configured ranges and the cluster's own nodes, which reach it
// from their egress addresses; without those the cluster would lock out its own nodes.
func (b *builder) apiServerAccess() aks.ManagedClusterAPIServerAccessProfilePtrInput {
	ranges := b.args.Cluster.AuthorizedIPRanges
	if len(ranges) == 0 {
		return nil
	}
	return aks.ManagedClusterAPIServerAccessProfileArgs{
		AuthorizedIPRanges: b.args.EgressAddresses.ToStringArrayOutput().ApplyT(func(own []string) []string {
			return authorizedRanges(ranges, own)
		}).(pulumi.StringArrayOutput),
	}
}

// authorizedRanges joins the configured ranges with single addresses, sorted and distinct, so that neither the order of
// the configuration nor an address named twice shows as a change.
func authorizedRanges(configured []netip.Prefix, own []string) []string {
	all := make([]string, 0, len(configured)+len(own))
	for _, prefix := range configured {
		all = append(all, prefix.Masked().String())
	}
	for _, address := range own {
		all = append(all, address+"/32")
	}
	slices.Sort(all)
	return slices.Compact(all)
}
