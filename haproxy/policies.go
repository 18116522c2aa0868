package haproxy

import (
	"maps"
	"slices"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/netpolicy"
)

// newPolicies closes the namespace both ways, and opens it for the proxies. In: users, the proxies among themselves, metrics
// from inside the cluster. Out: names, the shards, the proxies among themselves. Whoever takes over a proxy gets no farther
// than its shards; the relays in this namespace have a policy of their own, and get nothing by this one.
func (b *builder) newPolicies() error {
	_, err := networkingv1.NewNetworkPolicy(b.ctx, b.child("policy-default-deny"), &networkingv1.NetworkPolicyArgs{
		Metadata: b.meta("default-deny", nil),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{},
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
		},
	}, b.options()...)
	if err != nil {
		return err
	}
	_, err = networkingv1.NewNetworkPolicy(b.ctx, b.child("policy"), &networkingv1.NetworkPolicyArgs{
		Metadata: b.meta(config.StatefulSetName, nil),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: selector(),
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
			Ingress:     b.in(),
			Egress:      b.out(),
		},
	}, b.options()...)
	return err
}

func (b *builder) in() networkingv1.NetworkPolicyIngressRuleArray {
	ports := config.DefaultPorts()
	return networkingv1.NetworkPolicyIngressRuleArray{
		// Users: from everywhere, which is what a rule without a source means.
		&networkingv1.NetworkPolicyIngressRuleArgs{Ports: netpolicy.Ports("TCP", ports.HTTP, ports.HTTPS)},
		&networkingv1.NetworkPolicyIngressRuleArgs{
			From:  networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{PodSelector: selector()}},
			Ports: netpolicy.Ports("TCP", ports.Peers),
		},
		// The whole cluster, for whoever collects metrics; other proxies ask there too.
		&networkingv1.NetworkPolicyIngressRuleArgs{
			From: networkingv1.NetworkPolicyPeerArray{
				&networkingv1.NetworkPolicyPeerArgs{NamespaceSelector: &metav1.LabelSelectorArgs{}},
			},
			Ports: netpolicy.Ports("TCP", ports.Metrics),
		},
	}
}

func (b *builder) out() networkingv1.NetworkPolicyEgressRuleArray {
	ports := config.DefaultPorts()
	shards := map[int]bool{}
	for _, backend := range b.args.Backends {
		shards[backend.Port], shards[backend.JicofoPort] = true, true
	}
	return networkingv1.NetworkPolicyEgressRuleArray{
		netpolicy.ToClusterDNS(),
		&networkingv1.NetworkPolicyEgressRuleArgs{
			To: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{
				NamespaceSelector: &metav1.LabelSelectorArgs{MatchExpressions: metav1.LabelSelectorRequirementArray{
					&metav1.LabelSelectorRequirementArgs{Key: pulumi.String("meet.jitsi/shard"), Operator: pulumi.String("Exists")},
				}},
			}},
			Ports: netpolicy.Ports("TCP", slices.Sorted(maps.Keys(shards))...),
		},
		&networkingv1.NetworkPolicyEgressRuleArgs{
			To:    networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{PodSelector: selector()}},
			Ports: netpolicy.Ports("TCP", ports.Peers, ports.Metrics),
		},
	}
}
