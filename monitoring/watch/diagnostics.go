package watch

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	collection "github.com/pulumi/pulumi-azure-native-sdk/insights/v2/v20230311"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// diagnostics is what a resource sends to the workspace.
type diagnostics struct {
	suffix     string
	of         pulumi.StringInput
	categories []string
	metrics    bool
	// dedicated asks for tables of their own, where a service leaves the choice: the common table has columns that nobody names.
	dedicated bool
}

// newDiagnostics sends what Azure's services log to the workspace. The vault's own log is part of the vault.
//
// Of the cluster: the autoscaler of the nodes (why a pod of a shard waits), the controller of load balancers (why the front door
// has no address), and who signed in. Not the audit of the API server (kube-audit, kube-audit-admin): it is by far the largest,
// and answers no question that an alert asks; whoever needs it for a case turns it on with az monitor diagnostic-settings.
// Source: Azure docs, monitor-aks-reference (resource logs), autoscale-diagnostics, functions-monitor-log-analytics.
func (b *builder) newDiagnostics() error {
	all := []diagnostics{
		{suffix: "function", of: b.args.FunctionAppID, categories: []string{"FunctionAppLogs"}},
		{
			suffix: "cluster", of: b.args.ClusterID, dedicated: true,
			categories: []string{"cluster-autoscaler", "cloud-controller-manager", "guard"},
		},
	}
	for _, shard := range b.args.Facts.Shards {
		all = append(all, diagnostics{
			suffix: "autoscale-" + shard, of: b.args.AutoscaleIDs[shard], metrics: true,
			categories: []string{"AutoscaleEvaluations", "AutoscaleScaleActions"},
		})
	}
	for _, d := range all {
		if err := b.newDiagnostic(d); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) newDiagnostic(d diagnostics) error {
	logs := insights.LogSettingsArray{}
	for _, category := range d.categories {
		logs = append(logs, insights.LogSettingsArgs{Category: pulumi.String(category), Enabled: pulumi.Bool(true)})
	}
	args := &insights.DiagnosticSettingArgs{
		Name: pulumi.String("workspace"), ResourceUri: d.of, WorkspaceId: b.args.WorkspaceID.ToStringOutput(), Logs: logs,
	}
	if d.metrics {
		args.Metrics = insights.MetricSettingsArray{
			insights.MetricSettingsArgs{Category: pulumi.String("AllMetrics"), Enabled: pulumi.Bool(true)},
		}
	}
	if d.dedicated {
		args.LogAnalyticsDestinationType = pulumi.String("Dedicated")
	}
	if _, err := insights.NewDiagnosticSetting(b.ctx, b.name+"-logs-"+d.suffix, args, b.under()...); err != nil {
		return fmt.Errorf("registering the diagnostic setting of %s: %w", d.suffix, err)
	}
	return nil
}

// collectCluster tells the agent of the cluster's nodes which rule to follow. The name is the one by which the agent, and the
// portal, look for it. Source: Azure docs, container-insights (enable with ARM templates).
func (b *builder) collectCluster() error {
	_, err := collection.NewDataCollectionRuleAssociation(b.ctx, b.name+"-collect-cluster", &collection.DataCollectionRuleAssociationArgs{
		AssociationName:      pulumi.String("ContainerInsightsExtension"),
		ResourceUri:          b.args.ClusterID,
		DataCollectionRuleId: b.args.ClusterRuleID.ToStringOutput(),
		Description:          pulumi.String("Logs, pods and events of the front door and the shards."),
	}, b.under()...)
	if err != nil {
		return fmt.Errorf("registering the association of the cluster: %w", err)
	}
	return nil
}
