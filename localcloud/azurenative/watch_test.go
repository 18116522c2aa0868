package azurenative

import (
	"maps"
	"strings"
	"testing"
)

const (
	insightsPath = "Microsoft.Insights/components/appi"
	peoplePath   = "Microsoft.Insights/actionGroups/ag"
	logsPath     = "Microsoft.OperationalInsights/workspaces/log-meet"
	scaleSetPath = "Microsoft.Compute/virtualMachineScaleSets/vmss"
)

func actionGroupInputs() props {
	return props{
		"resourceGroupName": "rg", "actionGroupName": "ag", "groupShortName": "meet-dev", "location": "Global", "enabled": true,
		"emailReceivers":   list(props{"name": "email-1", "emailAddress": "oncall@example.org"}),
		"webhookReceivers": list(props{"name": "webhook-1", "serviceUri": "https://hooks.example.org/x"}),
	}
}

func queryRuleInputs() props {
	return props{
		"resourceGroupName": "rg", "ruleName": "rule", "kind": "LogAlert", "enabled": true, "severity": 2.0,
		"scopes": list(armPath(logsPath)), "evaluationFrequency": "PT5M", "windowSize": "PT15M", "autoMitigate": true,
		"criteria": props{"allOf": list(props{
			"query": "Bridge_CL | where threads > 1", "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 0.0,
			"failingPeriods": props{"numberOfEvaluationPeriods": 1.0, "minFailingPeriodsToAlert": 1.0},
			"dimensions":     list(props{"name": "threads", "operator": "Include", "values": list("*")}),
		})},
		"actions": props{"actionGroups": list(armPath(peoplePath))},
	}
}

func metricAlertInputs() props {
	return props{
		"resourceGroupName": "rg", "ruleName": "metric", "location": "Global", "enabled": true, "severity": 2.0,
		"scopes": list(armPath(scaleSetPath)), "evaluationFrequency": "PT5M", "windowSize": "PT15M",
		"criteria": props{"odataType": singleCriteria, "allOf": list(metricInputs())},
		"actions":  list(props{"actionGroupId": armPath(peoplePath)}),
	}
}

func metricInputs() props {
	return props{
		"name": "load", "criterionType": "StaticThresholdCriterion", "metricNamespace": "Microsoft.Compute/virtualMachineScaleSets",
		"metricName": "Percentage CPU", "timeAggregation": "Average", "operator": "GreaterThan", "threshold": 85.0,
	}
}

func webTestInputs() props {
	return props{
		"resourceGroupName": "rg", "webTestName": "test", "syntheticMonitorId": "test", "kind": "standard", "webTestKind": "standard",
		"frequency": 300.0, "timeout": 30.0, "locations": list(props{"location": "emea-nl-ams-azr"}, props{"location": "us-va-ash-azr"}),
		"request":         props{"requestUrl": "https://meet.example.org/"},
		"validationRules": props{"sSLCheck": true, "sSLCertRemainingLifetimeCheck": 21.0},
		"tags":            props{"hidden-link:" + armPath(insightsPath): "Resource"},
	}
}

func outsideInputs() props {
	test := armPath("Microsoft.Insights/webtests/test")
	return with(metricAlertInputs(), props{
		"scopes": list(test, armPath(insightsPath)),
		"criteria": props{
			"odataType": webTestCriteria, "webTestId": test, "componentId": armPath(insightsPath), "failedLocationCount": 2.0,
		},
	})
}

func activityInputs() props {
	return props{
		"resourceGroupName": "rg", "activityLogAlertName": "activity", "location": "Global", "scopes": list(testGroup),
		"condition": props{"allOf": list(props{"field": "category", "equals": "Autoscale"}, props{"field": "status", "equals": "Failed"})},
		"actions":   props{"actionGroups": list(props{"actionGroupId": armPath(peoplePath)})},
	}
}

func workbookInputs() props {
	return props{
		"resourceGroupName": "rg", "resourceName": "11111111-2222-4333-8444-555555555555", "kind": "shared", "category": "workbook",
		"displayName": "meet", "serializedData": `{"version":"Notebook/1.0","items":[{"type":1}]}`,
	}
}

func componentInputs() props {
	return props{
		"resourceGroupName": "rg", "resourceName": "appi", "kind": "web", "applicationType": "web", "ingestionMode": "LogAnalytics",
		"workspaceResourceId": armPath(logsPath),
	}
}

func diagnosticInputs(target string, categories ...string) props {
	var logs []any
	for _, category := range categories {
		logs = append(logs, props{"category": category, "enabled": true})
	}
	return props{"name": "workspace", "resourceUri": armPath(target), "workspaceId": armPath(logsPath), "logs": logs}
}

