package aks

import (
	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// agentAddon is AKS' name of the add-on that collects logs: the Azure Monitor agent on every node. Turning it on or off starts or
// stops pods of its own and touches no others. Source: Azure docs, container-insights (enable with ARM templates).
const agentAddon = "omsagent"

// addons turns on the agent and, where a certificate is read with it, the Key Vault add-on. Where there is none nothing is said of
// the latter, which AKS takes as no change: an environment that gives up its Key Vault certificate keeps the add-on, without any
// rights.
// Source: github.com/Azure/AKS issue 2904.
func (b *builder) addons() aks.ManagedClusterAddonProfileMap {
	profiles := aks.ManagedClusterAddonProfileMap{agentAddon: aks.ManagedClusterAddonProfileArgs{
		Enabled: pulumi.Bool(true),
		Config: pulumi.StringMap{
			"logAnalyticsWorkspaceResourceID": b.args.WorkspaceID,
			// With the add-on's own identity, by a collection rule, and not with the workspace's key, which nobody has.
			"useAADAuth": pulumi.String("true"),
		},
	}}
	if b.args.KeyVaultCertificate.Given() {
		profiles[keyVaultAddon] = aks.ManagedClusterAddonProfileArgs{
			Enabled: pulumi.Bool(true),
			Config: pulumi.StringMap{
				"enableSecretRotation": pulumi.String("true"),
				"rotationPollInterval": pulumi.String(rotationPoll),
			},
		}
	}
	return profiles
}
