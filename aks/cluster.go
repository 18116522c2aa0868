package aks

import (
	"fmt"
	"net/netip"

	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/tags"
)

// Cluster is the environment's Kubernetes cluster.
type Cluster struct {
	pulumi.ResourceState

	// ClusterID is the cluster's resource id.
	ClusterID pulumi.StringOutput
	// ClusterName is its name, known once it exists.
	ClusterName pulumi.StringOutput
	// Kubeconfig is what the Kubernetes provider connects with; secret.
	Kubeconfig pulumi.StringOutput
	// OIDCIssuerURL is the issuer of the cluster's service account tokens, for workload identity.
	OIDCIssuerURL pulumi.StringOutput
	// NodeResourceGroup is the group in which AKS keeps the nodes and load balancers.
	NodeResourceGroup pulumi.StringOutput
	// ZonePools are the node pools of shards, by zone, for what must wait for its nodes.
	ZonePools map[int]pulumi.Resource
	// KeyVaultClientID and KeyVaultObjectID are the identity of the Key Vault add-on, as who asks a vault and as whom rights
	// are given to. Nil without Args.KeyVaultCertificate.
	KeyVaultClientID, KeyVaultObjectID pulumi.StringInput
	// KeyVaultAccess is the add-on's right to read the certificate, for what must wait for it. Nil like the two above.
	KeyVaultAccess pulumi.Resource
	// Identifier names the cluster to the Kubernetes provider (clusterIdentifier). As long as it stays the same, a
	// kubeconfig that is not known yet, or a new one, never makes the provider plan to replace every object.
	Identifier string
}

// builder carries what every child needs while the component is put together.
type builder struct {
	ctx       *pulumi.Context
	name      string
	args      Args
	component *Cluster
}

// New registers the cluster.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cluster, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Cluster{Identifier: args.Names.Cluster(), ZonePools: map[int]pulumi.Resource{}}
	if err := ctx.RegisterComponentResource("meet:aks:Cluster", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering the cluster: %w", err)
	}
	b := &builder{ctx: ctx, name: name, args: args, component: c}
	if err := b.build(); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, c.outputs())
}

func (c *Cluster) outputs() pulumi.Map {
	outputs := pulumi.Map{
		"clusterId":         c.ClusterID,
		"clusterName":       c.ClusterName,
		"kubeconfig":        c.Kubeconfig,
		"oidcIssuerUrl":     c.OIDCIssuerURL,
		"nodeResourceGroup": c.NodeResourceGroup,
		"identifier":        pulumi.String(c.Identifier),
	}
	if c.KeyVaultAccess != nil {
		outputs["keyVaultClientId"] = c.KeyVaultClientID
		outputs["keyVaultObjectId"] = c.KeyVaultObjectID
	}
	return outputs
}

func (b *builder) build() error {
	identity, err := b.identity()
	if err != nil {
		return err
	}
	grants, err := b.grants(identity)
	if err != nil {
		return err
	}
	cluster, err := b.cluster(identity, grants)
	if err != nil {
		return err
	}
	b.warnOfSystemPoolDrift(cluster)
	if err := b.zonePools(cluster); err != nil {
		return err
	}
	if err := b.maintenance(cluster); err != nil {
		return err
	}
	if err := b.keyVaultAccess(cluster); err != nil {
		return err
	}
	b.component.ClusterID = cluster.ID().ToStringOutput()
	b.component.ClusterName = cluster.Name
	b.component.Kubeconfig = b.kubeconfig(cluster)
	b.component.OIDCIssuerURL = cluster.OidcIssuerProfile.IssuerURL().Elem()
	b.component.NodeResourceGroup = cluster.NodeResourceGroup.Elem()
	return nil
}

