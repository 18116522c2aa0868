package functions

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/internal/web"
)

// newApp makes the plan and the app on it. The app waits for its rights on storage, since it reads its package from there
// as it starts.
func (b *builder) newApp(identity *managedidentity.UserAssignedIdentity, made *stores, granted []pulumi.Resource) (*web.WebApp, error) {
	plan, err := b.newPlan()
	if err != nil {
		return nil, err
	}
	configured, err := b.appSettings(identity, made)
	if err != nil {
		return nil, err
	}
	app, err := web.NewWebApp(b.ctx, b.child("app"), &web.WebAppArgs{
		ResourceGroupName: b.args.ResourceGroupName,
		Name:              pulumi.String(b.args.Names.FunctionApp()),
		Location:          pulumi.String(b.args.Location),
		Kind:              pulumi.String("functionapp,linux"),
		Reserved:          pulumi.Bool(true),
		ServerFarmId:      plan.ID().ToStringOutput(),
		Identity: web.ManagedServiceIdentityArgs{
			Type:                   pulumi.String("UserAssigned"),
			UserAssignedIdentities: pulumi.StringArray{identity.ID().ToStringOutput()},
		},
		HttpsOnly:             pulumi.Bool(true),
		ClientAffinityEnabled: pulumi.Bool(false),
		// The app has no HTTP trigger; what stays reachable is the log stream, for those whom Azure's own access control
		// lets in.
		PublicNetworkAccess:    pulumi.String("Enabled"),
		VirtualNetworkSubnetId: b.args.FunctionSubnetID,
		// Only private ranges go through the network, to the bridges; Azure's APIs and storage are reached over App
		// Service's own outbound addresses. The stack therefore needs no gateway that would live in one zone.
		VnetRouteAllEnabled: pulumi.Bool(false),
		SiteConfig:          siteConfig(configured),
		Tags:                b.tags(),
	}, b.options(pulumi.DependsOn(granted))...)
	if err != nil {
		return nil, fmt.Errorf("reaper app: %w", err)
	}
	return app, nil
}

// newPlan makes the plan: one machine. Zone redundancy would take three of a Premium size, and a reaper that is down
// costs money only, since no bridge is ever deleted by its absence.
func (b *builder) newPlan() (*web.AppServicePlan, error) {
	plan, err := web.NewAppServicePlan(b.ctx, b.child("plan"), &web.AppServicePlanArgs{
		ResourceGroupName: b.args.ResourceGroupName,
		Name:              pulumi.String(b.args.Names.Plan()),
		Location:          pulumi.String(b.args.Location),
		Kind:              pulumi.String("linux"),
		Reserved:          pulumi.Bool(true),
		Sku: web.SkuDescriptionArgs{
			Name:     pulumi.String(b.args.Reaper.Plan),
			Tier:     pulumi.String(tier(b.args.Reaper.Plan)),
			Capacity: pulumi.Int(1),
		},
		ZoneRedundant: pulumi.Bool(false),
		Tags:          b.tags(),
	}, b.options()...)
	if err != nil {
		return nil, fmt.Errorf("reaper plan: %w", err)
	}
	return plan, nil
}

func siteConfig(configured web.NameValuePairArray) web.SiteConfigArgs {
	return web.SiteConfigArgs{
		// Without it the host is unloaded after a while without requests, and the timer with it. It is also what makes
		// a trigger sync unnecessary: the host itself is always there to read the package's function.json.
		AlwaysOn:    pulumi.Bool(true),
		AppSettings: configured,
		FtpsState:   pulumi.String("Disabled"),
		// A custom handler has no language; Azure wants that said by an empty value, not by none.
		LinuxFxVersion:        pulumi.String(""),
		Http20Enabled:         pulumi.Bool(true),
		MinTlsVersion:         pulumi.String("1.2"),
		ScmMinTlsVersion:      pulumi.String("1.2"),
		Use32BitWorkerProcess: pulumi.Bool(false),
	}
}

