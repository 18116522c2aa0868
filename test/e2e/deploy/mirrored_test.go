package deploy_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"jitsi-meet-azure/test/e2e/controlplane"
	"jitsi-meet-azure/test/e2e/deploy"
)

// alone lets one control plane run at a time: each takes most of a small machine.
var alone sync.Mutex

// cluster is an environment on a real control plane whose pods run as soon as they have a node.
type cluster struct {
	t      *testing.T
	client kubernetes.Interface
	plane  *controlplane.ControlPlane
	*deploy.Deployment
}

func onARealControlPlane(t *testing.T, stack string, changes map[string]any) cluster {
	t.Helper()
	if os.Getenv("E2E_LONG") == "" {
		t.Skip("E2E_LONG is not set")
	}
	alone.Lock()
	t.Cleanup(alone.Unlock)
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	folder := t.TempDir()
	o := controlplane.Options{Binaries: filepath.Join(root, ".bin", "kubernetes"), Folder: filepath.Join(folder, "cluster"), KubeletPort: 10_250}
	d, err := deploy.New(t.Context(), deploy.Options{
		Stack: stack, Folder: filepath.Join(folder, "deployment"), Kubeconfig: o.Kubeconfig(), Changes: changes,
	})
	require.NoError(t, err)
	o.Pods, o.Services, err = d.Networks()
	require.NoError(t, err)
	plane, err := controlplane.Start(context.WithoutCancel(t.Context()), o)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, plane.Close()) })
	pools, err := d.Pools()
	require.NoError(t, err)
	require.NoError(t, plane.AddPools(t.Context(), pools))
	plane.Usage(func(*corev1.Pod) (int64, bool) { return 10, true })
	client, err := kubernetes.NewForConfig(plane.REST())
	require.NoError(t, err)
	c := cluster{t: t, client: client, plane: plane, Deployment: d}
	go c.runPods(t.Context())
	return c
}

// runPods is the least that a kubelet does, until the context ends.
func (c cluster) runPods(ctx context.Context) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for n := 1; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		pods, err := c.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{})
		if err != nil {
			continue
		}
		for i := range pods.Items {
			pod := &pods.Items[i]
			switch {
			case pod.DeletionTimestamp != nil:
				_ = c.client.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, *metav1.NewDeleteOptions(0))
			case pod.Spec.NodeName != "" && pod.Status.Phase == corev1.PodPending:
				n++
				pod.Status.Phase, pod.Status.PodIP = corev1.PodRunning, fmt.Sprintf("10.244.%d.%d", n/250, n%250+1)
				pod.Status.PodIPs = []corev1.PodIP{{IP: pod.Status.PodIP}}
				for _, condition := range []corev1.PodConditionType{corev1.PodInitialized, corev1.ContainersReady, corev1.PodReady} {
					pod.Status.Conditions = append(pod.Status.Conditions, corev1.PodCondition{
						Type: condition, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now(),
					})
				}
				_, _ = c.client.CoreV1().Pods(pod.Namespace).UpdateStatus(ctx, pod, metav1.UpdateOptions{})
			}
		}
	}
}

func (c cluster) up() {
	c.t.Helper()
	began := time.Now()
	require.NoError(c.t, c.Up(c.t.Context()))
	c.t.Logf("deployed in %s", time.Since(began).Round(100*time.Millisecond))
	c.agrees()
}

// agrees holds every object against the API server's.
func (c cluster) agrees() {
	c.t.Helper()
	found, err := c.Audit(c.t.Context())
	require.NoError(c.t, err)
	for _, d := range found {
		assert.Fail(c.t, d.String())
	}
}

// pods are those whose names begin so, by namespace and name, with what tells one from another of the same name.
func (c cluster) pods(prefixes ...string) map[string]string {
	c.t.Helper()
	all, err := c.client.CoreV1().Pods("").List(c.t.Context(), metav1.ListOptions{})
	require.NoError(c.t, err)
	found := map[string]string{}
	for i := range all.Items {
		pod := &all.Items[i]
		for _, prefix := range prefixes {
			if strings.HasPrefix(pod.Name, prefix) {
				found[pod.Namespace+"/"+pod.Name] = string(pod.UID)
			}
		}
	}
	return found
}

