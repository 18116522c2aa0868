package monitoring_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/monitoring"
	"jitsi-meet-azure/monitoring/table"
)

func usual() monitoring.Args {
	return monitoring.Args{
		Names:              naming.For("dev", "meet.example.org", "westeurope"),
		Location:           "westeurope",
		Tags:               map[string]string{"owner": "video"},
		RetentionDays:      30,
		DailyGigabytes:     5,
		FrontDoorNamespace: "front-door",
		ShardNamespaces:    []string{"shard-a", "shard-b"},
		ResourceGroupName:  pulumi.String("rg"),
	}
}

// outputs gives what Azure adds, as far as the component reads it.
func outputs(args pulumi.MockResourceArgs) resource.PropertyMap {
	return resource.PropertyMap{
		"name": args.Inputs["workspaceName"], "connectionString": resource.NewProperty("InstrumentationKey=KEY"),
	}
}

func record(t *testing.T, args monitoring.Args, unknown bool) (graphtest.Graph, error) {
	t.Helper()
	return graphtest.Run(graphtest.Options{Stack: "dev", Unknown: unknown, Outputs: outputs}, func(ctx *pulumi.Context) error {
		_, err := monitoring.New(ctx, "monitoring", args)
		return err
	})
}

func find(t *testing.T, args monitoring.Args, name string) graphtest.Resource {
	t.Helper()
	graph, err := record(t, args, false)
	require.NoError(t, err)
	found, ok := graph.Find(name)
	require.True(t, ok, name)
	return found
}

func at(t *testing.T, value any, path ...any) any {
	t.Helper()
	found, err := graphtest.At(value, path...)
	require.NoError(t, err)
	return found
}

func TestWorkspace(t *testing.T) {
	t.Parallel()
	made := find(t, usual(), "monitoring-workspace")
	assert.Equal(t, "meet:monitoring:Workspace", made.ParentType)
	assert.Equal(t, map[string]any{
		"workspaceName": "log-meet-dev", "resourceGroupName": "rg", "location": "westeurope", "retentionInDays": 30.0,
		"workspaceCapping": map[string]any{"dailyQuotaGb": 5.0},
		"sku":              map[string]any{"name": "PerGB2018"},
		"features":         map[string]any{"disableLocalAuth": true, "enableLogAccessUsingOnlyResourcePermissions": true},
		"tags": map[string]any{
			"owner": "video", "environment": "dev", "component": "monitoring", "managed-by": "pulumi",
		},
	}, made.Inputs)
}

func TestWhatIsKeptIsProtected(t *testing.T) {
	t.Parallel()
	args := usual()
	args.Protect = true
	for _, name := range []string{"monitoring-workspace", "monitoring-BridgeLog_CL", "monitoring-BridgeMetrics_CL"} {
		assert.Equal(t, true, find(t, args, name).Options["protect"], name)
	}
}

// The table, the stream and the machine agree about every column, or Azure drops the rows.
func TestStreamsAreTheTables(t *testing.T) {
	t.Parallel()
	declared := find(t, usual(), "monitoring-bridges").Inputs["streamDeclarations"].(map[string]any)
	assert.Len(t, declared, len(table.Tables()))
	for _, described := range table.Tables() {
		made := find(t, usual(), "monitoring-"+described.Name)
		assert.Equal(t, "log-meet-dev", made.Inputs["workspaceName"])
		assert.Equal(t, described.Name, made.Inputs["tableName"])
		assert.Equal(t, described.Name, at(t, made.Inputs, "schema", "name"), "Azure wants the name twice")
		var inTable, inStream []any
		for _, column := range described.Columns {
			kind := string(column.Type)
			inStream = append(inStream, map[string]any{"name": column.Name, "type": kind})
			if kind == "datetime" {
				kind = "dateTime"
			}
			inTable = append(inTable, map[string]any{"name": column.Name, "type": kind})
		}
		assert.Equal(t, inTable, at(t, made.Inputs, "schema", "columns"))
		assert.Equal(t, inStream, at(t, declared, "Custom-"+described.Name, "columns"))
	}
}

