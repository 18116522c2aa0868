package network

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/network/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Network is the environment's virtual network with its public addresses.
type Network struct {
	pulumi.ResourceState

	// VirtualNetworkID is the resource id of the virtual network.
	VirtualNetworkID pulumi.StringOutput
	// NodeSubnetID is the subnet of all AKS nodes.
	NodeSubnetID pulumi.StringOutput
	// LoadBalancerSubnetID is the subnet of the internal load balancers.
	LoadBalancerSubnetID pulumi.StringOutput
	// LoadBalancerSubnetName is its plain name, which Kubernetes services carry in an annotation.
	LoadBalancerSubnetName string
	// FunctionSubnetID is the subnet, delegated to App Service, that the reaper sends from.
	FunctionSubnetID pulumi.StringOutput
	// Shards holds what belongs to one shard, by its name.
	Shards map[string]ShardNetwork
	// FrontDoorAddress is the public IPv4 address that users' browsers talk to; zone-redundant.
	FrontDoorAddress pulumi.StringOutput
	// FrontDoorAddressID is its resource id.
	FrontDoorAddressID pulumi.StringOutput
	// FrontDoorAddressName is its plain name, which the front door's Kubernetes service carries in an annotation.
	FrontDoorAddressName string
	// EgressAddressIDs are the resource ids of the two zone-redundant addresses that the nodes leave through.
	EgressAddressIDs pulumi.StringArrayOutput
	// EgressAddresses are their IPv4 addresses, in the same order.
	EgressAddresses pulumi.StringArrayOutput
}

// ShardNetwork is what belongs to one shard; none of it is used by another.
type ShardNetwork struct {
	// BridgeSubnetID is the subnet of the shard's bridges.
	BridgeSubnetID pulumi.StringOutput
	// PrefixID is the resource id of the public IP prefix that the bridges take their addresses from.
	PrefixID pulumi.StringOutput
	// PrefixCIDR is its range, for example "203.0.113.0/28".
	PrefixCIDR pulumi.StringOutput
	// TurnAddress is the public IPv4 address of the shard's TURN relays; zone-redundant, as every address that is before the
	// cluster.
	TurnAddress pulumi.StringOutput
	// TurnAddressID is its resource id.
	TurnAddressID pulumi.StringOutput
	// TurnAddressName is its plain name, which the relays' Kubernetes service carries in an annotation.
	TurnAddressName string
}

// builder carries what every child needs while the component is put together.
type builder struct {
	ctx       *pulumi.Context
	name      string
	args      Args
	component *Network
}

// New registers the network.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Network{Shards: map[string]ShardNetwork{}}
	if err := ctx.RegisterComponentResource("meet:network:Network", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering the network: %w", err)
	}
	b := &builder{ctx: ctx, name: name, args: args, component: c}
	if err := b.build(); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, c.outputs())
}

func (b *builder) build() error {
	if err := b.addSubnets(); err != nil {
		return err
	}
	if err := b.addAddresses(); err != nil {
		return err
	}
	if err := b.addPrefixes(); err != nil {
		return err
	}
	return b.addTurnAddresses()
}

// virtualNetwork registers the network itself, without inline subnets: those and Subnet resources would undo each
// other on every deployment.
func (b *builder) virtualNetwork() (*network.VirtualNetwork, error) {
	virtualNetwork, err := network.NewVirtualNetwork(b.ctx, b.name+"-vnet", &network.VirtualNetworkArgs{
		VirtualNetworkName: pulumi.String(b.args.Names.VirtualNetwork()),
		ResourceGroupName:  b.args.ResourceGroupName,
		Location:           pulumi.String(b.args.Location),
		AddressSpace: network.AddressSpaceArgs{
			AddressPrefixes: pulumi.ToStringArray([]string{b.args.Network.AddressSpace.String()}),
		},
		Tags: b.tags(""),
	}, pulumi.Parent(b.component), pulumi.Protect(b.args.Protect))
	if err != nil {
		return nil, fmt.Errorf("virtual network: %w", err)
	}
	return virtualNetwork, nil
}

