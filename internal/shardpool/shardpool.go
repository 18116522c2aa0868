// Package shardpool says where the pods of a shard run, on the node pool of the shard's zone that is kept free for shards, and what
// keeps those running that carry meetings.
package shardpool

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// NodeSelector picks the pools of shards.
func NodeSelector() pulumi.StringMap {
	return pulumi.StringMap{"meet.jitsi/pool": pulumi.String("shards")}
}

// Tolerations admit pods to the pools that are kept free for shards.
func Tolerations() corev1.TolerationArray {
	return corev1.TolerationArray{&corev1.TolerationArgs{
		Key:      pulumi.String("meet.jitsi/shard"),
		Operator: pulumi.String("Equal"),
		Value:    pulumi.String("true"),
		Effect:   pulumi.String("NoSchedule"),
	}}
}

// StayPut admits pods too, and keeps them on a node that has not been heard of. Kubernetes deletes other pods after five
// minutes, past all budgets. A pod of a StatefulSet could not start elsewhere anyway before the node is known to be gone,
// and if the node was only cut off, its meetings are still going on.
func StayPut() corev1.TolerationArray {
	tolerated := Tolerations()
	for _, taint := range []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"} {
		tolerated = append(tolerated, &corev1.TolerationArgs{
			Key: pulumi.String(taint), Operator: pulumi.String("Exists"), Effect: pulumi.String("NoExecute"),
		})
	}
	return tolerated
}

// InZone keeps pods in a zone of the region: the shard's bridges are there, and a shard must not fail with another's zone.
func InZone(location string, zone int) *corev1.AffinityArgs {
	return &corev1.AffinityArgs{NodeAffinity: &corev1.NodeAffinityArgs{
		RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelectorArgs{
			NodeSelectorTerms: corev1.NodeSelectorTermArray{&corev1.NodeSelectorTermArgs{
				MatchExpressions: corev1.NodeSelectorRequirementArray{&corev1.NodeSelectorRequirementArgs{
					Key:      pulumi.String("topology.kubernetes.io/zone"),
					Operator: pulumi.String("In"),
					Values:   pulumi.ToStringArray([]string{fmt.Sprintf("%s-%d", location, zone)}),
				}},
			}},
		},
	}}
}

// StayInPlace leaves out a change of a StatefulSet that Kubernetes cannot make in place. The provider would delete it, and with it
// the pods.
func StayInPlace() pulumi.ResourceOption {
	return pulumi.IgnoreChanges([]string{
		"spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates",
	})
}

// Priority is that of pods which must not be pushed off their node by pods that can run anywhere: above all but the cluster's own.
const Priority = 1_000_000

// Lenient is a liveness probe that gives up only on a process that has not accepted a connection for ten minutes: one that is busy
// and is killed for being slow takes meetings with it, a stuck one is the operator's alert.
func Lenient(port string) *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		TcpSocket:        &corev1.TCPSocketActionArgs{Port: pulumi.String(port)},
		PeriodSeconds:    pulumi.Int(30),
		TimeoutSeconds:   pulumi.Int(10),
		FailureThreshold: pulumi.Int(20),
	}
}
