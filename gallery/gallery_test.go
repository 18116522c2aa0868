package gallery_test

import (
	"reflect"
	"strings"
	"testing"

	azurenative "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"

	"jitsi-meet-azure/gallery"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
)

func usual() gallery.Args {
	return gallery.Args{
		Names:    naming.For("dev", "meet.example.org", "westeurope"),
		Location: "westeurope",
		Tags:     map[string]string{"owner": "video"},
		Image: environment.Image{
			Definition: "jitsi-videobridge", Publisher: "meet", Offer: "jitsi-videobridge", SKU: "ubuntu-24.04", BaselineVersion: "1.0.0",
		},
		Protect:           true,
		ResourceGroupName: pulumi.String("rg"),
	}
}

func TestGallery(t *testing.T) {
	t.Parallel()
	graph, err := graphtest.Run(graphtest.Options{Stack: "dev", Outputs: named}, func(ctx *pulumi.Context) error {
		azure, err := azurenative.NewProvider(ctx, "azure", nil)
		if err != nil {
			return err
		}
		_, err = gallery.New(ctx, "gallery", usual(), pulumi.Providers(azure))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// Azure refuses the changes that would otherwise be replacements; nothing here may ever be deleted for another.
	want := []any{"gallery", "meet:gallery:Gallery", "azure", true, nil, map[string]any{
		"owner": "video", "environment": "dev", "component": "gallery", "managed-by": "pulumi",
	}}
	for _, name := range []string{"gallery-gallery", "gallery-definition"} {
		r, ok := graph.Find(name)
		if !ok {
			t.Fatalf("%s is not registered", name)
		}
		got := []any{
			r.Parent, r.ParentType, r.Provider, r.Options["protect"], r.Options["replaceOnChanges"], r.Inputs["tags"],
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %v\nwant %v", name, got, want)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, err := graphtest.Run(graphtest.Options{Stack: "dev", Outputs: named}, func(ctx *pulumi.Context) error {
		made, err := gallery.New(ctx, "gallery", usual())
		if err != nil {
			return err
		}
		for want, output := range map[string]pulumi.Output{
			"${gallery-definition.id}": made.DefinitionID, "gal_meet_dev": made.GalleryName,
		} {
			got, err := internals.UnsafeAwaitOutput(ctx.Context(), output)
			if err != nil {
				return err
			}
			if text, ok := got.Value.(string); !ok || !strings.HasSuffix(text, want) {
				t.Errorf("got %v, want %s", got.Value, want)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// named gives a resource its name, as Azure does.
func named(args pulumi.MockResourceArgs) resource.PropertyMap {
	if name, ok := args.Inputs["galleryName"]; ok {
		return resource.PropertyMap{"name": name}
	}
	return resource.PropertyMap{}
}

func TestDefinition(t *testing.T) {
	t.Parallel()
	graph, err := graphtest.Run(graphtest.Options{Stack: "dev", Outputs: named}, func(ctx *pulumi.Context) error {
		args := usual()
		args.Protect = false
		_, err := gallery.New(ctx, "gallery", args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	definition, _ := graph.Find("gallery-definition")
	if definition.Options["protect"] != nil {
		t.Error("protected without being asked")
	}
	delete(definition.Inputs, "tags")
	want := map[string]any{
		"galleryImageName": "jitsi-videobridge", "galleryName": "gal_meet_dev", "resourceGroupName": "rg", "location": "westeurope",
		"identifier": map[string]any{"publisher": "meet", "offer": "jitsi-videobridge", "sku": "ubuntu-24.04"},
		"osType":     "Linux", "osState": "Generalized", "hyperVGeneration": "V2", "architecture": "x64",
		"features": []any{
			map[string]any{"name": "SecurityType", "value": "TrustedLaunchSupported"},
			map[string]any{"name": "IsAcceleratedNetworkSupported", "value": "True"},
			map[string]any{"name": "DiskControllerTypes", "value": "SCSI, NVMe"},
		},
	}
	if !reflect.DeepEqual(definition.Inputs, want) {
		t.Errorf("got  %v\nwant %v", definition.Inputs, want)
	}
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	err := gallery.Args{}.Validate()
	for _, want := range []string{
		"Names", "Location", "Image.Definition", "Image.Publisher", "Image.Offer", "Image.SKU", "ResourceGroupName",
	} {
		if err == nil || !strings.Contains(err.Error(), want+" is missing") {
			t.Errorf("%s is not reported: %v", want, err)
		}
	}
	if err := usual().Validate(); err != nil {
		t.Error(err)
	}
}
