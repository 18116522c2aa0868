package network_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	azure "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/network"
)

const (
	groupType   = "azure-native:network:NetworkSecurityGroup"
	subnetType  = "azure-native:network:Subnet"
	addressType = "azure-native:network:PublicIPAddress"
	prefixType  = "azure-native:network:PublicIPPrefix"
	vnetType    = "azure-native:network:VirtualNetwork"
)

func shard(name string, zone int, subnet, signalling string) environment.Shard {
	return environment.Shard{
		Name: name, Zone: zone,
		BridgeSubnet:      netip.MustParsePrefix(subnet),
		SignallingAddress: netip.MustParseAddr(signalling),
	}
}

func validArgs() network.Args {
	return network.Args{
		Names:    naming.For("test", "meet.example.org", "westeurope"),
		Location: "westeurope",
		Tags:     map[string]string{"owner": "conferencing"},
		Network: environment.Network{
			AddressSpace:  netip.MustParsePrefix("10.10.0.0/16"),
			Nodes:         netip.MustParsePrefix("10.10.0.0/22"),
			LoadBalancers: netip.MustParsePrefix("10.10.4.0/24"),
			Function:      netip.MustParsePrefix("10.10.5.0/27"),
			Pods:          netip.MustParsePrefix("10.244.0.0/16"),
			Services:      netip.MustParsePrefix("10.245.0.0/16"),
		},
		Shards: []environment.Shard{
			shard("a", 1, "10.10.16.0/26", "10.10.4.10"),
			shard("b", 2, "10.10.17.0/26", "10.10.4.11"),
			shard("c", 3, "10.10.18.0/26", "10.10.4.12"),
		},
		PrefixLength:      28,
		ResourceGroupName: pulumi.String("rg-meet-test"),
	}
}