// appSettings are the app's environment, sorted by name. An update replaces all of them, so this is the whole list.
func (b *builder) appSettings(identity *managedidentity.UserAssignedIdentity, made *stores) (web.NameValuePairArray, error) {
	values := pulumi.StringMap{
		"FUNCTIONS_EXTENSION_VERSION": pulumi.String("~4"),
		"FUNCTIONS_WORKER_RUNTIME":    pulumi.String("custom"),
		// The host's own storage, by identity: an account name in place of a connection string.
		"AzureWebJobsStorage__accountName": made.host.Name,
		"AzureWebJobsStorage__credential":  pulumi.String("managedidentity"),
		"AzureWebJobsStorage__clientId":    identity.ClientId,
		"AzureWebJobsDisableHomepage":      pulumi.String("true"),
		// Where the host reports to. It shows the identity's token there; the key in the connection string lets nobody in.
		// Source: Azure docs, functions-app-settings.
		"APPLICATIONINSIGHTS_CONNECTION_STRING":     pulumi.ToSecret(b.args.ConnectionString).(pulumi.StringOutput),
		"APPLICATIONINSIGHTS_AUTHENTICATION_STRING": pulumi.Sprintf("ClientId=%s;Authorization=AAD", identity.ClientId),
		// The package's address carries no signature: the app fetches it as its identity.
		"WEBSITE_RUN_FROM_PACKAGE":                     made.blob.Url,
		"WEBSITE_RUN_FROM_PACKAGE_BLOB_MI_RESOURCE_ID": identity.ID().ToStringOutput(),
	}
	own, err := b.reaperSettings(identity, made)
	if err != nil {
		return nil, err
	}
	maps.Copy(values, own)
	list := make(web.NameValuePairArray, 0, len(values))
	for _, name := range slices.Sorted(maps.Keys(values)) {
		list = append(list, web.NameValuePairArgs{Name: pulumi.String(name), Value: values[name].ToStringOutput().ToStringPtrOutput()})
	}
	return list, nil
}

// reaperSettings are the reaper's own settings. Those that are known now stay readable in a first preview.
func (b *builder) reaperSettings(identity *managedidentity.UserAssignedIdentity, made *stores) (pulumi.StringMap, error) {
	told := settings.Settings{
		Environment:     b.args.Names.Environment(),
		Schedule:        b.args.Reaper.Schedule,
		MinimumUptime:   b.args.Reaper.MinimumUptime,
		MaximumAge:      b.args.Reaper.MaximumAge,
		StuckAfter:      b.args.Reaper.StuckAfter,
		BootDeadline:    b.args.Reaper.BootDeadline,
		DeadAfter:       b.args.Reaper.DeadAfter,
		Retention:       b.args.Reaper.Retention,
		DryRun:          b.args.Reaper.DryRun,
		Reserve:         b.args.Reserve,
		ResourceManager: settings.PublicResourceManager,
		MetricsEndpoint: metricsEndpoint(b.args.Location),
	}
	ids := make(pulumi.StringArray, 0, len(b.args.Targets))
	for _, target := range b.args.Targets {
		told.Targets = append(told.Targets, settings.Target{
			Shard: target.Shard, Jicofo: target.Jicofo, Profiles: json.RawMessage(target.Profiles),
		})
		ids = append(ids, target.ScaleSetID)
	}
	known, err := told.Values()
	if err != nil {
		return nil, fmt.Errorf("reaper settings: %w", err)
	}
	values := pulumi.ToStringMap(known)
	values[settings.ClientIDName] = identity.ClientId
	values[settings.TableEndpointName] = made.state.PrimaryEndpoints.Table()
	targets := ids.ToStringArrayOutput().ApplyT(targetsSetting(told)).(pulumi.StringOutput)
	values[settings.TargetsName] = targets
	return values, nil
}

// metricsEndpoint is where Azure Monitor takes metrics of resources in a region of public Azure. A region's name may also be
// written as people read it, such as "West Europe".
// Source: Azure docs, metrics-store-custom-rest-api.
func metricsEndpoint(location string) string {
	return "https://" + strings.ToLower(strings.ReplaceAll(location, " ", "")) + ".monitoring.azure.com"
}

// targetsSetting writes the targets once the ids of their scale sets, in the same order, are known.
func targetsSetting(told settings.Settings) func(ids []string) (string, error) {
	return func(ids []string) (string, error) {
		complete := told
		complete.Targets = slices.Clone(told.Targets)
		for i, id := range ids {
			complete.Targets[i].ScaleSetID = id
		}
		values, err := complete.Values()
		return values[settings.TargetsName], err
	}
}
