// Package netpolicy holds the parts of Kubernetes network policies that more than one component writes.
package netpolicy

import (
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	networkingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/networking/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Ports are ports of one protocol, "TCP" or "UDP".
func Ports(protocol string, numbers ...int) networkingv1.NetworkPolicyPortArray {
	var made networkingv1.NetworkPolicyPortArray
	for _, number := range numbers {
		made = append(made, &networkingv1.NetworkPolicyPortArgs{Protocol: pulumi.String(protocol), Port: pulumi.Int(number)})
	}
	return made
}

// ToClusterDNS lets pods ask for names in the cluster.
func ToClusterDNS() *networkingv1.NetworkPolicyEgressRuleArgs {
	return &networkingv1.NetworkPolicyEgressRuleArgs{
		To: networkingv1.NetworkPolicyPeerArray{&networkingv1.NetworkPolicyPeerArgs{
			NamespaceSelector: Namespace("kube-system"),
			PodSelector:       &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{"k8s-app": pulumi.String("kube-dns")}},
		}},
		Ports: append(Ports("UDP", 53), Ports("TCP", 53)...),
	}
}

// Namespace selects a namespace by the label that Kubernetes itself keeps.
func Namespace(name string) *metav1.LabelSelectorArgs {
	return &metav1.LabelSelectorArgs{MatchLabels: pulumi.StringMap{"kubernetes.io/metadata.name": pulumi.String(name)}}
}
