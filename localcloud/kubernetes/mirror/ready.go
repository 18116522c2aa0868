package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// ReadyTimeout is how long the real provider waits for a Deployment, a StatefulSet or a Service that has no time-out of
// its own.
const ReadyTimeout = 10 * time.Minute

// Await waits until an object is ready and gives the reasons why it is not, where it is not in time. Kinds that the real
// provider does not wait for, and those that the deployed program has none of, are ready at once.
func (m *Mirror) Await(
	ctx context.Context, kind object.Kind, namespace, name string, timeout time.Duration,
) (reasons []string, err error) {
	check, waited := readiness()[kind.Kind]
	if !waited {
		return nil, nil
	}
	ready, err := m.poll(ctx, timeout, func(ctx context.Context) (bool, error) {
		current, found, err := m.Get(ctx, kind, namespace, name)
		if err != nil {
			return false, err
		}
		if !found {
			return false, fmt.Errorf("%s %s/%s was deleted while it was waited for", kind.Kind, namespace, name)
		}
		reasons, err = check(ctx, m, current)
		return len(reasons) == 0, err
	})
	if ready || err != nil {
		return nil, err
	}
	return append(reasons, m.complaints(ctx, kind, namespace, name)...), nil
}

// readiness says, by kind, what an object that is not ready waits for.
func readiness() map[string]func(context.Context, *Mirror, *unstructured.Unstructured) ([]string, error) {
	return map[string]func(context.Context, *Mirror, *unstructured.Unstructured) ([]string, error){
		"Deployment":  deploymentReady,
		"StatefulSet": statefulSetReady,
		"Service":     serviceReady,
	}
}

// into reads an object as its type.
func into(o *unstructured.Unstructured, target any) error {
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, target); err != nil {
		return fmt.Errorf("read %s %s: %w", o.GetKind(), o.GetName(), err)
	}
	return nil
}

var errNoController = errors.New("not seen by its controller yet")

// deploymentReady wants the rollout of the present generation finished.
func deploymentReady(_ context.Context, _ *Mirror, o *unstructured.Unstructured) ([]string, error) {
	var d appsv1.Deployment
	if err := into(o, &d); err != nil {
		return nil, err
	}
	if d.Status.ObservedGeneration != d.Generation {
		return []string{errNoController.Error()}, nil
	}
	conditions := map[appsv1.DeploymentConditionType]appsv1.DeploymentCondition{}
	for _, c := range d.Status.Conditions {
		conditions[c.Type] = c
	}
	var reasons []string
	progress := conditions[appsv1.DeploymentProgressing]
	if progress.Status != corev1.ConditionTrue || progress.Reason != "NewReplicaSetAvailable" {
		reasons = append(reasons, fmt.Sprintf("%d out of %d replicas are updated, %d available: %s", d.Status.UpdatedReplicas,
			count(d.Spec.Replicas), d.Status.AvailableReplicas, progress.Message))
	}
	if available := conditions[appsv1.DeploymentAvailable]; available.Status != corev1.ConditionTrue {
		reasons = append(reasons, "minimum number of Pods to consider the application live was not attained: "+available.Message)
	}
	if failure := conditions[appsv1.DeploymentReplicaFailure]; len(reasons) > 0 && failure.Status == corev1.ConditionTrue {
		reasons = append(reasons, failure.Message)
	}
	return reasons, nil
}

// statefulSetReady wants all replicas ready and of the present revision. Where pods are replaced only when somebody deletes
// them, a changed template waits for nobody: then the replicas need only be ready.
//
// The real provider does not look at the observed generation, so it may be satisfied by the status before the change; here
// that is not ready.
func statefulSetReady(_ context.Context, _ *Mirror, o *unstructured.Unstructured) ([]string, error) {
	var s appsv1.StatefulSet
	if err := into(o, &s); err != nil {
		return nil, err
	}
	status, wanted := s.Status, count(s.Spec.Replicas)
	if status.ObservedGeneration != s.Generation {
		return []string{errNoController.Error()}, nil
	}
	var reasons []string
	held := s.Generation > 1 && s.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType
	if status.Replicas != wanted || status.ReadyReplicas != wanted || !held && status.CurrentReplicas != wanted {
		reasons = append(reasons, fmt.Sprintf("%d out of %d replicas succeeded readiness checks, %d of the present revision",
			status.ReadyReplicas, wanted, status.CurrentReplicas))
	}
	if !held && (status.CurrentRevision == "" || status.CurrentRevision != status.UpdateRevision) {
		reasons = append(reasons, fmt.Sprintf("StatefulSet controller failed to advance from revision %q to revision %q",
			status.CurrentRevision, status.UpdateRevision))
	}
	return reasons, nil
}

func count(replicas *int32) int32 {
	if replicas == nil {
		return 1
	}
	return *replicas
}

// serviceReady wants a Service to have endpoints, ready or not, unless it is headless or a name for something outside; and
// one of type LoadBalancer to have an address. The real provider then waits another 10 s for more endpoints to come, which
// proves nothing here and is left out.
func serviceReady(ctx context.Context, m *Mirror, o *unstructured.Unstructured) ([]string, error) {
	var s corev1.Service
	if err := into(o, &s); err != nil {
		return nil, err
	}
	var reasons []string
	if s.Spec.Type != corev1.ServiceTypeExternalName && s.Spec.ClusterIP != corev1.ClusterIPNone {
		targets, err := m.hasEndpoints(ctx, s.Namespace, s.Name)
		if err != nil {
			return nil, err
		}
		if !targets {
			reasons = append(reasons, "Service does not target any Pods. Selected Pods may not be ready, or field "+
				"'.spec.selector' may not match labels on any Pods")
		}
	}
	if s.Spec.Type == corev1.ServiceTypeLoadBalancer && len(s.Status.LoadBalancer.Ingress) == 0 {
		reasons = append(reasons, "Service was not allocated an IP address; does your cloud provider support this?")
	}
	return reasons, nil
}

func (m *Mirror) hasEndpoints(ctx context.Context, namespace, service string) (bool, error) {
	slices, _ := object.ByGroupKind(discoveryv1.GroupName, "EndpointSlice")
	list, err := m.resource(slices, namespace).List(ctx, metav1.ListOptions{
		LabelSelector: labels.Set{discoveryv1.LabelServiceName: service}.String(),
	})
	if err != nil {
		return false, fmt.Errorf("the endpoints of Service %s: %w", service, err)
	}
	for i := range list.Items {
		endpoints, _, _ := unstructured.NestedSlice(list.Items[i].Object, "endpoints")
		if len(endpoints) > 0 {
			return true, nil
		}
	}
	return false, nil
}
