package signalling

import (
	"net/netip"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/netpolicy"
	"jitsi-meet-azure/signalling/names"
)

// newPolicies allows what the shard's services need of each other and nothing else: passwords protect Prosody, but
// nothing protects Jicofo's REST interface, which is for the reaper and the front door's health checks alone. Probes need
// no rule, a node may always reach its own pods. Cilium drops load-balanced traffic too unless a rule admits it, hence those
// for the bridges and the reaper.
func (b *builder) newPolicies() error {
	for _, policy := range []struct {
		suffix string
		spec   *networkingv1.NetworkPolicySpecArgs
	}{
		{"default-deny", &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{},
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
		}},
		{"dns", &networkingv1.NetworkPolicySpecArgs{
			PodSelector: &metav1.LabelSelectorArgs{},
			PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
			Egress:      networkingv1.NetworkPolicyEgressRuleArray{netpolicy.ToClusterDNS()},
		}},
		{"prosody", b.ingress(names.Prosody,
			rule(names.HTTPPort, inside(names.Web)),
			rule(names.ClientPort, inside(names.Jicofo), subnet(b.args.Shard.BridgeSubnet)))},
		{"jicofo", b.ingress(names.Jicofo, rule(names.JicofoPort, subnet(b.args.FunctionSubnet), b.frontDoor()))},
		{"web", b.ingress(names.Web, rule(names.WebPort, b.frontDoor()))},
		{"web-to-prosody", b.egress(selector(names.Web), inside(names.Prosody), names.HTTPPort)},
		{"jicofo-to-prosody", b.egress(selector(names.Jicofo), inside(names.Prosody), names.ClientPort)},
	} {
		_, err := networkingv1.NewNetworkPolicy(b.ctx, b.child("policy-"+policy.suffix), &networkingv1.NetworkPolicyArgs{
			Metadata: b.meta("network-policy", policy.suffix, nil),
			Spec:     policy.spec,
		}, b.options()...)
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) ingress(service string, rules ...networkingv1.NetworkPolicyIngressRuleInput) *networkingv1.NetworkPolicySpecArgs {
	return &networkingv1.NetworkPolicySpecArgs{
		PodSelector: selector(service),
		PolicyTypes: pulumi.ToStringArray([]string{"Ingress"}),
		Ingress:     networkingv1.NetworkPolicyIngressRuleArray(rules),
	}
}

func (b *builder) egress(
	from *metav1.LabelSelectorArgs, to networkingv1.NetworkPolicyPeerInput, port int,
) *networkingv1.NetworkPolicySpecArgs {
	return &networkingv1.NetworkPolicySpecArgs{
		PodSelector: from,
		PolicyTypes: pulumi.ToStringArray([]string{"Egress"}),
		Egress: networkingv1.NetworkPolicyEgressRuleArray{&networkingv1.NetworkPolicyEgressRuleArgs{
			To:    networkingv1.NetworkPolicyPeerArray{to},
			Ports: netpolicy.Ports("TCP", port),
		}},
	}
}

func rule(to int, from ...networkingv1.NetworkPolicyPeerInput) *networkingv1.NetworkPolicyIngressRuleArgs {
	return &networkingv1.NetworkPolicyIngressRuleArgs{
		From:  networkingv1.NetworkPolicyPeerArray(from),
		Ports: netpolicy.Ports("TCP", to),
	}
}

// inside are the pods of a service of this shard.
func inside(service string) *networkingv1.NetworkPolicyPeerArgs {
	return &networkingv1.NetworkPolicyPeerArgs{PodSelector: selector(service)}
}

// frontDoor are the proxies. They ask Jicofo how many bridges it has, and bring users to the web servers. The TURN relays in
// their namespace, which the Internet reaches too, have no business here.
func (b *builder) frontDoor() *networkingv1.NetworkPolicyPeerArgs {
	return &networkingv1.NetworkPolicyPeerArgs{
		NamespaceSelector: netpolicy.Namespace(b.args.Names.FrontDoorNamespace()),
		PodSelector:       selector(config.StatefulSetName),
	}
}

// subnet are the machines of a range outside the cluster. They keep their address on the way to a pod, since the services for
// them deliver to pods of the node itself only (externalTrafficPolicy).
func subnet(addresses netip.Prefix) *networkingv1.NetworkPolicyPeerArgs {
	return &networkingv1.NetworkPolicyPeerArgs{IpBlock: &networkingv1.IPBlockArgs{Cidr: pulumi.String(addresses.String())}}
}
