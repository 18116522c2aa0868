package network

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
)

// egressAddresses is how many addresses the nodes leave through. One would carry the traffic (64,000 ports); the second
// keeps connections open while the first is exchanged.
const egressAddresses = 2

// address registers a zone-redundant address: naming all three zones is what makes it survive the loss of any one. Shard is
// empty unless the address belongs to one.
// Source: Azure docs, public-ip-addresses, availability zone.
func (b *builder) address(suffix, physicalName, shard string) (*network.PublicIPAddress, error) {
	address, err := network.NewPublicIPAddress(b.ctx, b.name+"-"+suffix, &network.PublicIPAddressArgs{
		PublicIpAddressName: pulumi.String(physicalName),
		ResourceGroupName:   b.args.ResourceGroupName,
		Location:            pulumi.String(b.args.Location),
		Sku: network.PublicIPAddressSkuArgs{
			Name: pulumi.String("Standard"),
			Tier: pulumi.String("Regional"),
		},
		PublicIPAllocationMethod: pulumi.String("Static"), // the Standard kind knows no other
		PublicIPAddressVersion:   pulumi.String("IPv4"),
		Zones:                    pulumi.ToStringArray([]string{"1", "2", "3"}),
		Tags:                     b.tags(shard),
	}, b.irreplaceable("zones")...)
	if err != nil {
		return nil, fmt.Errorf("public address %s: %w", physicalName, err)
	}
	return address, nil
}

// prefix registers the addresses of a shard's bridges, in the shard's own zone: Azure refuses a prefix without a zone,
// or with another one, for a zonal scale set.
func (b *builder) prefix(shard environment.Shard) (*network.PublicIPPrefix, error) {
	options := b.irreplaceable("zones", "prefixLength")
	if b.args.Protect {
		// Customers write these addresses into their firewalls; they outlive the stack. A stack that is made again takes
		// them over with `pulumi import` before its first deployment.
		options = append(options, pulumi.RetainOnDelete(true))
	}
	prefix, err := network.NewPublicIPPrefix(b.ctx, b.name+"-prefix-"+shard.Name, &network.PublicIPPrefixArgs{
		PublicIpPrefixName:     pulumi.String(b.args.Names.BridgePrefix(shard.Name, shard.Zone)),
		ResourceGroupName:      b.args.ResourceGroupName,
		Location:               pulumi.String(b.args.Location),
		PrefixLength:           pulumi.Int(b.args.PrefixLength),
		PublicIPAddressVersion: pulumi.String("IPv4"),
		Sku: network.PublicIPPrefixSkuArgs{
			Name: pulumi.String("Standard"),
			Tier: pulumi.String("Regional"),
		},
		Zones: pulumi.ToStringArray([]string{strconv.Itoa(shard.Zone)}),
		Tags:  b.tags(shard.Name),
	}, options...)
	if err != nil {
		return nil, fmt.Errorf("public IP prefix of shard %s: %w", shard.Name, err)
	}
	return prefix, nil
}

// irreplaceable gives the options of a public address. Azure refuses to change the given properties in place, and the
// provider does not know that, so without ReplaceOnChanges an edit would fail in the middle of a deployment instead of
// showing in the preview. The old one must go first, because the name is fixed. Where addresses are protected, the
// preview ends in an error.
func (b *builder) irreplaceable(immutable ...string) []pulumi.ResourceOption {
	return []pulumi.ResourceOption{
		pulumi.Parent(b.component),
		pulumi.ReplaceOnChanges(immutable),
		pulumi.DeleteBeforeReplace(true),
		pulumi.Protect(b.args.Protect),
	}
}
