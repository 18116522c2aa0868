package monitoring

import (
	"fmt"

	insights "github.com/pulumi/pulumi-azure-native-sdk/insights/v2/v20230311"
	"github.com/pulumi/pulumi-azure-native-sdk/operationalinsights/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/monitoring/schema"
)

// Streams of the cluster's agent, which are tables of the same names.
// Source: Azure docs, container-insights-cost-config.
const (
	containerLogs = "Microsoft-ContainerLogV2"
	podInventory  = "Microsoft-KubePodInventory"
	kubeEvents    = "Microsoft-KubeEvents"
)

// keptOfDoor matches the lines of proxies and relays that the workspace keeps: what shards.lua, certificate.lua and tasks.lua say,
// what HAProxy says of servers and of its own start, what the relays' script says. Lines about requests, connections and sessions
// hold the addresses of users, in forms that nobody can list, so that these here are listed instead.
const keptOfDoor = "^(shard |Server |the |other proxies |no other proxy |[[](ALERT|WARNING|NOTICE)[]])|[.]lua: "

// newClusterRule makes the rule by which the agent on the cluster's nodes collects, once it is associated with the cluster.
//
// Pods and events of our namespaces only, by the agent itself. What containers print the agent sends from all namespaces, and the
// workspace keeps of it what alerts and operators read: of the front door what is not about users, which would be most of the
// volume; of the shards Prosody and Jicofo, and not the web servers. What is dropped on arrival is paid at a fraction of what is
// kept.
// Source: Azure docs, container-insights-cost-config, data-collection-transformations (cost).
func (b *builder) newClusterRule(workspace *operationalinsights.Workspace) (*insights.DataCollectionRule, error) {
	namespaces := append([]string{b.args.FrontDoorNamespace}, b.args.ShardNamespaces...)
	flow := func(transform pulumi.StringPtrInput, streams ...string) insights.DataFlowArgs {
		return insights.DataFlowArgs{
			Streams: pulumi.ToStringArray(streams), Destinations: pulumi.ToStringArray([]string{destination}), TransformKql: transform,
		}
	}
	rule, err := insights.NewDataCollectionRule(b.ctx, b.name+"-cluster", &insights.DataCollectionRuleArgs{
		DataCollectionRuleName: pulumi.String(b.args.Names.CollectionRule("cluster")),
		ResourceGroupName:      b.args.ResourceGroupName,
		Location:               pulumi.String(b.args.Location),
		Kind:                   pulumi.String("Linux"),
		Description:            pulumi.String("Logs, pods and events of the front door and the shards."),
		DataSources:            insights.DataCollectionRuleDataSourcesArgs{Extensions: agentSettings(namespaces)},
		Destinations: insights.DataCollectionRuleDestinationsArgs{
			LogAnalytics: insights.LogAnalyticsDestinationArray{insights.LogAnalyticsDestinationArgs{
				Name: pulumi.String(destination), WorkspaceResourceId: workspace.ID().ToStringOutput(),
			}},
		},
		DataFlows: insights.DataFlowArray{
			flow(pulumi.String(b.keptOfContainers()), containerLogs),
			flow(nil, podInventory, kubeEvents),
		},
		Tags: b.tags(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("registering the cluster's collection rule: %w", err)
	}
	return rule, nil
}

// agentSettings are what the agent on the nodes is told.
func agentSettings(namespaces []string) insights.ExtensionDataSourceArray {
	return insights.ExtensionDataSourceArray{insights.ExtensionDataSourceArgs{
		Name:          pulumi.String("ContainerInsightsExtension"),
		ExtensionName: pulumi.String("ContainerInsights"),
		Streams:       pulumi.ToStringArray([]string{containerLogs, podInventory, kubeEvents}),
		ExtensionSettings: pulumi.Map{"dataCollectionSettings": pulumi.Map{
			"interval":               pulumi.String("1m"),
			"namespaceFilteringMode": pulumi.String("Include"),
			"namespaces":             pulumi.ToStringArray(namespaces),
			"enableContainerLogV2":   pulumi.Bool(true),
		}},
	}}
}

// keptOfContainers is the transformation of what containers print.
func (b *builder) keptOfContainers() string {
	return fmt.Sprintf("source | where (PodNamespace == %s and tostring(LogMessage) matches regex %s)"+
		` or (PodNamespace in (%s) and ContainerName in ("prosody", "jicofo"))`,
		schema.Quote(b.args.FrontDoorNamespace), schema.Quote(keptOfDoor), schema.List(b.args.ShardNamespaces))
}
