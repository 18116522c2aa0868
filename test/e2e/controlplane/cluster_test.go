package controlplane_test

import (
	"context"
	"fmt"
	"net/netip"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"

	"jitsi-meet-azure/test/e2e/controlplane"
	"jitsi-meet-azure/test/procfs"
)

func TestControlPlane(t *testing.T) {
	t.Parallel()
	long(t)
	begun := time.Now()
	kubelet := kubelet(t)
	o := options(t)
	o.KubeletPort = kubelet
	// The test's context ends before what is cleaned up.
	plane, err := controlplane.Start(context.WithoutCancel(t.Context()), o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, plane.Close()) })
	t.Logf("started in %s", time.Since(begun).Round(100*time.Millisecond))
	begun = time.Now()
	require.NoError(t, plane.AddPools(t.Context(), pools()))
	t.Logf("nodes ready in %s", time.Since(begun).Round(100*time.Millisecond))
	client, err := kubernetes.NewForConfig(plane.REST())
	require.NoError(t, err)
	c := cluster{plane, client, kubelet}
	t.Cleanup(func() { // before Close and after all tests
		for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"} {
			t.Logf("%s: %d MiB resident", name, procfs.Memory(plane.Process(name), procfs.Resident)>>20)
		}
	})
	t.Run("together", func(t *testing.T) {
		t.Parallel()
		for name, test := range map[string]func(*testing.T, cluster){
			"nodes are what a kubelet registers": nodesAreRegistered, "pods land in their zone": podsLandInTheirZone,
			"a budget refuses an eviction": aBudgetRefuses, "the autoscaler computes": theAutoscalerComputes,
			"a zone fails and comes back": aZoneFails, "admission is that of AKS": admissionIsThatOfAKS,
			"pools grow and shrink": poolsGrowAndShrink, "the API server finds the kubelet": theKubeletIsFound,
			"kubectl drains": kubectlDrains,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, c)
			})
		}
	})
}

func nodesAreRegistered(t *testing.T, c cluster) {
	t.Helper()
	node, err := c.client.CoreV1().Nodes().Get(t.Context(), "aks-zone-3-vmss000001", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, int32(c.kubelet), node.Status.DaemonEndpoints.KubeletEndpoint.Port)
	assert.Contains(t, node.Status.Addresses, corev1.NodeAddress{Type: corev1.NodeInternalIP, Address: "127.0.0.1"})
	assert.Equal(t, "westeurope-3", node.Labels[corev1.LabelTopologyZone])
	assert.True(t, netip.MustParsePrefix("10.244.0.0/16").Overlaps(netip.MustParsePrefix(node.Spec.PodCIDR)))
	assert.Equal(t, int64(250), node.Status.Allocatable.Pods().Value())
}

func theKubeletIsFound(t *testing.T, c cluster) {
	t.Helper()
	namespace := c.namespace(t, "logs", nil)
	c.deploy(t, namespace, "1", 1)
	name := c.bound(t.Context(), namespace)[0].Name
	said, err := c.client.CoreV1().Pods(namespace).GetLogs(name, &corev1.PodLogOptions{}).DoRaw(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "/containerLogs/logs/"+name+"/web", string(said))
}

// kubectlDrains has kubectl, with the kubeconfig, do what AKS does before it upgrades a node.
func kubectlDrains(t *testing.T, c cluster) {
	t.Helper()
	require.NoError(t, c.AddPools(t.Context(), []controlplane.Pool{{Name: "old", Zone: "d", Nodes: 1}}))
	const node = "aks-old-d-vmss000000"
	said, err := exec.CommandContext(t.Context(), filepath.Join(options(t).Binaries, "kubectl"),
		"--kubeconfig", c.Kubeconfig(), "drain", node, "--ignore-daemonsets", "--timeout=60s").CombinedOutput()
	require.NoError(t, err, string(said))
	assert.Contains(t, string(said), node+" drained")
}

func podsLandInTheirZone(t *testing.T, c cluster) {
	t.Helper()
	namespace := c.namespace(t, "zonal", nil)
	c.deploy(t, namespace, "2", 3)
	pods := c.bound(t.Context(), namespace)
	assert.Len(t, pods, 3)
	for _, pod := range pods {
		assert.Equal(t, "aks-zone-2-vmss000000", pod.Spec.NodeName)
		assert.Equal(t, corev1.PodPending, pod.Status.Phase, "kwok has touched %s", pod.Name)
		assert.Contains(t, tolerations(pod), "node.kubernetes.io/unreachable 300s", "the toleration that AKS gives every pod")
	}
}

func tolerations(pod corev1.Pod) []string {
	var all []string
	for _, toleration := range pod.Spec.Tolerations {
		if toleration.TolerationSeconds != nil {
			all = append(all, fmt.Sprintf("%s %ds", toleration.Key, *toleration.TolerationSeconds))
		}
	}
	return all
}

