package stack

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/resources/v2"
	azurenative "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi-tls/sdk/v5/go/tls"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/gallery"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/internal/tags"
)

// root is the component that everything of the environment hangs under.
type root struct{ pulumi.ResourceState }

// foundation is what every other part stands on.
type foundation struct {
	env   environment.Environment
	names naming.Names
	root  *root

	azure  *azurenative.Provider
	random *random.Provider
	tls    *tls.Provider
	// invoke makes provider functions run on the explicit provider.
	invoke pulumi.InvokeOption

	group  *resources.ResourceGroup
	images *gallery.Gallery
}

func newFoundation(ctx *pulumi.Context, env environment.Environment) (*foundation, error) {
	base := &foundation{env: env, names: naming.For(env.Name, env.Domain, env.Location), root: &root{}}
	if err := ctx.RegisterComponentResource("meet:stack:Environment", "meet", base.root); err != nil {
		return nil, fmt.Errorf("registering the environment: %w", err)
	}
	if err := base.newProviders(ctx); err != nil {
		return nil, err
	}
	var err error
	base.group, err = resources.NewResourceGroup(ctx, "meet-resource-group", &resources.ResourceGroupArgs{
		ResourceGroupName: pulumi.String(base.names.ResourceGroup()),
		Location:          pulumi.String(env.Location),
		Tags:              pulumi.ToStringMap(tags.For(env.Tags, env.Name, "stack", "")),
		// Deleting a group deletes what is in it, the prefixes that are to outlive the stack among it.
	}, base.under(base.azure, pulumi.Protect(env.Protect), pulumi.RetainOnDelete(env.Protect))...)
	if err != nil {
		return nil, fmt.Errorf("registering the resource group: %w", err)
	}
	base.images, err = gallery.New(ctx, "gallery", gallery.Args{
		Names:             base.names,
		Location:          env.Location,
		Tags:              env.Tags,
		Image:             env.Bridges.Image,
		Protect:           env.Protect,
		ResourceGroupName: base.group.Name,
	}, base.under(base.azure)...)
	return base, err
}

// newProviders makes the one explicit provider of every package; Pulumi.yaml disables the default ones, so that nothing
// is ever deployed with credentials that happen to lie around.
func (b *foundation) newProviders(ctx *pulumi.Context) error {
	parent := pulumi.Parent(b.root)
	var err error
	// The subscription and the identity come from the environment (ARM_SUBSCRIPTION_ID, az login or OIDC).
	if b.azure, err = azurenative.NewProvider(ctx, "azure", &azurenative.ProviderArgs{
		Location: pulumi.String(b.env.Location),
	}, parent); err != nil {
		return fmt.Errorf("configuring the Azure provider: %w", err)
	}
	if b.random, err = random.NewProvider(ctx, "random", nil, parent); err != nil {
		return fmt.Errorf("configuring the random provider: %w", err)
	}
	if b.tls, err = tls.NewProvider(ctx, "tls", nil, parent); err != nil {
		return fmt.Errorf("configuring the tls provider: %w", err)
	}
	b.invoke = pulumi.Provider(b.azure)
	return nil
}

// under gives the options of a direct child of the environment that uses the given provider.
func (b *foundation) under(provider pulumi.ProviderResource, more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.root), pulumi.Providers(provider)}, more...)
}
