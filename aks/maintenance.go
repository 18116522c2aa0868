package aks

import (
	"fmt"

	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Names of the two windows that AKS knows.
// Source: Azure docs, aks planned-maintenance.
const (
	kubernetesWindow = "aksManagedAutoUpgradeSchedule"
	nodeOSWindow     = "aksManagedNodeOSUpgradeSchedule"
)

// maintenance registers both windows even where a channel is off, so that a channel that somebody turns on never starts
// in the middle of a working day. They wait for the pools: AKS makes one change of a cluster at a time and refuses others.
func (b *builder) maintenance(cluster *aks.ManagedCluster) error {
	window := b.args.Cluster.Maintenance
	pools := make([]pulumi.Resource, 0, len(b.args.Zones))
	for _, zone := range b.args.Zones {
		pools = append(pools, b.component.ZonePools[zone])
	}
	for _, w := range []struct{ suffix, name string }{{"kubernetes", kubernetesWindow}, {"node-os", nodeOSWindow}} {
		_, err := aks.NewMaintenanceConfiguration(b.ctx, b.name+"-maintenance-"+w.suffix, &aks.MaintenanceConfigurationArgs{
			ConfigName:        pulumi.String(w.name),
			ResourceName:      cluster.Name,
			ResourceGroupName: b.args.ResourceGroupName,
			MaintenanceWindow: aks.MaintenanceWindowArgs{
				Schedule: aks.ScheduleArgs{Weekly: aks.WeeklyScheduleArgs{
					DayOfWeek:     pulumi.String(window.Weekday.String()),
					IntervalWeeks: pulumi.Int(1),
				}},
				StartTime:     pulumi.String(fmt.Sprintf("%02d:00", window.Hour)),
				UtcOffset:     pulumi.String("+00:00"),
				DurationHours: pulumi.Int(int(window.Duration.Hours())),
			},
		}, pulumi.Parent(b.component), pulumi.DependsOn(pools))
		if err != nil {
			return fmt.Errorf("maintenance window %s: %w", w.name, err)
		}
	}
	return nil
}
