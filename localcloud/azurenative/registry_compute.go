package azurenative

import (
	"reflect"

	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	scaleSetToken     = "azure-native:compute:VirtualMachineScaleSet"
	imageVersionToken = "azure-native:compute:GalleryImageVersion"
)

func computeTypes() []*definition {
	provider := arm.InGroup("/providers/Microsoft.Compute")
	return []*definition{
		{
			token: "azure-native:compute:Gallery", path: provider + "/galleries/{galleryName}",
			args: element(compute.GalleryArgs{}), outputs: reflect.TypeFor[compute.Gallery](),
			replaceOn: []string{"location"}, accept: acceptGallery, release: releaseWithChildren,
		},
		{
			token: "azure-native:compute:GalleryImage", path: provider + "/galleries/{galleryName}/images/{galleryImageName}",
			args: element(compute.GalleryImageArgs{}), outputs: reflect.TypeFor[compute.GalleryImage](),
			replaceOn: []string{"location"}, accept: acceptGalleryImage, release: releaseWithChildren,
			enums: map[string][]string{
				"osType":           texts(compute.OperatingSystemTypesLinux, compute.OperatingSystemTypesWindows),
				"osState":          texts(compute.OperatingSystemStateTypesGeneralized, compute.OperatingSystemStateTypesSpecialized),
				"hyperVGeneration": texts(compute.HyperVGenerationV1, compute.HyperVGenerationV2),
				"architecture":     {"x64", "Arm64"},
			},
		},
		{
			token: scaleSetToken, path: provider + "/virtualMachineScaleSets/{vmScaleSetName}",
			args: element(compute.VirtualMachineScaleSetArgs{}), outputs: reflect.TypeFor[compute.VirtualMachineScaleSet](),
			replaceOn: []string{"location"}, late: []string{"sku.capacity", "identity.principalId", "identity.tenantId"},
			enums:  scaleSetEnums(),
			accept: acceptScaleSet, settle: settleScaleSet, complete: completeScaleSet,
		},
	}
}

func scaleSetEnums() map[string][]string {
	const profile = "virtualMachineProfile."
	const disk = profile + "storageProfile.osDisk."
	return map[string][]string{
		"orchestrationMode":     texts(compute.OrchestrationModeUniform, compute.OrchestrationModeFlexible),
		"upgradePolicy.mode":    texts(compute.UpgradeModeAutomatic, compute.UpgradeModeManual, compute.UpgradeModeRolling),
		"zones[]":               {"1", "2", "3"},
		"scaleInPolicy.rules[]": scaleInRules(),
		"identity.type": texts(compute.ResourceIdentityTypeSystemAssigned, compute.ResourceIdentityTypeUserAssigned,
			compute.ResourceIdentityType_SystemAssigned_UserAssigned, compute.ResourceIdentityTypeNone),
		disk + "caching": texts(compute.CachingTypesNone, compute.CachingTypesReadOnly, compute.CachingTypesReadWrite),
		disk + "diffDiskSettings.placement": texts(compute.DiffDiskPlacementCacheDisk,
			compute.DiffDiskPlacementResourceDisk),
		disk + "createOption":                    {"FromImage", "Empty", "Attach"},
		profile + "securityProfile.securityType": texts(compute.SecurityTypesTrustedLaunch, compute.SecurityTypesConfidentialVM),
	}
}

func scaleInRules() []string {
	return texts(compute.VirtualMachineScaleSetScaleInRulesDefault, compute.VirtualMachineScaleSetScaleInRulesOldestVM,
		compute.VirtualMachineScaleSetScaleInRulesNewestVM)
}
