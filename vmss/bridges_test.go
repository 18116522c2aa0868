package vmss_test

import (
	"errors"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	azurenative "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/vmss"
)

const password = "SECRET-PASSWORD"

func certificate(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("cloudinit/testdata/ca.pem")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func usual(t *testing.T) vmss.Args {
	t.Helper()
	return vmss.Args{
		Names:    naming.For("dev", "meet.example.org", "westeurope"),
		Location: "westeurope",
		Tags:     map[string]string{"owner": "video"},
		Shard:    environment.Shard{Name: "a", Zone: 2, SignallingAddress: netip.MustParseAddr("10.20.8.10")},
		Bridges: environment.Bridges{
			VMSize: "Standard_F8s_v2", NICMbps: 12_000, PrefixLength: 28, PackageVersion: "2.3-307-g4bb0aead1-1",
			AdminPublicKey: "ssh-ed25519 AAAAC3Nza operator", HeapMiB: 6144, STUNServers: []string{"stun.example.org:3478"},
		},
		ResourceGroupName: pulumi.String("rg"),
		SubnetID:          pulumi.String("/subnet"),
		PrefixID:          pulumi.String("/prefix"),
		PrefixCIDR:        pulumi.String("198.51.100.0/28").ToStringOutput(),
		ImageDefinitionID: pulumi.String("/galleries/g/images/i"),
		VaultName:         pulumi.String("kv-meet"),
		VaultURL:          pulumi.String("https://kv-meet.vault.azure.net/").ToStringOutput(),
		BridgePassword:    pulumi.ToSecret(pulumi.String(password).ToStringOutput()).(pulumi.StringOutput),
		CACertificate:     pulumi.String(certificate(t)).ToStringOutput(),
		RESTClients:       []netip.Prefix{netip.MustParsePrefix("10.20.9.0/27")},
		BootDeadline:      20 * time.Minute,
		CollectionRuleID:  pulumi.String("/dcr"),
	}
}

func record(t *testing.T, options graphtest.Options, args vmss.Args,
	then func(*pulumi.Context, *vmss.Bridges) error,
) (graphtest.Graph, error) {
	t.Helper()
	options.Stack = "dev"
	if options.Outputs == nil {
		options.Outputs = computed
	}
	return graphtest.Run(options, func(ctx *pulumi.Context) error {
		azure, err := azurenative.NewProvider(ctx, "azure", nil)
		if err != nil {
			return err
		}
		made, err := vmss.New(ctx, "bridges-a", args, pulumi.Providers(azure))
		if err != nil || then == nil {
			return err
		}
		return then(ctx, made)
	})
}

// computed gives what Azure adds to an identity and to a scale set.
func computed(args pulumi.MockResourceArgs) resource.PropertyMap {
	switch args.Name {
	case "bridges-a-scale-set":
		return resource.PropertyMap{"name": args.Inputs["vmScaleSetName"]}
	case "bridges-a-identity":
		return resource.PropertyMap{"principalId": resource.NewProperty("principal"), "clientId": resource.NewProperty("client")}
	}
	return nil
}

func scaleSet(t *testing.T, args vmss.Args) graphtest.Resource {
	t.Helper()
	graph, err := record(t, graphtest.Options{}, args, nil)
	if err != nil {
		t.Fatal(err)
	}
	set, ok := graph.Find("bridges-a-scale-set")
	if !ok {
		t.Fatal("there is no scale set")
	}
	return set
}

// at follows keys and indexes into a resource's inputs.
func at(t *testing.T, in any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := in.(map[string]any)
			if !ok {
				t.Fatalf("%v of %T", path, in)
			}
			in = object[step]
		case int:
			list, ok := in.([]any)
			if !ok || len(list) <= step {
				t.Fatalf("%v of %v", path, in)
			}
			in = list[step]
		}
	}
	return in
}

