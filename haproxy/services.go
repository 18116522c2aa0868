package haproxy

import (
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/haproxy/config"
)

// peersService is the headless service that Kubernetes wants for a StatefulSet.
const peersService = "haproxy-peers"

// newServices registers the public load balancer and what the proxies find each other by. It returns the latter: a proxy
// does not start before the names of its peers resolve.
func (b *builder) newServices() ([]pulumi.Resource, error) {
	if err := b.newPublicService(); err != nil {
		return nil, err
	}
	headless, err := b.newPeerService(b.child("peers"), peersService, pulumi.String("None"), pods())
	if err != nil {
		return nil, err
	}
	needed := []pulumi.Resource{headless}
	for index := range config.PeerSlots {
		// A pod's own DNS name is gone while the pod is, and names another address afterwards; HAProxy resolves its peers
		// once, when it starts, and does not start if it cannot. A service of its own gives each proxy an address that
		// outlives its pod, and one to each that may come, so that those which run know it already.
		proxy := proxyName(index)
		own, err := b.newPeerService(b.child(proxy), proxy, nil, pulumi.StringMap{
			"statefulset.kubernetes.io/pod-name": pulumi.String(proxy),
		})
		if err != nil {
			return nil, err
		}
		needed = append(needed, own)
	}
	return needed, nil
}

// newPeerService registers a service for what proxies ask each other: rooms, whether they are ready, and how they see the
// shards. It also lists proxies that are not ready: a proxy becomes ready with the others' room table, not before.
func (b *builder) newPeerService(logical, physical string, clusterIP pulumi.StringPtrInput, of pulumi.StringMap) (*corev1.Service, error) {
	return corev1.NewService(b.ctx, logical, &corev1.ServiceArgs{
		Metadata: b.meta(physical, pulumi.StringMap{
			// Pulumi would wait for endpoints, but the pods come after this service.
			"pulumi.com/skipAwait": pulumi.String("true"),
		}),
		Spec: &corev1.ServiceSpecArgs{
			Type:                     pulumi.String("ClusterIP"),
			ClusterIP:                clusterIP,
			Selector:                 of,
			PublishNotReadyAddresses: pulumi.Bool(true),
			Ports: corev1.ServicePortArray{
				servicePort("peers", config.DefaultPorts().Peers), servicePort("metrics", config.DefaultPorts().Metrics),
			},
		},
	}, b.options()...)
}

func (b *builder) newPublicService() error {
	const azure = "service.beta.kubernetes.io/azure-"
	_, err := corev1.NewService(b.ctx, b.child("public"), &corev1.ServiceArgs{
		Metadata: b.meta(config.StatefulSetName, pulumi.StringMap{
			azure + "pip-name":                     pulumi.String(b.args.AddressName),
			azure + "load-balancer-resource-group": pulumi.String(b.args.ResourceGroup),
			// Minutes; 30 is the most. WebSockets ping more often, but BOSH on a sleeping laptop does not.
			azure + "load-balancer-tcp-idle-timeout": pulumi.String("30"),
		}),
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("LoadBalancer"),
			Selector: pods(),
			// Keeps the users' addresses, and lets Azure's probe see which nodes have a proxy that is ready.
			ExternalTrafficPolicy: pulumi.String("Local"),
			Ports:                 corev1.ServicePortArray{servicePort("https", 443), servicePort("http", 80)},
		},
	}, b.options()...)
	return err
}

func servicePort(name string, port int) *corev1.ServicePortArgs {
	return &corev1.ServicePortArgs{
		Name: pulumi.String(name), Port: pulumi.Int(port), TargetPort: pulumi.String(name), Protocol: pulumi.String("TCP"),
	}
}
