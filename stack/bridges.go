package stack

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/monitoring"
	"jitsi-meet-azure/network"
	"jitsi-meet-azure/vault"
)

// services are what the bridges of all shards use of Azure: the vault that keeps their secrets, and the workspace that logs and
// numbers go to, theirs and the others'. Neither is tied to a zone, and a running bridge needs neither.
type services struct {
	vault      *vault.Vault
	monitoring *monitoring.Workspace
}

func newServices(ctx *pulumi.Context, base *foundation, net *network.Network) (*services, error) {
	env := base.env
	logs, err := monitoring.New(ctx, "monitoring", monitoring.Args{
		Names:              base.names,
		Location:           env.Location,
		Tags:               env.Tags,
		Protect:            env.Protect,
		RetentionDays:      env.Monitoring.RetentionDays,
		DailyGigabytes:     env.Monitoring.DailyGigabytes,
		FrontDoorNamespace: base.names.FrontDoorNamespace(),
		ShardNamespaces:    base.shardNamespaces(),
		ResourceGroupName:  base.group.Name,
	}, base.under(base.azure)...)
	if err != nil {
		return nil, err
	}
	client, err := authorization.GetClientConfig(ctx, base.invoke)
	if err != nil {
		return nil, fmt.Errorf("asking which tenant the subscription belongs to: %w", err)
	}
	subnets := make(map[string]pulumi.StringInput, len(net.Shards))
	for shard, own := range net.Shards {
		subnets[shard] = own.BridgeSubnetID
	}
	secrets, err := vault.New(ctx, "vault", vault.Args{
		Names:             base.names,
		Location:          env.Location,
		Tags:              env.Tags,
		Protect:           env.Protect,
		TenantID:          client.TenantId,
		ResourceGroupName: base.group.Name,
		BridgeSubnetIDs:   subnets,
		WorkspaceID:       logs.WorkspaceID,
	}, base.under(base.azure)...)
	if err != nil {
		return nil, err
	}
	return &services{vault: secrets, monitoring: logs}, nil
}

// shardNamespaces are those of the shards in the cluster, in the order of the configuration.
func (b *foundation) shardNamespaces() []string {
	namespaces := make([]string, 0, len(b.env.Shards))
	for _, shard := range b.env.Shards {
		namespaces = append(namespaces, b.names.ShardNamespace(shard.Name))
	}
	return namespaces
}

// restClients are who may reach the HTTP servers of the bridges: the reaper, which sends from its own subnet.
func (b *foundation) restClients() []netip.Prefix { return []netip.Prefix{b.env.Network.Function} }
