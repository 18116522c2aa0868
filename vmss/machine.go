package vmss

import (
	"encoding/base64"
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/vmss/cloudinit"
)

const (
	// administrator is no name that the image's distribution has taken for a user or group of its own.
	administrator = "bridgeadmin"
	// signallingPort is where bridges and Jicofo talk XMPP to Prosody.
	signallingPort = 5222
	// restPort is the videobridge's private HTTP interface.
	restPort = 8080
)

// xmpp are Prosody's names, the same in every shard.
func xmpp() cloudinit.XMPP {
	return cloudinit.XMPP{
		Domain:            "meet.jitsi",
		AuthDomain:        "auth.meet.jitsi",
		MUCDomain:         "muc.meet.jitsi",
		InternalMUCDomain: "internal-muc.meet.jitsi",
		Brewery:           "jvbbrewery",
		User:              "jvb",
	}
}

// machine describes a bridge.
func machine(args Args) compute.VirtualMachineScaleSetVMProfileArgs {
	return compute.VirtualMachineScaleSetVMProfileArgs{
		OsProfile:        osProfile(args),
		StorageProfile:   storageProfile(args),
		NetworkProfile:   networkProfile(args),
		ExtensionProfile: extensionProfile(),
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

func osProfile(args Args) compute.VirtualMachineScaleSetOSProfileArgs {
	return compute.VirtualMachineScaleSetOSProfileArgs{
		ComputerNamePrefix: pulumi.String(args.Names.ComputerNamePrefix(args.Shard.Name)),
		AdminUsername:      pulumi.String(administrator),
		CustomData:         customData(args),
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

// customData is cloud-init's document in base64. Azure gives it to a machine once, when it is made.
func customData(args Args) pulumi.StringOutput {
	known := pulumi.All(args.PrefixCIDR, args.CACertificate)
	return known.ApplyT(render(args)).(pulumi.StringOutput)
}

// render makes the document once the prefix's range and the certificate are known.
func render(args Args) func([]any) (string, error) {
	return func(known []any) (string, error) {
		prefix, err := netip.ParsePrefix(fmt.Sprint(known[0]))
		if err != nil {
			return "", fmt.Errorf("reading the public IP prefix of shard %s: %w", args.Shard.Name, err)
		}
		text, err := cloudinit.Render(cloudinit.Config{
			Environment:    args.Names.Environment(),
			Shard:          args.Shard.Name,
			Region:         args.Location,
			Zone:           args.Shard.Zone,
			PublicPrefix:   prefix,
			Signalling:     cloudinit.Signalling{Address: args.Shard.SignallingAddress, Port: signallingPort},
			XMPP:           xmpp(),
			CACertificate:  fmt.Sprint(known[1]),
			PackageVersion: args.Bridges.PackageVersion,
			HeapMiB:        args.Bridges.HeapMiB,
		})
		if err != nil {
			return "", fmt.Errorf("custom data of shard %s: %w", args.Shard.Name, err)
		}
		return base64.StdEncoding.EncodeToString([]byte(text)), nil
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

// extensionProfile has Azure ask each bridge for its health, from inside the machine. Nothing acts on the answer but the
// reaper, to which it is a second opinion. Version 2 of the extension expects an answer that the videobridge never gives.
// Source: Azure docs, "Using Application Health extension with Virtual Machine Scale Sets".
func extensionProfile() compute.VirtualMachineScaleSetExtensionProfileArgs {
	return compute.VirtualMachineScaleSetExtensionProfileArgs{
		Extensions: compute.VirtualMachineScaleSetExtensionTypeArray{compute.VirtualMachineScaleSetExtensionTypeArgs{
			Name:                    pulumi.String("health"),
			Publisher:               pulumi.String("Microsoft.ManagedServices"),
			Type:                    pulumi.String("ApplicationHealthLinux"),
			TypeHandlerVersion:      pulumi.String("1.0"),
			AutoUpgradeMinorVersion: pulumi.Bool(true),
			Settings: pulumi.Map{
				"protocol":          pulumi.String("http"),
				"port":              pulumi.Int(restPort),
				"requestPath":       pulumi.String("/about/health"),
				"intervalInSeconds": pulumi.Int(10),
				"numberOfProbes":    pulumi.Int(3),
			},
		}},
	}
}
