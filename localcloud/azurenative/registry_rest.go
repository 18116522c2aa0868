package azurenative

import (
	"reflect"

	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/resources/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/storage/v2"

	"jitsi-meet-azure/internal/web"
	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	groupToken     = "azure-native:resources:ResourceGroup"
	autoscaleToken = "azure-native:insights:AutoscaleSetting"
	identityToken  = "azure-native:managedidentity:UserAssignedIdentity"
	roleToken      = "azure-native:authorization:RoleDefinition"
	grantToken     = "azure-native:authorization:RoleAssignment"
	accountToken   = "azure-native:storage:StorageAccount"
)

func identityTypes() []*definition {
	identity := arm.InGroup("/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}")
	return []*definition{
		{
			token: groupToken, path: arm.InGroup(""),
			args: element(resources.ResourceGroupArgs{}), outputs: reflect.TypeFor[resources.ResourceGroup](),
			replaceOn: []string{"location"}, accept: acceptGroup,
		},
		{
			token: identityToken, path: identity,
			args:      element(managedidentity.UserAssignedIdentityArgs{}),
			outputs:   reflect.TypeFor[managedidentity.UserAssignedIdentity](),
			replaceOn: []string{"location"}, complete: completeIdentity,
		},
		{
			token:    "azure-native:managedidentity:FederatedIdentityCredential",
			path:     identity + "/federatedIdentityCredentials/{federatedIdentityCredentialResourceName}",
			args:     element(managedidentity.FederatedIdentityCredentialArgs{}),
			outputs:  reflect.TypeFor[managedidentity.FederatedIdentityCredential](),
			required: []string{"audiences"},
		},
		{
			token: roleToken, path: "/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
			args: element(authorization.RoleDefinitionArgs{}), outputs: reflect.TypeFor[authorization.RoleDefinition](),
			required: []string{"assignableScopes", "permissions"}, accept: acceptRole, release: releaseRole,
		},
		{
			token: grantToken, path: "/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
			args: element(authorization.RoleAssignmentArgs{}), outputs: reflect.TypeFor[authorization.RoleAssignment](),
			replaceOn: []string{"principalId", "roleDefinitionId", "principalType"}, generated: true, accept: acceptGrant,
			enums: map[string][]string{"principalType": texts(authorization.PrincipalTypeUser,
				authorization.PrincipalTypeGroup, authorization.PrincipalTypeServicePrincipal,
				authorization.PrincipalTypeForeignGroup, authorization.PrincipalTypeDevice)},
		},
	}
}

func storageTypes() []*definition {
	account := arm.InGroup("/providers/Microsoft.Storage/storageAccounts/{accountName}")
	return []*definition{
		{
			token: accountToken, path: account,
			args: element(storage.StorageAccountArgs{}), outputs: reflect.TypeFor[storage.StorageAccount](),
			replaceOn: []string{"location", "isHnsEnabled"}, accept: acceptAccount, complete: completeAccount,
			enums: map[string][]string{
				"minimumTlsVersion": {"TLS1_0", "TLS1_1", "TLS1_2"},
				"accessTier":        texts(storage.AccessTierHot, storage.AccessTierCool, storage.AccessTierPremium),
				"kind": texts(storage.KindStorage, storage.KindStorageV2, storage.KindBlobStorage,
					storage.KindFileStorage, storage.KindBlockBlobStorage),
				"sku.name": {
					"Standard_LRS", "Standard_GRS", "Standard_RAGRS", "Standard_ZRS", "Premium_LRS", "Premium_ZRS",
					"Standard_GZRS", "Standard_RAGZRS",
				},
			},
		},
		{
			token: "azure-native:storage:BlobContainer", path: account + "/blobServices/default/containers/{containerName}",
			args: element(storage.BlobContainerArgs{}), outputs: reflect.TypeFor[storage.BlobContainer](),
			accept: acceptContainer, complete: completeNetworking,
		},
		{
			token: "azure-native:storage:Blob",
			path:  account + "/blobServices/default/containers/{containerName}/blobs/{blobName}",
			args:  element(storage.BlobArgs{}), outputs: reflect.TypeFor[storage.Blob](),
			replaceOn: []string{"source", "type"}, accept: acceptBlob, settle: settleBlob, complete: completeBlob,
		},
		{
			token: "azure-native:storage:Table", path: account + "/tableServices/default/tables/{tableName}",
			args: element(storage.TableArgs{}), outputs: reflect.TypeFor[storage.Table](),
			accept: acceptTable, complete: completeTable,
		},
		{
			token: "azure-native:storage:ManagementPolicy", path: account + "/managementPolicies/{managementPolicyName}",
			args: element(storage.ManagementPolicyArgs{}), outputs: reflect.TypeFor[storage.ManagementPolicy](),
		},
	}
}

