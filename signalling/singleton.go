package signalling

import (
	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	schedulingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/scheduling/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/shardpool"
)

// newSingleton registers a service of which the shard has exactly one pod and whose restart ends every meeting of the
// shard. It closes each way in which that restart could come about by itself:
//   - a new template only waits for the operator to delete the pod (OnDelete),
//   - a change that Kubernetes cannot make in place is left out rather than made by deleting the StatefulSet,
//   - node drains, whether by a person, an upgrade or the cluster autoscaler, are refused (budget, safe-to-evict),
//   - a node that is not heard of for a while keeps its pod, and a node that runs short of memory takes other pods first,
//   - no content of a Secret or ConfigMap is part of the template.
func (b *builder) newSingleton(service string, spec *corev1.PodSpecArgs) error {
	spec.Tolerations = shardpool.StayPut()
	spec.PriorityClassName = pulumi.String(b.priorityClass())
	_, err := appsv1.NewStatefulSet(b.ctx, b.child(service), &appsv1.StatefulSetArgs{
		Metadata: b.meta(service, service, pulumi.StringMap{
			// Pulumi would wait for the pod to take the new template, which with OnDelete it does only when an operator
			// rolls the shard.
			"pulumi.com/skipAwait": pulumi.String("true"),
		}),
		Spec: &appsv1.StatefulSetSpecArgs{
			Replicas:       pulumi.Int(1),
			ServiceName:    pulumi.String(service),
			Selector:       selector(service),
			UpdateStrategy: &appsv1.StatefulSetUpdateStrategyArgs{Type: pulumi.String("OnDelete")},
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{
					Labels: b.labels(service),
					Annotations: pulumi.StringMap{
						"cluster-autoscaler.kubernetes.io/safe-to-evict": pulumi.String("false"),
					},
				},
				Spec: spec,
			},
		},
	}, b.options(pulumi.Protect(b.args.Protect), shardpool.StayInPlace())...)
	if err != nil {
		return err
	}
	return b.newBudget(service, 0)
}

// priorityClass is the name of the class that the shard's singletons run in. Classes are the cluster's, so each shard has
// one of its own name.
func (b *builder) priorityClass() string { return b.namespace + "-singletons" }

// newPriorityClass keeps the singletons from being pushed off their node by pods that can run anywhere.
func (b *builder) newPriorityClass() error {
	_, err := schedulingv1.NewPriorityClass(b.ctx, b.child("priority"), &schedulingv1.PriorityClassArgs{
		Metadata:    &metav1.ObjectMetaArgs{Name: pulumi.String(b.priorityClass())},
		Value:       pulumi.Int(shardpool.Priority),
		Description: pulumi.String("Prosody and Jicofo, which hold every room of their shard in memory."),
	}, pulumi.Parent(b.parent))
	return err
}

// newBudget says how many pods of a service may be evicted at a time; 0 is never.
func (b *builder) newBudget(service string, maxUnavailable int) error {
	_, err := policyv1.NewPodDisruptionBudget(b.ctx, b.child(service+"-budget"), &policyv1.PodDisruptionBudgetArgs{
		Metadata: b.meta(service, service, nil),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(maxUnavailable),
			Selector:       selector(service),
		},
	}, b.options()...)
	return err
}

// patient is a startup probe that gives a service five minutes.
func patient(port string) *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		TcpSocket:        &corev1.TCPSocketActionArgs{Port: pulumi.String(port)},
		PeriodSeconds:    pulumi.Int(5),
		TimeoutSeconds:   pulumi.Int(5),
		FailureThreshold: pulumi.Int(60),
	}
}

// answers is a readiness probe over HTTP.
func answers(port, path string) *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		HttpGet:          &corev1.HTTPGetActionArgs{Port: pulumi.String(port), Path: pulumi.String(path)},
		PeriodSeconds:    pulumi.Int(10),
		TimeoutSeconds:   pulumi.Int(5),
		FailureThreshold: pulumi.Int(3),
	}
}
