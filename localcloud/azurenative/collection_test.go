package azurenative

import (
	"strings"
	"testing"
)

const (
	endpointToken    = "azure-native:insights/v20230311:DataCollectionEndpoint"
	associationToken = "azure-native:insights/v20230311:DataCollectionRuleAssociation"
)

func workspaceInputs() props {
	return props{
		"resourceGroupName": "rg", "workspaceName": "log-meet", "sku": props{"name": "PerGB2018"}, "retentionInDays": 30.0,
	}
}

func logTableInputs() props {
	return props{
		"resourceGroupName": "rg", "workspaceName": "log-meet", "tableName": "Bridge_CL", "schema": props{
			"name": "Bridge_CL",
			"columns": list(
				props{"name": "TimeGenerated", "type": "dateTime"}, props{"name": "RawData", "type": "string"},
				props{"name": "threads", "type": "int"},
			),
		},
	}
}

func collectionInputs() props {
	stream := "Custom-Bridge_CL"
	return props{
		"resourceGroupName": "rg", "dataCollectionRuleName": "dcr", "kind": "Linux", "location": "westeurope",
		"dataCollectionEndpointId": armPath("Microsoft.Insights/dataCollectionEndpoints/dce"),
		"streamDeclarations": props{stream: props{"columns": list(
			props{"name": "TimeGenerated", "type": "datetime"}, props{"name": "RawData", "type": "string"},
		)}},
		"dataSources": props{"logFiles": list(props{
			"name": "log", "streams": list(stream), "filePatterns": list("/var/log/x.log"), "format": "text",
		})},
		"destinations": props{"logAnalytics": list(props{
			"name": "workspace", "workspaceResourceId": armPath("Microsoft.OperationalInsights/workspaces/log-meet"),
		})},
		"dataFlows": list(flowInputs(stream)),
	}
}

func flowInputs(stream string) props {
	return props{
		"streams": list(stream), "destinations": list("workspace"), "transformKql": "source", "outputStream": stream,
	}
}

// workspace makes a workspace with a table, and an endpoint.
func (c *cloud) workspace() {
	c.Helper()
	c.must(workspaceToken, workspaceInputs())
	c.must(tableToken, logTableInputs())
	c.must(endpointToken, props{"resourceGroupName": "rg", "dataCollectionEndpointName": "dce", "kind": "Linux"})
}

func TestCollectionIsRefusedWhatAzureRefuses(t *testing.T) {
	t.Parallel()
	group := func(c *cloud) { c.must(groupToken, groupInputs()) }
	workspace := func(c *cloud) { group(c); c.must(workspaceToken, workspaceInputs()) }
	ready := func(c *cloud) { group(c); c.workspace() }
	column := func(column props) props {
		return edit(logTableInputs(), "schema.columns", list(props{"name": "TimeGenerated", "type": "dateTime"}, column))
	}
	for _, test := range []struct {
		name, code, token string
		before            func(*cloud)
		inputs            props
	}{
		{"workspace name", "InvalidResourceName", workspaceToken, group, with(workspaceInputs(), props{"workspaceName": "log_meet"})},
		{"retention", "InvalidParameter", workspaceToken, group, with(workspaceInputs(), props{"retentionInDays": 29.0})},
		{"table without workspace", "ParentResourceNotFound", tableToken, group, logTableInputs()},
		{"table name", "InvalidParameter", tableToken, workspace, with(logTableInputs(), props{"tableName": "Bridge"})},
		{"schema name", "InvalidParameter", tableToken, workspace, edit(logTableInputs(), "schema.name", "Other_CL")},
		{"no time", "InvalidParameter", tableToken, workspace, edit(logTableInputs(), "schema.columns", list(props{"name": "a", "type": "int"}))},
		{"reserved column", "InvalidParameter", tableToken, workspace, column(props{"name": "Title", "type": "string"})},
		{"column name", "InvalidParameter", tableToken, workspace, column(props{"name": "a-b", "type": "string"})},
		{"rule without endpoint", "ResourceNotFound", ruleToken, func(c *cloud) { workspace(c); c.must(tableToken, logTableInputs()) }, collectionInputs()},
		{"rule without table", "InvalidOutputTable", ruleToken, func(c *cloud) {
			workspace(c)
			c.must(endpointToken, props{"resourceGroupName": "rg", "dataCollectionEndpointName": "dce"})
		}, collectionInputs()},
		{"stream not declared", "InvalidPayload", ruleToken, ready, with(collectionInputs(), props{"streamDeclarations": props{}})},
		{"source flows nowhere", "InvalidPayload", ruleToken, ready, with(collectionInputs(), props{"dataFlows": list()})},
		{"unknown destination", "InvalidPayload", ruleToken, ready, with(collectionInputs(), props{"destinations": props{}})},
		{"column of another type", "InvalidTransformOutput", ruleToken, ready, edit(collectionInputs(), "streamDeclarations.Custom-Bridge_CL.columns", list(props{"name": "threads", "type": "long"}))},
		{"column that is not there", "InvalidTransformOutput", ruleToken, ready, edit(collectionInputs(), "streamDeclarations.Custom-Bridge_CL.columns", list(props{"name": "drain", "type": "boolean"}))},
		{"another region", "InvalidDataCollectionRule", ruleToken, ready, with(collectionInputs(), props{"location": "northeurope"})},
		{"association with nothing", "InvalidPayload", associationToken, ready, props{"associationName": "a", "resourceUri": testGroup}},
		{"association of no scale set", "ParentResourceNotFound", associationToken, func(c *cloud) { ready(c); c.must(ruleToken, collectionInputs()) }, associationInputs()},
		{"association with no rule", "ResourceNotFound", associationToken, func(c *cloud) { c.fleet() }, associationInputs()},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			test.before(c)
			c.refuses(test.code, test.token, test.inputs)
		})
	}
}

