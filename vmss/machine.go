package vmss

import (
	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/vmss/cloudinit"
)

// administrator is no name that the image's distribution has taken for a user or group of its own.
const administrator = "bridgeadmin"

// machine describes a bridge.
func machine(args Args, identity *managedidentity.UserAssignedIdentity) compute.VirtualMachineScaleSetVMProfileArgs {
	return compute.VirtualMachineScaleSetVMProfileArgs{
		OsProfile:        osProfile(args, identity),
		StorageProfile:   storageProfile(args),
		NetworkProfile:   networkProfile(args),
		ExtensionProfile: extensionProfile(identity),
		SecurityProfile: compute.SecurityProfileArgs{
			SecurityType: pulumi.String("TrustedLaunch"),
			UefiSettings: compute.UefiSettingsArgs{
				SecureBootEnabled: pulumi.Bool(true),
				VTpmEnabled:       pulumi.Bool(true),
			},
		},
		// Without a storage account of ours the console log goes to one that Azure manages.
		DiagnosticsProfile: compute.DiagnosticsProfileArgs{
			BootDiagnostics: compute.BootDiagnosticsArgs{Enabled: pulumi.Bool(true)},
		},
	}
}

func osProfile(args Args, identity *managedidentity.UserAssignedIdentity) compute.VirtualMachineScaleSetOSProfileArgs {
	return compute.VirtualMachineScaleSetOSProfileArgs{
		ComputerNamePrefix: pulumi.String(args.Names.ComputerNamePrefix(args.Shard.Name)),
		AdminUsername:      pulumi.String(administrator),
		CustomData:         customData(args, identity),
		LinuxConfiguration: compute.LinuxConfigurationArgs{
			DisablePasswordAuthentication: pulumi.Bool(true),
			ProvisionVMAgent:              pulumi.Bool(true),
			Ssh: compute.SshConfigurationArgs{PublicKeys: compute.SshPublicKeyTypeArray{compute.SshPublicKeyTypeArgs{
				Path:    pulumi.String("/home/" + administrator + "/.ssh/authorized_keys"),
				KeyData: pulumi.String(args.Bridges.AdminPublicKey),
			}}},
		},
	}
}

func storageProfile(args Args) compute.VirtualMachineScaleSetStorageProfileArgs {
	return compute.VirtualMachineScaleSetStorageProfileArgs{
		// The definition without a version is the newest version at the time a machine is made. Naming a version would
		// make the nightly recycle bring the same old image.
		ImageReference: compute.ImageReferenceArgs{Id: args.ImageDefinitionID},
		// A bridge keeps nothing: the local disk costs nothing and boots fastest. Azure demands read-only caching for it.
		OsDisk: compute.VirtualMachineScaleSetOSDiskArgs{
			CreateOption: pulumi.String("FromImage"),
			Caching:      compute.CachingTypesReadOnly,
			DiffDiskSettings: compute.DiffDiskSettingsArgs{
				Option:    pulumi.String("Local"),
				Placement: pulumi.String("ResourceDisk"),
			},
		},
	}
}

// networkProfile gives every machine one address of the prefix. There is no load balancer: media goes straight to the
// machine. The address names no SKU of its own, which a uniform scale set may not; it takes the prefix's.
func networkProfile(args Args) compute.VirtualMachineScaleSetNetworkProfileArgs {
	return compute.VirtualMachineScaleSetNetworkProfileArgs{
		NetworkInterfaceConfigurations: compute.VirtualMachineScaleSetNetworkConfigurationArray{
			compute.VirtualMachineScaleSetNetworkConfigurationArgs{
				Name:    pulumi.String("media"),
				Primary: pulumi.Bool(true),
				// Off by default; without it the host's software switch is the ceiling for small packets. A live machine
				// cannot change it.
				EnableAcceleratedNetworking: pulumi.Bool(true),
				IpConfigurations: compute.VirtualMachineScaleSetIPConfigurationArray{
					compute.VirtualMachineScaleSetIPConfigurationArgs{
						Name:    pulumi.String("media"),
						Primary: pulumi.Bool(true),
						Subnet:  compute.ApiEntityReferenceArgs{Id: args.SubnetID},
						PublicIPAddressConfiguration: compute.VirtualMachineScaleSetPublicIPAddressConfigurationArgs{
							Name:           pulumi.String("media"),
							PublicIPPrefix: compute.SubResourceArgs{Id: args.PrefixID},
						},
					},
				},
			},
		},
	}
}

// extensionProfile is what Azure installs. Each extension is the newest version of the time when a machine is made, and stays
// so for the machine's life: nothing upgrades one beside a conference. The nightly recycle brings newer ones.
// Source: Azure REST API, VirtualMachineScaleSetExtension (autoUpgradeMinorVersion, enableAutomaticUpgrade).
func extensionProfile(identity *managedidentity.UserAssignedIdentity) compute.VirtualMachineScaleSetExtensionProfileArgs {
	return compute.VirtualMachineScaleSetExtensionProfileArgs{
		Extensions: compute.VirtualMachineScaleSetExtensionTypeArray{health(), agent(identity)},
	}
}

// health has Azure ask each bridge for its health, from inside the machine. Nothing acts on the answer but the reaper, to
// which it is a second opinion. Version 2 of the extension expects an answer that the videobridge never gives.
// Source: Azure docs, "Using Application Health extension with Virtual Machine Scale Sets".
func health() compute.VirtualMachineScaleSetExtensionTypeArgs {
	return compute.VirtualMachineScaleSetExtensionTypeArgs{
		Name:                    pulumi.String("health"),
		Publisher:               pulumi.String("Microsoft.ManagedServices"),
		Type:                    pulumi.String("ApplicationHealthLinux"),
		TypeHandlerVersion:      pulumi.String("1.0"),
		AutoUpgradeMinorVersion: pulumi.Bool(true),
		Settings: pulumi.Map{
			"protocol":          pulumi.String("http"),
			"port":              pulumi.Int(cloudinit.RESTPort),
			"requestPath":       pulumi.String("/about/health"),
			"intervalInSeconds": pulumi.Int(10),
			"numberOfProbes":    pulumi.Int(3),
		},
	}
}

// agent sends logs and numbers to the workspace. It names the machine's identity, because a policy may give machines others.
// A machine without logs still carries conferences, so that a failure of the agent is not one of the machine.
// Source: Azure docs, azure-monitor resource-manager-agent (user-assigned managed identity).
func agent(identity *managedidentity.UserAssignedIdentity) compute.VirtualMachineScaleSetExtensionTypeArgs {
	return compute.VirtualMachineScaleSetExtensionTypeArgs{
		Name:                    pulumi.String("monitor"),
		Publisher:               pulumi.String("Microsoft.Azure.Monitor"),
		Type:                    pulumi.String("AzureMonitorLinuxAgent"),
		TypeHandlerVersion:      pulumi.String("1.21"),
		AutoUpgradeMinorVersion: pulumi.Bool(true),
		EnableAutomaticUpgrade:  pulumi.Bool(false),
		SuppressFailures:        pulumi.Bool(true),
		Settings: pulumi.Map{"authentication": pulumi.Map{"managedIdentity": pulumi.Map{
			"identifier-name":  pulumi.String("mi_res_id"),
			"identifier-value": identity.ID().ToStringOutput(),
		}}},
	}
}