// record registers the network below an explicit provider, as the stack does.
func record(t *testing.T, args network.Args, unknown bool) graphtest.Graph {
	t.Helper()
	graph, err := graphtest.Run(graphtest.Options{Stack: "test", Unknown: unknown, Outputs: azureOutputs},
		func(ctx *pulumi.Context) error {
			provider, err := azure.NewProvider(ctx, "azure", &azure.ProviderArgs{})
			if err != nil {
				return err
			}
			created, err := network.New(ctx, "network", args, pulumi.Providers(provider))
			if err != nil {
				return err
			}
			ctx.Export("frontDoorAddress", created.FrontDoorAddress)
			return nil
		})
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

func azureOutputs(args pulumi.MockResourceArgs) resource.PropertyMap {
	switch args.TypeToken {
	case prefixType:
		return resource.PropertyMap{"ipPrefix": resource.NewProperty("203.0.113.0/28")}
	case addressType:
		return resource.PropertyMap{"ipAddress": resource.NewProperty("198.51.100.1")}
	case vnetType:
		return resource.PropertyMap{"name": args.Inputs["virtualNetworkName"]}
	}
	return nil
}

func TestEveryChildHasTheComponentAsParentAndAProvider(t *testing.T) {
	t.Parallel()
	children := 0
	for _, r := range record(t, validArgs(), false).Resources {
		if !r.Custom || strings.HasPrefix(r.Type, "pulumi:providers:") {
			continue
		}
		children++
		if r.Parent != "network" || r.ParentType != "meet:network:Network" {
			t.Errorf("%s has parent %s (%s)", r.Name, r.Parent, r.ParentType)
		}
		if r.Provider != "azure" {
			t.Errorf("%s has provider %q", r.Name, r.Provider)
		}
		if !strings.HasPrefix(r.Name, "network-") {
			t.Errorf("%s does not carry the component's name", r.Name)
		}
	}
	if want := 1 + 6 + 6 + 3 + 3 + 3; children != want {
		t.Errorf("%d children, want %d", children, want)
	}
}

func TestNothingIsRegisteredInsideApply(t *testing.T) {
	t.Parallel()
	names := func(g graphtest.Graph) []string {
		var all []string
		for _, r := range g.Resources {
			all = append(all, r.Name)
		}
		return all
	}
	if known, unknown := names(record(t, validArgs(), false)), names(record(t, validArgs(), true)); !slices.Equal(known, unknown) {
		t.Errorf("with unknown outputs %v, with known ones %v", unknown, known)
	}
}

func TestPrefixesAreZonal(t *testing.T) {
	t.Parallel()
	graph := record(t, validArgs(), false)
	for name, zone := range map[string]string{"a": "1", "b": "2", "c": "3"} {
		prefix, found := graph.Find("network-prefix-" + name)
		if !found {
			t.Fatalf("shard %s has no prefix", name)
		}
		expect(t, prefix, "zones", []any{zone})
		expect(t, prefix, "prefixLength", 28.0)
		expect(t, prefix, "publicIpPrefixName", "ippre-meet-test-"+name+"-z"+zone)
		expect(t, prefix, "tags", map[string]any{
			"owner": "conferencing", "environment": "test", "component": "network", "shard": name, "managed-by": "pulumi",
		})
		if got := prefix.Inputs["sku"].(map[string]any)["name"]; got != "Standard" {
			t.Errorf("prefix of %s has SKU %v", name, got)
		}
		if got := prefix.Options["replaceOnChanges"]; !slices.Equal(got.([]string), []string{"prefixLength", "zones"}) {
			t.Errorf("prefix of %s is replaced on %v", name, got)
		}
	}
}

func TestSharedAddressesSurviveAnyZone(t *testing.T) {
	t.Parallel()
	addresses := record(t, validArgs(), false).Of(addressType)
	if want := 3 + len(validArgs().Shards); len(addresses) != want {
		t.Fatalf("%d public addresses, want the front door's, two of the egress and one of each shard's relays, %d", len(addresses), want)
	}
	for _, address := range addresses {
		expect(t, address, "zones", []any{"1", "2", "3"})
		expect(t, address, "publicIPAllocationMethod", "Static")
	}
}

// A NAT gateway lives in one zone, and on a bridge subnet it would replace the bridges' own public addresses.
func TestNoNATGateway(t *testing.T) {
	t.Parallel()
	graph := record(t, validArgs(), false)
	if gateways := graph.Of("azure-native:network:NatGateway"); len(gateways) > 0 {
		t.Errorf("NAT gateways: %v", gateways)
	}
	for _, subnet := range graph.Of(subnetType) {
		if gateway, set := subnet.Inputs["natGateway"]; set {
			t.Errorf("%s has a NAT gateway %v", subnet.Name, gateway)
		}
	}
}

// No resource of one shard may use, or wait for, what lives in the zone of another.
func TestNoShardUsesAZonalResourceOfAnother(t *testing.T) {
	t.Parallel()
	graph := record(t, validArgs(), false)
	for _, prefix := range graph.Of(prefixType) {
		if len(prefix.DependsOn) > 0 {
			t.Errorf("%s waits for %v", prefix.Name, prefix.DependsOn)
		}
		for _, other := range graph.Resources {
			if slices.Contains(other.DependsOn, prefix.Name) {
				t.Errorf("%s waits for the zonal %s", other.Name, prefix.Name)
			}
		}
	}
}

func TestSubnetsAreCreatedOneAtATime(t *testing.T) {
	t.Parallel()
	graph := record(t, validArgs(), false)
	var before string
	for _, role := range []string{"nodes", "load-balancers", "function", "bridges-a", "bridges-b", "bridges-c"} {
		subnet, found := graph.Find("network-subnet-" + role)
		if !found {
			t.Fatalf("no subnet %s", role)
		}
		if before != "" && !slices.Contains(subnet.DependsOn, before) {
			t.Errorf("%s does not wait for %s but for %v", subnet.Name, before, subnet.DependsOn)
		}
		expect(t, subnet, "subnetName", "snet-"+role)
		group := subnet.Inputs["networkSecurityGroup"].(map[string]any)["id"].(string)
		if want := "${network-nsg-" + role + ".id}"; !strings.HasSuffix(group, want) {
			t.Errorf("%s has security group %v, want %s", subnet.Name, group, want)
		}
		before = subnet.Name
	}
	if vnet := graph.Of(vnetType)[0]; vnet.Inputs["subnets"] != nil {
		t.Error("the virtual network has inline subnets, which undo the subnet resources")
	}
}

func TestFunctionSubnetIsDelegatedToAppService(t *testing.T) {
	t.Parallel()
	subnet, _ := record(t, validArgs(), false).Find("network-subnet-function")
	expect(t, subnet, "delegations", []any{map[string]any{"name": "delegation", "serviceName": "Microsoft.Web/serverFarms"}})
	expect(t, subnet, "serviceEndpoints", []any{map[string]any{"service": "Microsoft.Storage"}})
}

// Adding a shard at the end changes its own resources and the shared security groups, and no other shard's.
func TestAddingAShardTouchesNoOther(t *testing.T) {
	t.Parallel()
	before, args := record(t, validArgs(), false), validArgs()
	args.Shards = append(args.Shards, shard("d", 1, "10.10.19.0/26", "10.10.4.13"))
	after := record(t, args, false)
	for _, old := range before.Resources {
		current, found := after.Find(old.Name)
		shared := slices.Contains([]string{"network-nsg-nodes", "network-nsg-load-balancers", "network-nsg-function"}, old.Name)
		if !found {
			t.Errorf("%s is gone", old.Name)
		} else if !shared && !old.Raw.DeepEquals(current.Raw) {
			t.Errorf("%s changed: %v", old.Name, old.Raw.Diff(current.Raw))
		}
	}
}

func TestProtection(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{false, true} {
		args := validArgs()
		args.Protect = protect
		for _, r := range record(t, args, false).Resources {
			guarded := slices.Contains([]string{vnetType, addressType, prefixType}, r.Type)
			if got := r.Options["protect"] == true; got != (protect && guarded) {
				t.Errorf("Protect %t: %s protected: %t", protect, r.Name, got)
			}
			if got := r.Options["retainOnDelete"] == true; got != (protect && r.Type == prefixType) {
				t.Errorf("Protect %t: %s retained: %t", protect, r.Name, got)
			}
		}
	}
}

func TestSecurityRulesAreInline(t *testing.T) {
	t.Parallel()
	graph := record(t, validArgs(), false)
	if apart := graph.Of("azure-native:network:SecurityRule"); len(apart) > 0 {
		t.Errorf("rules as resources of their own: %v", apart)
	}
	group, _ := graph.Find("network-nsg-bridges-a")
	rules := group.Inputs["securityRules"].([]any)
	media := rules[0].(map[string]any)
	want := map[string]any{
		"name": "AllowMedia", "description": "Media of the participants.", "priority": 100.0, "direction": "Inbound",
		"access": "Allow", "protocol": "Udp", "sourceAddressPrefix": "Internet", "sourcePortRange": "*",
		"destinationAddressPrefix": "*", "destinationPortRange": "10000",
	}
	expect(t, graphtest.Resource{Name: "AllowMedia", Inputs: map[string]any{"rule": media}}, "rule", want)
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	broken := validArgs()
	broken.ResourceGroupName = nil
	broken.PrefixLength = 27
	broken.Network.Function = netip.MustParsePrefix("10.20.0.0/27")
	broken.Shards[1] = shard("a", 4, "10.10.17.0/26", "10.10.9.1")
	err := broken.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{
		"ResourceGroupName is missing",
		"PrefixLength 27 is not one of 28 to 31",
		"Network.Function 10.20.0.0/27 is outside Network.AddressSpace 10.10.0.0/16",
		`Shards[1].Name "a" is empty or taken`,
		"Shards[1].Zone 4 is not one of 1, 2, 3",
		"Shards[1].SignallingAddress 10.10.9.1 is outside Network.LoadBalancers 10.10.4.0/24",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
	if err := (network.Args{}).Validate(); err == nil {
		t.Error("the zero Args are accepted")
	}
	if err := validArgs().Validate(); err != nil {
		t.Errorf("valid arguments are refused: %v", err)
	}
}

func expect(t *testing.T, r graphtest.Resource, property string, want any) {
	t.Helper()
	if got := r.Inputs[property]; !equal(got, want) {
		t.Errorf("%s: %s is %v, want %v", r.Name, property, got, want)
	}
}

func equal(a, b any) bool {
	return resource.NewPropertyValue(a).DeepEquals(resource.NewPropertyValue(b))
}
