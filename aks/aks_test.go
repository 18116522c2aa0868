package aks_test

import (
	"encoding/base64"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	azure "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/aks"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/internal/role"
)

const (
	clusterType     = "azure-native:containerservice/v20240501:ManagedCluster"
	poolType        = "azure-native:containerservice/v20240501:AgentPool"
	maintenanceType = "azure-native:containerservice/v20240501:MaintenanceConfiguration"
	grantType       = "azure-native:authorization:RoleAssignment"
	resourceGroupID = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-meet-test"
	subnets         = resourceGroupID + "/providers/Microsoft.Network/virtualNetworks/vnet-meet-test/subnets/"
	addresses       = resourceGroupID + "/providers/Microsoft.Network/publicIPAddresses/"
)

func validArgs() aks.Args {
	return aks.Args{
		Names:    naming.For("test", "meet.example.org", "westeurope"),
		Location: "westeurope",
		Tags:     map[string]string{"owner": "conferencing"},
		Cluster: environment.Cluster{
			KubernetesVersion:    "1.34",
			Tier:                 "Standard",
			SystemPool:           environment.Pool{VMSize: "Standard_D4ds_v5", Minimum: 3, Maximum: 5},
			ShardPool:            environment.Pool{VMSize: "Standard_D8ds_v5", Minimum: 1, Maximum: 4},
			AuthorizedIPRanges:   []netip.Prefix{netip.MustParsePrefix("203.0.113.64/28")},
			AdminGroupIDs:        []string{"22222222-0000-0000-0000-000000000000", "11111111-0000-0000-0000-000000000000"},
			UpgradeChannel:       "none",
			NodeOSUpgradeChannel: "SecurityPatch",
			Maintenance:          environment.Maintenance{Weekday: time.Sunday, Hour: 2, Duration: 4 * time.Hour},
		},
		Zones:                []int{1, 3},
		PodCIDR:              netip.MustParsePrefix("10.244.0.0/16"),
		ServiceCIDR:          netip.MustParsePrefix("10.245.0.0/16"),
		ResourceGroupName:    pulumi.String("rg-meet-test"),
		ResourceGroupID:      pulumi.String(resourceGroupID),
		NodeSubnetID:         pulumi.String(subnets + "nodes"),
		LoadBalancerSubnetID: pulumi.String(subnets + "load-balancers"),
		WorkspaceID:          pulumi.String("/workspace"),
		FrontDoorAddressID:   pulumi.String(addresses + "front-door"),
		TurnAddressIDs: map[string]pulumi.StringInput{
			"b": pulumi.String(addresses + "turn-b"), "a": pulumi.String(addresses + "turn-a"),
		},
		EgressAddressIDs: pulumi.ToStringArray([]string{addresses + "egress-1", addresses + "egress-2"}),
		EgressAddresses:  pulumi.ToStringArray([]string{"198.51.100.2", "198.51.100.1"}),
	}
}

// kubeconfigOf is a kubeconfig as AKS hands it out, for the user of the given kind.
func kubeconfigOf(kind, login string) string {
	certificate := base64.StdEncoding.EncodeToString([]byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))
	return base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(`apiVersion: v1
kind: Config
clusters: [{name: aks, cluster: {certificate-authority-data: CERT, server: "https://aks.example.org:443"}}]
contexts: [{name: aks, context: {cluster: aks, user: `+kind+`}}]
current-context: aks
users: [{name: `+kind+`, user: `+login+`}]
`, "CERT", certificate)))
}

func credentials(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	var encoded string
	switch args.Token {
	case "azure-native:containerservice/v20240501:listManagedClusterAdminCredentials":
		encoded = kubeconfigOf("clusterAdmin", "{client-certificate-data: CERT, client-key-data: CERT}")
	case "azure-native:containerservice/v20240501:listManagedClusterUserCredentials":
		encoded = kubeconfigOf("clusterUser", "{exec: {apiVersion: v1, command: kubelogin, args: [--tenant-id, tenant-1]}}")
	default:
		return nil, errors.New("unexpected call of " + args.Token)
	}
	entry := resource.PropertyMap{"name": resource.NewProperty("any"), "value": resource.NewProperty(encoded)}
	return resource.PropertyMap{
		"kubeconfigs": resource.NewProperty([]resource.PropertyValue{resource.NewProperty(entry)}),
	}, nil
}