// watched makes a fleet with a workspace, and who is told.
func (c *cloud) watched() {
	c.Helper()
	c.fleet()
	c.workspace()
	c.must(autoscaleToken, autoscaleInputs("1", "4"))
	c.must(componentToken, componentInputs())
	c.must(groupOfToken, actionGroupInputs())
	c.must(webTestToken, webTestInputs())
}

func TestWhatWatchesIsAccepted(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.watched()
	for token, inputs := range map[string]props{
		queryRuleToken: queryRuleInputs(), metricAlertToken: metricAlertInputs(), activityToken: activityInputs(),
		workbookToken:   workbookInputs(),
		diagnosticToken: diagnosticInputs("Microsoft.Insights/autoscaleSettings/as", "AutoscaleEvaluations", "AutoscaleScaleActions"),
	} {
		id := c.must(token, inputs)
		before := c.states[id].inputs
		c.refresh(id)
		if !c.states[id].inputs.DeepEquals(before) {
			t.Errorf("a refresh makes %v of %v", c.states[id].inputs, before)
		}
	}
	c.must(metricAlertToken, with(outsideInputs(), props{"ruleName": "outside"}))
	c.demandCode("ActionGroupInUse", c.delete(armPath(peoplePath)))
	if text := c.out(armPath(insightsPath)).text("connectionString"); !strings.HasPrefix(text, "InstrumentationKey=") {
		t.Errorf("the connection string is %q", text)
	}
}

func TestWatchIsRefusedWhatAzureRefuses(t *testing.T) {
	t.Parallel()
	condition := func(change props) props {
		inputs := queryRuleInputs()
		old := inputs["criteria"].(props)["allOf"].([]any)[0].(props)
		return with(inputs, props{"criteria": props{"allOf": list(with(old, change))}})
	}
	metric := func(change props) props {
		return edit(metricAlertInputs(), "criteria.allOf", list(with(metricInputs(), change)))
	}
	autoscale := "Microsoft.Insights/autoscaleSettings/as"
	for _, test := range []struct {
		name, token string
		inputs      props
	}{
		{"a window that Azure has not", queryRuleToken, with(queryRuleInputs(), props{"windowSize": "PT20M"})},
		{"a frequency that Azure has not", queryRuleToken, with(queryRuleInputs(), props{"evaluationFrequency": "PT7M"})},
		{"more often forgotten than looked at", queryRuleToken, with(queryRuleInputs(), props{"evaluationFrequency": "PT1H"})},
		{"severity", queryRuleToken, with(queryRuleInputs(), props{"severity": 5.0})},
		{"muted and resolving", queryRuleToken, with(queryRuleInputs(), props{"muteActionsDuration": "PT1H"})},
		{"two scopes", queryRuleToken, with(queryRuleInputs(), props{"scopes": list(armPath(logsPath), armPath(logsPath))})},
		{"no workspace", queryRuleToken, with(queryRuleInputs(), props{"scopes": list(armPath(scaleSetPath))})},
		{"no query", queryRuleToken, condition(props{"query": " "})},
		{"a table that is not there", queryRuleToken, condition(props{"query": "Nothing_CL | take 1"})},
		{"no threshold", queryRuleToken, condition(props{"threshold": nil})},
		{"a column and a count", queryRuleToken, condition(props{"metricMeasureColumn": "threads"})},
		{"an average of nothing", queryRuleToken, condition(props{"timeAggregation": "Average"})},
		{"more failures than periods", queryRuleToken, condition(props{
			"failingPeriods": props{"numberOfEvaluationPeriods": 1.0, "minFailingPeriodsToAlert": 2.0},
		})},
		{"a metric's window of 10 minutes", metricAlertToken, with(metricAlertInputs(), props{"windowSize": "PT10M"})},
		{"a metric that the set does not have", metricAlertToken, metric(props{"metricName": "Percentage Cpu Credits"})},
		{"another type's namespace", metricAlertToken, metric(props{"metricNamespace": "Microsoft.Compute/virtualMachines"})},
		{"an unknown operator", metricAlertToken, metric(props{"operator": "Above"})},
		{"an unknown aggregation", metricAlertToken, metric(props{"timeAggregation": "Median"})},
		{"a condition without threshold", metricAlertToken, metric(props{"threshold": nil})},
		{"criteria of an unknown type", metricAlertToken, edit(metricAlertInputs(), "criteria", props{"odataType": "Other"})},
		{"one test that fails in three places", metricAlertToken, edit(outsideInputs(), "criteria.failedLocationCount", 3.0)},
		{"a test that is no scope", metricAlertToken, with(outsideInputs(), props{"scopes": list(armPath(insightsPath))})},
		{"an activity without category", activityToken, edit(activityInputs(), "condition.allOf", list(props{"field": "status", "equals": "Failed"}))},
		{"an unknown field", activityToken, edit(activityInputs(), "condition.allOf", list(props{"field": "colour", "equals": "red"}))},
		{"a long short name", groupOfToken, with(actionGroupInputs(), props{"actionGroupName": "ag2", "groupShortName": "meet-production"})},
		{"receivers of one name", groupOfToken, with(actionGroupInputs(), props{"actionGroupName": "ag2", "webhookReceivers": list(
			props{"name": "Email-1", "serviceUri": "https://x.example.org"},
		)})},
		{"no e-mail address", groupOfToken, with(actionGroupInputs(), props{"actionGroupName": "ag2", "emailReceivers": list(
			props{"name": "email-1", "emailAddress": "oncall"},
		)})},
		{"a workbook by name", workbookToken, with(workbookInputs(), props{"resourceName": "dashboard"})},
		{"a workbook that is no JSON", workbookToken, with(workbookInputs(), props{"serializedData": "{"})},
		{"a workbook without items", workbookToken, with(workbookInputs(), props{"serializedData": `{"version":"Notebook/1.0"}`})},
		{"a test without a home", webTestToken, with(webTestInputs(), props{"webTestName": "t2", "tags": props{}})},
		{"a test at another's home", webTestToken, with(webTestInputs(), props{"webTestName": "t2", "tags": props{"hidden-link:" + armPath(logsPath): "Resource"}})},
		{"a test every minute", webTestToken, with(webTestInputs(), props{"webTestName": "t2", "frequency": 60.0})},
		{"a lifetime without a check", webTestToken, edit(with(webTestInputs(), props{"webTestName": "t2"}), "validationRules.sSLCheck", false)},
		{"a test of two kinds", webTestToken, with(webTestInputs(), props{"webTestName": "t2", "kind": "ping"})},
		{"Application Insights in no workspace", componentToken, with(componentInputs(), props{"resourceName": "a2", "workspaceResourceId": nil})},
		{"logs to nowhere", diagnosticToken, with(diagnosticInputs(autoscale, "AutoscaleEvaluations"), props{"workspaceId": nil})},
		{"no logs", diagnosticToken, diagnosticInputs(autoscale)},
		{"another type's category", diagnosticToken, diagnosticInputs(autoscale, "FunctionAppLogs")},
		{"a category twice", diagnosticToken, diagnosticInputs(autoscale, "AutoscaleEvaluations", "AutoscaleEvaluations")},
		{"a resource without logs", diagnosticToken, diagnosticInputs(scaleSetPath, "AutoscaleEvaluations")},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.watched()
			c.refuses("BadRequest", test.token, test.inputs)
		})
	}
}

