package web

import (
	"errors"
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// AppServicePlan is the set of machines that function apps run on.
type AppServicePlan struct {
	pulumi.CustomResourceState

	// Name is the plan's name in Azure.
	Name pulumi.StringOutput `pulumi:"name"`
	// Location is the plan's region.
	Location pulumi.StringOutput `pulumi:"location"`
	// Kind is what the plan was asked to carry, for example "linux".
	Kind pulumi.StringPtrOutput `pulumi:"kind"`
	// Tags are the plan's tags.
	Tags pulumi.StringMapOutput `pulumi:"tags"`
}

// appServicePlanArgs is the resolved form of AppServicePlanArgs; its tags are Azure's property names.
type appServicePlanArgs struct {
	Kind              *string           `pulumi:"kind"`
	Location          *string           `pulumi:"location"`
	Name              *string           `pulumi:"name"`
	Reserved          *bool             `pulumi:"reserved"`
	ResourceGroupName string            `pulumi:"resourceGroupName"`
	Sku               *SkuDescription   `pulumi:"sku"`
	Tags              map[string]string `pulumi:"tags"`
	ZoneRedundant     *bool             `pulumi:"zoneRedundant"`
}

// AppServicePlanArgs are the arguments of an App Service plan.
type AppServicePlanArgs struct {
	// Kind is "linux" for a Dedicated plan on Linux.
	Kind pulumi.StringPtrInput
	// Location is the region; the resource group's where nil.
	Location pulumi.StringPtrInput
	// Name is at most 40 letters, digits and hyphens.
	Name pulumi.StringPtrInput
	// Reserved must be true for Linux. Azure cannot change it later.
	Reserved pulumi.BoolPtrInput
	// ResourceGroupName is required.
	ResourceGroupName pulumi.StringInput
	// Sku is the size and number of the machines.
	Sku SkuDescriptionInput
	// Tags are the plan's tags.
	Tags pulumi.StringMapInput
	// ZoneRedundant spreads at least three machines over the zones; Premium sizes only.
	ZoneRedundant pulumi.BoolPtrInput
}

// ElementType is the resolved form's type.
func (AppServicePlanArgs) ElementType() reflect.Type {
	return reflect.TypeFor[appServicePlanArgs]()
}

// NewAppServicePlan registers an App Service plan.
func NewAppServicePlan(ctx *pulumi.Context, name string, args *AppServicePlanArgs, opts ...pulumi.ResourceOption) (*AppServicePlan, error) {
	if args == nil {
		return nil, errors.New("missing one or more required arguments")
	}
	if args.ResourceGroupName == nil {
		return nil, errors.New("invalid value for required argument 'ResourceGroupName'")
	}
	var plan AppServicePlan
	err := ctx.RegisterResource("azure-native:web:AppServicePlan", name, args, &plan, options("AppServicePlan", opts)...)
	if err != nil {
		return nil, err
	}
	return &plan, nil
}
