package azurenative

import (
	"reflect"

	containerservice "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	clusterToken = "azure-native:containerservice/v20240501:ManagedCluster"
	poolToken    = "azure-native:containerservice/v20240501:AgentPool"
)

func clusterTypes() []*definition {
	path := arm.InGroup("/providers/Microsoft.ContainerService/managedClusters/{resourceName}")
	return []*definition{
		{
			token: clusterToken, path: path,
			args:    element(containerservice.ManagedClusterArgs{}),
			outputs: reflect.TypeFor[containerservice.ManagedCluster](),
			replaceOn: []string{
				"location", "dnsPrefix", "fqdnSubdomain", "nodeResourceGroup", "diskEncryptionSetID", "linuxProfile",
				"agentPoolProfiles[].name", "agentPoolProfiles[].availabilityZones", "agentPoolProfiles[].maxPods",
				"agentPoolProfiles[].nodeLabels", "agentPoolProfiles[].nodeTaints", "agentPoolProfiles[].osDiskSizeGB",
				"agentPoolProfiles[].osSKU", "agentPoolProfiles[].vmSize", "agentPoolProfiles[].vnetSubnetID",
				"agentPoolProfiles[].podSubnetID", "agentPoolProfiles[].enableNodePublicIP", "networkProfile", "identity.type",
			},
			late: []string{
				"oidcIssuerProfile.issuerURL", "nodeResourceGroup", "addonProfiles." + keyVaultAddon + ".identity",
			},
			enums:  clusterEnums(),
			accept: acceptCluster, settle: settleCluster, complete: completeCluster,
		},
		{
			token: poolToken, path: path + "/agentPools/{agentPoolName}",
			args: element(containerservice.AgentPoolArgs{}), outputs: reflect.TypeFor[containerservice.AgentPool](),
			late: []string{"count"}, enums: poolEnums(""),
			accept: acceptAgentPool, settle: settleAgentPool, complete: completeAgentPool, release: releaseAgentPool,
		},
		{
			token:   "azure-native:containerservice/v20240501:MaintenanceConfiguration",
			path:    path + "/maintenanceConfigurations/{configName}",
			args:    element(containerservice.MaintenanceConfigurationArgs{}),
			outputs: reflect.TypeFor[containerservice.MaintenanceConfiguration](),
			accept:  acceptMaintenance,
		},
	}
}

func clusterEnums() map[string][]string {
	enums := map[string][]string{
		"sku.name": texts(containerservice.ManagedClusterSKUNameBase),
		"sku.tier": texts(containerservice.ManagedClusterSKUTierFree, containerservice.ManagedClusterSKUTierStandard,
			containerservice.ManagedClusterSKUTierPremium),
		"networkProfile.networkPlugin": texts(containerservice.NetworkPluginAzure, containerservice.NetworkPluginKubenet,
			containerservice.NetworkPluginNone),
		"networkProfile.networkPluginMode": texts(containerservice.NetworkPluginModeOverlay),
		"networkProfile.networkPolicy": texts(containerservice.NetworkPolicyNone, containerservice.NetworkPolicyCalico,
			containerservice.NetworkPolicyAzure, containerservice.NetworkPolicyCilium),
		"networkProfile.networkDataplane": texts(containerservice.NetworkDataplaneAzure, containerservice.NetworkDataplaneCilium),
		"networkProfile.outboundType": texts(containerservice.OutboundTypeLoadBalancer,
			containerservice.OutboundTypeUserDefinedRouting, containerservice.OutboundTypeManagedNATGateway,
			containerservice.OutboundTypeUserAssignedNATGateway),
		"networkProfile.loadBalancerSku": texts(containerservice.LoadBalancerSkuStandard, containerservice.LoadBalancerSkuBasic),
		"autoUpgradeProfile.upgradeChannel": texts(containerservice.UpgradeChannelRapid, containerservice.UpgradeChannelStable,
			containerservice.UpgradeChannelPatch, containerservice.UpgradeChannel_Node_Image, containerservice.UpgradeChannelNone),
		"autoUpgradeProfile.nodeOSUpgradeChannel": texts(containerservice.NodeOSUpgradeChannelNone,
			containerservice.NodeOSUpgradeChannelUnmanaged, containerservice.NodeOSUpgradeChannelNodeImage,
			containerservice.NodeOSUpgradeChannelSecurityPatch),
		"identity.type": texts(containerservice.ResourceIdentityTypeSystemAssigned,
			containerservice.ResourceIdentityTypeUserAssigned, containerservice.ResourceIdentityTypeNone),
	}
	for path, values := range poolEnums("agentPoolProfiles[].") {
		enums[path] = values
	}
	return enums
}

func poolEnums(at string) map[string][]string {
	return map[string][]string{
		at + "mode":                texts(containerservice.AgentPoolModeSystem, containerservice.AgentPoolModeUser),
		at + "osType":              texts(containerservice.OSTypeLinux, containerservice.OSTypeWindows),
		at + "osDiskType":          texts(containerservice.OSDiskTypeManaged, containerservice.OSDiskTypeEphemeral),
		at + "availabilityZones[]": {"1", "2", "3"},
		at + "type": texts(containerservice.AgentPoolTypeVirtualMachineScaleSets,
			containerservice.AgentPoolTypeAvailabilitySet),
		at + "osSKU": texts(containerservice.OSSKUUbuntu, containerservice.OSSKUAzureLinux, containerservice.OSSKUCBLMariner,
			containerservice.OSSKUWindows2019, containerservice.OSSKUWindows2022),
	}
}