// What is missing is refused as any missing resource is.
func TestAlertsTellGroupsThatAreThere(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.fleet()
	c.workspace()
	c.refuses("ResourceNotFound", queryRuleToken, queryRuleInputs())
	c.refuses("ResourceNotFound", metricAlertToken, metricAlertInputs())
	c.refuses("ResourceNotFound", activityToken, activityInputs())
}

// A table has no schema before its first row, so a rule may ask not to be held to it.
func TestAQueryNeedNotBeValidated(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.watched()
	c.must(queryRuleToken, edit(with(queryRuleInputs(), props{"skipQueryValidation": true}), "criteria.allOf", list(props{
		"query": "Nothing_CL | take 1", "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 0.0,
	})))
}

func TestOneCategoryGoesToAWorkspaceOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.watched()
	const autoscale = "Microsoft.Insights/autoscaleSettings/as"
	c.must(diagnosticToken, diagnosticInputs(autoscale, "AutoscaleEvaluations"))
	c.refuses("ResourceAlreadyExists", diagnosticToken, diagnosticInputs(autoscale, "AutoscaleScaleActions"))
	second := maps.Clone(diagnosticInputs(autoscale, "AutoscaleEvaluations"))
	second["name"] = "second"
	c.refuses("Conflict", diagnosticToken, second)
	c.must(diagnosticToken, with(diagnosticInputs(autoscale, "AutoscaleScaleActions"), props{"name": "second"}))
}

func TestTheAgentNeedsAWorkspace(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.network()
	c.must(identityToken, identityInputs())
	c.workspace()
	agent := func(config props) props {
		return with(clusterInputs(), props{"addonProfiles": props{"omsagent": props{"enabled": true, "config": config}}})
	}
	c.refuses("BadRequest", clusterToken, agent(props{"useAADAuth": "true"}))
	c.refuses("ResourceNotFound", clusterToken, agent(props{"logAnalyticsWorkspaceResourceID": armPath("Microsoft.OperationalInsights/workspaces/other")}))
	c.must(clusterToken, agent(props{"logAnalyticsWorkspaceResourceID": armPath(logsPath)}))
}
