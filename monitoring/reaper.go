package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// newApplicationInsights makes what the Functions host reports to: invocations, how long they took, how they ended. It keeps its
// data in the workspace, under the workspace's limits. Alerts do not read it, because the host may leave out a part of it
// (sampling); they read the app's own log.
//
// Nobody gets in with the key that is in the connection string: it takes an identity with the role Monitoring Metrics Publisher.
// Source: Azure docs, azure-ad-authentication (Application Insights); functions-app-settings.
func (b *builder) newApplicationInsights(workspace *operationalinsights.Workspace) (*insights.Component, error) {
	made, err := insights.NewComponent(b.ctx, b.name+"-application-insights", &insights.ComponentArgs{
		ResourceName:        pulumi.String(b.args.Names.ApplicationInsights()),
		ResourceGroupName:   b.args.ResourceGroupName,
		Location:            pulumi.String(b.args.Location),
		Kind:                pulumi.String("web"),
		ApplicationType:     pulumi.String("web"),
		IngestionMode:       pulumi.String("LogAnalytics"),
		WorkspaceResourceId: workspace.ID().ToStringOutput(),
		DisableLocalAuth:    pulumi.Bool(true),
		Tags:                b.tags(),
	}, pulumi.Parent(b.parent), pulumi.AdditionalSecretOutputs([]string{"connectionString", "instrumentationKey"}))
	if err != nil {
		return nil, fmt.Errorf("registering Application Insights: %w", err)
	}
	return made, nil
}
