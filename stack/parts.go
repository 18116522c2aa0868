package stack

import (
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/aks"
	"jitsi-meet-azure/functions"
	"jitsi-meet-azure/functions/pack"
	"jitsi-meet-azure/haproxy"
	"jitsi-meet-azure/network"
)

func newNetwork(ctx *pulumi.Context, base *foundation) (*network.Network, error) {
	env := base.env
	return network.New(ctx, "network", network.Args{
		Names:             base.names,
		Location:          env.Location,
		Tags:              env.Tags,
		Network:           env.Network,
		Shards:            env.Shards,
		PrefixLength:      env.Bridges.PrefixLength,
		Protect:           env.Protect,
		ResourceGroupName: base.group.Name,
	}, base.under(base.azure)...)
}

// cluster is the AKS cluster together with the provider that deploys into it.
type cluster struct {
	*aks.Cluster
	provider *kubernetes.Provider
}

func newCluster(ctx *pulumi.Context, base *foundation, net *network.Network, uses *services) (*cluster, error) {
	env := base.env
	made, err := aks.New(ctx, "cluster", aks.Args{
		Names:                base.names,
		Location:             env.Location,
		Tags:                 env.Tags,
		Protect:              env.Protect,
		Cluster:              env.Cluster,
		Zones:                base.shardZones(),
		PodCIDR:              env.Network.Pods,
		ServiceCIDR:          env.Network.Services,
		ResourceGroupName:    base.group.Name,
		ResourceGroupID:      base.group.ID().ToStringOutput(),
		NodeSubnetID:         net.NodeSubnetID,
		LoadBalancerSubnetID: net.LoadBalancerSubnetID,
		FrontDoorAddressID:   net.FrontDoorAddressID,
		TurnAddressIDs:       turnAddressIDs(net),
		EgressAddressIDs:     net.EgressAddressIDs,
		EgressAddresses:      net.EgressAddresses,
		WorkspaceID:          uses.monitoring.WorkspaceID,
		KeyVaultCertificate:  env.FrontDoor.KeyVaultCertificate,
	}, base.under(base.azure)...)
	if err != nil {
		return nil, err
	}
	// The identifier must be there from the first deployment: it is what lets the provider know that a kubeconfig that
	// is not known yet still means the same cluster, and so keeps a preview from replacing everything in it.
	provider, err := kubernetes.NewProvider(ctx, "kubernetes", &kubernetes.ProviderArgs{
		Kubeconfig:        made.Kubeconfig,
		ClusterIdentifier: pulumi.String(made.Identifier),
		// By default the provider replaces a changed ConfigMap or Secret, which takes a mounted one away for a moment.
		EnableConfigMapMutable: pulumi.Bool(true),
		EnableSecretMutable:    pulumi.Bool(true),
	}, pulumi.Parent(base.root))
	if err != nil {
		return nil, fmt.Errorf("configuring the Kubernetes provider: %w", err)
	}
	return &cluster{Cluster: made, provider: provider}, nil
}

// shardZones are the distinct zones that shards live in, in order.
func (b *foundation) shardZones() []int {
	zones := map[int]bool{}
	for _, shard := range b.env.Shards {
		zones[shard.Zone] = true
	}
	return slices.Sorted(maps.Keys(zones))
}

// newFrontDoor makes the proxies, and beside them the relays of all shards, which serve the proxies' certificate.
func newFrontDoor(ctx *pulumi.Context, base *foundation, net *network.Network, in *cluster, shards []*shard) (*haproxy.FrontDoor, error) {
	backends := make([]haproxy.Backend, 0, len(shards))
	for _, s := range shards {
		backends = append(backends, haproxy.Backend{
			Shard: s.Name, Host: s.signalling.WebHost, Port: s.signalling.WebPort,
			JicofoHost: s.signalling.JicofoHost, JicofoPort: s.signalling.JicofoPort,
		})
	}
	door, err := haproxy.New(ctx, "front-door", haproxy.Args{
		Names:                    base.names,
		Domain:                   base.env.Domain,
		FrontDoor:                base.env.FrontDoor,
		Backends:                 backends,
		ResourceGroup:            base.names.ResourceGroup(),
		AddressName:              net.FrontDoorAddressName,
		Address:                  net.FrontDoorAddress,
		KeyVaultIdentityClientID: in.KeyVaultClientID,
		KeyVaultAccess:           in.KeyVaultAccess,
	}, pulumi.Parent(base.root), pulumi.Providers(in.provider, base.tls))
	if err != nil {
		return nil, err
	}
	return door, newRelays(ctx, base, in, shards, door)
}

func newReaper(ctx *pulumi.Context, base *foundation, net *network.Network, uses *services, shards []*shard,
	reaper pack.Package,
) (*functions.Reaper, error) {
	env := base.env
	targets := make([]functions.Target, 0, len(shards))
	for _, s := range shards {
		targets = append(targets, functions.Target{
			Shard: s.Name, ScaleSetID: s.bridges.ScaleSetID, Jicofo: s.signalling.JicofoURL, Profiles: s.profiles,
		})
	}
	return functions.New(ctx, "reaper", functions.Args{
		Names:             base.names,
		Location:          env.Location,
		Tags:              env.Tags,
		Protect:           env.Protect,
		Reaper:            env.Reaper,
		Reserve:           float64(env.Autoscale.ReservePercent) / 100,
		ResourceGroupName: base.group.Name,
		ResourceGroupID:   base.group.ID().ToStringOutput(),
		FunctionSubnetID:  net.FunctionSubnetID,
		ConnectionString:  uses.monitoring.ConnectionString,
		Targets:           targets,
		Package:           reaper,
	}, base.under(base.azure)...)
}
