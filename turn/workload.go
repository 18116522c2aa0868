package turn

import (
	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	schedulingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/scheduling/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/content"
	"jitsi-meet-azure/internal/netpolicy"
	"jitsi-meet-azure/internal/shardpool"
	"jitsi-meet-azure/turn/coturn"
	"jitsi-meet-azure/vmss/cloudinit"
)

// newRelays registers the relays. As with Prosody and Jicofo, each way is closed in which a deployment or the cluster could
// stop one that carries media: a new template only waits for the operator, who rolls the shard when it is empty (OnDelete), a
// change that Kubernetes cannot make in place is left out, and node drains are refused (budget, safe-to-evict).
func (b *builder) newRelays(files pulumi.StringMapOutput) error {
	_, err := appsv1.NewStatefulSet(b.ctx, b.child("relays"), &appsv1.StatefulSetArgs{
		Metadata: b.meta(pulumi.StringMap{
			// Pulumi would wait for the pods to take the new template.
			"pulumi.com/skipAwait": pulumi.String("true"),
		}),
		Spec: &appsv1.StatefulSetSpecArgs{
			Replicas:            pulumi.Int(b.args.Turn.Replicas),
			ServiceName:         pulumi.String(b.object),
			PodManagementPolicy: pulumi.String("Parallel"),
			Selector:            b.selector(),
			UpdateStrategy:      &appsv1.StatefulSetUpdateStrategyArgs{Type: pulumi.String("OnDelete")},
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{
					Labels: b.labels(),
					Annotations: pulumi.StringMap{
						"cluster-autoscaler.kubernetes.io/safe-to-evict": pulumi.String("false"),
						// It restarts nothing. It makes a pod with an older configuration one that is to be rolled.
						"meet.jitsi/config-hash": files.ApplyT(content.Hash).(pulumi.StringOutput),
					},
				},
				Spec: b.pod(),
			},
		},
	}, b.options(pulumi.Protect(b.args.Protect), shardpool.StayInPlace())...)
	if err != nil {
		return err
	}
	_, err = policyv1.NewPodDisruptionBudget(b.ctx, b.child("budget"), &policyv1.PodDisruptionBudgetArgs{
		Metadata: b.meta(nil),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(0),
			Selector:       b.selector(),
			// Not ready does not mean unused: a relay is that, too, when its node has lost touch with the cluster, or kubelet has
			// started anew and has not probed yet. Such a relay may carry media. One that is broken waits for the operator, as every
			// other does when its node is drained.
			UnhealthyPodEvictionPolicy: pulumi.String("IfHealthyBudget"),
		},
	}, b.options()...)
	return err
}

// newPriorityClass keeps the relays from being pushed off their node by pods that can run anywhere. They push off nobody
// themselves: one that finds no room waits for a node, rather than end a pod that carries somebody's meeting. Kubernetes lets
// neither be changed later. Classes are the cluster's, so each shard has one of its own name.
func (b *builder) newPriorityClass() error {
	_, err := schedulingv1.NewPriorityClass(b.ctx, b.child("priority"), &schedulingv1.PriorityClassArgs{
		Metadata:         &metav1.ObjectMetaArgs{Name: pulumi.String(b.object)},
		Value:            pulumi.Int(shardpool.Priority),
		PreemptionPolicy: pulumi.String("Never"),
		Description:      pulumi.String("TURN relays, through which the media of users without UDP go."),
	}, pulumi.Parent(b.parent))
	return err
}

// newPolicy closes the relays both ways. In: everybody, on the TLS port, which is what a rule without a source means. Out: the
// media port of the shard's bridges, at their public addresses. Not even names: a relay has none to ask for. coturn refuses
// other peers too; whoever takes it over gets no farther for all that.
func (b *builder) newPolicy() error {
	_, err := networkingv1.NewNetworkPolicy(b.ctx, b.child("policy"), &networkingv1.NetworkPolicyArgs{
		Metadata: b.meta(nil),
		Spec: &networkingv1.NetworkPolicySpecArgs{
			PodSelector: b.selector(),
			PolicyTypes: pulumi.ToStringArray([]string{"Ingress", "Egress"}),
			Ingress: networkingv1.NetworkPolicyIngressRuleArray{
				&networkingv1.NetworkPolicyIngressRuleArgs{Ports: netpolicy.Ports("TCP", coturn.DefaultTLSPort)},
			},
			Egress: networkingv1.NetworkPolicyEgressRuleArray{&networkingv1.NetworkPolicyEgressRuleArgs{
				To: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{
					IpBlock: &networkingv1.IPBlockArgs{Cidr: b.args.PrefixCIDR},
				}},
				Ports: netpolicy.Ports("UDP", cloudinit.MediaPort),
			}},
		},
	}, b.options()...)
	return err
}