func TestEveryFileIsFollowedInItsFormat(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []any{
		map[string]any{
			"name": "BridgeLog_CL", "streams": []any{"Custom-BridgeLog_CL"}, "format": "text",
			"filePatterns": []any{"/var/log/jitsi/jvb.log", "/var/log/cloud-init-output.log"},
			"settings":     map[string]any{"text": map[string]any{"recordStartTimestampFormat": "YYYY-MM-DD HH:MM:SS"}},
		},
		map[string]any{
			"name": "BridgeMetrics_CL", "streams": []any{"Custom-BridgeMetrics_CL"}, "format": "json",
			"filePatterns": []any{"/var/log/jitsi-bridge/metrics.json"},
		},
	}, at(t, find(t, usual(), "monitoring-bridges").Inputs, "dataSources", "logFiles"))
}

func TestSyslogIsWarningsAndWhatTheBridgesUnitsSay(t *testing.T) {
	t.Parallel()
	sources := at(t, find(t, usual(), "monitoring-bridges").Inputs, "dataSources", "syslog")
	assert.NotContains(t, at(t, sources, 0, "logLevels"), "Info")
	assert.Contains(t, at(t, sources, 0, "facilityNames"), "daemon")
	assert.NotContains(t, at(t, sources, 0, "facilityNames"), monitoring.BridgeFacility)
	assert.Equal(t, []any{monitoring.BridgeFacility}, at(t, sources, 1, "facilityNames"))
	for i := range 2 {
		for _, level := range []string{"Warning", "Error", "Critical", "Alert", "Emergency"} {
			assert.Contains(t, at(t, sources, i, "logLevels"), level)
		}
	}
	assert.Contains(t, at(t, sources, 1, "logLevels"), "Info")
}

// A source whose stream flows nowhere, or a flow to a place that the rule does not name, is refused or, worse, silent.
func TestEverySourceReachesTheWorkspace(t *testing.T) {
	t.Parallel()
	rule := find(t, usual(), "monitoring-bridges")
	var sourced, flowing []string
	for _, kind := range []string{"syslog", "logFiles"} {
		for _, source := range at(t, rule.Inputs, "dataSources", kind).([]any) {
			sourced = append(sourced, fmt.Sprint(at(t, source, "streams", 0)))
		}
	}
	for _, flow := range rule.Inputs["dataFlows"].([]any) {
		flowing = append(flowing, fmt.Sprint(at(t, flow, "streams", 0)))
		assert.Equal(t, at(t, flow, "streams", 0), at(t, flow, "outputStream"))
		assert.Equal(t, "source", at(t, flow, "transformKql"))
		assert.Equal(t, []any{at(t, rule.Inputs, "destinations", "logAnalytics", 0, "name")}, at(t, flow, "destinations"))
	}
	slices.Sort(sourced)
	slices.Sort(flowing)
	assert.Equal(t, slices.Compact(sourced), flowing)
	assert.Equal(t, graphtest.ID("monitoring-workspace"), at(t, rule.Inputs, "destinations", "logAnalytics", 0, "workspaceResourceId"))
	assert.Equal(t, graphtest.ID("monitoring-endpoint"), rule.Inputs["dataCollectionEndpointId"])
	assert.Equal(t, "Linux", rule.Inputs["kind"])
	for _, described := range table.Tables() {
		assert.Contains(t, rule.DependsOn, "monitoring-"+described.Name, "Azure refuses a rule whose table is not there")
	}
}

func TestUnknownsDoNotChangeTheGraph(t *testing.T) {
	t.Parallel()
	known, err := record(t, usual(), false)
	require.NoError(t, err)
	unknown, err := record(t, usual(), true)
	require.NoError(t, err)
	assert.Len(t, unknown.Resources, len(known.Resources))
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	err := monitoring.Args{}.Validate()
	for _, want := range []string{
		"Names is missing", "Location is missing", "ResourceGroupName is missing", "RetentionDays 0",
		"FrontDoorNamespace is missing", "ShardNamespaces is missing",
	} {
		require.ErrorContains(t, err, want)
	}
	for days, fine := range map[int]bool{29: false, 30: true, 730: true, 731: false} {
		args := usual()
		args.RetentionDays = days
		assert.Equal(t, fine, args.Validate() == nil, days)
	}
	args := usual()
	args.RetentionDays = 1
	_, err = record(t, args, false)
	require.ErrorContains(t, err, "monitoring: RetentionDays 1")
}
