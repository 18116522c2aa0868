// Package functions deploys the reaper: the function app that scales in, one idle bridge at a time.
//
// It is a timer on a small Dedicated plan (docs/decisions/0008-function-plan.md) that runs our own program as a custom
// handler (docs/decisions/0009-function-package.md), reaches the bridges and each shard's Jicofo
// (docs/decisions/0010-jicofo-as-a-witness.md) through the virtual network, and acts as a user-assigned identity whose one
// power in Azure is to delete single instances of the shards' scale sets. No setting holds a key or a signature.
//
// Subpackages: reaper is the program, reaper/settings what stack and program agree on, pack makes the package.
package functions

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/tags"
)

// Reaper is the deployed function app with everything that it alone uses.
type Reaper struct {
	pulumi.ResourceState

	// FunctionAppName is the app's name.
	FunctionAppName pulumi.StringOutput
	// FunctionAppID is the app's resource id.
	FunctionAppID pulumi.StringOutput
	// PrincipalID is the object id of the identity that the app acts as, for further grants.
	PrincipalID pulumi.StringOutput
	// TableEndpoint is the URL of the table service that the reaper remembers in.
	TableEndpoint pulumi.StringOutput
	// Tables are the names of its tables.
	Tables []string
}

// builder carries what every step of New needs.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent *Reaper
}

// New deploys the reaper.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Reaper, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("reaper: %w", err)
	}
	reaper := &Reaper{Tables: settings.Tables()}
	if err := ctx.RegisterComponentResource("meet:functions:Reaper", name, reaper, opts...); err != nil {
		return nil, fmt.Errorf("registering the reaper: %w", err)
	}
	b := &builder{ctx: ctx, name: name, args: args, parent: reaper}
	if err := b.build(); err != nil {
		return nil, err
	}
	return reaper, ctx.RegisterResourceOutputs(reaper, pulumi.Map{
		"functionAppName": reaper.FunctionAppName,
		"functionAppId":   reaper.FunctionAppID,
		"principalId":     reaper.PrincipalID,
		"tableEndpoint":   reaper.TableEndpoint,
		"tables":          pulumi.ToStringArray(reaper.Tables),
	})
}

// build registers the parts in the order in which they need each other.
func (b *builder) build() error {
	identity, err := b.newIdentity()
	if err != nil {
		return err
	}
	stores, err := b.newStores()
	if err != nil {
		return err
	}
	storage, err := b.grantStorage(identity, stores)
	if err != nil {
		return err
	}
	if err := b.grantRetirement(identity); err != nil {
		return err
	}
	app, err := b.newApp(identity, stores, storage)
	if err != nil {
		return err
	}
	b.parent.FunctionAppName = app.Name
	b.parent.FunctionAppID = app.ID().ToStringOutput()
	b.parent.PrincipalID = identity.PrincipalId
	b.parent.TableEndpoint = stores.state.PrimaryEndpoints.Table()
	return nil
}

// newIdentity makes the app's identity. It is a resource of its own rather than the app's system-assigned one, so that
// everything can be granted before the app exists and stays granted when the app is made again.
func (b *builder) newIdentity() (*managedidentity.UserAssignedIdentity, error) {
	identity, err := managedidentity.NewUserAssignedIdentity(b.ctx, b.child("identity"), &managedidentity.UserAssignedIdentityArgs{
		ResourceGroupName: b.args.ResourceGroupName,
		ResourceName:      pulumi.String(b.args.Names.Identity("reaper")),
		Location:          pulumi.String(b.args.Location),
		Tags:              b.tags(),
	}, b.options()...)
	if err != nil {
		return nil, fmt.Errorf("reaper identity: %w", err)
	}
	return identity, nil
}

// child is the logical name of a part.
func (b *builder) child(suffix string) string { return b.name + "-" + suffix }

// options are those of a part: always a child of the component, and nothing of what the component itself was given.
func (b *builder) options(extra ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent)}, extra...)
}

func (b *builder) tags() pulumi.StringMap {
	return pulumi.ToStringMap(tags.For(b.args.Tags, b.args.Names.Environment(), "reaper", ""))
}
