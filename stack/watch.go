package stack

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/functions"
	"jitsi-meet-azure/haproxy"
	"jitsi-meet-azure/monitoring/alerts"
	"jitsi-meet-azure/monitoring/watch"
)

// newWatch makes what looks at the environment. Nothing refers to it.
func newWatch(ctx *pulumi.Context, base *foundation, uses *services, in *cluster, shards []*shard,
	door *haproxy.FrontDoor, function *functions.Reaper,
) error {
	args := watch.Args{
		Names:                 base.names,
		Location:              base.env.Location,
		Tags:                  base.env.Tags,
		Domain:                base.env.Domain,
		Alerts:                base.env.Monitoring.Alerts,
		Facts:                 base.facts(),
		ResourceGroupName:     base.group.Name,
		ResourceGroupID:       base.group.ID().ToStringOutput(),
		WorkspaceID:           uses.monitoring.WorkspaceID,
		ApplicationInsightsID: uses.monitoring.ApplicationInsightsID,
		ClusterID:             in.ClusterID,
		ClusterRuleID:         uses.monitoring.ClusterRuleID,
		FunctionAppID:         function.FunctionAppID,
		ReaperPrincipalID:     function.PrincipalID,
		AutoscaleIDs:          map[string]pulumi.StringInput{},
		ScaleSetIDs:           map[string]pulumi.StringInput{},
	}
	if door.CertificateExpires != nil {
		args.Certificates = append(args.Certificates, watch.Certificate{Of: "front door", Expires: door.CertificateExpires})
	}
	for _, s := range shards {
		args.AutoscaleIDs[s.Name], args.ScaleSetIDs[s.Name] = s.autoscale.SettingID, s.bridges.ScaleSetID
		args.Certificates = append(args.Certificates, watch.Certificate{Of: "shard " + s.Name, Expires: s.signalling.CertificateExpires})
	}
	_, err := watch.New(ctx, "watch", args, base.under(base.azure)...)
	return err
}

// facts are what the alerts depend on.
func (b *foundation) facts() alerts.Facts {
	env, told := b.env, b.env.Monitoring.Alerts
	names := make([]string, 0, len(env.Shards))
	for _, shard := range env.Shards {
		names = append(names, shard.Name)
	}
	return alerts.Facts{
		Shards:          names,
		Namespaces:      b.shardNamespaces(),
		FrontDoor:       b.names.FrontDoorNamespace(),
		Proxies:         env.FrontDoor.Replicas,
		Maximum:         env.Autoscale.Maximum,
		PrefixAddresses: 1 << (32 - env.Bridges.PrefixLength),
		CPUPercent:      env.Autoscale.CPUPercent,
		ReaperPause:     env.Reaper.Pause(),
		AtMaximum:       told.AtMaximum,
		CertificateDays: told.CertificateDays,
		// Browsers trust a certificate that somebody has brought, and not the one that the stack makes.
		Trusted: env.FrontDoor.CertificateSecret != "" || env.FrontDoor.KeyVaultCertificate.Given(),
	}
}
