package web_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/web"
)

// recorder keeps what is registered.
type recorder struct {
	mutex sync.Mutex
	seen  []pulumi.MockResourceArgs
}

func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.seen = append(r.seen, args)
	state := args.Inputs.Copy()
	state["defaultHostName"] = resource.NewProperty("app.azurewebsites.net")
	return "/" + args.Name, state, nil
}

func (*recorder) Call(pulumi.MockCallArgs) (resource.PropertyMap, error) { return nil, nil }

// register runs the program and returns what it registered, by logical name.
func register(t *testing.T, program pulumi.RunFunc) map[string]pulumi.MockResourceArgs {
	t.Helper()
	mocks := &recorder{}
	if err := pulumi.RunErr(program, pulumi.WithMocks("meet", "test", mocks)); err != nil {
		t.Fatal(err)
	}
	found := map[string]pulumi.MockResourceArgs{}
	for _, args := range mocks.seen {
		found[args.Name] = args
	}
	return found
}

func both(ctx *pulumi.Context) error {
	plan, err := web.NewAppServicePlan(ctx, "plan", &web.AppServicePlanArgs{
		ResourceGroupName: pulumi.String("rg"),
		Name:              pulumi.String("asp"),
		Kind:              pulumi.String("linux"),
		Location:          pulumi.String("westeurope"),
		Reserved:          pulumi.Bool(true),
		Sku:               web.SkuDescriptionArgs{Name: pulumi.String("B1"), Tier: pulumi.String("Basic"), Capacity: pulumi.Int(1)},
		Tags:              pulumi.StringMap{"k": pulumi.String("v")},
		ZoneRedundant:     pulumi.Bool(false),
	}, pulumi.Protect(true))
	if err != nil {
		return err
	}
	_, err = web.NewWebApp(ctx, "app", &web.WebAppArgs{
		ResourceGroupName: pulumi.String("rg"),
		Name:              pulumi.String("func"),
		Kind:              pulumi.String("functionapp,linux"),
		Location:          pulumi.String("westeurope"),
		Reserved:          pulumi.Bool(true),
		ServerFarmId:      plan.ID().ToStringOutput(),
		Identity: web.ManagedServiceIdentityArgs{
			Type:                   pulumi.String("UserAssigned"),
			UserAssignedIdentities: pulumi.StringArray{plan.Name},
		},
		HttpsOnly:              pulumi.Bool(true),
		ClientAffinityEnabled:  pulumi.Bool(false),
		PublicNetworkAccess:    pulumi.String("Enabled"),
		VirtualNetworkSubnetId: pulumi.String("/subnet"),
		VnetRouteAllEnabled:    pulumi.Bool(false),
		SiteConfig: web.SiteConfigArgs{
			AlwaysOn: pulumi.Bool(true),
			AppSettings: web.NameValuePairArray{
				{Name: pulumi.String("PLAN"), Value: plan.Name.ToStringPtrOutput()},
				{Name: pulumi.String("FIXED"), Value: pulumi.String("1")},
			},
			FtpsState:             pulumi.String("Disabled"),
			Http20Enabled:         pulumi.Bool(true),
			LinuxFxVersion:        pulumi.String(""),
			MinTlsVersion:         pulumi.String("1.2"),
			ScmMinTlsVersion:      pulumi.String("1.2"),
			Use32BitWorkerProcess: pulumi.Bool(false),
		},
		Tags: pulumi.StringMap{"k": pulumi.String("v")},
	})
	return err
}

func TestRegistersAzuresPropertyNames(t *testing.T) {
	t.Parallel()
	found := register(t, both)
	want := map[string]map[string]any{
		"plan": {
			"resourceGroupName": "rg", "name": "asp", "kind": "linux", "location": "westeurope", "reserved": true,
			"sku":  map[string]any{"name": "B1", "tier": "Basic", "capacity": 1.0},
			"tags": map[string]any{"k": "v"}, "zoneRedundant": false,
		},
		"app": {
			"resourceGroupName": "rg", "name": "func", "kind": "functionapp,linux", "location": "westeurope", "reserved": true,
			"serverFarmId": "/plan", "httpsOnly": true, "clientAffinityEnabled": false, "publicNetworkAccess": "Enabled",
			"identity":               map[string]any{"type": "UserAssigned", "userAssignedIdentities": []any{"asp"}},
			"virtualNetworkSubnetId": "/subnet", "vnetRouteAllEnabled": false, "tags": map[string]any{"k": "v"},
			"siteConfig": map[string]any{
				"alwaysOn":    true,
				"appSettings": []any{map[string]any{"name": "PLAN", "value": "asp"}, map[string]any{"name": "FIXED", "value": "1"}},
				"ftpsState":   "Disabled", "http20Enabled": true, "linuxFxVersion": "", "minTlsVersion": "1.2",
				"scmMinTlsVersion": "1.2", "use32BitWorkerProcess": false,
			},
		},
	}
	for name, inputs := range want {
		if got := found[name].Inputs.Mappable(); !reflect.DeepEqual(got, inputs) {
			t.Errorf("%s\ngot  %v\nwant %v", name, got, inputs)
		}
	}
}

