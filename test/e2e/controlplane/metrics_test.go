package controlplane

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	metricsv1beta1 "k8s.io/metrics/pkg/apis/metrics/v1beta1"
)

func pod(name, node string, phase corev1.PodPhase) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shard-a", Labels: map[string]string{"app": name}},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "main"}, {Name: "side"}}},
		Status:     corev1.PodStatus{Phase: phase},
	}
}

func served(usage UsageFunc) *metrics {
	return &metrics{usage: usage, client: fake.NewClientset(
		pod("web", "one", corev1.PodRunning), pod("jicofo", "one", corev1.PodRunning),
		pod("late", "two", corev1.PodPending), pod("unknown", "two", corev1.PodRunning),
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "one"}}, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "two"}},
	)}
}

func usage(pod *corev1.Pod) (int64, bool) { return int64(len(pod.Name)) * 100, pod.Name != "unknown" }

func ask(t *testing.T, m *metrics, path string, answer any) int {
	t.Helper()
	recorder := httptest.NewRecorder()
	m.handler().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/apis/metrics.k8s.io/v1beta1"+path, nil))
	require.NoError(t, json.Unmarshal(recorder.Body.Bytes(), answer), recorder.Body.String())
	return recorder.Code
}

func TestUsageOfPods(t *testing.T) {
	t.Parallel()
	var list metricsv1beta1.PodMetricsList
	assert.Equal(t, http.StatusOK, ask(t, served(usage), "/namespaces/shard-a/pods", &list))
	used := map[string]string{}
	for _, item := range list.Items {
		require.Len(t, item.Containers, 2)
		used[item.Name] = item.Containers[0].Usage.Cpu().String() + "+" + item.Containers[1].Usage.Cpu().String()
		assert.Equal(t, usageWindow, item.Window.Duration)
		assert.Equal(t, item.Name, item.Labels["app"])
	}
	assert.Equal(t, map[string]string{"web": "300m+0", "jicofo": "600m+0"}, used)

	list = metricsv1beta1.PodMetricsList{}
	ask(t, served(usage), "/pods?labelSelector=app%3Dweb", &list)
	require.Len(t, list.Items, 1)
	assert.Equal(t, "web", list.Items[0].Name)

	list = metricsv1beta1.PodMetricsList{}
	ask(t, served(usage), "/namespaces/shard-b/pods", &list)
	assert.NotNil(t, list.Items)
	assert.Empty(t, list.Items)
}

func TestUsageOfOnePod(t *testing.T) {
	t.Parallel()
	var one metricsv1beta1.PodMetrics
	assert.Equal(t, http.StatusOK, ask(t, served(usage), "/namespaces/shard-a/pods/web", &one))
	assert.Equal(t, int64(300), one.Containers[0].Usage.Cpu().MilliValue())
	for _, name := range []string{"late", "unknown", "nobody"} {
		var status metav1.Status
		assert.Equal(t, http.StatusNotFound, ask(t, served(usage), "/namespaces/shard-a/pods/"+name, &status), name)
		assert.Equal(t, metav1.StatusReasonNotFound, status.Reason, name)
		assert.Equal(t, "Status", status.Kind, name)
	}
}

func TestUsageOfNodes(t *testing.T) {
	t.Parallel()
	var list metricsv1beta1.NodeMetricsList
	ask(t, served(usage), "/nodes", &list)
	used := map[string]int64{}
	for _, item := range list.Items {
		used[item.Name] = item.Usage.Cpu().MilliValue()
	}
	assert.Equal(t, map[string]int64{"one": 900, "two": 0}, used)
	var one metricsv1beta1.NodeMetrics
	ask(t, served(usage), "/nodes/one", &one)
	assert.Equal(t, int64(900), one.Usage.Cpu().MilliValue())
}

func TestNobodyKnowsTheUsage(t *testing.T) {
	t.Parallel()
	var list metricsv1beta1.PodMetricsList
	ask(t, served(nil), "/pods", &list)
	assert.Empty(t, list.Items)
}
