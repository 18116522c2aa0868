package web

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// SkuDescription is the size and number of a plan's machines.
type SkuDescription struct {
	Capacity *int    `pulumi:"capacity"`
	Name     *string `pulumi:"name"`
	Tier     *string `pulumi:"tier"`
}

// SkuDescriptionInput takes SkuDescriptionArgs.
type SkuDescriptionInput interface {
	pulumi.Input
	isSkuDescription()
}

// SkuDescriptionArgs are the arguments of SkuDescription.
type SkuDescriptionArgs struct {
	// Capacity is the number of machines.
	Capacity pulumi.IntPtrInput `pulumi:"capacity"`
	// Name is the size, for example "B1".
	Name pulumi.StringPtrInput `pulumi:"name"`
	// Tier is the size's tier, for example "Basic".
	Tier pulumi.StringPtrInput `pulumi:"tier"`
}

// ElementType is the resolved form's type.
func (SkuDescriptionArgs) ElementType() reflect.Type { return reflect.TypeFor[SkuDescription]() }
func (SkuDescriptionArgs) isSkuDescription()         {}

// ManagedServiceIdentity is what an app is to Entra.
type ManagedServiceIdentity struct {
	Type                   *string  `pulumi:"type"`
	UserAssignedIdentities []string `pulumi:"userAssignedIdentities"`
}

// ManagedServiceIdentityInput takes ManagedServiceIdentityArgs.
type ManagedServiceIdentityInput interface {
	pulumi.Input
	isManagedServiceIdentity()
}

// ManagedServiceIdentityArgs are the arguments of ManagedServiceIdentity.
type ManagedServiceIdentityArgs struct {
	// Type is "UserAssigned", "SystemAssigned", both with a comma and a space, or "None".
	Type pulumi.StringPtrInput `pulumi:"type"`
	// UserAssignedIdentities are the ids of the identities; the provider makes them the keys of Azure's map.
	UserAssignedIdentities pulumi.StringArrayInput `pulumi:"userAssignedIdentities"`
}

// ElementType is the resolved form's type.
func (ManagedServiceIdentityArgs) ElementType() reflect.Type {
	return reflect.TypeFor[ManagedServiceIdentity]()
}
func (ManagedServiceIdentityArgs) isManagedServiceIdentity() {}

// SiteConfig is how an app runs.
type SiteConfig struct {
	AlwaysOn              *bool           `pulumi:"alwaysOn"`
	AppSettings           []NameValuePair `pulumi:"appSettings"`
	FtpsState             *string         `pulumi:"ftpsState"`
	Http20Enabled         *bool           `pulumi:"http20Enabled"`
	LinuxFxVersion        *string         `pulumi:"linuxFxVersion"`
	MinTlsVersion         *string         `pulumi:"minTlsVersion"`
	ScmMinTlsVersion      *string         `pulumi:"scmMinTlsVersion"`
	Use32BitWorkerProcess *bool           `pulumi:"use32BitWorkerProcess"`
}

// SiteConfigInput takes SiteConfigArgs.
type SiteConfigInput interface {
	pulumi.Input
	isSiteConfig()
}

// SiteConfigArgs are the arguments of SiteConfig.
type SiteConfigArgs struct {
	// AlwaysOn keeps the app loaded; without it a Dedicated plan unloads an idle app and its timers stop.
	AlwaysOn pulumi.BoolPtrInput `pulumi:"alwaysOn"`
	// AppSettings are the app's environment variables. Every update replaces the whole list, so settings made by hand
	// in the portal do not survive a deployment.
	AppSettings NameValuePairArrayInput `pulumi:"appSettings"`
	// FtpsState is "AllAllowed", "FtpsOnly" or "Disabled".
	FtpsState pulumi.StringPtrInput `pulumi:"ftpsState"`
	// Http20Enabled offers HTTP/2.
	Http20Enabled pulumi.BoolPtrInput `pulumi:"http20Enabled"`
	// LinuxFxVersion is the language and its version; an empty string, not nil, for a custom handler.
	LinuxFxVersion pulumi.StringPtrInput `pulumi:"linuxFxVersion"`
	// MinTlsVersion is "1.0", "1.1" or "1.2".
	MinTlsVersion pulumi.StringPtrInput `pulumi:"minTlsVersion"`
	// ScmMinTlsVersion is the same for the deployment site.
	ScmMinTlsVersion pulumi.StringPtrInput `pulumi:"scmMinTlsVersion"`
	// Use32BitWorkerProcess is Azure's default where nil.
	Use32BitWorkerProcess pulumi.BoolPtrInput `pulumi:"use32BitWorkerProcess"`
}

// ElementType is the resolved form's type.
func (SiteConfigArgs) ElementType() reflect.Type { return reflect.TypeFor[SiteConfig]() }
func (SiteConfigArgs) isSiteConfig()             {}

// NameValuePair is one app setting.
type NameValuePair struct {
	Name  *string `pulumi:"name"`
	Value *string `pulumi:"value"`
}

// NameValuePairArgs are the arguments of NameValuePair.
type NameValuePairArgs struct {
	// Name is the setting's name, letters, digits and underscores.
	Name pulumi.StringPtrInput `pulumi:"name"`
	// Value is what the app reads from its environment.
	Value pulumi.StringPtrInput `pulumi:"value"`
}

// ElementType is the resolved form's type.
func (NameValuePairArgs) ElementType() reflect.Type { return reflect.TypeFor[NameValuePair]() }

// NameValuePairArrayInput takes a NameValuePairArray.
type NameValuePairArrayInput interface {
	pulumi.Input
	isNameValuePairArray()
}

// NameValuePairArray is a list of app settings.
type NameValuePairArray []NameValuePairArgs

// ElementType is the resolved form's type.
func (NameValuePairArray) ElementType() reflect.Type { return reflect.TypeFor[[]NameValuePair]() }
func (NameValuePairArray) isNameValuePairArray()     {}
