package aks

import (
	"fmt"
	"strconv"

	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
)

// Labels and taints of the pools; the services of shards and the front door select and tolerate them.
const (
	poolLabel   = "meet.jitsi/pool"
	systemPool  = "system"
	shardPool   = "shards"
	systemTaint = "CriticalAddonsOnly=true:NoSchedule"
	shardTaint  = "meet.jitsi/shard=true:NoSchedule"
)

// Settings that both kinds of pool share.
const (
	// osSKU is AKS' standard image, without a release: it follows the Kubernetes version (Ubuntu 24.04 from 1.35), so
	// the end of one Ubuntu release never needs a new pool. Most of its security patches are applied to running nodes
	// without draining them, which is what counts here. Azure Linux would do as well; its smaller image buys nothing
	// on nodes that live for months.
	osSKU = "Ubuntu"
	// osDiskGiB holds the images of a few services. It is small on purpose: where the size of machine has a local disk
	// that large, AKS then keeps the system on it (ephemeral disk: faster, free). Sizes without one get a managed disk,
	// which is why the kind of disk is left to AKS.
	osDiskGiB = 64
	// drainMinutes is how long an upgrade waits for the pods of a node. A disruption budget holds for as long; then
	// the upgrade fails and the node is used again.
	drainMinutes = 30
)

// systemPool carries cluster services and the front door, in all three zones whatever the shards use, so that neither
// dies with a zone.
func (b *builder) systemPool() aks.ManagedClusterAgentPoolProfileArgs {
	shape := b.args.Cluster.SystemPool
	return aks.ManagedClusterAgentPoolProfileArgs{
		Name:              pulumi.String(b.args.Names.SystemPool()),
		Mode:              pulumi.String("System"),
		Type:              pulumi.String("VirtualMachineScaleSets"),
		OsType:            pulumi.String("Linux"),
		OsSKU:             pulumi.String(osSKU),
		OsDiskSizeGB:      pulumi.Int(osDiskGiB),
		VmSize:            pulumi.String(shape.VMSize),
		AvailabilityZones: pulumi.ToStringArray([]string{"1", "2", "3"}),
		EnableAutoScaling: pulumi.Bool(true),
		MinCount:          pulumi.Int(shape.Minimum),
		MaxCount:          pulumi.Int(shape.Maximum),
		Count:             pulumi.Int(shape.Minimum), // at creation only, see autoscaled
		NodeLabels:        pulumi.StringMap{poolLabel: pulumi.String(systemPool)},
		NodeTaints:        pulumi.ToStringArray([]string{systemTaint}),
		VnetSubnetID:      b.args.NodeSubnetID.ToStringOutput(),
		UpgradeSettings:   upgradeSettings("33%"),
		Tags:              b.tags(),
	}
}

// zonePools registers one pool per zone that has shards. None waits for another, so that no zone's pool depends on
// another zone.
func (b *builder) zonePools(cluster *aks.ManagedCluster) error {
	for _, zone := range b.args.Zones {
		if err := b.zonePool(cluster, zone, b.args.Cluster.ShardPool); err != nil {
			return err
		}
	}
	return nil
}

// zonePool registers the pool of one zone's shards. Size and zone of its machines cannot be changed. There is
// deliberately no ReplaceOnChanges on them: replacing the pool would drop every room of the zone, so Azure's refusal is
// the better answer; docs/decisions/0002-cluster-upgrades.md has the way to change them.
func (b *builder) zonePool(cluster *aks.ManagedCluster, zone int, shape environment.Pool) error {
	name := b.args.Names.ZonePool(zone)
	pool, err := aks.NewAgentPool(b.ctx, b.name+"-pool-"+name, &aks.AgentPoolArgs{
		AgentPoolName:     pulumi.String(name),
		ResourceName:      cluster.Name,
		ResourceGroupName: b.args.ResourceGroupName,
		Mode:              pulumi.String("User"),
		OsType:            pulumi.String("Linux"),
		OsSKU:             pulumi.String(osSKU),
		OsDiskSizeGB:      pulumi.Int(osDiskGiB),
		VmSize:            pulumi.String(shape.VMSize),
		AvailabilityZones: pulumi.ToStringArray([]string{strconv.Itoa(zone)}),
		EnableAutoScaling: pulumi.Bool(true),
		MinCount:          pulumi.Int(shape.Minimum),
		MaxCount:          pulumi.Int(shape.Maximum),
		Count:             pulumi.Int(shape.Minimum), // at creation only, see autoscaled
		NodeLabels:        pulumi.StringMap{poolLabel: pulumi.String(shardPool)},
		NodeTaints:        pulumi.ToStringArray([]string{shardTaint}),
		VnetSubnetID:      b.args.NodeSubnetID.ToStringOutput(),
		UpgradeSettings:   upgradeSettings("1"),
		Tags:              b.tags(),
	}, pulumi.Parent(b.component), pulumi.Protect(b.args.Protect), autoscaled(), timeouts())
	if err != nil {
		return fmt.Errorf("node pool %s: %w", name, err)
	}
	b.component.ZonePools[zone] = pool
	return nil
}

// autoscaled leaves a pool's node count to the cluster autoscaler. Azure demands a count when a pool is created, so it
// cannot be left out; afterwards the one that the last refresh read is sent back. If the autoscaler has
// moved since, Azure refuses the update ("Cannot manually scale AgentPool") instead of resizing, and `pulumi up --refresh`
// goes through.
// Source: github.com/pulumi/pulumi-azure-native issue 2943, github.com/hashicorp/terraform-provider-azurerm pull 4543.
func autoscaled() pulumi.ResourceOption {
	return pulumi.IgnoreChanges([]string{"count"})
}

func upgradeSettings(surge string) aks.AgentPoolUpgradeSettingsArgs {
	return aks.AgentPoolUpgradeSettingsArgs{
		MaxSurge:              pulumi.String(surge),
		DrainTimeoutInMinutes: pulumi.Int(drainMinutes),
	}
}
