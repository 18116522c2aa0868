package azurenative

import (
	"reflect"

	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	componentToken   = "azure-native:insights:Component"
	groupOfToken     = "azure-native:insights:ActionGroup"
	metricAlertToken = "azure-native:insights:MetricAlert"
	queryRuleToken   = "azure-native:insights:ScheduledQueryRule"
	activityToken    = "azure-native:insights:ActivityLogAlert"
	webTestToken     = "azure-native:insights:WebTest"
	workbookToken    = "azure-native:insights:Workbook"
	diagnosticToken  = "azure-native:insights:DiagnosticSetting"
)

// watchTypes are what people see an environment by.
func watchTypes() []*definition {
	provider := arm.InGroup("/providers/Microsoft.Insights")
	return []*definition{
		{
			token: componentToken, path: provider + "/components/{resourceName}",
			args: element(insights.ComponentArgs{}), outputs: reflect.TypeFor[insights.Component](),
			replaceOn: []string{"location", "applicationType"}, accept: acceptComponent, complete: completeComponent,
			enums: map[string][]string{
				"applicationType": {"web", "other"},
				"ingestionMode":   {"ApplicationInsights", "ApplicationInsightsWithDiagnosticSettings", "LogAnalytics"},
			},
		},
		{
			token: groupOfToken, path: provider + "/actionGroups/{actionGroupName}",
			args: element(insights.ActionGroupArgs{}), outputs: reflect.TypeFor[insights.ActionGroup](),
			replaceOn: []string{"location"}, accept: acceptActionGroup, inUse: "ActionGroupInUse",
		},
		{
			token: webTestToken, path: provider + "/webtests/{webTestName}",
			args: element(insights.WebTestArgs{}), outputs: reflect.TypeFor[insights.WebTest](),
			required: []string{"locations"}, replaceOn: []string{"location"}, accept: acceptWebTest,
			enums: map[string][]string{
				"kind": {"ping", "multistep", "standard"}, "webTestKind": {"ping", "multistep", "standard"},
				"locations[].location": webTestPlaces(),
			},
		},
		{
			token: workbookToken, path: provider + "/workbooks/{resourceName}",
			args: element(insights.WorkbookArgs{}), outputs: reflect.TypeFor[insights.Workbook](),
			replaceOn: []string{"location"}, accept: acceptWorkbook, enums: map[string][]string{"kind": {"shared"}},
		},
		{
			token: diagnosticToken, path: "/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
			args: element(insights.DiagnosticSettingArgs{}), outputs: reflect.TypeFor[insights.DiagnosticSetting](),
			accept: acceptDiagnostic, enums: map[string][]string{"logAnalyticsDestinationType": {"Dedicated", "AzureDiagnostics"}},
		},
		metricAlertType(provider), queryRuleType(provider), activityType(provider),
	}
}

func metricAlertType(provider string) *definition {
	return &definition{
		token: metricAlertToken, path: provider + "/metricAlerts/{ruleName}",
		args: element(insights.MetricAlertArgs{}), outputs: reflect.TypeFor[insights.MetricAlert](),
		required: []string{"scopes", "criteria"}, replaceOn: []string{"location"}, accept: acceptMetricAlert,
		enums: map[string][]string{"location": {"Global", "global"}},
	}
}

func queryRuleType(provider string) *definition {
	const condition = "criteria.allOf[]."
	return &definition{
		token: queryRuleToken, path: provider + "/scheduledQueryRules/{ruleName}",
		args: element(insights.ScheduledQueryRuleArgs{}), outputs: reflect.TypeFor[insights.ScheduledQueryRule](),
		required: []string{"scopes", "criteria.allOf"}, replaceOn: []string{"location"}, accept: acceptQueryRule,
		enums: map[string][]string{
			"kind":                              {"LogAlert", "LogToMetric"},
			condition + "timeAggregation":       {"Count", "Average", "Minimum", "Maximum", "Total"},
			condition + "operator":              {"Equals", "GreaterThan", "GreaterThanOrEqual", "LessThan", "LessThanOrEqual"},
			condition + "dimensions[].operator": {"Include", "Exclude"},
		},
	}
}

func activityType(provider string) *definition {
	return &definition{
		token: activityToken, path: provider + "/activityLogAlerts/{activityLogAlertName}",
		args: element(insights.ActivityLogAlertArgs{}), outputs: reflect.TypeFor[insights.ActivityLogAlert](),
		required: []string{"scopes", "condition.allOf"}, replaceOn: []string{"location"}, accept: acceptActivityAlert,
		enums: map[string][]string{"location": {"Global", "global", "westeurope", "northeurope", "eastus2euap"}},
	}
}
