package mirror

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// mostComplaints bounds how many a message lists: a Deployment's pods all complain of the same.
const mostComplaints = 10

// complaints are what the cluster says about an object that is not ready: the warnings about it, and what its pods wait for.
// They are for a message, so what cannot be read is left out.
func (m *Mirror) complaints(ctx context.Context, kind object.Kind, namespace, name string) []string {
	all := m.warnings(ctx, namespace, name)
	current, found, err := m.Get(ctx, kind, namespace, name)
	if err != nil || !found {
		return all
	}
	var workload struct {
		Spec struct {
			Selector *metav1.LabelSelector `json:"selector"`
		} `json:"spec"`
	}
	if kind.Kind == "Service" || into(current, &workload) != nil || workload.Spec.Selector == nil {
		return all
	}
	pods, _ := object.ByGroupKind("", "Pod")
	list, err := m.resource(pods, namespace).List(ctx, metav1.ListOptions{
		LabelSelector: labels.Set(workload.Spec.Selector.MatchLabels).String(),
	})
	if err != nil {
		return all
	}
	for i := range list.Items {
		var pod corev1.Pod
		if into(&list.Items[i], &pod) != nil {
			continue
		}
		all = append(all, lacks(&pod)...)
		if len(lacks(&pod)) > 0 {
			all = append(all, m.warnings(ctx, namespace, pod.Name)...)
		}
	}
	return slices.Compact(all[:min(len(all), mostComplaints)])
}

// lacks says what a pod waits for; nothing if it is ready.
func lacks(pod *corev1.Pod) []string {
	var reasons []string
	ready := false
	for _, c := range pod.Status.Conditions {
		ready = ready || c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		if c.Status != corev1.ConditionTrue && c.Message != "" && c.Type != corev1.ContainersReady {
			reasons = append(reasons, fmt.Sprintf("Pod %s is not %s: %s", pod.Name, c.Type, c.Message))
		}
	}
	if ready {
		return nil
	}
	for _, c := range slices.Concat(pod.Status.InitContainerStatuses, pod.Status.ContainerStatuses) {
		if waits := c.State.Waiting; waits != nil {
			reasons = append(reasons, fmt.Sprintf("Pod %s: container %s waits: %s %s", pod.Name, c.Name, waits.Reason, waits.Message))
		}
	}
	if len(reasons) == 0 {
		reasons = append(reasons, fmt.Sprintf("Pod %s is not ready", pod.Name))
	}
	return reasons
}

// warnings are the messages of an object's warning events.
func (m *Mirror) warnings(ctx context.Context, namespace, name string) []string {
	events := m.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "events"}).Namespace(namespace)
	list, err := events.List(ctx, metav1.ListOptions{FieldSelector: "type=Warning,involvedObject.name=" + name})
	if err != nil {
		return nil
	}
	var all []string
	for i := range list.Items {
		var event corev1.Event
		if into(&list.Items[i], &event) == nil {
			all = append(all, fmt.Sprintf("%s %s: %s", event.InvolvedObject.Kind, name, event.Message))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