func (b *builder) addSubnets() error {
	virtualNetwork, err := b.virtualNetwork()
	if err != nil {
		return err
	}
	b.component.VirtualNetworkID = virtualNetwork.ID().ToStringOutput()
	ids := map[string]pulumi.StringOutput{}
	var last *network.Subnet
	for _, s := range subnets(b.args.Network, b.args.Shards) {
		if last, err = b.subnet(s, virtualNetwork, last); err != nil {
			return err
		}
		ids[s.role] = last.ID().ToStringOutput()
	}
	b.component.NodeSubnetID = ids["nodes"]
	b.component.LoadBalancerSubnetID = ids["load-balancers"]
	b.component.LoadBalancerSubnetName = b.args.Names.Subnet("load-balancers")
	b.component.FunctionSubnetID = ids["function"]
	for _, shard := range b.args.Shards {
		b.component.Shards[shard.Name] = ShardNetwork{BridgeSubnetID: ids[bridgeRole(shard.Name)]}
	}
	return nil
}

func (b *builder) addAddresses() error {
	frontDoor, err := b.address("front-door-address", b.args.Names.FrontDoorAddress(), "")
	if err != nil {
		return err
	}
	b.component.FrontDoorAddress = frontDoor.IpAddress.Elem()
	b.component.FrontDoorAddressID = frontDoor.ID().ToStringOutput()
	b.component.FrontDoorAddressName = b.args.Names.FrontDoorAddress()
	var ids, addresses pulumi.StringArray
	for index := 1; index <= egressAddresses; index++ {
		egress, err := b.address(fmt.Sprintf("egress-address-%d", index), b.args.Names.EgressAddress(index), "")
		if err != nil {
			return err
		}
		ids = append(ids, egress.ID().ToStringOutput())
		addresses = append(addresses, egress.IpAddress.Elem())
	}
	b.component.EgressAddressIDs = ids.ToStringArrayOutput()
	b.component.EgressAddresses = addresses.ToStringArrayOutput()
	return nil
}

func (b *builder) addPrefixes() error {
	for _, shard := range b.args.Shards {
		prefix, err := b.prefix(shard)
		if err != nil {
			return err
		}
		own := b.component.Shards[shard.Name]
		own.PrefixID, own.PrefixCIDR = prefix.ID().ToStringOutput(), prefix.IpPrefix
		b.component.Shards[shard.Name] = own
	}
	return nil
}

func (b *builder) addTurnAddresses() error {
	for _, shard := range b.args.Shards {
		name := b.args.Names.TurnAddress(shard.Name)
		address, err := b.address("turn-address-"+shard.Name, name, shard.Name)
		if err != nil {
			return err
		}
		own := b.component.Shards[shard.Name]
		own.TurnAddress, own.TurnAddressID, own.TurnAddressName = address.IpAddress.Elem(), address.ID().ToStringOutput(), name
		b.component.Shards[shard.Name] = own
	}
	return nil
}

func (n *Network) outputs() pulumi.Map {
	shards := pulumi.Map{}
	for name, shard := range n.Shards {
		shards[name] = pulumi.Map{
			"bridgeSubnetId": shard.BridgeSubnetID,
			"prefixId":       shard.PrefixID,
			"prefixCidr":     shard.PrefixCIDR,
			"turnAddress":    shard.TurnAddress,
		}
	}
	return pulumi.Map{
		"virtualNetworkId":     n.VirtualNetworkID,
		"nodeSubnetId":         n.NodeSubnetID,
		"loadBalancerSubnetId": n.LoadBalancerSubnetID,
		"functionSubnetId":     n.FunctionSubnetID,
		"frontDoorAddress":     n.FrontDoorAddress,
		"egressAddresses":      n.EgressAddresses,
		"shards":               shards,
	}
}