func TestRegistersUnderTheTokensOfTheProvider(t *testing.T) {
	t.Parallel()
	found := register(t, both)
	for name, kind := range map[string]string{"plan": "AppServicePlan", "app": "WebApp"} {
		args := found[name]
		if want := "azure-native:web:" + kind; args.TypeToken != want {
			t.Errorf("%s has the token %s, want %s", name, args.TypeToken, want)
		}
		if version := args.RegisterRPC.GetVersion(); version != "2.90.0" {
			t.Errorf("%s asks for provider %q, want the pinned one", name, version)
		}
		aliases := map[string]bool{}
		for _, alias := range args.RegisterRPC.GetAliases() {
			aliases[alias.GetSpec().GetType()] = true
		}
		for _, alias := range args.RegisterRPC.GetAliasURNs() {
			aliases[string(resource.URN(alias).Type())] = true
		}
		for _, version := range []string{"v20220901", "v20231201", "v20240401"} {
			if want := "azure-native:web/" + version + ":" + kind; !aliases[want] {
				t.Errorf("%s has no alias %s among %v", name, want, slices.Sorted(maps.Keys(aliases)))
			}
		}
	}
	if !found["plan"].RegisterRPC.GetProtect() {
		t.Error("the caller's own options are lost")
	}
}

func TestAnswersOutputs(t *testing.T) {
	t.Parallel()
	register(t, func(ctx *pulumi.Context) error {
		app, err := web.NewWebApp(ctx, "app", &web.WebAppArgs{ResourceGroupName: pulumi.String("rg"), Name: pulumi.String("func")})
		if err != nil {
			return err
		}
		pulumi.All(app.Name, app.DefaultHostName, app.ID()).ApplyT(func(all []any) error {
			if want := []any{"func", "app.azurewebsites.net", pulumi.ID("/app")}; !reflect.DeepEqual(all, want) {
				t.Errorf("outputs %v, want %v", all, want)
			}
			return nil
		})
		return nil
	})
}

func TestRefusesMissingArguments(t *testing.T) {
	t.Parallel()
	register(t, func(ctx *pulumi.Context) error {
		for _, c := range []struct {
			want string
			call func() error
		}{
			{"missing one or more", func() error { _, err := web.NewAppServicePlan(ctx, "p", nil); return err }},
			{"missing one or more", func() error { _, err := web.NewWebApp(ctx, "a", nil); return err }},
			{"ResourceGroupName", func() error { _, err := web.NewAppServicePlan(ctx, "p", &web.AppServicePlanArgs{}); return err }},
			{"ResourceGroupName", func() error { _, err := web.NewWebApp(ctx, "a", &web.WebAppArgs{}); return err }},
		} {
			if err := c.call(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		}
		return nil
	})
}

// The resolved forms are what a schema is read from by reflection: each argument must have its twin there, under the
// same field name and with a property name.
func TestArgumentsMatchTheirResolvedForms(t *testing.T) {
	t.Parallel()
	for _, input := range []pulumi.Input{
		web.AppServicePlanArgs{},
		web.WebAppArgs{},
		web.SkuDescriptionArgs{},
		web.ManagedServiceIdentityArgs{},
		web.SiteConfigArgs{},
		web.NameValuePairArgs{},
	} {
		arguments, resolved := reflect.TypeOf(input), input.ElementType()
		if arguments.NumField() != resolved.NumField() {
			t.Errorf("%v has %d fields, %v has %d", arguments, arguments.NumField(), resolved, resolved.NumField())
		}
		for i := range arguments.NumField() {
			field := arguments.Field(i)
			twin, ok := resolved.FieldByName(field.Name)
			tag := twin.Tag.Get("pulumi")
			if !ok || !strings.EqualFold(tag, field.Name) {
				t.Errorf("%v.%s has the twin %q", arguments, field.Name, tag)
			}
			if own, found := field.Tag.Lookup("pulumi"); found && own != tag {
				t.Errorf("%v.%s is %q, its twin %q", arguments, field.Name, own, tag)
			}
		}
	}
}