func associationInputs() props {
	return props{
		"associationName": "bridges", "resourceUri": armPath("Microsoft.Compute/virtualMachineScaleSets/vmss"),
		"dataCollectionRuleId": armPath("Microsoft.Insights/dataCollectionRules/dcr"),
	}
}

func TestAnAssociatedRuleCannotBeDeleted(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	set := c.fleet()
	c.workspace()
	rule := c.must(ruleToken, collectionInputs())
	association := c.must(associationToken, associationInputs())
	if want := set + "/providers/Microsoft.Insights/dataCollectionRuleAssociations/bridges"; association != want {
		t.Errorf("the association is %s, not %s", association, want)
	}
	c.demandCode("DataCollectionRuleInUse", c.delete(rule))
	c.demandCode("DataCollectionEndpointInUse", c.delete(armPath("Microsoft.Insights/dataCollectionEndpoints/dce")))
	for _, id := range []string{association, rule, armPath("Microsoft.Insights/dataCollectionEndpoints/dce")} {
		if err := c.delete(id); err != nil {
			t.Errorf("%s: %v", id, err)
		}
	}
}

func TestWhatCollectionAnswers(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.must(groupToken, groupInputs())
	c.workspace()
	rule := c.must(ruleToken, collectionInputs())
	endpoint := c.out(armPath("Microsoft.Insights/dataCollectionEndpoints/dce"))
	if address := endpoint.text("logsIngestion.endpoint"); !strings.HasPrefix(address, "https://dce-") || !strings.Contains(address, ".westeurope-1.ingest.") {
		t.Errorf("logs go to %q", address)
	}
	if id := c.out(rule).text("immutableId"); !strings.HasPrefix(id, "dcr-") {
		t.Errorf("the rule is %q", id)
	}
	if c.out(armPath("Microsoft.OperationalInsights/workspaces/log-meet")).text("customerId") == "" {
		t.Error("the workspace has no id of its own")
	}
	inputs := c.states[rule].inputs
	c.refresh(rule)
	if !c.states[rule].inputs.DeepEquals(inputs) {
		t.Errorf("a refresh makes %v of %v", c.states[rule].inputs, inputs)
	}
}

func TestAColumnKeepsItsType(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.must(groupToken, groupInputs())
	c.workspace()
	table := armPath("Microsoft.OperationalInsights/workspaces/log-meet/tables/Bridge_CL")
	time := props{"name": "TimeGenerated", "type": "dateTime"}
	c.refuseUpdate("InvalidParameter", table, edit(logTableInputs(), "schema.columns", list(time, props{"name": "threads", "type": "long"})))
	if err := c.update(table, edit(logTableInputs(), "schema.columns", list(time, props{"name": "threads", "type": "int"}, props{"name": "drain", "type": "boolean"}))); err != nil {
		t.Error(err)
	}
}

func TestExtensionsAreToldApart(t *testing.T) {
	t.Parallel()
	extension := func(name, kind string) props {
		return props{"name": name, "publisher": "P", "type": kind, "typeHandlerVersion": "1.0"}
	}
	for name, test := range map[string]struct {
		code       string
		extensions []any
	}{
		"same name":    {"InvalidParameter", list(extension("a", "A"), extension("A", "B"))},
		"same handler": {"BadRequest", list(extension("a", "A"), extension("b", "A"))},
		"no version":   {"InvalidParameter", list(with(extension("a", "A"), props{"typeHandlerVersion": ""}))},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.bridges()
			c.publish("1.0.0")
			c.refuses(test.code, scaleSetToken, edit(scaleSetInputs(), "virtualMachineProfile.extensionProfile", props{"extensions": test.extensions}))
		})
	}
	c := newCloud(t)
	c.bridges()
	c.publish("1.0.0")
	c.must(scaleSetToken, edit(scaleSetInputs(), "virtualMachineProfile.extensionProfile", props{
		"extensions": list(extension("a", "A"), extension("b", "B")),
	}))
}
