package controlplane

import (
	"context"
	"fmt"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

// pods answers a list, with the request's label and field selectors.
func (m *metrics) pods(r *http.Request) (any, error) {
	found, err := m.client.CoreV1().Pods(r.PathValue("namespace")).List(r.Context(), selection(r))
	if err != nil {
		return nil, fmt.Errorf("listing pods: %w", err)
	}
	answer := metricsv1beta1.PodMetricsList{TypeMeta: kind("PodMetricsList"), Items: []metricsv1beta1.PodMetrics{}}
	for _, pod := range found.Items {
		if usage, known := m.ofPod(&pod); known {
			answer.Items = append(answer.Items, usage)
		}
	}
	return answer, nil
}

func (m *metrics) pod(r *http.Request) (any, error) {
	name := r.PathValue("name")
	pod, err := m.client.CoreV1().Pods(r.PathValue("namespace")).Get(r.Context(), name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading pod %s: %w", name, err)
	}
	usage, known := m.ofPod(pod)
	if !known {
		return nil, apierrors.NewNotFound(metricsv1beta1.Resource("podmetrics"), pod.Namespace+"/"+name)
	}
	return usage, nil
}

// ofPod has all of the pod's processor time in its first container: autoscalers add the containers up.
func (m *metrics) ofPod(pod *corev1.Pod) (metricsv1beta1.PodMetrics, bool) {
	milliCPU, known := m.milliCPU(pod)
	if !known {
		return metricsv1beta1.PodMetrics{}, false
	}
	containers := make([]metricsv1beta1.ContainerMetrics, len(pod.Spec.Containers))
	for i, container := range pod.Spec.Containers {
		containers[i] = metricsv1beta1.ContainerMetrics{Name: container.Name, Usage: processor(milliCPU)}
		milliCPU = 0
	}
	return metricsv1beta1.PodMetrics{
		TypeMeta:   kind("PodMetrics"),
		ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace, Labels: pod.Labels},
		Timestamp:  metav1.Now(), Window: metav1.Duration{Duration: usageWindow}, Containers: containers,
	}, true
}

func (m *metrics) milliCPU(pod *corev1.Pod) (int64, bool) {
	m.mutex.Lock()
	usage := m.usage
	m.mutex.Unlock()
	if usage == nil || pod.Status.Phase != corev1.PodRunning {
		return 0, false
	}
	return usage(pod)
}

func (m *metrics) nodes(r *http.Request) (any, error) {
	found, err := m.client.CoreV1().Nodes().List(r.Context(), selection(r))
	if err != nil {
		return nil, fmt.Errorf("listing nodes: %w", err)
	}
	used, err := m.byNode(r.Context())
	if err != nil {
		return nil, err
	}
	answer := metricsv1beta1.NodeMetricsList{TypeMeta: kind("NodeMetricsList"), Items: []metricsv1beta1.NodeMetrics{}}
	for _, node := range found.Items {
		answer.Items = append(answer.Items, ofNode(&node, used[node.Name]))
	}
	return answer, nil
}

func (m *metrics) node(r *http.Request) (any, error) {
	name := r.PathValue("name")
	node, err := m.client.CoreV1().Nodes().Get(r.Context(), name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("reading node %s: %w", name, err)
	}
	used, err := m.byNode(r.Context())
	if err != nil {
		return nil, err
	}
	return ofNode(node, used[name]), nil
}

// byNode adds the known usage of all pods up.
func (m *metrics) byNode(ctx context.Context) (map[string]int64, error) {
	all, err := m.client.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing pods: %w", err)
	}
	used := map[string]int64{}
	for _, pod := range all.Items {
		if milliCPU, known := m.milliCPU(&pod); known {
			used[pod.Spec.NodeName] += milliCPU
		}
	}
	return used, nil
}

func ofNode(node *corev1.Node, milliCPU int64) metricsv1beta1.NodeMetrics {
	return metricsv1beta1.NodeMetrics{
		TypeMeta: kind("NodeMetrics"), ObjectMeta: metav1.ObjectMeta{Name: node.Name, Labels: node.Labels},
		Timestamp: metav1.NewTime(time.Now()), Window: metav1.Duration{Duration: usageWindow}, Usage: processor(milliCPU),
	}
}

func processor(milliCPU int64) corev1.ResourceList {
	return corev1.ResourceList{corev1.ResourceCPU: *resource.NewMilliQuantity(milliCPU, resource.DecimalSI)}
}

func selection(r *http.Request) metav1.ListOptions {
	query := r.URL.Query()
	return metav1.ListOptions{LabelSelector: query.Get("labelSelector"), FieldSelector: query.Get("fieldSelector")}
}

func kind(name string) metav1.TypeMeta {
	return metav1.TypeMeta{Kind: name, APIVersion: metricsv1beta1.SchemeGroupVersion.String()}
}
