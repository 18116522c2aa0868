package proxy_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"jitsi-meet-azure/test/e2e/controlplane"
	"jitsi-meet-azure/test/e2e/kubelet"
	"jitsi-meet-azure/test/e2e/network"
	"jitsi-meet-azure/test/e2e/pod"
	"jitsi-meet-azure/test/e2e/proxy"
)

// cluster is the deployed front door under a real control plane.
type cluster struct {
	plane    *controlplane.ControlPlane
	client   kubernetes.Interface
	kubelet  *kubelet.Kubelet
	balancer *network.Balancer
	kubectl  string
}

func TestTheFrontDoorInARealCluster(t *testing.T) {
	t.Parallel()
	if os.Getenv("E2E_LONG") == "" {
		t.Skip("E2E_LONG is not set")
	}
	c := newCluster(t)
	c.deploy(t)
	require.Eventually(t, func() bool { return c.ready(t) == proxies }, patience, 200*time.Millisecond, "the proxies do not become ready")
	pods := c.pods(t)
	zones := map[string]bool{}
	for _, p := range pods {
		node, err := c.client.CoreV1().Nodes().Get(t.Context(), p.Spec.NodeName, metav1.GetOptions{})
		require.NoError(t, err)
		zones[node.Labels[corev1.LabelTopologyZone]] = true
	}
	assert.Len(t, zones, proxies)
	c.takesUsers(t)
	operatorsReachProxies(t, c)
	aPodIsReplaced(t, c, pods[2])
	aZoneIsLost(t, c, pods[0])
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	port := free.Addr().(*net.TCPAddr).AddrPort().Port()
	require.NoError(t, free.Close())
	c := &cluster{kubectl: filepath.Join(root, ".bin", "kubernetes", "kubectl")}
	lasting := context.WithoutCancel(t.Context())
	c.plane, err = controlplane.Start(lasting, controlplane.Options{
		Binaries: filepath.Join(root, ".bin", "kubernetes"), Folder: t.TempDir(), KubeletPort: port,
		Services: netip.MustParsePrefix(fmt.Sprintf("10.%d.240.0/20", second+100)),
		Pods:     netip.MustParsePrefix(fmt.Sprintf("10.%d.0.0/17", second+100)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.plane.Close()) })
	c.client, err = kubernetes.NewForConfig(c.plane.REST())
	require.NoError(t, err)
	watched, err := network.Watch(t.Context(), c.client)
	require.NoError(t, err)
	dns, err := network.NewDNS(t.Context(), watched, netip.MustParseAddrPort("127.0.0.1:0"))
	require.NoError(t, err)
	c.balancer, err = network.NewBalancer(t.Context(), watched, t.Logf)
	require.NoError(t, err)
	c.kubelet, err = kubelet.Start(lasting, kubelet.Options{
		Client: c.client, Folder: t.TempDir(), Nameserver: dns.Address(), Port: port, Log: t.Logf,
		Images: func(*corev1.Pod) pod.Image { return proxy.Image{} },
	})
	require.NoError(t, err)
	t.Cleanup(c.kubelet.Close)
	return c
}

// deploy makes three nodes of the system pool, and the front door on them.
func (c *cluster) deploy(t *testing.T) {
	t.Helper()
	var pools []controlplane.Pool
	for _, zone := range []string{"1", "2", "3"} {
		pools = append(pools, controlplane.Pool{
			Name: "system", Zone: zone, Nodes: 1,
			Labels: map[string]string{corev1.LabelTopologyZone: "westeurope-" + zone, "kubernetes.azure.com/mode": "system"},
			Taints: []corev1.Taint{{Key: "CriticalAddonsOnly", Value: "true", Effect: corev1.TaintEffectNoSchedule}},
			Allocatable: corev1.ResourceList{
				corev1.ResourceCPU: resource.MustParse("4"), corev1.ResourceMemory: resource.MustParse("16Gi"),
			},
		})
	}
	require.NoError(t, c.plane.AddPools(t.Context(), pools))
	core := c.client.CoreV1()
	for _, object := range deployed[corev1.Namespace](t, "kubernetes:core/v1:Namespace") {
		_, err := core.Namespaces().Create(t.Context(), &object, metav1.CreateOptions{})
		require.NoError(t, err)
	}
	_, err := core.ConfigMaps(namespace).Create(t.Context(), frontDoorFiles(t), metav1.CreateOptions{})
	require.NoError(t, err)
	_, err = core.Secrets(namespace).Create(t.Context(), new(world).certificate(t), metav1.CreateOptions{})
	require.NoError(t, err)
	for _, object := range deployed[corev1.Service](t, "kubernetes:core/v1:Service") {
		if object.Namespace != namespace && object.Name != "web" && object.Name != "jicofo" {
			continue
		}
		c.serve(t, &object)
	}
	set := deployed[appsv1.StatefulSet](t, "kubernetes:apps/v1:StatefulSet")["front-door-proxies"]
	set.Spec.Replicas = new(int32)
	*set.Spec.Replicas = proxies
	_, err = c.client.AppsV1().StatefulSets(namespace).Create(t.Context(), &set, metav1.CreateOptions{})
	require.NoError(t, err)
}

