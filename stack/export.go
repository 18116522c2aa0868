package stack

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions"
	"jitsi-meet-azure/haproxy"
	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/network"
)

// export writes the stack's outputs. Their keys are the JSON names of [outputs.Outputs]; a test holds the two together.
func export(ctx *pulumi.Context, base *foundation, net *network.Network, in *cluster, shards []*shard,
	door *haproxy.FrontDoor, function *functions.Reaper,
) {
	exportImagePhase(ctx, base)
	ctx.Export("frontDoor", pulumi.Map{
		"url":       pulumi.String(door.URL),
		"address":   door.Address,
		"namespace": pulumi.String(base.names.FrontDoorNamespace()),
		"metrics":   pulumi.ToStringArray(proxyMetrics(base)),
	})
	ctx.Export("cluster", pulumi.Map{
		"name":              in.ClusterName,
		"id":                in.ClusterID,
		"egressAddresses":   net.EgressAddresses,
		"nodeResourceGroup": pulumi.String(base.names.NodeResourceGroup()),
	})
	// A key of its own: a secret inside a map makes the whole map secret.
	ctx.Export("kubeconfig", pulumi.ToSecret(in.Kubeconfig))
	all := pulumi.Map{}
	for _, s := range shards {
		all[s.Name] = s.outputs()
	}
	ctx.Export("shards", all)
	ctx.Export("thresholds", pulumi.Map{
		"networkBytesPerMinute": pulumi.Float64(shards[0].autoscale.NetworkThreshold),
		"cpuPercent":            pulumi.Int(shards[0].autoscale.CPUPercent),
		"minimum":               pulumi.Int(base.env.Autoscale.Minimum),
		"maximum":               pulumi.Int(base.env.Autoscale.Maximum),
	})
	ctx.Export("reaper", pulumi.Map{
		"functionApp":   function.FunctionAppName,
		"functionAppId": function.FunctionAppID,
		"tableEndpoint": function.TableEndpoint,
		"tables":        pulumi.ToStringArray(function.Tables),
	})
	ctx.Export("vault", pulumi.Map{"name": pulumi.String(base.names.Vault())})
	ctx.Export("monitoring", pulumi.Map{
		"workspace":           pulumi.String(base.names.Workspace()),
		"applicationInsights": pulumi.String(base.names.ApplicationInsights()),
		"actionGroup":         pulumi.String(base.names.ActionGroup()),
	})
}

// proxyMetrics are the addresses of the proxies' metrics inside the cluster: every proxy has a service of its own name.
func proxyMetrics(base *foundation) []string {
	addresses := make([]string, 0, base.env.FrontDoor.Replicas)
	for index := range base.env.FrontDoor.Replicas {
		addresses = append(addresses, fmt.Sprintf("%s-%d.%s.svc.cluster.local:%d", config.StatefulSetName, index,
			base.names.FrontDoorNamespace(), config.DefaultPorts().Metrics))
	}
	return addresses
}

// exportImagePhase writes the outputs that exist from the image phase on.
func exportImagePhase(ctx *pulumi.Context, base *foundation) {
	ctx.Export("environment", pulumi.String(base.env.Name))
	ctx.Export("location", pulumi.String(base.env.Location))
	ctx.Export("phase", pulumi.String(base.env.Phase))
	ctx.Export("resourceGroup", base.group.Name)
	ctx.Export("image", pulumi.Map{
		"gallery":      base.images.GalleryName,
		"definition":   pulumi.String(base.env.Bridges.Image.Definition),
		"definitionId": base.images.DefinitionID,
	})
}

func (s *shard) outputs() pulumi.Map {
	return pulumi.Map{
		"zone":               pulumi.Int(s.Zone),
		"namespace":          pulumi.String(s.signalling.Namespace),
		"signallingAddress":  pulumi.String(s.signalling.Address),
		"scaleSetId":         s.bridges.ScaleSetID,
		"scaleSetName":       s.bridges.ScaleSetName,
		"prefixCidr":         s.network.PrefixCIDR,
		"autoscaleSettingId": s.autoscale.SettingID,
		"turn": pulumi.Map{
			"host":    pulumi.String(s.relay.Host),
			"address": s.relay.Address,
		},
	}
}