func azureOutputs(args pulumi.MockResourceArgs) resource.PropertyMap {
	switch args.TypeToken {
	case "azure-native:managedidentity:UserAssignedIdentity":
		return resource.PropertyMap{"principalId": resource.NewProperty("33333333-0000-0000-0000-000000000000")}
	case clusterType:
		return resource.PropertyMap{
			"name": args.Inputs["resourceName"], "addonProfiles": addonOutputs(args.Inputs["addonProfiles"]),
			"oidcIssuerProfile": resource.NewProperty(resource.PropertyMap{
				"enabled": resource.NewProperty(true), "issuerURL": resource.NewProperty("https://issuer.example.org/"),
			}),
		}
	}
	return nil
}

// record registers the cluster below an explicit provider, as the stack does.
func record(t *testing.T, args aks.Args, unknown bool) (graphtest.Graph, *aks.Cluster) {
	t.Helper()
	var created *aks.Cluster
	options := graphtest.Options{Stack: "test", Unknown: unknown, Outputs: azureOutputs, Call: credentials}
	graph, err := graphtest.Run(options, func(ctx *pulumi.Context) error {
		provider, err := azure.NewProvider(ctx, "azure", &azure.ProviderArgs{})
		if err != nil {
			return err
		}
		created, err = aks.New(ctx, "cluster", args, pulumi.Providers(provider))
		if err != nil {
			return err
		}
		ctx.Export("kubeconfig", created.Kubeconfig)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return graph, created
}

func graphOf(t *testing.T, args aks.Args) graphtest.Graph {
	t.Helper()
	graph, _ := record(t, args, false)
	return graph
}

func only(t *testing.T, g graphtest.Graph, token string) graphtest.Resource {
	t.Helper()
	found := g.Of(token)
	if len(found) != 1 {
		t.Fatalf("%d resources of type %s, want one", len(found), token)
	}
	return found[0]
}

func TestEveryChildHasTheComponentAsParentAndAProvider(t *testing.T) {
	t.Parallel()
	graph := graphOf(t, validArgs())
	children := 0
	for _, r := range graph.Resources {
		if !r.Custom || strings.HasPrefix(r.Type, "pulumi:providers:") {
			continue
		}
		children++
		if r.Parent != "cluster" || r.ParentType != "meet:aks:Cluster" || r.Provider != "azure" {
			t.Errorf("%s has parent %s (%s) and provider %q", r.Name, r.Parent, r.ParentType, r.Provider)
		}
	}
	if want := 1 + 8 + 1 + 2 + 2; children != want {
		t.Errorf("%d children, want %d", children, want)
	}
	for _, call := range graph.Calls {
		if call.Provider != "azure" {
			t.Errorf("%s is called on provider %q", call.Token, call.Provider)
		}
	}
}

func TestNothingIsRegisteredInsideApply(t *testing.T) {
	t.Parallel()
	names := func(unknown bool) []string {
		graph, _ := record(t, validArgs(), unknown)
		var all []string
		for _, r := range graph.Resources {
			all = append(all, r.Name)
		}
		return all
	}
	if known, unknown := names(false), names(true); !slices.Equal(known, unknown) {
		t.Errorf("with unknown outputs %v, with known ones %v", unknown, known)
	}
}

// The identity's rights exist before the cluster that needs them, cover exactly what it joins, and have fixed names.
func TestClusterIdentityIsGrantedFirst(t *testing.T) {
	t.Parallel()
	graph := graphOf(t, validArgs())
	cluster := only(t, graph, clusterType)
	scopes, names := []string{}, map[any]bool{}
	for _, grant := range graph.Of(grantType) {
		if !slices.Contains(cluster.DependsOn, grant.Name) {
			t.Errorf("the cluster does not wait for %s", grant.Name)
		}
		scopes = append(scopes, grant.Inputs["scope"].(string))
		names[grant.Inputs["roleAssignmentName"]] = true
		expect(t, grant, "principalId", "33333333-0000-0000-0000-000000000000")
		expect(t, grant, "principalType", "ServicePrincipal")
		granted := role.NetworkContributor
		if grant.Name == "cluster-grant-group" {
			granted = role.Reader // the whole group, to look at only
		}
		expect(t, grant, "roleDefinitionId", "/subscriptions/00000000-0000-0000-0000-000000000001/providers/"+
			"Microsoft.Authorization/roleDefinitions/"+granted)
	}
	slices.Sort(scopes)
	want := []string{
		resourceGroupID, addresses + "egress-1", addresses + "egress-2", addresses + "front-door", addresses + "turn-a", addresses + "turn-b",
		subnets + "load-balancers", subnets + "nodes",
	}
	if !slices.Equal(scopes, want) {
		t.Errorf("rights on %v, want %v", scopes, want)
	}
	if len(names) != len(want) {
		t.Errorf("%d distinct names of %d assignments", len(names), len(want))
	}
	identity := cluster.Inputs["identity"].(map[string]any)
	used := identity["userAssignedIdentities"].([]any)
	if identity["type"] != "UserAssigned" || len(used) != 1 || !strings.HasSuffix(used[0].(string), "${cluster-identity.id}") {
		t.Errorf("the cluster acts as %v", identity)
	}
}

func TestNetworkProfile(t *testing.T) {
	t.Parallel()
	expect(t, only(t, graphOf(t, validArgs()), clusterType), "networkProfile", map[string]any{
		"networkPlugin": "azure", "networkPluginMode": "overlay", "networkDataplane": "cilium", "networkPolicy": "cilium",
		"podCidr": "10.244.0.0/16", "serviceCidr": "10.245.0.0/16", "dnsServiceIP": "10.245.0.10",
		"loadBalancerSku": "standard", "outboundType": "loadBalancer",
		"loadBalancerProfile": map[string]any{
			"outboundIPs": map[string]any{"publicIPs": []any{
				map[string]any{"id": addresses + "egress-1"}, map[string]any{"id": addresses + "egress-2"},
			}},
			"allocatedOutboundPorts": 4000.0,
			// Azure's defaults, which the SDK writes down.
			"backendPoolType": "NodeIPConfiguration", "idleTimeoutInMinutes": 30.0,
		},
	})
}

func TestSystemPoolSpansAllZones(t *testing.T) {
	t.Parallel()
	cluster := only(t, graphOf(t, validArgs()), clusterType)
	pools := cluster.Inputs["agentPoolProfiles"].([]any)
	if len(pools) != 1 {
		t.Fatalf("%d pools inside the cluster, want the system pool alone", len(pools))
	}
	pool := graphtest.Resource{Name: "system pool", Inputs: pools[0].(map[string]any)}
	expect(t, pool, "name", "system")
	expect(t, pool, "mode", "System")
	expect(t, pool, "availabilityZones", []any{"1", "2", "3"})
	expect(t, pool, "nodeTaints", []any{"CriticalAddonsOnly=true:NoSchedule"})
	expect(t, pool, "enableAutoScaling", true)
	expect(t, pool, "minCount", 3.0)
	expect(t, pool, "maxCount", 5.0)
}

func TestOnePoolPerShardZone(t *testing.T) {
	t.Parallel()
	graph := graphOf(t, validArgs())
	if pools := graph.Of(poolType); len(pools) != 2 {
		t.Fatalf("%d pools, want 2", len(pools))
	}
	for name, zone := range map[string]string{"zone1": "1", "zone3": "3"} {
		pool, _ := graph.Find("cluster-pool-" + name)
		expect(t, pool, "agentPoolName", name)
		expect(t, pool, "mode", "User")
		expect(t, pool, "availabilityZones", []any{zone})
		expect(t, pool, "nodeTaints", []any{"meet.jitsi/shard=true:NoSchedule"})
		expect(t, pool, "nodeLabels", map[string]any{"meet.jitsi/pool": "shards"})
		expect(t, pool, "vmSize", "Standard_D8ds_v5")
		if slices.ContainsFunc(pool.DependsOn, func(other string) bool { return strings.Contains(other, "pool-zone") }) {
			t.Errorf("%s waits for the pool of another zone: %v", pool.Name, pool.DependsOn)
		}
	}
}

// Counts belong to the cluster autoscaler; the ignored paths must exist, or ignoring them would do nothing.
func TestCountsAreNotWrittenBack(t *testing.T) {
	t.Parallel()
	graph := graphOf(t, validArgs())
	for _, r := range append(graph.Of(poolType), only(t, graph, clusterType)) {
		want := "count"
		if r.Type == clusterType {
			want = "agentPoolProfiles"
		}
		if ignored := r.Options["ignoreChanges"].([]string); !slices.Contains(ignored, want) {
			t.Errorf("%s ignores %v, want %s", r.Name, ignored, want)
		}
		if r.Inputs[want] == nil {
			t.Errorf("%s ignores %s, which it does not have", r.Name, want)
		}
	}
}

// What would replace a pool, and with it drop every room of the zone, is left to Azure to refuse.
func TestPoolsAreNeverReplaced(t *testing.T) {
	t.Parallel()
	for _, pool := range graphOf(t, validArgs()).Of(poolType) {
		if paths := pool.Options["replaceOnChanges"]; paths != nil {
			t.Errorf("%s is replaced on %v", pool.Name, paths)
		}
	}
}

func TestVersionBelongsToWhoeverMovesIt(t *testing.T) {
	t.Parallel()
	for channel, want := range map[string]bool{"none": false, "patch": false, "stable": true} {
		args := validArgs()
		args.Cluster.UpgradeChannel = channel
		cluster := only(t, graphOf(t, args), clusterType)
		if got := slices.Contains(cluster.Options["ignoreChanges"].([]string), "kubernetesVersion"); got != want {
			t.Errorf("channel %s: version ignored: %t, want %t", channel, got, want)
		}
		expect(t, cluster, "autoUpgradeProfile", map[string]any{
			"upgradeChannel": channel, "nodeOSUpgradeChannel": "SecurityPatch",
		})
	}
}

// A pool without a version of its own stays where it is when the control plane moves.
func TestPoolsCarryNoVersion(t *testing.T) {
	t.Parallel()
	graph := graphOf(t, validArgs())
	pools := graph.Of(poolType)
	system := only(t, graph, clusterType).Inputs["agentPoolProfiles"].([]any)[0].(map[string]any)
	for _, pool := range append(pools, graphtest.Resource{Name: "system", Inputs: system}) {
		if version, set := pool.Inputs["orchestratorVersion"]; set {
			t.Errorf("%s has version %v", pool.Name, version)
		}
		expect(t, pool, "upgradeSettings", map[string]any{
			"drainTimeoutInMinutes": 30.0, "maxSurge": map[bool]string{true: "33%", false: "1"}[pool.Name == "system"],
		})
	}
}

func TestMaintenanceWindows(t *testing.T) {
	t.Parallel()
	names := []string{}
	for _, window := range graphOf(t, validArgs()).Of(maintenanceType) {
		names = append(names, window.Inputs["configName"].(string))
		expect(t, window, "maintenanceWindow", map[string]any{
			"schedule":  map[string]any{"weekly": map[string]any{"dayOfWeek": "Sunday", "intervalWeeks": 1.0}},
			"startTime": "02:00", "utcOffset": "+00:00", "durationHours": 4.0,
		})
	}
	slices.Sort(names)
	if want := []string{"aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}; !slices.Equal(names, want) {
		t.Errorf("windows %v, want %v", names, want)
	}
}

func TestAuthorizedRangesIncludeTheClustersOwnEgress(t *testing.T) {
	t.Parallel()
	args := validArgs()
	args.Cluster.AuthorizedIPRanges = append(args.Cluster.AuthorizedIPRanges, netip.MustParsePrefix("198.51.100.2/32"))
	expect(t, only(t, graphOf(t, args), clusterType), "apiServerAccessProfile", map[string]any{
		"authorizedIPRanges": []any{"198.51.100.1/32", "198.51.100.2/32", "203.0.113.64/28"},
	})
	args.Cluster.AuthorizedIPRanges = nil
	if profile, set := only(t, graphOf(t, args), clusterType).Inputs["apiServerAccessProfile"]; set {
		t.Errorf("without ranges the API server is closed to %v", profile)
	}
}

func TestEntra(t *testing.T) {
	t.Parallel()
	args := validArgs()
	graph, _ := record(t, args, false)
	cluster := only(t, graph, clusterType)
	expect(t, cluster, "disableLocalAccounts", true)
	expect(t, cluster, "aadProfile", map[string]any{
		"managed": true, "enableAzureRBAC": true,
		"adminGroupObjectIDs": []any{"11111111-0000-0000-0000-000000000000", "22222222-0000-0000-0000-000000000000"},
	})
	expectCalls(t, graph, "azure-native:containerservice/v20240501:listManagedClusterUserCredentials")

	args.Cluster.LocalAccounts, args.Cluster.AdminGroupIDs = true, nil
	graph, _ = record(t, args, false)
	cluster = only(t, graph, clusterType)
	expect(t, cluster, "disableLocalAccounts", false)
	if profile, set := cluster.Inputs["aadProfile"]; set {
		t.Errorf("without groups there is %v", profile)
	}
	expectCalls(t, graph, "azure-native:containerservice/v20240501:listManagedClusterAdminCredentials")
}

func expectCalls(t *testing.T, graph graphtest.Graph, token string) {
	t.Helper()
	if len(graph.Calls) != 1 || graph.Calls[0].Token != token {
		t.Errorf("calls %v, want %s", graph.Calls, token)
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	graph, cluster := record(t, validArgs(), false)
	if cluster.Identifier != "aks-meet-test" {
		t.Errorf("identifier %q", cluster.Identifier)
	}
	if kubeconfig, found := graph.Outputs["kubeconfig"]; !found || !pulumi.IsSecret(kubeconfig.(pulumi.Output)) {
		t.Error("the kubeconfig is not secret")
	}
}

func TestIdentityWorkloadsAndTier(t *testing.T) {
	t.Parallel()
	cluster := only(t, graphOf(t, validArgs()), clusterType)
	expect(t, cluster, "sku", map[string]any{"name": "Base", "tier": "Standard"})
	expect(t, cluster, "oidcIssuerProfile", map[string]any{"enabled": true})
	expect(t, cluster, "securityProfile", map[string]any{"workloadIdentity": map[string]any{"enabled": true}})
	expect(t, cluster, "nodeResourceGroup", "rg-meet-test-nodes")
	if got := cluster.Options["createTimeout"]; got != "60m" {
		t.Errorf("the cluster is given %v to be created", got)
	}
}

func TestTags(t *testing.T) {
	t.Parallel()
	graph := graphOf(t, validArgs())
	want := map[string]any{"owner": "conferencing", "environment": "test", "component": "aks", "managed-by": "pulumi"}
	tagged := append(graph.Of(poolType), only(t, graph, clusterType),
		only(t, graph, "azure-native:managedidentity:UserAssignedIdentity"))
	for _, r := range tagged {
		expect(t, r, "tags", want)
	}
}

func TestProtection(t *testing.T) {
	t.Parallel()
	for _, protect := range []bool{false, true} {
		args := validArgs()
		args.Protect = protect
		for _, r := range graphOf(t, args).Resources {
			guarded := r.Type == clusterType || r.Type == poolType
			if got := r.Options["protect"] == true; got != (protect && guarded) {
				t.Errorf("Protect %t: %s protected: %t", protect, r.Name, got)
			}
		}
	}
}

func expect(t *testing.T, r graphtest.Resource, property string, want any) {
	t.Helper()
	got := r.Inputs[property]
	if !resource.NewPropertyValue(got).DeepEquals(resource.NewPropertyValue(want)) {
		t.Errorf("%s: %s is %v, want %v", r.Name, property, got, want)
	}
}
