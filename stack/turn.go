package stack

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/haproxy"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/network"
	"jitsi-meet-azure/turn"
)

// newRelays puts the TURN relays of every shard beside the front door, whose certificate they serve.
func newRelays(ctx *pulumi.Context, base *foundation, in *cluster, shards []*shard, door *haproxy.FrontDoor) error {
	for _, s := range shards {
		var err error
		s.relay, err = turn.New(ctx, "turn-"+s.Name, turn.Args{
			Names:         base.names,
			Location:      base.env.Location,
			Shard:         s.Shard,
			Domain:        base.env.Domain,
			Turn:          base.env.Turn,
			FrontDoor:     base.env.FrontDoor,
			Protect:       base.env.Protect,
			NodePool:      in.ZonePools[s.Zone],
			Ready:         door.Ready,
			ResourceGroup: base.names.ResourceGroup(),
			AddressName:   s.network.TurnAddressName,
			Address:       s.network.TurnAddress,
			PrefixCIDR:    s.network.PrefixCIDR,
			Secret:        s.signalling.TurnSecret,
		}, pulumi.Parent(base.root), pulumi.Providers(in.provider))
		if err != nil {
			return fmt.Errorf("shard %s: %w", s.Name, err)
		}
	}
	return nil
}

// turnAddressIDs are the public addresses of the relays, by shard.
func turnAddressIDs(net *network.Network) map[string]pulumi.StringInput {
	ids := map[string]pulumi.StringInput{}
	for shard, own := range net.Shards {
		ids[shard] = own.TurnAddressID
	}
	return ids
}

// stunServer is the one that clients are told: the first that bridges ask too, or none.
func stunServer(bridges environment.Bridges) string {
	if len(bridges.STUNServers) == 0 {
		return ""
	}
	return bridges.STUNServers[0]
}
