// Package monitoring deploys the Log Analytics workspace of the environment and what brings logs and numbers there: the tables,
// one rule that tells the Azure Monitor agent of every bridge which files to follow, one for the agent of the cluster's nodes, and
// what the reaper's host reports to.
//
// A machine sends by itself. Nobody comes to it for its numbers, so no port of it need be open for that.
//
// Subpackage table says what is in the tables of the bridges, schema which tables and columns queries read, alerts what people are
// told about, workbook what the dashboard shows. Subpackage watch is a component of its own: diagnostic settings, alerts and
// dashboard, made after everything that they look at.
package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/tags"
	"jitsi-meet-azure/monitoring/table"
)

// Workspace is the workspace with what fills it.
type Workspace struct {
	pulumi.ResourceState

	// WorkspaceID is the Azure id of the workspace.
	WorkspaceID pulumi.StringOutput
	// BridgeRuleID is the Azure id of the rule that bridges collect by, once it is associated with their scale set.
	BridgeRuleID pulumi.StringOutput
	// ClusterRuleID is the Azure id of the rule that the cluster's nodes collect by, once it is associated with the cluster.
	ClusterRuleID pulumi.StringOutput
	// ApplicationInsightsID is the Azure id of what the reaper's host reports to.
	ApplicationInsightsID pulumi.StringOutput
	// ConnectionString is how the host finds it; secret.
	ConnectionString pulumi.StringOutput
}

// builder carries what every step of New needs.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent *Workspace
}

// New registers the workspace, its tables, the collection rules and Application Insights.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Workspace, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("monitoring: %w", err)
	}
	c := &Workspace{}
	if err := ctx.RegisterComponentResource("meet:monitoring:Workspace", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering monitoring: %w", err)
	}
	b := &builder{ctx: ctx, name: name, args: args, parent: c}
	if err := b.build(); err != nil {
		return nil, err
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"workspaceId":           c.WorkspaceID,
		"bridgeRuleId":          c.BridgeRuleID,
		"clusterRuleId":         c.ClusterRuleID,
		"applicationInsightsId": c.ApplicationInsightsID,
		"connectionString":      c.ConnectionString,
	})
}

func (b *builder) build() error {
	workspace, err := b.newWorkspace()
	if err != nil {
		return err
	}
	tables, err := b.newTables(workspace)
	if err != nil {
		return err
	}
	rule, err := b.newBridgeRule(workspace, tables)
	if err != nil {
		return err
	}
	ofCluster, err := b.newClusterRule(workspace)
	if err != nil {
		return err
	}
	reports, err := b.newApplicationInsights(workspace)
	if err != nil {
		return err
	}
	b.parent.WorkspaceID = workspace.ID().ToStringOutput()
	b.parent.BridgeRuleID, b.parent.ClusterRuleID = rule.ID().ToStringOutput(), ofCluster.ID().ToStringOutput()
	b.parent.ApplicationInsightsID = reports.ID().ToStringOutput()
	b.parent.ConnectionString = pulumi.ToSecret(reports.ConnectionString).(pulumi.StringOutput)
	return nil
}

func (b *builder) newWorkspace() (*operationalinsights.Workspace, error) {
	workspace, err := operationalinsights.NewWorkspace(b.ctx, b.name+"-workspace", &operationalinsights.WorkspaceArgs{
		WorkspaceName:     pulumi.String(b.args.Names.Workspace()),
		ResourceGroupName: b.args.ResourceGroupName,
		Location:          pulumi.String(b.args.Location),
		Sku:               operationalinsights.WorkspaceSkuArgs{Name: pulumi.String("PerGB2018")},
		RetentionInDays:   pulumi.Int(b.args.RetentionDays),
		WorkspaceCapping: operationalinsights.WorkspaceCappingArgs{
			DailyQuotaGb: pulumi.Float64(b.args.DailyGigabytes),
		},
		Features: operationalinsights.WorkspaceFeaturesArgs{
			// The agent sends with the machine's identity, and nobody else has a key either.
			DisableLocalAuth: pulumi.Bool(true),
			// Who may read a resource may read its logs.
			EnableLogAccessUsingOnlyResourcePermissions: pulumi.Bool(true),
		},
		Tags: b.tags(),
	}, pulumi.Parent(b.parent), pulumi.Protect(b.args.Protect))
	if err != nil {
		return nil, fmt.Errorf("registering the workspace: %w", err)
	}
	return workspace, nil
}

// newTables makes the tables. A rule that names a table that is not there is refused, so the rule waits for all of them.
// Source: Azure docs, data-collection-log-text and data-collection-log-json.
func (b *builder) newTables(workspace *operationalinsights.Workspace) ([]pulumi.Resource, error) {
	var made []pulumi.Resource
	for _, described := range table.Tables() {
		columns := operationalinsights.ColumnArray{}
		for _, column := range described.Columns {
			columns = append(columns, operationalinsights.ColumnArgs{
				Name: pulumi.String(column.Name), Type: pulumi.String(tableType(column.Type)),
			})
		}
		created, err := operationalinsights.NewTable(b.ctx, b.name+"-"+described.Name, &operationalinsights.TableArgs{
			TableName:         pulumi.String(described.Name),
			WorkspaceName:     workspace.Name,
			ResourceGroupName: b.args.ResourceGroupName,
			Schema:            operationalinsights.SchemaArgs{Name: pulumi.String(described.Name), Columns: columns},
		}, pulumi.Parent(b.parent), pulumi.Protect(b.args.Protect))
		if err != nil {
			return nil, fmt.Errorf("registering the table %s: %w", described.Name, err)
		}
		made = append(made, created)
	}
	return made, nil
}

// tableType is what a table calls a kind of column. It differs from a collection rule in one letter.
// Source: Azure REST API, Tables, ColumnTypeEnum.
func tableType(kind table.Kind) string {
	if kind == table.Time {
		return "dateTime"
	}
	return string(kind)
}

func (b *builder) tags() pulumi.StringMap {
	return pulumi.ToStringMap(tags.For(b.args.Tags, b.args.Names.Environment(), "monitoring", ""))
}