func monitorTypes() []*definition {
	provider := arm.InGroup("/providers/Microsoft.Insights")
	return []*definition{
		{
			token: autoscaleToken, path: provider + "/autoscaleSettings/{autoscaleSettingName}",
			args: element(insights.AutoscaleSettingArgs{}), outputs: reflect.TypeFor[insights.AutoscaleSetting](),
			required: []string{"profiles"}, replaceOn: []string{"location"}, enums: autoscaleEnums(),
			accept: acceptAutoscale, settle: settleAutoscale,
		},
	}
}

func autoscaleEnums() map[string][]string {
	const trigger, action = "profiles[].rules[].metricTrigger.", "profiles[].rules[].scaleAction."
	return map[string][]string{
		trigger + "operator": texts(insights.ComparisonOperationTypeEquals, insights.ComparisonOperationTypeNotEquals,
			insights.ComparisonOperationTypeGreaterThan, insights.ComparisonOperationTypeGreaterThanOrEqual,
			insights.ComparisonOperationTypeLessThan, insights.ComparisonOperationTypeLessThanOrEqual),
		trigger + "statistic": texts(insights.MetricStatisticTypeAverage, insights.MetricStatisticTypeMin,
			insights.MetricStatisticTypeMax, insights.MetricStatisticTypeSum, insights.MetricStatisticTypeCount),
		trigger + "timeAggregation": texts(insights.TimeAggregationTypeAverage, insights.TimeAggregationTypeMinimum,
			insights.TimeAggregationTypeMaximum, insights.TimeAggregationTypeTotal, insights.TimeAggregationTypeCount,
			insights.TimeAggregationTypeLast),
		action + "direction": texts(insights.ScaleDirectionNone, insights.ScaleDirectionIncrease,
			insights.ScaleDirectionDecrease),
		action + "type": texts(insights.ScaleTypeChangeCount, insights.ScaleTypePercentChangeCount,
			insights.ScaleTypeExactCount, insights.ScaleTypeServiceAllowedNextValue),
	}
}

// webTypes are known under the default API version and under any later one the program may pin.
func webTypes() []*definition {
	var all []*definition
	for _, version := range []string{"", "/v20231201", "/v20240401"} {
		all = append(all, &definition{
			token: "azure-native:web" + version + ":AppServicePlan", path: arm.InGroup("/providers/Microsoft.Web/serverfarms/{name}"),
			args: element(web.AppServicePlanArgs{}), outputs: reflect.TypeFor[web.AppServicePlan](),
			required: []string{"sku"}, replaceOn: []string{"reserved"}, loose: true,
			accept: acceptPlan, release: releasePlan, complete: completePlan,
		}, &definition{
			token: "azure-native:web" + version + ":WebApp", path: arm.InGroup("/providers/Microsoft.Web/sites/{name}"),
			args: element(web.WebAppArgs{}), outputs: reflect.TypeFor[web.WebApp](),
			replaceOn: []string{"location", "reserved"}, loose: true,
			silent: map[string]bool{"siteConfig": true}, late: []string{"identity.principalId", "identity.tenantId"},
			accept: acceptApp, complete: completeApp,
		})
	}
	return all
}
