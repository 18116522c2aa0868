package azurenative

import (
	"reflect"

	collection "github.com/pulumi/pulumi-azure-native-sdk/insights/v2/v20230311"
	"github.com/pulumi/pulumi-azure-native-sdk/keyvault/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	vaultToken     = "azure-native:keyvault:Vault"
	secretToken    = "azure-native:keyvault:Secret"
	workspaceToken = "azure-native:operationalinsights:Workspace"
	tableToken     = "azure-native:operationalinsights:Table"
	ruleToken      = "azure-native:insights/v20230311:DataCollectionRule"
)

func vaultTypes() []*definition {
	vault := arm.InGroup("/providers/Microsoft.KeyVault/vaults/{vaultName}")
	return []*definition{
		{
			token: vaultToken, path: vault,
			args: element(keyvault.VaultArgs{}), outputs: reflect.TypeFor[keyvault.Vault](),
			late: []string{"properties.vaultUri"},
			enums: map[string][]string{
				"properties.sku.family":                {"A"},
				"properties.sku.name":                  texts(keyvault.SkuNameStandard, keyvault.SkuNamePremium),
				"properties.publicNetworkAccess":       {"Enabled", "Disabled"},
				"properties.networkAcls.bypass":        {"AzureServices", "None"},
				"properties.networkAcls.defaultAction": texts(keyvault.NetworkRuleActionAllow, keyvault.NetworkRuleActionDeny),
			},
			accept: acceptVault, complete: completeVault,
		},
		{
			token: secretToken, path: vault + "/secrets/{secretName}",
			args: element(keyvault.SecretArgs{}), outputs: reflect.TypeFor[keyvault.Secret](),
			late:   []string{"properties.secretUri", "properties.secretUriWithVersion"},
			accept: acceptSecret, complete: completeSecret, release: releaseSecret,
		},
	}
}

func workspaceTypes() []*definition {
	workspace := arm.InGroup("/providers/Microsoft.OperationalInsights/workspaces/{workspaceName}")
	return []*definition{
		{
			token: workspaceToken, path: workspace,
			args: element(operationalinsights.WorkspaceArgs{}), outputs: reflect.TypeFor[operationalinsights.Workspace](),
			replaceOn: []string{"location"}, accept: acceptWorkspace, complete: completeWorkspace,
			enums: map[string][]string{
				"sku.name": {
					"Free", "Standard", "Premium", "PerNode", "PerGB2018", "Standalone", "CapacityReservation", "LACluster",
				},
				"publicNetworkAccessForIngestion": {"Enabled", "Disabled"}, "publicNetworkAccessForQuery": {"Enabled", "Disabled"},
			},
		},
		{
			token: tableToken, path: workspace + "/tables/{tableName}",
			args: element(operationalinsights.TableArgs{}), outputs: reflect.TypeFor[operationalinsights.Table](),
			accept: acceptLogTable,
			enums: map[string][]string{
				"plan": texts(operationalinsights.TablePlanEnumBasic, operationalinsights.TablePlanEnumAnalytics),
				"schema.columns[].type": texts(operationalinsights.ColumnTypeEnumString, operationalinsights.ColumnTypeEnumInt,
					operationalinsights.ColumnTypeEnumLong, operationalinsights.ColumnTypeEnumReal,
					operationalinsights.ColumnTypeEnumBoolean, operationalinsights.ColumnTypeEnumDateTime,
					operationalinsights.ColumnTypeEnumGuid, operationalinsights.ColumnTypeEnumDynamic),
			},
		},
	}
}

func collectionTypes() []*definition {
	provider := arm.InGroup("/providers/Microsoft.Insights")
	const version = "azure-native:insights/v20230311:"
	return []*definition{
		{
			token: version + "DataCollectionEndpoint", path: provider + "/dataCollectionEndpoints/{dataCollectionEndpointName}",
			args:      element(collection.DataCollectionEndpointArgs{}),
			outputs:   reflect.TypeFor[collection.DataCollectionEndpoint](),
			replaceOn: []string{"location"}, complete: completeCollectionEndpoint, inUse: "DataCollectionEndpointInUse",
			enums: map[string][]string{
				"kind": {"Linux", "Windows"}, "networkAcls.publicNetworkAccess": {"Enabled", "Disabled", "SecuredByPerimeter"},
			},
		},
		{
			token: ruleToken, path: provider + "/dataCollectionRules/{dataCollectionRuleName}",
			args: element(collection.DataCollectionRuleArgs{}), outputs: reflect.TypeFor[collection.DataCollectionRule](),
			required: []string{"dataFlows", "destinations"}, replaceOn: []string{"location"}, enums: collectionEnums(),
			accept: acceptCollectionRule, complete: completeCollectionRule, inUse: "DataCollectionRuleInUse",
		},
		{
			token:   version + "DataCollectionRuleAssociation",
			path:    "/{resourceUri}/providers/Microsoft.Insights/dataCollectionRuleAssociations/{associationName}",
			args:    element(collection.DataCollectionRuleAssociationArgs{}),
			outputs: reflect.TypeFor[collection.DataCollectionRuleAssociation](),
			accept:  acceptAssociation,
		},
	}
}

func collectionEnums() map[string][]string {
	return map[string][]string{
		"kind":                             {"Linux", "Windows"},
		"dataSources.logFiles[].format":    {"json", "text"},
		"dataSources.syslog[].logLevels[]": {"Debug", "Info", "Notice", "Warning", "Error", "Critical", "Alert", "Emergency", "*"},
		"dataSources.syslog[].facilityNames[]": {
			"alert", "audit", "auth", "authpriv", "clock", "cron", "daemon", "ftp", "kern", "lpr", "mail", "mark", "news", "nopri",
			"ntp", "syslog", "user", "uucp", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7", "*",
		},
		"dataSources.logFiles[].settings.text.recordStartTimestampFormat": texts(
			collection.KnownLogFileTextSettingsRecordStartTimestampFormat_ISO_8601,
			collection.KnownLogFileTextSettingsRecordStartTimestampFormat_YYYY_MM_DD_HH_MM_SS),
	}
}