func aBudgetRefuses(t *testing.T, c cluster) {
	t.Helper()
	namespace := c.namespace(t, "budget", nil)
	c.deploy(t, namespace, "1", 2)
	c.run(t, namespace)
	one := intstr.FromInt32(1)
	_, err := c.client.PolicyV1().PodDisruptionBudgets(namespace).Create(t.Context(), &policyv1.PodDisruptionBudget{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: policyv1.PodDisruptionBudgetSpec{
			MinAvailable: &one, Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"app": "web"}},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	c.eventually(t, "the budget to allow one", func(ctx context.Context) bool {
		budget, err := c.client.PolicyV1().PodDisruptionBudgets(namespace).Get(ctx, "web", metav1.GetOptions{})
		return err == nil && budget.Status.DisruptionsAllowed == 1
	})
	pods := c.bound(t.Context(), namespace)
	require.Len(t, pods, 2)
	require.NoError(t, c.evict(t, pods[0]))
	err = c.evict(t, pods[1])
	require.True(t, apierrors.IsTooManyRequests(err), "%v", err)
	assert.ErrorContains(t, err, "Cannot evict pod as it would violate the pod's disruption budget")
}

func theAutoscalerComputes(t *testing.T, c cluster) {
	t.Helper()
	namespace := c.namespace(t, "scaled", nil)
	c.deploy(t, namespace, "1", 2)
	c.run(t, namespace)
	// Two pods that take 120 of the 100 thousandths they request, where 60 % is wanted, make four.
	c.Usage(func(pod *corev1.Pod) (int64, bool) { return 120, pod.Namespace == namespace })
	wanted := int32(60)
	_, err := c.client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Create(t.Context(), &autoscalingv2.HorizontalPodAutoscaler{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: autoscalingv2.HorizontalPodAutoscalerSpec{
			ScaleTargetRef: autoscalingv2.CrossVersionObjectReference{APIVersion: "apps/v1", Kind: "Deployment", Name: "web"},
			MaxReplicas:    10,
			Metrics: []autoscalingv2.MetricSpec{{Type: autoscalingv2.ResourceMetricSourceType, Resource: &autoscalingv2.ResourceMetricSource{
				Name:   corev1.ResourceCPU,
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &wanted},
			}}},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	c.eventually(t, "the autoscaler to ask for four", func(ctx context.Context) bool {
		scaler, err := c.client.AutoscalingV2().HorizontalPodAutoscalers(namespace).Get(ctx, "web", metav1.GetOptions{})
		return err == nil && scaler.Status.DesiredReplicas == 4
	})
	c.eventually(t, "the deployment to have four", func(ctx context.Context) bool { return len(c.bound(ctx, namespace)) == 4 })
}

func aZoneFails(t *testing.T, c cluster) {
	t.Helper()
	unready := func(ctx context.Context) (found int) {
		nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
		if err != nil {
			return -1
		}
		for _, node := range nodes.Items {
			for _, taint := range node.Spec.Taints {
				if taint.Key == corev1.TaintNodeUnreachable && taint.Effect == corev1.TaintEffectNoExecute {
					assert.Equal(t, "westeurope-3", node.Labels[corev1.LabelTopologyZone], "%s has failed too", node.Name)
					found++
				}
			}
		}
		return found
	}
	require.ErrorContains(t, c.FailZone(t.Context(), "4"), "zone 4 has no nodes")
	begun := time.Now()
	require.NoError(t, c.FailZone(t.Context(), "3"))
	c.eventually(t, "the zone's nodes to be tainted", func(ctx context.Context) bool { return unready(ctx) == 2 })
	t.Logf("noticed after %s", time.Since(begun).Round(time.Second))
	begun = time.Now()
	require.NoError(t, c.RestoreZone(t.Context(), "3"))
	c.eventually(t, "the zone's nodes to be ready", func(ctx context.Context) bool { return unready(ctx) == 0 })
	t.Logf("ready again after %s", time.Since(begun).Round(time.Second))
}

func admissionIsThatOfAKS(t *testing.T, c cluster) {
	t.Helper()
	namespace := c.namespace(t, "restricted", map[string]string{"pod-security.kubernetes.io/enforce": "restricted"})
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "root"}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "root", Image: "root"}}},
	}
	_, err := c.client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{})
	require.ErrorContains(t, err, `violates PodSecurity "restricted:latest"`)
	claim, err := c.client.CoreV1().PersistentVolumeClaims(namespace).Create(t.Context(), &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{Name: "data"},
		Spec: corev1.PersistentVolumeClaimSpec{
			AccessModes: []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce},
			Resources: corev1.VolumeResourceRequirements{
				Requests: corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("1Gi")},
			},
		},
	}, metav1.CreateOptions{})
	require.NoError(t, err)
	assert.Equal(t, "default", *claim.Spec.StorageClassName)
}

func poolsGrowAndShrink(t *testing.T, c cluster) {
	t.Helper()
	pool := controlplane.Pool{Name: "surge", Zone: "s", Nodes: 1, Taints: []corev1.Taint{{Key: "only", Value: "me", Effect: corev1.TaintEffectNoSchedule}}}
	require.NoError(t, c.AddPools(t.Context(), []controlplane.Pool{pool}))
	require.NoError(t, c.AddPools(t.Context(), []controlplane.Pool{pool}))
	first, err := c.client.CoreV1().Nodes().Get(t.Context(), "aks-surge-s-vmss000000", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, pool.Taints, first.Spec.Taints)
	second, err := c.client.CoreV1().Nodes().Get(t.Context(), "aks-surge-s-vmss000001", metav1.GetOptions{})
	require.NoError(t, err)
	assert.NotEqual(t, first.Spec.PodCIDR, second.Spec.PodCIDR)
	for range 2 {
		require.NoError(t, c.RemoveNode(t.Context(), first.Name))
	}
	_, err = c.client.CoreV1().Nodes().Get(t.Context(), first.Name, metav1.GetOptions{})
	assert.True(t, apierrors.IsNotFound(err), "%v", err)
}
