package gallery

import (
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// RequireVersion asks Azure for the first version of the bridge image and returns an error that says what to do if it is
// not there. It is called before any scale set is registered, because Azure refuses a scale set whose image definition is
// empty, after minutes and in words that do not lead here.
//
// Any failure to get an answer is an error too: the program stops, and nothing is changed.
func RequireVersion(ctx *pulumi.Context, names naming.Names, image environment.Image, opts ...pulumi.InvokeOption) error {
	version, err := compute.LookupGalleryImageVersion(ctx, &compute.LookupGalleryImageVersionArgs{
		ResourceGroupName:       names.ResourceGroup(),
		GalleryName:             names.Gallery(),
		GalleryImageName:        image.Definition,
		GalleryImageVersionName: image.BaselineVersion,
	}, slices.Clone(opts)...)
	if absent(err) {
		return missingVersion(names, image)
	}
	if err != nil {
		return fmt.Errorf("looking for version %s of the image %s in the gallery %s: %w",
			image.BaselineVersion, image.Definition, names.Gallery(), err)
	}
	if !usable(version.ProvisioningState) {
		return fmt.Errorf("version %s of the image %s in the gallery %s is in the state %s: machines cannot boot from it; "+
			"wait until it has succeeded or publish it again", image.BaselineVersion, image.Definition, names.Gallery(),
			version.ProvisioningState)
	}
	return nil
}

// usable says whether machines can boot from an image version in the given provisioning state. A version that is being
// updated, for example copied to a further region, still serves.
func usable(state string) bool {
	switch state {
	case "Creating", "Failed", "Deleting":
		return false
	}
	return true
}

func missingVersion(names naming.Names, image environment.Image) error {
	return fmt.Errorf(`no bridge image is published yet: version %[1]s of %[2]s is not in the gallery %[3]s (resource group %[4]s).
Machines need it to boot. For the first deployment of an environment:
  1. pulumi config set meet:phase image
  2. pulumi up                            (makes the gallery and the image definition)
  3. publish version %[1]s of %[2]s into %[3]s with the image build
  4. pulumi config rm meet:phase
  5. pulumi up                            (makes everything else)
If the environment is deployed already, publish version %[1]s again: deploying without it would fail on the scale sets`,
		image.BaselineVersion, image.Definition, names.Gallery(), names.ResourceGroup())
}

// RefuseImagePhase returns an error if any of the shards has a scale set. In the image phase scale sets are not part of
// the program, so that Pulumi would delete them with all their bridges.
//
// Any failure to get a definite answer is an error too.
func RefuseImagePhase(ctx *pulumi.Context, names naming.Names, shards []string, opts ...pulumi.InvokeOption) error {
	var problems []error
	for _, shard := range shards {
		_, err := compute.LookupVirtualMachineScaleSet(ctx, &compute.LookupVirtualMachineScaleSetArgs{
			ResourceGroupName: names.ResourceGroup(),
			VmScaleSetName:    names.ScaleSet(shard),
		}, slices.Clone(opts)...)
		switch {
		case absent(err):
		case err != nil:
			problems = append(problems, fmt.Errorf("looking for the scale set %s: %w", names.ScaleSet(shard), err))
		default:
			problems = append(problems, fmt.Errorf("the scale set %s exists: the image phase would delete it with all its "+
				"bridges; leave the phase with: pulumi config rm meet:phase", names.ScaleSet(shard)))
		}
	}
	return errors.Join(problems...)
}