func TestResources(t *testing.T) {
	t.Parallel()
	graph, err := record(t, graphtest.Options{}, usual(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range graph.Resources {
		if !r.Custom || strings.HasPrefix(r.Type, "pulumi:") {
			continue
		}
		names = append(names, r.Type+" "+r.Name)
		if r.Parent != "bridges-a" || r.ParentType != "meet:vmss:Bridges" || r.Provider != "azure" {
			t.Errorf("%s: parent %s (%s), provider %s", r.Name, r.Parent, r.ParentType, r.Provider)
		}
		tags, taggable := r.Inputs["tags"].(map[string]any)
		// A secret takes fewer tags than the environment may have.
		if taggable && (tags["owner"] != "video" && r.Name != "bridges-a-secret" || tags["shard"] != "a" || tags["component"] != "bridges") {
			t.Errorf("%s: tags %v", r.Name, tags)
		}
	}
	want := []string{
		"azure-native:authorization:RoleAssignment bridges-a-read-secret",
		"azure-native:compute:VirtualMachineScaleSet bridges-a-scale-set",
		"azure-native:insights/v20230311:DataCollectionRuleAssociation bridges-a-collection",
		"azure-native:keyvault:Secret bridges-a-secret",
		"azure-native:managedidentity:UserAssignedIdentity bridges-a-identity",
	}
	if !reflect.DeepEqual(names, want) {
		t.Errorf("resources %v", names)
	}
}

func TestCapacityIsNeverWritten(t *testing.T) {
	t.Parallel()
	set := scaleSet(t, usual(t))
	if want := map[string]any{"name": "Standard_F8s_v2", "tier": "Standard"}; !reflect.DeepEqual(set.Inputs["sku"], want) {
		t.Errorf("sku %v", set.Inputs["sku"])
	}
	if set.Options["ignoreChanges"] != nil {
		t.Errorf("ignoring %v makes Pulumi send what it last saw", set.Options["ignoreChanges"])
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	set := scaleSet(t, usual(t))
	if got := set.Options["replaceOnChanges"]; !reflect.DeepEqual(got, []string{"zones"}) {
		t.Errorf("replaced on %v: live bridges may go for a new zone only", got)
	}
	if set.Options["deleteBeforeReplace"] != true {
		t.Error("the name is fixed: a replacement cannot be made beside the old one")
	}
}

func TestScaleSet(t *testing.T) {
	t.Parallel()
	in := scaleSet(t, usual(t)).Inputs
	for key, want := range map[string]any{
		"vmScaleSetName": "vmss-meet-dev-a", "resourceGroupName": "rg", "location": "westeurope", "orchestrationMode": "Uniform",
		"zones": []any{"2"}, "platformFaultDomainCount": 1.0, "singlePlacementGroup": false, "overprovision": false,
		"scaleInPolicy":          map[string]any{"rules": []any{"OldestVM"}},
		"automaticRepairsPolicy": map[string]any{"enabled": false},
		"upgradePolicy": map[string]any{
			"mode": "Manual", "automaticOSUpgradePolicy": map[string]any{"enableAutomaticOSUpgrade": false},
		},
	} {
		if !reflect.DeepEqual(in[key], want) {
			t.Errorf("%s is %v, not %v", key, in[key], want)
		}
	}
	identities, ok := at(t, in, "identity", "userAssignedIdentities").([]any)
	if !ok || len(identities) != 1 || !strings.HasSuffix(identities[0].(string), "${bridges-a-identity.id}") ||
		at(t, in, "identity", "type") != "UserAssigned" {
		t.Errorf("identity %v", in["identity"])
	}
	for _, key := range []string{"zoneBalance", "spotRestorePolicy", "priorityMixPolicy", "plan"} {
		if in[key] != nil {
			t.Errorf("%s is set", key)
		}
	}
}

func TestMachine(t *testing.T) {
	t.Parallel()
	profile := at(t, scaleSet(t, usual(t)).Inputs, "virtualMachineProfile")
	custom := at(t, profile, "osProfile").(map[string]any)
	delete(custom, "customData") // has its own test
	want := map[string]any{
		"osProfile": map[string]any{
			"computerNamePrefix": "jvb-dev-a-", "adminUsername": "bridgeadmin",
			"linuxConfiguration": map[string]any{
				"disablePasswordAuthentication": true, "provisionVMAgent": true,
				"ssh": map[string]any{"publicKeys": []any{map[string]any{
					"path": "/home/bridgeadmin/.ssh/authorized_keys", "keyData": "ssh-ed25519 AAAAC3Nza operator",
				}}},
			},
		},
		"storageProfile": map[string]any{
			"imageReference": map[string]any{"id": "/galleries/g/images/i"},
			"osDisk": map[string]any{
				"createOption": "FromImage", "caching": "ReadOnly",
				"diffDiskSettings": map[string]any{"option": "Local", "placement": "ResourceDisk"},
			},
		},
		"networkProfile": map[string]any{"networkInterfaceConfigurations": []any{map[string]any{
			"name": "media", "primary": true, "enableAcceleratedNetworking": true,
			"ipConfigurations": []any{map[string]any{
				"name": "media", "primary": true, "subnet": map[string]any{"id": "/subnet"},
				"publicIPAddressConfiguration": map[string]any{"name": "media", "publicIPPrefix": map[string]any{"id": "/prefix"}},
			}},
		}}},
		"extensionProfile": map[string]any{"extensions": []any{map[string]any{
			"name": "health", "publisher": "Microsoft.ManagedServices", "type": "ApplicationHealthLinux",
			"typeHandlerVersion": "1.0", "autoUpgradeMinorVersion": true,
			"settings": map[string]any{
				"protocol": "http", "port": 8080.0, "requestPath": "/about/health", "intervalInSeconds": 10.0, "numberOfProbes": 3.0,
			},
		}, map[string]any{
			"name": "monitor", "publisher": "Microsoft.Azure.Monitor", "type": "AzureMonitorLinuxAgent",
			"typeHandlerVersion": "1.21", "autoUpgradeMinorVersion": true, "enableAutomaticUpgrade": false, "suppressFailures": true,
			"settings": map[string]any{"authentication": map[string]any{"managedIdentity": map[string]any{
				"identifier-name": "mi_res_id", "identifier-value": graphtest.ID("bridges-a-identity"),
			}}},
		}}},
		"securityProfile": map[string]any{
			"securityType": "TrustedLaunch", "uefiSettings": map[string]any{"secureBootEnabled": true, "vTpmEnabled": true},
		},
		"diagnosticsProfile": map[string]any{"bootDiagnostics": map[string]any{"enabled": true}},
	}
	if !reflect.DeepEqual(profile, want) {
		t.Errorf("got  %v\nwant %v", profile, want)
	}
}

func TestUnknownsDoNotChangeTheGraph(t *testing.T) {
	t.Parallel()
	graph, err := record(t, graphtest.Options{Unknown: true}, usual(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"bridges-a-scale-set", "bridges-a-identity", "bridges-a-secret", "bridges-a-read-secret", "bridges-a-collection",
	} {
		if _, ok := graph.Find(name); !ok {
			t.Errorf("%s is missing from a preview", name)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, err := record(t, graphtest.Options{}, usual(t), func(ctx *pulumi.Context, made *vmss.Bridges) error {
		for want, output := range map[string]pulumi.Output{
			"${bridges-a-scale-set.id}": made.ScaleSetID, "vmss-meet-dev-a": made.ScaleSetName,
			"${bridges-a-identity.id}": made.IdentityID, "principal": made.IdentityPrincipalID,
		} {
			got, err := internals.UnsafeAwaitOutput(ctx.Context(), output)
			if err != nil {
				return err
			}
			if text, ok := got.Value.(string); !ok || !strings.HasSuffix(text, want) {
				return errors.New(want + " is missing")
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	err := vmss.Args{}.Validate()
	for _, want := range []string{
		"Names is missing", "Location is missing", "Shard.Name is missing", "Shard.SignallingAddress is missing",
		"Bridges.VMSize is missing", "Bridges.PackageVersion is missing", "ResourceGroupName is missing", "SubnetID is missing",
		"PrefixID is missing", "PrefixCIDR is missing", "ImageDefinitionID is missing", "CACertificate is missing",
		"VaultName is missing", "VaultURL is missing", "BridgePassword is missing", "RESTClients is missing", "CollectionRuleID is missing",
		"Shard.Zone 0", "HeapMiB 0", "no OpenSSH public key",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported: %v", want, err)
		}
	}
	if err := usual(t).Validate(); err != nil {
		t.Error(err)
	}
	args := usual(t)
	args.Shard.Zone = 4
	if _, err := record(t, graphtest.Options{}, args, nil); err == nil || !strings.Contains(err.Error(), "Shard.Zone 4") {
		t.Errorf("New does not validate: %v", err)
	}
}
