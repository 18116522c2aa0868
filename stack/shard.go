package stack

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/autoscale"
	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/network"
	"jitsi-meet-azure/signalling"
	"jitsi-meet-azure/turn"
	"jitsi-meet-azure/vmss"
)

// shard is one deployed shard: its signalling in the cluster, its bridges beside it, and what scales them out.
type shard struct {
	environment.Shard
	network    network.ShardNetwork
	services   *services
	signalling *signalling.Signalling
	bridges    *vmss.Bridges
	autoscale  *autoscale.Setting
	// relay is made after the front door, whose namespace and certificate it uses.
	relay *turn.Relay
	// profiles are the rendered autoscale profiles, as the reaper reads them.
	profiles string
}

func newShards(ctx *pulumi.Context, base *foundation, net *network.Network, in *cluster, uses *services) ([]*shard, error) {
	shards := make([]*shard, 0, len(base.env.Shards))
	for _, described := range base.env.Shards {
		made := &shard{Shard: described, network: net.Shards[described.Name], services: uses}
		for _, step := range []func(*pulumi.Context, *foundation, *network.Network, *cluster) error{
			made.newSignalling, made.newBridges, made.newAutoscale,
		} {
			if err := step(ctx, base, net, in); err != nil {
				return nil, fmt.Errorf("shard %s: %w", described.Name, err)
			}
		}
		shards = append(shards, made)
	}
	return shards, nil
}

func (s *shard) newSignalling(ctx *pulumi.Context, base *foundation, net *network.Network, in *cluster) (err error) {
	s.signalling, err = signalling.New(ctx, "signalling-"+s.Name, signalling.Args{
		Names:                  base.names,
		Location:               base.env.Location,
		Shard:                  s.Shard,
		Domain:                 base.env.Domain,
		Jitsi:                  base.env.Jitsi,
		TurnHost:               naming.TurnHost(base.env.Domain, s.Name),
		STUNServer:             stunServer(base.env.Bridges),
		Protect:                base.env.Protect,
		NodePool:               in.ZonePools[s.Zone],
		PodCIDR:                base.env.Network.Pods,
		FunctionSubnet:         base.env.Network.Function,
		LoadBalancerSubnetName: net.LoadBalancerSubnetName,
		ResourceGroup:          base.names.ResourceGroup(),
	}, pulumi.Parent(base.root), pulumi.Providers(in.provider, base.random, base.tls))
	return err
}

func (s *shard) newBridges(ctx *pulumi.Context, base *foundation, _ *network.Network, _ *cluster) (err error) {
	s.bridges, err = vmss.New(ctx, "bridges-"+s.Name, vmss.Args{
		Names:             base.names,
		Location:          base.env.Location,
		Tags:              base.env.Tags,
		Shard:             s.Shard,
		Bridges:           base.env.Bridges,
		Protect:           base.env.Protect,
		ResourceGroupName: base.group.Name,
		SubnetID:          s.network.BridgeSubnetID,
		PrefixID:          s.network.PrefixID,
		PrefixCIDR:        s.network.PrefixCIDR,
		ImageDefinitionID: base.images.DefinitionID,
		VaultName:         s.services.vault.Name,
		VaultURL:          s.services.vault.URL,
		BridgePassword:    s.signalling.BridgePassword,
		CACertificate:     s.signalling.CACertificate,
		RESTClients:       base.restClients(),
		BootDeadline:      base.env.Reaper.BootDeadline,
		CollectionRuleID:  s.services.monitoring.BridgeRuleID,
	}, base.under(base.azure)...)
	return err
}

func (s *shard) newAutoscale(ctx *pulumi.Context, base *foundation, _ *network.Network, _ *cluster) (err error) {
	s.autoscale, err = autoscale.New(ctx, "autoscale-"+s.Name, autoscale.Args{
		Names:             base.names,
		Location:          base.env.Location,
		Tags:              base.env.Tags,
		Shard:             s.Shard,
		Autoscale:         base.env.Autoscale,
		NICMbps:           base.env.Bridges.NICMbps,
		ResourceGroupName: base.group.Name,
		ScaleSetID:        s.bridges.ScaleSetID,
	}, base.under(base.azure)...)
	if err != nil {
		return err
	}
	document, err := profile.Marshal(s.autoscale.Profiles)
	s.profiles = string(document)
	return err
}
