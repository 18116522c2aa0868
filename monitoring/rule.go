package monitoring

import (
	"fmt"

	insights "github.com/pulumi/pulumi-azure-native-sdk/insights/v2/v20230311"
	"github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/monitoring/table"
)

const (
	// destination is what the rule calls the workspace.
	destination = "workspace"
	// syslogStream is Azure's own: its columns and its table, Syslog, need not be described.
	syslogStream = "Microsoft-Syslog"
	// recordStart is the form of the date with which an entry of the videobridge's log begins, as far as is known offline. Where
	// no line has one, as in cloud-init's output, each line is an entry.
	// Source: Azure docs, data-collection-log-text, time formats.
	recordStart = "YYYY-MM-DD HH:MM:SS"
)

// BridgeFacility is the syslog facility of the bridge's own units. What they say is followed down to Info, because it is little
// and tells how far a machine came; of the others only what went wrong.
const BridgeFacility = "local0"

// newBridgeRule makes the rule that bridges collect by, and the endpoint that they send to. Not all documents agree that log
// files need an endpoint of their own; with one they work either way.
// Source: Azure docs, data-collection-endpoint-overview (of March 2024 and May 2025).
func (b *builder) newBridgeRule(
	workspace *operationalinsights.Workspace, tables []pulumi.Resource,
) (*insights.DataCollectionRule, error) {
	endpoint, err := insights.NewDataCollectionEndpoint(b.ctx, b.name+"-endpoint", &insights.DataCollectionEndpointArgs{
		DataCollectionEndpointName: pulumi.String(b.args.Names.CollectionEndpoint()),
		ResourceGroupName:          b.args.ResourceGroupName,
		Location:                   pulumi.String(b.args.Location),
		Kind:                       pulumi.String("Linux"),
		NetworkAcls:                insights.DataCollectionEndpointNetworkAclsArgs{PublicNetworkAccess: pulumi.String("Enabled")},
		Tags:                       b.tags(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("registering the collection endpoint: %w", err)
	}
	rule, err := insights.NewDataCollectionRule(b.ctx, b.name+"-bridges", &insights.DataCollectionRuleArgs{
		DataCollectionRuleName:   pulumi.String(b.args.Names.CollectionRule("bridges")),
		ResourceGroupName:        b.args.ResourceGroupName,
		Location:                 pulumi.String(b.args.Location),
		Kind:                     pulumi.String("Linux"),
		Description:              pulumi.String("Logs and numbers of the bridges."),
		DataCollectionEndpointId: endpoint.ID().ToStringOutput(),
		StreamDeclarations:       streams(),
		DataSources: insights.DataCollectionRuleDataSourcesArgs{
			Syslog:   syslogSources(),
			LogFiles: fileSources(),
		},
		Destinations: insights.DataCollectionRuleDestinationsArgs{
			LogAnalytics: insights.LogAnalyticsDestinationArray{insights.LogAnalyticsDestinationArgs{
				Name: pulumi.String(destination), WorkspaceResourceId: workspace.ID().ToStringOutput(),
			}},
		},
		DataFlows: flows(),
		Tags:      b.tags(),
	}, pulumi.Parent(b.parent), pulumi.DependsOn(tables))
	if err != nil {
		return nil, fmt.Errorf("registering the collection rule: %w", err)
	}
	return rule, nil
}

// stream is the name under which a rule knows the content of a table.
func stream(of table.Table) string { return "Custom-" + of.Name }

func streams() insights.StreamDeclarationMap {
	declared := insights.StreamDeclarationMap{}
	for _, described := range table.Tables() {
		columns := insights.ColumnDefinitionArray{}
		for _, column := range described.Columns {
			columns = append(columns, insights.ColumnDefinitionArgs{
				Name: pulumi.String(column.Name), Type: pulumi.String(column.Type),
			})
		}
		declared[stream(described)] = insights.StreamDeclarationArgs{Columns: columns}
	}
	return declared
}

func fileSources() insights.LogFilesDataSourceArray {
	var sources insights.LogFilesDataSourceArray
	for _, described := range table.Tables() {
		source := insights.LogFilesDataSourceArgs{
			Name:         pulumi.String(described.Name),
			Streams:      pulumi.ToStringArray([]string{stream(described)}),
			FilePatterns: pulumi.ToStringArray(described.Files),
			Format:       pulumi.String("json"),
		}
		if !described.JSON {
			source.Format = pulumi.String("text")
			source.Settings = insights.LogFilesDataSourceSettingsArgs{
				Text: insights.LogFileSettingsTextArgs{RecordStartTimestampFormat: pulumi.String(recordStart)},
			}
		}
		sources = append(sources, source)
	}
	return sources
}

func syslogSources() insights.SyslogDataSourceArray {
	warnings := []string{"Warning", "Error", "Critical", "Alert", "Emergency"}
	source := func(name string, levels []string, facilities ...string) insights.SyslogDataSourceArgs {
		return insights.SyslogDataSourceArgs{
			Name:          pulumi.String(name),
			Streams:       pulumi.ToStringArray([]string{syslogStream}),
			FacilityNames: pulumi.ToStringArray(facilities),
			LogLevels:     pulumi.ToStringArray(levels),
		}
	}
	return insights.SyslogDataSourceArray{
		source("system", warnings, "auth", "authpriv", "daemon", "kern", "syslog", "user"),
		source("bridge", append([]string{"Info", "Notice"}, warnings...), BridgeFacility),
	}
}

// flows send every stream to its table as it is: what a machine writes already has the table's form.
func flows() insights.DataFlowArray {
	flow := func(in, out string) insights.DataFlowArgs {
		return insights.DataFlowArgs{
			Streams:      pulumi.ToStringArray([]string{in}),
			Destinations: pulumi.ToStringArray([]string{destination}),
			TransformKql: pulumi.String("source"),
			OutputStream: pulumi.String(out),
		}
	}
	all := insights.DataFlowArray{flow(syslogStream, syslogStream)}
	for _, described := range table.Tables() {
		all = append(all, flow(stream(described), stream(described)))
	}
	return all
}
