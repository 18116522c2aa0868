// Package gallery holds the place that bridge images are published into, and the guards around an environment's first
// deployment: scale sets cannot exist before the first image does.
//
// The stack owns the gallery and the image definition; image versions are published by the image build, not by the stack.
package gallery

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/tags"
)

// Gallery is the image gallery of an environment.
type Gallery struct {
	pulumi.ResourceState

	// DefinitionID is the Azure id of the image definition. Machines that refer to it boot from its newest version.
	DefinitionID pulumi.StringOutput
	// GalleryName is the gallery's name, for the image build.
	GalleryName pulumi.StringOutput
}

// New registers the gallery and the image definition.
//
// Azure refuses to change a definition's identifier, generation and features, and refuses to delete one that has
// versions. Neither property is therefore marked as forcing a replacement: an attempt to change one fails, and leaves the
// definition that machines boot from alone.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Gallery, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("gallery %s: %w", name, err)
	}
	c := &Gallery{}
	if err := ctx.RegisterComponentResource("meet:gallery:Gallery", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering gallery %s: %w", name, err)
	}
	own := pulumi.ToStringMap(tags.For(args.Tags, args.Names.Environment(), "gallery", ""))
	images, err := compute.NewGallery(ctx, name+"-gallery", &compute.GalleryArgs{
		GalleryName:       pulumi.String(args.Names.Gallery()),
		ResourceGroupName: args.ResourceGroupName,
		Location:          pulumi.String(args.Location),
		Description:       pulumi.String("Images of the videobridge machines."),
		Tags:              own,
	}, pulumi.Parent(c), pulumi.Protect(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("registering the image gallery: %w", err)
	}
	definition, err := compute.NewGalleryImage(ctx, name+"-definition", definitionArgs(args, images, own),
		pulumi.Parent(c), pulumi.Protect(args.Protect))
	if err != nil {
		return nil, fmt.Errorf("registering the image definition: %w", err)
	}
	c.DefinitionID = definition.ID().ToStringOutput()
	c.GalleryName = images.Name
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"definitionId": c.DefinitionID,
		"galleryName":  c.GalleryName,
	})
}

func definitionArgs(args Args, images *compute.Gallery, own pulumi.StringMap) *compute.GalleryImageArgs {
	return &compute.GalleryImageArgs{
		GalleryImageName:  pulumi.String(args.Image.Definition),
		GalleryName:       images.Name,
		ResourceGroupName: args.ResourceGroupName,
		Location:          pulumi.String(args.Location),
		Identifier: compute.GalleryImageIdentifierArgs{
			Publisher: pulumi.String(args.Image.Publisher),
			Offer:     pulumi.String(args.Image.Offer),
			Sku:       pulumi.String(args.Image.SKU),
		},
		OsType:           compute.OperatingSystemTypesLinux,
		OsState:          compute.OperatingSystemStateTypesGeneralized,
		HyperVGeneration: pulumi.String("V2"),
		Architecture:     pulumi.String("x64"),
		// None of these can be added later. The NVMe controller is for the sizes that follow Fsv2, which retires in 2028.
		Features: compute.GalleryImageFeatureArray{
			feature("SecurityType", "TrustedLaunchSupported"),
			feature("IsAcceleratedNetworkSupported", "True"),
			feature("DiskControllerTypes", "SCSI, NVMe"),
		},
		Tags: own,
	}
}

func feature(name, value string) compute.GalleryImageFeatureArgs {
	return compute.GalleryImageFeatureArgs{Name: pulumi.String(name), Value: pulumi.String(value)}
}
