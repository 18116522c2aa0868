// Package azurenative is the local cloud's Azure: a provider that takes the place of pulumi-resource-azure-native.
//
// It knows the resource types that the stack uses, with the argument types of the Pulumi SDK as their schema, and is
// strict where the real provider is lenient: an unknown property is an error here, while the real provider drops it
// silently. Beyond the schema it refuses what Azure refuses, gives realistic ids and outputs, and keeps what the cloud
// itself changes, such as the number of machines in a scale set.
package azurenative

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	azure "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

// Package and Version are what the provider stands for.
const (
	Package = "azure-native"
	Version = "2.90.0"
)

// Provider is the local Azure. One process serves one provider resource of the program.
type Provider struct {
	cfg          rpcprovider.Config
	types        map[string]*definition
	subscription string
	tenant       string
	location     string
}

var _ rpcprovider.Provider = (*Provider)(nil)

// New makes the provider.
func New(cfg rpcprovider.Config) *Provider {
	return &Provider{cfg: cfg, types: definitions(), subscription: Subscription, tenant: Tenant}
}

// Info names the provider to the engine.
func Info() rpcprovider.Info { return rpcprovider.Info{Name: Package, Version: Version} }

// CheckConfig refuses unknown and ill-typed settings.
func (p *Provider) CheckConfig(
	_ context.Context, req plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	c := &checker{}
	c.object("", element(azure.ProviderArgs{}), opened(req.News), "version", "pluginDownloadURL")
	if v, known := bare(req.News["subscriptionId"]); known && v.IsString() && !arm.IsGUID(v.StringValue()) {
		c.fail("subscriptionId", "the subscription id %q is not a GUID", v.StringValue())
	}
	return plugin.CheckConfigResponse{Properties: req.News, Failures: c.failures}, nil
}

// opened reads settings that are not text from their JSON: the engine passes provider settings as text.
func opened(news resource.PropertyMap) resource.PropertyMap {
	fields := fieldsOf(element(azure.ProviderArgs{}))
	result := resource.PropertyMap{}
	for key, value := range news {
		result[key] = value
		inner, known := bare(value)
		field, isSetting := fields[string(key)]
		if !known || !isSetting || !inner.IsString() || field.Type == reflect.TypeFor[*string]() {
			continue
		}
		var decoded any
		if json.Unmarshal([]byte(inner.StringValue()), &decoded) == nil {
			result[key] = resource.NewPropertyValue(decoded)
		}
	}
	return result
}

// DiffConfig replaces the provider, and with it every resource, only for another subscription or tenant.
func (p *Provider) DiffConfig(
	_ context.Context, req plugin.DiffConfigRequest,
) (plugin.DiffConfigResponse, error) {
	changes := rpcprovider.Changes(req.OldInputs, req.NewInputs)
	for _, key := range []string{"subscriptionId", "tenantId"} {
		if change, changed := changes[key]; changed {
			changes[key] = rpcprovider.Replace(change)
		}
	}
	return rpcprovider.DiffOf(changes, false), nil
}

// Configure takes the settings. The local cloud has one set of credentials, so only what shapes resources counts.
func (p *Provider) Configure(_ context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	settings := viewOf(req.Inputs)
	for name, target := range map[string]*string{
		"subscriptionId": &p.subscription, "tenantId": &p.tenant, "location": &p.location,
	} {
		if value := settings.text(name); value != "" {
			*target = value
		}
	}
	return plugin.ConfigureResponse{}, nil
}

// definition finds a resource type. Tokens are compared exactly: another API version is another type.
func (p *Provider) definition(token string) (*definition, error) {
	if d, ok := p.types[token]; ok {
		return d, nil
	}
	return nil, fmt.Errorf("unknown resource type %s: the local cloud does not have it%s", token, p.sameKind(token))
}

// sameKind names a known version of the same type, as a hint.
func (p *Provider) sameKind(token string) string {
	kind := token[strings.LastIndex(token, ":"):]
	for _, known := range sortedKeys(p.types) {
		if strings.HasSuffix(known, kind) {
			return fmt.Sprintf(" (it has %s)", known)
		}
	}
	return ""
}