// serve makes a Service. Those of shards have stand-ins behind them; the front door's has its public address.
func (c *cluster) serve(t *testing.T, service *corev1.Service) {
	t.Helper()
	if service.Namespace != namespace {
		service.Spec.Selector = nil
		last := map[string]int{"shard-a": 20, "shard-b": 21}[service.Namespace]
		port := map[string]int32{"web": 8000, "jicofo": 8888}[service.Name]
		endpoints := slice(service, map[string]int32{"http": port}, address(200, last))
		_, err := c.client.DiscoveryV1().EndpointSlices(service.Namespace).Create(t.Context(), endpoints, metav1.CreateOptions{})
		require.NoError(t, err)
		if service.Name == "web" {
			serveShard(t, strings.TrimPrefix(service.Namespace, "shard-"), address(200, last))
		}
	}
	made, err := c.client.CoreV1().Services(service.Namespace).Create(t.Context(), service, metav1.CreateOptions{})
	require.NoError(t, err)
	if service.Namespace == namespace && service.Name == "haproxy" {
		made.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: public}}
		_, err = c.client.CoreV1().Services(namespace).UpdateStatus(t.Context(), made, metav1.UpdateOptions{})
		require.NoError(t, err)
	}
}

func (c *cluster) pods(t *testing.T) []corev1.Pod {
	t.Helper()
	found, err := c.client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=haproxy"})
	require.NoError(t, err)
	return found.Items
}

func (c *cluster) ready(t *testing.T) int {
	t.Helper()
	set, err := c.client.AppsV1().StatefulSets(namespace).Get(t.Context(), "haproxy", metav1.GetOptions{})
	require.NoError(t, err)
	return int(set.Status.ReadyReplicas)
}

// takesUsers waits until a user is served, and then for ten more.
func (c *cluster) takesUsers(t *testing.T) {
	t.Helper()
	w := &world{balancer: c.balancer}
	require.Eventually(t, func() bool {
		connection, err := w.connect(t.Context())
		if err != nil {
			return false
		}
		return connection.Close() == nil
	}, patience, 100*time.Millisecond)
	shard := w.shardOf(t, "room")
	for range 10 {
		assert.Equal(t, shard, w.shardOf(t, "room"))
	}
}

func (c *cluster) run(t *testing.T, input string, arguments ...string) (string, error) {
	t.Helper()
	command := exec.Command(c.kubectl, append([]string{"--kubeconfig", c.plane.Kubeconfig(), "--namespace", namespace}, arguments...)...)
	command.Stdin = strings.NewReader(input)
	output, err := command.CombinedOutput()
	return string(output), err
}

func operatorsReachProxies(t *testing.T, c *cluster) {
	t.Helper()
	output, err := c.run(t, "show servers state shards\n", "exec", "--stdin", "haproxy-0", "--container=haproxy", "--", "/bin/sh", "-c", toPort)
	require.NoError(t, err, output)
	assert.Contains(t, output, " shards 800621 a ")
	output, err = c.run(t, "", "exec", "haproxy-1", "--container=haproxy", "--", "/bin/sh", "-c", "exit 7")
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, output)
	assert.Equal(t, 7, exit.ExitCode())
	output, err = c.run(t, "", "logs", "haproxy-0")
	require.NoError(t, err, output)
	assert.Contains(t, output, "shard a: up 100%")
}

func aPodIsReplaced(t *testing.T, c *cluster, p corev1.Pod) {
	t.Helper()
	require.NoError(t, c.client.CoreV1().Pods(namespace).Delete(t.Context(), p.Name, metav1.DeleteOptions{}))
	began := time.Now()
	require.Eventually(t, func() bool {
		again, err := c.client.CoreV1().Pods(namespace).Get(t.Context(), p.Name, metav1.GetOptions{})
		return err == nil && again.UID != p.UID
	}, patience, 200*time.Millisecond, "%s is not replaced", p.Name)
	assert.Greater(t, time.Since(began), 15*time.Second, "its hook, which takes 20 s, did not run")
	require.Eventually(t, func() bool { return c.ready(t) == proxies }, patience, 200*time.Millisecond)
	c.takesUsers(t)
}

func aZoneIsLost(t *testing.T, c *cluster, p corev1.Pod) {
	t.Helper()
	node, err := c.client.CoreV1().Nodes().Get(t.Context(), p.Spec.NodeName, metav1.GetOptions{})
	require.NoError(t, err)
	_, zone, _ := strings.Cut(node.Labels[corev1.LabelTopologyZone], "-")
	require.NoError(t, c.plane.FailZone(t.Context(), zone))
	c.kubelet.FailZone(zone)
	_, _, found := c.kubelet.Running(namespace, p.Name)
	assert.False(t, found)
	require.Eventually(t, func() bool { return c.ready(t) == proxies-1 }, patience, 200*time.Millisecond, "nobody notices")
	c.takesUsers(t)
	c.kubelet.RestoreZone(zone)
	require.NoError(t, c.plane.RestoreZone(t.Context(), zone))
	require.Eventually(t, func() bool { return c.ready(t) == proxies }, patience, 200*time.Millisecond, "the zone does not come back")
	again, err := c.client.CoreV1().Pods(namespace).Get(t.Context(), p.Name, metav1.GetOptions{})
	require.NoError(t, err)
	assert.Equal(t, p.UID, again.UID)
	assert.EqualValues(t, 1, again.Status.ContainerStatuses[0].RestartCount)
	client := http.Client{Timeout: 5 * time.Second}
	answer, err := client.Get("http://" + strings.Replace(again.Status.PodIP, "10.", "127.", 1) + ":8404/ready")
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	assert.Equal(t, http.StatusOK, answer.StatusCode)
}
