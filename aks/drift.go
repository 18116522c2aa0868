package aks

import (
	"fmt"

	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// warnOfSystemPoolDrift says what an ignored list of pools would hide: a system pool in Azure that is not as
// configured, and how to make it so.
func (b *builder) warnOfSystemPoolDrift(cluster *aks.ManagedCluster) {
	cluster.AgentPoolProfiles.ApplyT(func(live []aks.ManagedClusterAgentPoolProfileResponse) ([]string, error) {
		warnings := systemPoolDrift(b.args.Names, b.args.Cluster.SystemPool, live)
		for _, warning := range warnings {
			if err := b.ctx.Log.Warn(warning, &pulumi.LogArgs{Resource: b.component}); err != nil {
				return nil, fmt.Errorf("aks: warning of a changed system pool: %w", err)
			}
		}
		return warnings, nil
	})
}

// systemPoolDrift describes how the live system pool differs from the configured one.
func systemPoolDrift(names naming.Names, want environment.Pool, live []aks.ManagedClusterAgentPoolProfileResponse) []string {
	var warnings []string
	for _, pool := range live {
		if pool.Name != names.SystemPool() {
			continue
		}
		minimum, maximum := valueOr(pool.MinCount, want.Minimum), valueOr(pool.MaxCount, want.Maximum)
		if minimum != want.Minimum || maximum != want.Maximum {
			warnings = append(warnings, fmt.Sprintf("the system pool scales between %d and %d nodes in Azure, between %d and %d "+
				"in the configuration; deployments leave it alone. To change it: az aks nodepool update --resource-group %s "+
				"--cluster-name %s --name %s --update-cluster-autoscaler --min-count %d --max-count %d",
				minimum, maximum, want.Minimum, want.Maximum,
				names.ResourceGroup(), names.Cluster(), names.SystemPool(), want.Minimum, want.Maximum))
		}
		if size := valueOr(pool.VmSize, want.VMSize); size != want.VMSize {
			warnings = append(warnings, fmt.Sprintf("the system pool has %s machines in Azure, %s in the configuration; a pool "+
				"cannot change its size, see docs/decisions/0002-cluster-upgrades.md", size, want.VMSize))
		}
	}
	return warnings
}

// valueOr treats what Azure does not say as being as configured.
func valueOr[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
