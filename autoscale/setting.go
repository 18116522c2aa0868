// Package autoscale lets Azure Monitor add bridges to a shard: for load at any time, and one every night so that a machine
// of the newest image takes over. It never removes one; see package render for the rules.
package autoscale

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/autoscale/profile"
	"jitsi-meet-azure/autoscale/render"
	"jitsi-meet-azure/internal/tags"
)

// Setting is the autoscale setting of one shard.
type Setting struct {
	pulumi.ResourceState

	// SettingID is the Azure id of the setting.
	SettingID pulumi.StringOutput
	// NetworkThreshold is the load above which a bridge is added, in bytes a minute and bridge, each way.
	NetworkThreshold float64
	// CPUPercent is the processor load above which a bridge is added.
	CPUPercent int
	// Profiles are what Azure was told, as plain data.
	Profiles []profile.Profile
}

// New registers the setting.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Setting, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("autoscale %s: %w", name, err)
	}
	profiles, err := render.Profiles(args.Autoscale, args.NICMbps)
	if err != nil {
		return nil, fmt.Errorf("autoscale %s: %w", name, err)
	}
	c := &Setting{
		NetworkThreshold: render.NetworkThreshold(args.NICMbps, args.Autoscale.NetworkPercent),
		CPUPercent:       args.Autoscale.CPUPercent,
		Profiles:         profiles,
	}
	if err := ctx.RegisterComponentResource("meet:autoscale:Setting", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering autoscale %s: %w", name, err)
	}
	setting, err := insights.NewAutoscaleSetting(ctx, name+"-setting", &insights.AutoscaleSettingArgs{
		AutoscaleSettingName:   pulumi.String(args.Names.Autoscale(args.Shard.Name)),
		ResourceGroupName:      args.ResourceGroupName,
		Location:               pulumi.String(args.Location),
		TargetResourceUri:      args.ScaleSetID,
		TargetResourceLocation: pulumi.String(args.Location),
		// Azure's default, and the SDK's, is a setting that does nothing.
		Enabled:       pulumi.Bool(true),
		Profiles:      azureProfiles(profiles, args.ScaleSetID),
		Notifications: insights.AutoscaleNotificationArray{},
		Tags:          pulumi.ToStringMap(tags.For(args.Tags, args.Names.Environment(), "autoscale", args.Shard.Name)),
	},
		pulumi.Parent(c),
		// Azure refuses another target, and a second setting of the same target.
		pulumi.ReplaceOnChanges([]string{"targetResourceUri"}),
		pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, fmt.Errorf("registering the autoscale setting of shard %s: %w", args.Shard.Name, err)
	}
	c.SettingID = setting.ID().ToStringOutput()
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"settingId":        c.SettingID,
		"networkThreshold": pulumi.Float64(c.NetworkThreshold),
		"cpuPercent":       pulumi.Int(c.CPUPercent),
	})
}
