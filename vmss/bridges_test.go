package vmss_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"reflect"
	"strings"
	"testing"

	azurenative "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/vmss"
)

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
			AdminPublicKey: "ssh-ed25519 AAAAC3Nza operator", HeapMiB: 6144,
		},
		ResourceGroupName: pulumi.String("rg"),
		SubnetID:          pulumi.String("/subnet"),
		PrefixID:          pulumi.String("/prefix"),
		PrefixCIDR:        pulumi.String("198.51.100.0/28").ToStringOutput(),
		ImageDefinitionID: pulumi.String("/galleries/g/images/i"),
		CACertificate:     pulumi.String(certificate(t)).ToStringOutput(),
	}
}

func record(t *testing.T, options graphtest.Options, args vmss.Args,
	then func(*pulumi.Context, *vmss.Bridges) error,
) (graphtest.Graph, error) {
	t.Helper()
	options.Stack = "dev"
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
		if tags := r.Inputs["tags"].(map[string]any); tags["owner"] != "video" || tags["shard"] != "a" || tags["component"] != "bridges" {
			t.Errorf("%s: tags %v", r.Name, tags)
		}
	}
	want := []string{
		"azure-native:compute:VirtualMachineScaleSet bridges-a-scale-set",
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

func TestCustomData(t *testing.T) {
	t.Parallel()
	encoded := at(t, scaleSet(t, usual(t)).Inputs, "virtualMachineProfile", "osProfile", "customData").(string)
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(certificate(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"#cloud-config\n", `"environment": "dev"`, `"shard": "a"`, `"zone": 2`, `"region": "westeurope"`,
		`"publicPrefix": "198.51.100.0/28"`, `"address": "10.20.8.10"`, `"port": 5222`, `"authDomain": "auth.meet.jitsi"`,
		`"packageVersion": "2.3-307-g4bb0aead1-1"`, `"caCertificate": ` + string(quoted), `"heapMiB": 6144`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("custom data does not say %s:\n%s", want, text)
		}
	}
}

func TestCustomDataThatCannotBeRenderedStopsTheDeployment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*vmss.Args)
		want   string
	}{
		"key": {func(a *vmss.Args) {
			a.CACertificate = pulumi.String("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
		}, "must not leave"},
		"prefix": {func(a *vmss.Args) { a.PrefixCIDR = pulumi.String("198.51.100.0") }, "public IP prefix of shard a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := usual(t)
			c.change(&args)
			graph, err := record(t, graphtest.Options{}, args, nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("want an error with %q, got %v", c.want, err)
			}
			if _, ok := graph.Find("bridges-a-scale-set"); ok {
				t.Error("the scale set is registered all the same")
			}
		})
	}
}

func TestUnknownsDoNotChangeTheGraph(t *testing.T) {
	t.Parallel()
	graph, err := record(t, graphtest.Options{Unknown: true}, usual(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bridges-a-scale-set", "bridges-a-identity"} {
		if _, ok := graph.Find(name); !ok {
			t.Errorf("%s is missing from a preview", name)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	computed := func(args pulumi.MockResourceArgs) resource.PropertyMap {
		switch args.Name {
		case "bridges-a-scale-set":
			return resource.PropertyMap{"name": args.Inputs["vmScaleSetName"]}
		case "bridges-a-identity":
			return resource.PropertyMap{"principalId": resource.NewProperty("principal")}
		}
		return nil
	}
	_, err := record(t, graphtest.Options{Outputs: computed}, usual(t), func(ctx *pulumi.Context, made *vmss.Bridges) error {
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
