//nolint:revive // names are those of the generated module that this one stands in for
package web

import (
	"errors"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// WebApp is an app on an App Service plan; a function app where Kind says so.
type WebApp struct {
	pulumi.CustomResourceState

	// Name is the app's name in Azure.
	Name pulumi.StringOutput `pulumi:"name"`
	// Location is the app's region.
	Location pulumi.StringOutput `pulumi:"location"`
	// DefaultHostName is the name under which the app is served, <name>.azurewebsites.net.
	DefaultHostName pulumi.StringOutput `pulumi:"defaultHostName"`
	// State is "Running" or "Stopped".
	State pulumi.StringOutput `pulumi:"state"`
	// Tags are the app's tags.
	Tags pulumi.StringMapOutput `pulumi:"tags"`
}

// webAppArgs is the resolved form of WebAppArgs; its tags are Azure's property names.
type webAppArgs struct {
	ClientAffinityEnabled  *bool                   `pulumi:"clientAffinityEnabled"`
	HttpsOnly              *bool                   `pulumi:"httpsOnly"`
	Identity               *ManagedServiceIdentity `pulumi:"identity"`
	Kind                   *string                 `pulumi:"kind"`
	Location               *string                 `pulumi:"location"`
	Name                   *string                 `pulumi:"name"`
	PublicNetworkAccess    *string                 `pulumi:"publicNetworkAccess"`
	Reserved               *bool                   `pulumi:"reserved"`
	ResourceGroupName      string                  `pulumi:"resourceGroupName"`
	ServerFarmId           *string                 `pulumi:"serverFarmId"`
	SiteConfig             *SiteConfig             `pulumi:"siteConfig"`
	Tags                   map[string]string       `pulumi:"tags"`
	VirtualNetworkSubnetId *string                 `pulumi:"virtualNetworkSubnetId"`
	VnetRouteAllEnabled    *bool                   `pulumi:"vnetRouteAllEnabled"`
}

// WebAppArgs are the arguments of an app.
type WebAppArgs struct {
	// ClientAffinityEnabled pins browsers to instances by a cookie; Azure's default is true.
	ClientAffinityEnabled pulumi.BoolPtrInput
	// HttpsOnly redirects plain HTTP.
	HttpsOnly pulumi.BoolPtrInput
	// Identity is what the app is to Entra.
	Identity ManagedServiceIdentityInput
	// Kind is "functionapp,linux" for a function app on Linux. The provider does not apply a later change of it.
	Kind pulumi.StringPtrInput
	// Location is the region; the resource group's where nil. It must be the plan's.
	Location pulumi.StringPtrInput
	// Name is unique in Azure, at most 60 letters, digits and hyphens.
	Name pulumi.StringPtrInput
	// PublicNetworkAccess is "Enabled" or "Disabled", for the app and for its deployment site together.
	PublicNetworkAccess pulumi.StringPtrInput
	// Reserved must be true for Linux. Azure cannot change it later.
	Reserved pulumi.BoolPtrInput
	// ResourceGroupName is required.
	ResourceGroupName pulumi.StringInput
	// ServerFarmId is the plan's id.
	ServerFarmId pulumi.StringPtrInput
	// SiteConfig is how the app runs.
	SiteConfig SiteConfigInput
	// Tags are the app's tags.
	Tags pulumi.StringMapInput
	// VirtualNetworkSubnetId is the subnet through which the app reaches private addresses. The subnet must be
	// delegated to Microsoft.Web/serverFarms.
	VirtualNetworkSubnetId pulumi.StringPtrInput
	// VnetRouteAllEnabled sends all outbound traffic through that subnet; otherwise only the private ranges.
	VnetRouteAllEnabled pulumi.BoolPtrInput
}

// ElementType is the resolved form's type.
func (WebAppArgs) ElementType() reflect.Type { return reflect.TypeFor[webAppArgs]() }

// NewWebApp registers an app.
func NewWebApp(ctx *pulumi.Context, name string, args *WebAppArgs, opts ...pulumi.ResourceOption) (*WebApp, error) {
	if args == nil {
		return nil, errors.New("missing one or more required arguments")
	}
	if args.ResourceGroupName == nil {
		return nil, errors.New("invalid value for required argument 'ResourceGroupName'")
	}
	var app WebApp
	err := ctx.RegisterResource("azure-native:web:WebApp", name, args, &app, options("WebApp", opts)...)
	if err != nil {
		return nil, err
	}
	return &app, nil
}
