// Package vmss runs the videobridge machines of a shard: one zonal, uniform scale set without a load balancer, in which
// every machine has a public address of the shard's own prefix; and with it the shard's secret in the Key Vault, and the right
// of the machines' identity to read that one.
//
// The program describes how a machine is made, never how many there are: autoscale adds, the reaper removes. Machines are
// not repaired, upgraded or scaled in by anything else, because each of those would end the conferences on them.
package vmss

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	insights "github.com/pulumi/pulumi-azure-native-sdk/insights/v2/v20230311"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/tags"
)

// Bridges is the scale set of one shard.
type Bridges struct {
	pulumi.ResourceState

	// ScaleSetID is the Azure id of the scale set and ScaleSetName its name.
	ScaleSetID, ScaleSetName pulumi.StringOutput
	// IdentityID is the Azure id of the machines' identity.
	IdentityID pulumi.StringOutput
	// IdentityPrincipalID is what rights are granted to.
	IdentityPrincipalID pulumi.StringOutput
}

// builder carries what every step of New needs.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent *Bridges
	tags   pulumi.StringMap
}

// New registers the scale set with the identity of its machines and what that may read.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Bridges, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("bridges %s: %w", name, err)
	}
	c := &Bridges{}
	if err := ctx.RegisterComponentResource("meet:vmss:Bridges", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering bridges %s: %w", name, err)
	}
	b := &builder{
		ctx: ctx, name: name, args: args, parent: c,
		tags: pulumi.ToStringMap(tags.For(args.Tags, args.Names.Environment(), "bridges", args.Shard.Name)),
	}
	if err := b.build(); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"scaleSetId":          c.ScaleSetID,
		"scaleSetName":        c.ScaleSetName,
		"identityId":          c.IdentityID,
		"identityPrincipalId": c.IdentityPrincipalID,
	})
}

// build registers the parts in the order in which a machine needs them: it must be able to read its secret when it boots.
func (b *builder) build() error {
	identity, err := b.newIdentity()
	if err != nil {
		return err
	}
	secret, err := b.newSecret()
	if err != nil {
		return err
	}
	grant, err := b.grantSecret(identity, secret)
	if err != nil {
		return err
	}
	set, err := b.newScaleSet(identity, secret, grant)
	if err != nil {
		return err
	}
	b.parent.ScaleSetID, b.parent.ScaleSetName = set.ID().ToStringOutput(), set.Name
	b.parent.IdentityID, b.parent.IdentityPrincipalID = identity.ID().ToStringOutput(), identity.PrincipalId
	return b.associate(set)
}

// newIdentity makes one identity per shard, rather than the scale set's own, so that its rights survive the scale set.
func (b *builder) newIdentity() (*managedidentity.UserAssignedIdentity, error) {
	identity, err := managedidentity.NewUserAssignedIdentity(b.ctx, b.name+"-identity", &managedidentity.UserAssignedIdentityArgs{
		ResourceName:      pulumi.String(b.args.Names.Identity("bridges-" + b.args.Shard.Name)),
		ResourceGroupName: b.args.ResourceGroupName,
		Location:          pulumi.String(b.args.Location),
		Tags:              b.tags,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("registering the identity of shard %s: %w", b.args.Shard.Name, err)
	}
	return identity, nil
}

func (b *builder) newScaleSet(
	identity *managedidentity.UserAssignedIdentity, needed ...pulumi.Resource,
) (*compute.VirtualMachineScaleSet, error) {
	set, err := compute.NewVirtualMachineScaleSet(b.ctx, b.name+"-scale-set", scaleSetArgs(b.args, identity, b.tags),
		pulumi.Parent(b.parent), pulumi.DependsOn(needed),
		// A scale set cannot change its zone, and its replacement needs its name. Everything else that this program may
		// change (size, image, custom data, SSH key, subnet, extensions, tags) Azure updates in the model, without touching
		// live machines; what Azure refuses to change (host name prefix, administrator, security type, disk type) is
		// constant here, and would fail rather than replace live bridges.
		pulumi.ReplaceOnChanges([]string{"zones"}),
		pulumi.DeleteBeforeReplace(true),
		pulumi.Protect(b.args.Protect))
	if err != nil {
		return nil, fmt.Errorf("registering the scale set of shard %s: %w", b.args.Shard.Name, err)
	}
	return set, nil
}

// associate has the agents of all machines of the set, present and future, collect by the rule.
// Source: Azure docs, data-collection-rule-associations.
func (b *builder) associate(set *compute.VirtualMachineScaleSet) error {
	_, err := insights.NewDataCollectionRuleAssociation(b.ctx, b.name+"-collection", &insights.DataCollectionRuleAssociationArgs{
		AssociationName:      pulumi.String("bridges"),
		ResourceUri:          set.ID().ToStringOutput(),
		DataCollectionRuleId: b.args.CollectionRuleID.ToStringOutput(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("registering what the bridges of shard %s collect: %w", b.args.Shard.Name, err)
	}
	return nil
}

func scaleSetArgs(args Args, identity *managedidentity.UserAssignedIdentity, own pulumi.StringMap) *compute.VirtualMachineScaleSetArgs {
	return &compute.VirtualMachineScaleSetArgs{
		VmScaleSetName:    pulumi.String(args.Names.ScaleSet(args.Shard.Name)),
		ResourceGroupName: args.ResourceGroupName,
		Location:          pulumi.String(args.Location),
		Zones:             pulumi.StringArray{pulumi.String(strconv.Itoa(args.Shard.Zone))},
		Sku:               sku(args.Bridges.VMSize),
		OrchestrationMode: pulumi.String("Uniform"),
		Identity: compute.VirtualMachineScaleSetIdentityArgs{
			Type:                   compute.ResourceIdentityTypeUserAssigned,
			UserAssignedIdentities: pulumi.StringArray{identity.ID().ToStringOutput()},
		},
		// Within its one zone Azure spreads the machines as widely as it can; that excludes a single placement group.
		PlatformFaultDomainCount: pulumi.Int(1),
		SinglePlacementGroup:     pulumi.Bool(false),
		// Surplus machines would take addresses of the prefix and report for work, only to vanish a minute later.
		Overprovision: pulumi.Bool(false),
		// A changed model reaches new machines only. The nightly recycle brings it in.
		UpgradePolicy: compute.UpgradePolicyArgs{
			Mode: compute.UpgradeModeManual,
			AutomaticOSUpgradePolicy: compute.AutomaticOSUpgradePolicyArgs{
				EnableAutomaticOSUpgrade: pulumi.Bool(false),
			},
		},
		// A repair replaces the machine, with every conference on it. Dead bridges are the reaper's to find.
		AutomaticRepairsPolicy: compute.AutomaticRepairsPolicyArgs{Enabled: pulumi.Bool(false)},
		// Nobody scales in; if a human does, the oldest machines go first, as with the reaper.
		ScaleInPolicy: compute.ScaleInPolicyArgs{Rules: pulumi.StringArray{pulumi.String("OldestVM")}},
		// There is no termination notice: the reaper has drained a machine before it deletes it, and an unanswered notice
		// would hold up every other operation on the scale set for minutes.
		VirtualMachineProfile: machine(args, identity),
		Tags:                  own,
	}
}

// sku names the machine size and, on purpose, no capacity: see docs/decisions/0005-capacity-is-never-written.md.
// Nor does any option ignore changes of the capacity, because Pulumi would then send the capacity of its last refresh.
func sku(size string) compute.SkuArgs {
	return compute.SkuArgs{Name: pulumi.String(size), Tier: pulumi.String("Standard")}
}
