package functions_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions"
	"jitsi-meet-azure/functions/pack"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
)

const (
	subscription = "/subscriptions/00000000-0000-0000-0000-00000000c10d"
	group        = subscription + "/resourceGroups/rg-meet-dev"
	subnet       = group + "/providers/Microsoft.Network/virtualNetworks/vnet-meet-dev/subnets/snet-function"
	profiles     = `{"version":1,"profiles":[{"name":"default"}]}`
	hash         = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// example are the arguments of an environment with shards a and b. The package is a stand-in: the component only names it.
func example(t *testing.T) functions.Args {
	t.Helper()
	file := filepath.Join(t.TempDir(), "reaper.zip")
	if err := os.WriteFile(file, []byte("PK"), 0o600); err != nil {
		t.Fatal(err)
	}
	return functions.Args{
		Names:    naming.For("dev", "meet.example.org", "westeurope"),
		Location: "westeurope",
		Tags:     map[string]string{"owner": "platform"},
		Reaper: environment.Reaper{
			Schedule: "0 * * * * *", MinimumUptime: 55 * time.Minute, MaximumAge: 24 * time.Hour, StuckAfter: 30 * time.Minute,
			BootDeadline: 20 * time.Minute, DeadAfter: 15 * time.Minute, Retention: 90 * 24 * time.Hour, Plan: "B1",
		},
		Reserve:           0.5,
		Package:           pack.Package{Path: file, Hash: hash},
		ResourceGroupName: pulumi.String("rg-meet-dev"),
		ResourceGroupID:   pulumi.String(group),
		FunctionSubnetID:  pulumi.String(subnet),
		ConnectionString:  pulumi.String("InstrumentationKey=KEY"),
		Targets:           []functions.Target{target("a"), target("b")},
	}
}

func target(shard string) functions.Target {
	return functions.Target{Shard: shard, ScaleSetID: pulumi.String(scaleSet(shard)), Jicofo: jicofo(shard), Profiles: profiles}
}

// jicofo gives every shard of one letter an address of its own.
func jicofo(shard string) string { return fmt.Sprintf("http://10.40.1.%d:8888", 10+shard[0]-'a') }

func scaleSet(shard string) string {
	return group + "/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-meet-dev-" + shard
}

// computed gives what Azure adds to a resource's state.
func computed(args pulumi.MockResourceArgs) resource.PropertyMap {
	state := resource.PropertyMap{}
	for _, key := range []resource.PropertyKey{"accountName", "containerName", "tableName", "name"} {
		if name, ok := args.Inputs[key]; ok {
			state["name"] = name
		}
	}
	switch args.TypeToken {
	case "azure-native:managedidentity:UserAssignedIdentity":
		state["principalId"] = resource.NewProperty("the-principal")
		state["clientId"] = resource.NewProperty("the-client")
	case "azure-native:storage:StorageAccount":
		state["primaryEndpoints"] = resource.NewProperty(resource.PropertyMap{
			"table": resource.NewProperty(fmt.Sprintf("https://%v.table.core.windows.net/", args.Inputs["accountName"].V)),
		})
	case "azure-native:storage:Blob":
		state["url"] = resource.NewProperty(fmt.Sprintf("https://%v.blob.core.windows.net/%v/%v",
			args.Inputs["accountName"].V, args.Inputs["containerName"].V, args.Inputs["blobName"].V))
	}
	return state
}

// id is what the recorder gives a resource for an id.
func id(name string) string { return "/subscriptions/recorded/${" + name + ".id}" }

func record(t *testing.T, args functions.Args, unknown bool) graphtest.Graph {
	t.Helper()
	graph, err := graphtest.Run(graphtest.Options{Stack: "dev", Unknown: unknown, Outputs: computed}, func(ctx *pulumi.Context) error {
		reaper, err := functions.New(ctx, "reaper", args)
		if err != nil {
			return err
		}
		ctx.Export("app", reaper.FunctionAppName)
		ctx.Export("id", reaper.FunctionAppID)
		ctx.Export("principal", reaper.PrincipalID)
		ctx.Export("tables", reaper.TableEndpoint)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

func find(t *testing.T, graph graphtest.Graph, name string) graphtest.Resource {
	t.Helper()
	found, ok := graph.Find(name)
	if !ok {
		t.Fatalf("no resource %s", name)
	}
	return found
}

// has checks the given inputs of a resource and leaves its others open.
func has(t *testing.T, r graphtest.Resource, want map[string]any) {
	t.Helper()
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if got := r.Inputs[key]; !reflect.DeepEqual(got, want[key]) {
			t.Errorf("%s: %s = %v, want %v", r.Name, key, got, want[key])
		}
	}
}

func TestEverythingIsAChildOfTheComponent(t *testing.T) {
	t.Parallel()
	graph := record(t, example(t), false)
	var names []string
	for _, r := range graph.Resources {
		if r.Type == "meet:functions:Reaper" {
			continue
		}
		names = append(names, r.Name)
		if r.Parent != "reaper" || r.ParentType != "meet:functions:Reaper" {
			t.Errorf("%s %s has the parent %q (%s)", r.Type, r.Name, r.Parent, r.ParentType)
		}
	}
	slices.Sort(names)
	want := []string{
		"reaper-app", "reaper-code", "reaper-decisions", "reaper-host", "reaper-identity", "reaper-machines",
		"reaper-own-host-blobs", "reaper-package", "reaper-packages", "reaper-plan", "reaper-read-package", "reaper-retire-a",
		"reaper-retire-b", "reaper-role", "reaper-state", "reaper-usage", "reaper-write-host-tables", "reaper-write-state",
	}
	if !slices.Equal(names, want) {
		t.Errorf("registered %v\nwant       %v", names, want)
	}
}

// The component passes its provider on and keeps the caller's other options to itself.
func TestChildrenInheritTheProviderAndNothingElse(t *testing.T) {
	t.Parallel()
	args := example(t)
	graph, err := graphtest.Run(graphtest.Options{Stack: "dev", Outputs: computed}, func(ctx *pulumi.Context) error {
		var azure providerState
		if err := ctx.RegisterResource("pulumi:providers:azure-native", "azure", nil, &azure); err != nil {
			return err
		}
		_, err := functions.New(ctx, "reaper", args, pulumi.Providers(&azure), pulumi.IgnoreChanges([]string{"tags"}))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range graph.Resources {
		if !r.Custom || strings.HasPrefix(r.Type, "pulumi:providers:") {
			continue
		}
		if r.Provider != "azure" {
			t.Errorf("%s has the provider %q", r.Name, r.Provider)
		}
		if r.Options["ignoreChanges"] != nil {
			t.Errorf("%s took over the component's options: %v", r.Name, r.Options)
		}
	}
}

type providerState struct{ pulumi.ProviderResourceState }

func TestNothingIsRegisteredInsideApply(t *testing.T) {
	t.Parallel()
	names := func(graph graphtest.Graph) (all []string) {
		for _, r := range graph.Resources {
			all = append(all, r.Type+" "+r.Name)
		}
		return all
	}
	known, unknown := names(record(t, example(t), false)), names(record(t, example(t), true))
	if !slices.Equal(known, unknown) {
		t.Errorf("with unknown outputs %v\nwith known ones %v", unknown, known)
	}
}

func TestPlanIsOneAlwaysOnLinuxMachine(t *testing.T) {
	t.Parallel()
	for size, tier := range map[string]string{"B1": "Basic", "B2": "Basic", "B3": "Basic", "P0v3": "Premium0V3", "P1v3": "PremiumV3"} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			args := example(t)
			args.Reaper.Plan = size
			graph := record(t, args, false)
			has(t, find(t, graph, "reaper-plan"), map[string]any{
				"name": "asp-meet-dev", "kind": "linux", "reserved": true, "zoneRedundant": false, "location": "westeurope",
				"sku": map[string]any{"name": size, "tier": tier, "capacity": 1.0},
			})
			site, ok := find(t, graph, "reaper-app").Inputs["siteConfig"].(map[string]any)
			if !ok || site["alwaysOn"] != true {
				t.Errorf("always-on is %v; the timer would stop on an idle app", site["alwaysOn"])
			}
		})
	}
}

func TestAppIsIntegratedAndClosed(t *testing.T) {
	t.Parallel()
	app := find(t, record(t, example(t), false), "reaper-app")
	has(t, app, map[string]any{
		"kind": "functionapp,linux", "reserved": true, "httpsOnly": true, "clientAffinityEnabled": false,
		"serverFarmId": id("reaper-plan"), "virtualNetworkSubnetId": subnet, "vnetRouteAllEnabled": false,
		"name":     naming.For("dev", "meet.example.org", "westeurope").FunctionApp(),
		"identity": map[string]any{"type": "UserAssigned", "userAssignedIdentities": []any{id("reaper-identity")}},
	})
	site, ok := app.Inputs["siteConfig"].(map[string]any)
	if !ok {
		t.Fatal("no siteConfig")
	}
	for key, want := range map[string]any{
		"linuxFxVersion": "", "minTlsVersion": "1.2", "scmMinTlsVersion": "1.2", "ftpsState": "Disabled",
		"http20Enabled": true, "use32BitWorkerProcess": false,
	} {
		if site[key] != want {
			t.Errorf("siteConfig.%s = %v, want %v", key, site[key], want)
		}
	}
	for _, grant := range []string{"reaper-read-package", "reaper-own-host-blobs", "reaper-write-host-tables", "reaper-write-state"} {
		if !slices.Contains(app.DependsOn, grant) {
			t.Errorf("the app does not wait for %s", grant)
		}
	}
}

// appSettings are the app's settings by name.
func appSettings(t *testing.T, graph graphtest.Graph) map[string]string {
	t.Helper()
	site, ok := find(t, graph, "reaper-app").Inputs["siteConfig"].(map[string]any)
	if !ok {
		t.Fatal("no siteConfig")
	}
	list, ok := site["appSettings"].([]any)
	if !ok {
		t.Fatal("no appSettings")
	}
	found, names := map[string]string{}, []string{}
	for _, item := range list {
		pair := item.(map[string]any)
		name, value := fmt.Sprint(pair["name"]), fmt.Sprint(pair["value"])
		if _, twice := found[name]; twice {
			t.Errorf("the setting %s is there twice", name)
		}
		found[name], names = value, append(names, name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("the settings come in the order %v", names)
	}
	return found
}

func TestAppSettings(t *testing.T) {
	t.Parallel()
	args := example(t)
	got := appSettings(t, record(t, args, false))
	account := args.Names.StorageAccount
	blob := "https://" + account("code") + ".blob.core.windows.net/packages/reaper-0123456789ab.zip"
	want := map[string]string{
		"FUNCTIONS_EXTENSION_VERSION":                  "~4",
		"FUNCTIONS_WORKER_RUNTIME":                     "custom",
		"AzureWebJobsDisableHomepage":                  "true",
		"AzureWebJobsStorage__accountName":             account("host"),
		"AzureWebJobsStorage__clientId":                "the-client",
		"AzureWebJobsStorage__credential":              "managedidentity",
		"WEBSITE_RUN_FROM_PACKAGE":                     blob,
		"WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID": id("reaper-identity"),
		"APPLICATIONINSIGHTS_CONNECTION_STRING":        "[secret]",
		"APPLICATIONINSIGHTS_AUTHENTICATION_STRING":    "ClientId=the-client;Authorization=AAD",
		"AZURE_CLIENT_ID":                              "the-client",
		"REAPER_ENVIRONMENT":                           "dev",
		"REAPER_SCHEDULE":                              "0 * * * * *",
		"REAPER_MINIMUM_UPTIME":                        "55m0s",
		"REAPER_MAXIMUM_AGE":                           "24h0m0s",
		"REAPER_STUCK_AFTER":                           "30m0s",
		"REAPER_BOOT_DEADLINE":                         "20m0s",
		"REAPER_DEAD_AFTER":                            "15m0s",
		"REAPER_RESERVE":                               "0.5",
		"REAPER_RETENTION":                             "2160h0m0s",
		"REAPER_DRY_RUN":                               "false",
		"REAPER_RESOURCE_MANAGER":                      "https://management.azure.com",
		"REAPER_METRICS_ENDPOINT":                      "https://westeurope.monitoring.azure.com",
		"REAPER_TABLE_ENDPOINT":                        "https://" + account("state") + ".table.core.windows.net/",
		"REAPER_PROFILES":                              "[" + profiles + "]",
		"REAPER_TARGETS": `[{"shard":"a","scaleSetId":"` + scaleSet("a") + `","jicofo":"http://10.40.1.10:8888","profiles":0},` +
			`{"shard":"b","scaleSetId":"` + scaleSet("b") + `","jicofo":"http://10.40.1.11:8888","profiles":0}]`,
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s = %q, want %q", name, got[name], want[name])
		}
	}
	for name := range got {
		if _, expected := want[name]; !expected {
			t.Errorf("there is a setting %s as well", name)
		}
	}
}

// However a region is written, its metrics go to one host.
func TestMetricsGoToTheRegion(t *testing.T) {
	t.Parallel()
	for _, location := range []string{"westeurope", "West Europe", "WestEurope"} {
		args := example(t)
		args.Location = location
		told := appSettings(t, record(t, args, false))["REAPER_METRICS_ENDPOINT"]
		if told != "https://westeurope.monitoring.azure.com" {
			t.Errorf("%s: %s", location, told)
		}
	}
}

// The program accepts what the stack tells it.
func TestTheReaperReadsItsSettings(t *testing.T) {
	t.Parallel()
	var environ []string
	for name, value := range appSettings(t, record(t, example(t), false)) {
		environ = append(environ, name+"="+value)
	}
	read, err := settings.Parse(environ)
	if err != nil {
		t.Fatal(err)
	}
	want := settings.Settings{
		Environment: "dev", Schedule: "0 * * * * *", MinimumUptime: 55 * time.Minute, MaximumAge: 24 * time.Hour,
		StuckAfter: 30 * time.Minute, BootDeadline: 20 * time.Minute, DeadAfter: 15 * time.Minute, Retention: 90 * 24 * time.Hour,
		Reserve: 0.5, MetricsEndpoint: "https://westeurope.monitoring.azure.com",
		ResourceManager: "https://management.azure.com", ClientID: "the-client",
		TableEndpoint: "https://" + example(t).Names.StorageAccount("state") + ".table.core.windows.net/",
		Targets: []settings.Target{
			{Shard: "a", ScaleSetID: scaleSet("a"), Jicofo: jicofo("a"), Profiles: json.RawMessage(profiles)},
			{Shard: "b", ScaleSetID: scaleSet("b"), Jicofo: jicofo("b"), Profiles: json.RawMessage(profiles)},
		},
	}
	if !reflect.DeepEqual(read, want) {
		t.Errorf("read %+v\nwant %+v", read, want)
	}
}

func TestNoKeyAndNoSignatureAnywhere(t *testing.T) {
	t.Parallel()
	graph := record(t, example(t), false)
	rendered, err := graph.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"AccountKey", "SharedAccessSignature", "sig=", "DefaultEndpointsProtocol", "connectionString"} {
		if strings.Contains(string(rendered), word) {
			t.Errorf("something holds %q", word)
		}
	}
	if len(graph.Calls) > 0 {
		t.Errorf("the component calls %v", graph.Calls)
	}
}

func TestStorageAccounts(t *testing.T) {
	t.Parallel()
	args := example(t)
	args.Protect = true
	graph := record(t, args, false)
	for role, keys := range map[string]bool{"code": true, "host": false, "state": false} {
		account := find(t, graph, "reaper-"+role)
		has(t, account, map[string]any{
			"accountName": args.Names.StorageAccount(role), "kind": "StorageV2", "sku": map[string]any{"name": "Standard_ZRS"},
			"allowSharedKeyAccess": keys, "allowBlobPublicAccess": false, "enableHttpsTrafficOnly": true,
			"minimumTlsVersion": "TLS1_2", "defaultToOAuthAuthentication": true, "allowCrossTenantReplication": false,
			"tags": map[string]any{"owner": "platform", "environment": "dev", "component": "reaper", "managed-by": "pulumi"},
		})
		if protect := account.Options["protect"] == true; protect != (role == "state") {
			t.Errorf("protection of the %s account is %v", role, protect)
		}
	}
	for _, table := range settings.Tables() {
		made := find(t, graph, "reaper-"+table)
		has(t, made, map[string]any{"tableName": table, "accountName": args.Names.StorageAccount("state")})
		if made.Options["protect"] != true {
			t.Errorf("the table %s is not protected", table)
		}
	}
}

func TestPackageIsNamedByItsContent(t *testing.T) {
	t.Parallel()
	args := example(t)
	blob := find(t, record(t, args, false), "reaper-package")
	has(t, blob, map[string]any{
		"blobName": "reaper-0123456789ab.zip", "containerName": "packages", "accountName": args.Names.StorageAccount("code"),
		"type": "Block", "contentType": "application/zip",
	})
	if source := blob.Raw["source"]; !source.IsAsset() || source.AssetValue().Path != args.Package.Path {
		t.Errorf("the blob's source is %v, want the file itself", source)
	}
	// The old package has to stay until the app is switched over.
	if blob.Options["deleteBeforeReplace"] != nil {
		t.Error("the old package goes before the new one comes")
	}
	has(t, find(t, record(t, args, false), "reaper-packages"), map[string]any{"publicAccess": "None"})
}
