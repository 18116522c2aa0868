package signalling

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/shardpool"
	"jitsi-meet-azure/signalling/names"
)

// jicofoSize leaves the Java heap (JICOFO_MAX_MEMORY) as much again for everything outside it. As with Prosody, it is all
// asked for.
var jicofoSize = size{cpu: "250m", memory: "2Gi", cpuLimit: "2", memoryLimit: "2Gi"}

func (b *builder) newJicofo() error {
	if err := b.newJicofoServices(); err != nil {
		return err
	}
	container := &corev1.ContainerArgs{
		Name:  pulumi.String(names.Jicofo),
		Image: b.image(names.Jicofo),
		Env: variables(b.shared(map[string]string{
			"JICOFO_ENABLE_REST": "1",
			"JICOFO_MAX_MEMORY":  "1024m",
			"JVB_BREWERY_MUC":    names.Brewery,
			"XMPP_SERVER":        b.host(names.Prosody),
		}), jicofoPasswordKey),
		Ports:     ports(map[string]int{"http": names.JicofoPort}),
		Resources: jicofoSize.resources(),
		// Never /about/health: it fails when there is no bridge, and a restart brings none.
		LivenessProbe:  shardpool.Lenient("http"),
		StartupProbe:   patient("http"),
		ReadinessProbe: answers("http", "/about/version"),
		VolumeMounts:   mounts(mount("config", "/config")),
	}
	return b.newSingleton(names.Jicofo, b.podSpec(container, 60, "", scratch("config", "")))
}

// newJicofoServices makes Jicofo's REST interface reachable: for the front door, which counts bridges, and for the reaper,
// which asks it whether it still knows a bridge that nobody else hears from
// (docs/decisions/0010-jicofo-as-a-witness.md).
//
// The interface has no login, and it can do more than answer: it moves participants between bridges, and pins conferences.
// So the way in is as narrow as it can be. The service is internal, and of all that is in the network the security groups
// let the reaper's subnet alone through to its port. At the pod the network policy admits that subnet and the proxies.
func (b *builder) newJicofoServices() error {
	_, err := corev1.NewService(b.ctx, b.child("jicofo-service"), &corev1.ServiceArgs{
		Metadata: b.meta(names.Jicofo, names.Jicofo, nil),
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("ClusterIP"),
			Selector: pulumi.StringMap{names.NameLabel: pulumi.String(names.Jicofo)},
			Ports:    servicePorts(map[string]int{"http": names.JicofoPort}),
		},
	}, b.options()...)
	if err != nil {
		return err
	}
	_, err = corev1.NewService(b.ctx, b.child("jicofo-reaper"), &corev1.ServiceArgs{
		Metadata: b.meta(names.Jicofo, "jicofo-reaper", b.atSignallingAddress()),
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("LoadBalancer"),
			Selector: pulumi.StringMap{names.NameLabel: pulumi.String(names.Jicofo)},
			// Keeps the reaper's address, which the network policy judges by.
			ExternalTrafficPolicy: pulumi.String("Local"),
			Ports:                 servicePorts(map[string]int{"http": names.JicofoPort}),
		},
		// The first service at an address makes Azure's front end of it. That is to be the one that meetings need.
	}, b.options(pulumi.DependsOn([]pulumi.Resource{b.bridges}))...)
	return err
}