// cluster registers the cluster with its system pool.
//
// The list of pools is ignored after creation. Azure lists every pool of the cluster in it, those of the zones
// included, so a refresh would show each of them as a change to undo; and it holds node counts, which belong to the
// cluster autoscaler (see autoscaled). Azure wants the list in every update and refuses an update whose counts differ
// from the live ones, so a stale list fails loudly and resizes nothing.
func (b *builder) cluster(identity *managedidentity.UserAssignedIdentity, grants []pulumi.Resource) (*aks.ManagedCluster, error) {
	k := b.args.Cluster
	cluster, err := aks.NewManagedCluster(b.ctx, b.name, &aks.ManagedClusterArgs{
		ResourceName:      pulumi.String(b.args.Names.Cluster()),
		ResourceGroupName: b.args.ResourceGroupName,
		Location:          pulumi.String(b.args.Location),
		Sku:               aks.ManagedClusterSKUArgs{Name: pulumi.String("Base"), Tier: pulumi.String(k.Tier)},
		Identity: aks.ManagedClusterIdentityArgs{
			Type:                   aks.ResourceIdentityTypeUserAssigned,
			UserAssignedIdentities: pulumi.StringArray{identity.ID()},
		},
		DnsPrefix:              pulumi.String(b.args.Names.Cluster()),
		NodeResourceGroup:      pulumi.String(b.args.Names.NodeResourceGroup()),
		KubernetesVersion:      pulumi.String(k.KubernetesVersion),
		EnableRBAC:             pulumi.Bool(true),
		DisableLocalAccounts:   pulumi.Bool(!k.LocalAccounts),
		AadProfile:             b.entra(),
		ApiServerAccessProfile: b.apiServerAccess(),
		AddonProfiles:          b.addons(),
		NetworkProfile:         b.networkProfile(),
		AgentPoolProfiles:      aks.ManagedClusterAgentPoolProfileArray{b.systemPool()},
		OidcIssuerProfile:      aks.ManagedClusterOIDCIssuerProfileArgs{Enabled: pulumi.Bool(true)},
		SecurityProfile: aks.ManagedClusterSecurityProfileArgs{
			WorkloadIdentity: aks.ManagedClusterSecurityProfileWorkloadIdentityArgs{Enabled: pulumi.Bool(true)},
		},
		AutoUpgradeProfile: aks.ManagedClusterAutoUpgradeProfileArgs{
			UpgradeChannel:       pulumi.String(k.UpgradeChannel),
			NodeOSUpgradeChannel: pulumi.String(k.NodeOSUpgradeChannel),
		},
		Tags: b.tags(),
	}, pulumi.Parent(b.component), pulumi.DependsOn(grants), pulumi.Protect(b.args.Protect),
		pulumi.IgnoreChanges(ignoredChanges(k.UpgradeChannel)), timeouts())
	if err != nil {
		return nil, fmt.Errorf("cluster %s: %w", b.args.Names.Cluster(), err)
	}
	return cluster, nil
}

// ignoredChanges names what belongs to Azure after the cluster is created. With the "stable" channel the version does:
// AKS moves it to another minor version, and writing the configured one again would ask for a downgrade. "patch" stays
// within the configured minor version, which Azure takes as no change; there, and with "none", a new version in the
// configuration upgrades the control plane.
func ignoredChanges(channel string) []string {
	ignored := []string{"agentPoolProfiles"}
	if channel == "stable" {
		ignored = append(ignored, "kubernetesVersion")
	}
	return ignored
}

// outboundPorts is how many UDP and how many TCP connections a node may have to the Internet at a time. AKS' own 1,024 are too
// few for a TURN relay, which needs one for each of its users. Two addresses with 64,000 ports each are enough for 32 nodes;
// the configuration allows no more. Azure wants a multiple of 8. Changing it later may cut flows of relay users: no document says
// what Azure does to open ones.
// Source: Azure docs, "Use a public standard load balancer in AKS", configure the allocated outbound ports.
const outboundPorts = 4000

// networkProfile is fixed at creation: the provider replaces the cluster on a change of most of it.
func (b *builder) networkProfile() aks.ContainerServiceNetworkProfileArgs {
	return aks.ContainerServiceNetworkProfileArgs{
		NetworkPlugin:     pulumi.String("azure"),
		NetworkPluginMode: pulumi.String("overlay"),
		NetworkDataplane:  pulumi.String("cilium"),
		NetworkPolicy:     pulumi.String("cilium"),
		PodCidr:           pulumi.String(b.args.PodCIDR.String()),
		ServiceCidr:       pulumi.String(b.args.ServiceCIDR.String()),
		DnsServiceIP:      pulumi.String(tenthAddress(b.args.ServiceCIDR).String()),
		LoadBalancerSku:   pulumi.String("standard"),
		OutboundType:      pulumi.String("loadBalancer"),
		LoadBalancerProfile: aks.ManagedClusterLoadBalancerProfileArgs{
			OutboundIPs:            aks.ManagedClusterLoadBalancerProfileOutboundIPsArgs{PublicIPs: b.egressReferences()},
			AllocatedOutboundPorts: pulumi.Int(outboundPorts),
		},
	}
}

func (b *builder) egressReferences() aks.ResourceReferenceArray {
	references := make(aks.ResourceReferenceArray, 0, egressAddresses)
	for index := range egressAddresses {
		references = append(references, aks.ResourceReferenceArgs{Id: b.egressAddressID(index)})
	}
	return references
}

// tenthAddress is where Kubernetes installers have always put the cluster's name server.
func tenthAddress(services netip.Prefix) netip.Addr {
	address := services.Masked().Addr()
	for range 10 {
		address = address.Next()
	}
	return address
}

// timeouts leaves Azure an hour: creating or upgrading a cluster takes 5 to 30 minutes, and giving up earlier leaves a
// cluster that the state does not know.
func timeouts() pulumi.ResourceOption {
	return pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "60m", Update: "60m", Delete: "60m"})
}

func (b *builder) tags() pulumi.StringMap {
	return pulumi.ToStringMap(tags.For(b.args.Tags, b.args.Names.Environment(), "aks", ""))
}