// zones holds the pods of shards to their shards' zones.
func (c cluster) zones() {
	c.t.Helper()
	for _, shard := range c.Settings().Shards {
		pods, err := c.client.CoreV1().Pods("shard-"+shard.Name).List(c.t.Context(), metav1.ListOptions{})
		require.NoError(c.t, err)
		require.NotEmpty(c.t, pods.Items)
		for i := range pods.Items {
			node, err := c.client.CoreV1().Nodes().Get(c.t.Context(), pods.Items[i].Spec.NodeName, metav1.GetOptions{})
			require.NoError(c.t, err)
			assert.Equal(c.t, fmt.Sprintf("westeurope-%d", shard.Zone), node.Labels[corev1.LabelTopologyZone], pods.Items[i].Name)
		}
	}
}

// Every object of the environment is admitted by a real API server and becomes ready; an upgrade restarts nobody who holds
// conferences; a shard that is taken out takes its namespace with it.
func TestARealControlPlaneTakesDev(t *testing.T) {
	t.Parallel()
	c := onARealControlPlane(t, "dev", map[string]any{"shards[2]": map[string]any{
		"name": "c", "zone": 3, "bridgeSubnet": "10.40.2.64/27", "signallingAddress": "10.40.1.12",
	}})
	c.up()
	c.zones()
	service, err := c.client.CoreV1().Services("shard-a").Get(t.Context(), "prosody-bridges", metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, "10.40.1.10", service.Status.LoadBalancer.Ingress[0].IP)

	singletons, webs := c.pods("prosody-", "jicofo-", "turn-"), c.pods("web-")
	require.Len(t, singletons, 9)
	require.NoError(t, c.Set("jitsi.imageTag", "stable-11146-9"))
	_, err = c.Preview(t.Context())
	require.NoError(t, err)
	c.up()
	assert.Equal(t, singletons, c.pods("prosody-", "jicofo-", "turn-"), "an upgrade restarts nobody who holds conferences")
	for name := range webs {
		assert.NotContains(t, c.pods("web-"), name)
	}

	require.NoError(t, c.Set("shards[2]", nil))
	c.up()
	namespaces, err := c.client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	for _, n := range namespaces.Items {
		assert.NotEqual(t, "shard-c", n.Name)
	}
}

func TestARealControlPlaneTakesProd(t *testing.T) {
	t.Parallel()
	c := onARealControlPlane(t, "prod", nil)
	c.up()
	c.zones()
}

// The certificate in a Key Vault needs an object of a kind that AKS' add-on brings.
func TestARealControlPlaneTakesAKeyVault(t *testing.T) {
	t.Parallel()
	c := onARealControlPlane(t, "dev", map[string]any{"frontDoor.keyVaultCertificate": map[string]any{
		"vaultId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv-meet",
		"name":    "meet", "tenantId": "55555555-4444-3333-2222-111111111111",
	}})
	c.up()
	all, err := dynamic.NewForConfig(c.plane.REST())
	require.NoError(t, err)
	classes := all.Resource(schema.GroupVersionResource{
		Group: "secrets-store.csi.x-k8s.io", Version: "v1", Resource: "secretproviderclasses",
	}).Namespace("front-door")
	found, err := classes.List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	require.NotEmpty(t, found.Items)
	require.NoError(t, c.Set("frontDoor.keyVaultCertificate", nil))
	c.up()
	found, err = classes.List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	assert.Empty(t, found.Items)
}

// What a real scheduler cannot place is waited for: without its nodes a zone's web servers never run.
func TestARealControlPlaneIsWaitedFor(t *testing.T) {
	t.Parallel()
	c := onARealControlPlane(t, "dev", nil)
	nodes, err := c.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{LabelSelector: "topology.kubernetes.io/zone=westeurope-1"})
	require.NoError(t, err)
	cordon := func(closed bool) {
		for i := range nodes.Items {
			node, err := c.client.CoreV1().Nodes().Get(t.Context(), nodes.Items[i].Name, metav1.GetOptions{})
			require.NoError(t, err)
			node.Spec.Unschedulable = closed
			_, err = c.client.CoreV1().Nodes().Update(t.Context(), node, metav1.UpdateOptions{})
			require.NoError(t, err)
		}
	}
	cordon(true)
	ctx, cancel := context.WithTimeout(t.Context(), 45*time.Second)
	defer cancel()
	require.ErrorIs(t, c.Up(ctx), context.DeadlineExceeded)
	assert.Empty(t, c.pods("haproxy-"), "what needs the web servers is not made yet")
	cordon(false)
	c.up()
	c.zones()
}
