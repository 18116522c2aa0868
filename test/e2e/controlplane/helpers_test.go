package controlplane_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"jitsi-meet-azure/test/e2e/controlplane"
)

// long says whether the tests run that need the control plane's programs.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("E2E_LONG") == "" {
		t.Skip("E2E_LONG is not set")
	}
}

func options(t *testing.T) controlplane.Options {
	t.Helper()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	return controlplane.Options{
		Binaries: filepath.Join(root, ".bin", "kubernetes"), Folder: t.TempDir(),
		Services: netip.MustParsePrefix("10.245.0.0/20"), Pods: netip.MustParsePrefix("10.244.0.0/16"), KubeletPort: 10_250,
	}
}

// pools are a node in each of two zones, two in the third.
func pools() []controlplane.Pool {
	all := make([]controlplane.Pool, 0, 3)
	for zone, nodes := range map[string]int{"1": 1, "2": 1, "3": 2} {
		all = append(all, controlplane.Pool{
			Name: "zone", Zone: zone, Nodes: nodes,
			Labels: map[string]string{corev1.LabelTopologyZone: "westeurope-" + zone, corev1.LabelTopologyRegion: "westeurope"},
			Allocatable: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("16Gi"),
			},
		})
	}
	return all
}

// cluster is a control plane with nodes.
type cluster struct {
	*controlplane.ControlPlane
	client  kubernetes.Interface
	kubelet uint16
}

// kubelet stands in for the kubelets of all nodes and repeats what it is asked.
func kubelet(t *testing.T) uint16 {
	t.Helper()
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, r.URL.Path) }))
	t.Cleanup(server.Close)
	return server.Listener.Addr().(*net.TCPAddr).AddrPort().Port()
}

// namespace makes one of the test's own.
func (c cluster) namespace(t *testing.T, name string, labels map[string]string) string {
	t.Helper()
	_, err := c.client.CoreV1().Namespaces().Create(t.Context(),
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, metav1.CreateOptions{})
	require.NoError(t, err)
	c.eventually(t, "the service account", func(ctx context.Context) bool {
		_, err := c.client.CoreV1().ServiceAccounts(name).Get(ctx, "default", metav1.GetOptions{})
		return err == nil
	})
	return name
}

func (c cluster) deploy(t *testing.T, namespace, zone string, replicas int32) {
	t.Helper()
	_, err := c.client.AppsV1().Deployments(namespace).Create(t.Context(), &appsv1.Deployment{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Replicas: &replicas, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"app": "web"}},
				Spec: corev1.PodSpec{
					NodeSelector: map[string]string{corev1.LabelTopologyZone: "westeurope-" + zone},
					Containers: []corev1.Container{{
						Name: "web", Image: "web",
						Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")}},
					}},
				},
			},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	c.eventually(t, "the pods to be bound to nodes", func(ctx context.Context) bool {
		return len(c.bound(ctx, namespace)) == int(replicas)
	})
}

// bound are the namespace's pods that have a node.
func (c cluster) bound(ctx context.Context, namespace string) []corev1.Pod {
	all, err := c.client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil
	}
	var bound []corev1.Pod
	for _, pod := range all.Items {
		if pod.Spec.NodeName != "" {
			bound = append(bound, pod)
		}
	}
	return bound
}

// run reports the pods as running and ready, as a kubelet does.
func (c cluster) run(t *testing.T, namespace string) {
	t.Helper()
	for _, pod := range c.bound(t.Context(), namespace) {
		now := metav1.Now()
		pod.Status.Phase, pod.Status.StartTime = corev1.PodRunning, &now
		pod.Status.Conditions = append(pod.Status.Conditions,
			corev1.PodCondition{Type: corev1.PodReady, Status: corev1.ConditionTrue, LastTransitionTime: now})
		_, err := c.client.CoreV1().Pods(namespace).UpdateStatus(t.Context(), &pod, metav1.UpdateOptions{})
		require.NoError(t, err)
	}
}

func (c cluster) eventually(t *testing.T, what string, done func(context.Context) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	next := time.NewTicker(200 * time.Millisecond)
	defer next.Stop()
	for !done(ctx) {
		select {
		case <-ctx.Done():
			require.FailNow(t, "waiting for "+what)
		case <-next.C:
		}
	}
}

func (c cluster) evict(t *testing.T, pod corev1.Pod) error {
	t.Helper()
	return c.client.PolicyV1().Evictions(pod.Namespace).Evict(t.Context(),
		&policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: pod.Name, Namespace: pod.Namespace}})
}
