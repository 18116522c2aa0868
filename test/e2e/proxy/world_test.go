package proxy_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"

	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/test/e2e/kubelet"
	"jitsi-meet-azure/test/e2e/loopback"
	"jitsi-meet-azure/test/e2e/network"
	"jitsi-meet-azure/test/e2e/pod"
	"jitsi-meet-azure/test/e2e/proxy"
)

const (
	namespace = "front-door"
	proxies   = 3
	public    = "198.19.225.205"
	patience  = 90 * time.Second
)

// second makes the addresses of this process of tests its own.
var second = rand.IntN(60) + 60

// Pods are at 10.b.<node>.2, shards at 10.b.200.x, and Services at 10.b.100.x.
func address(third, last int) string { return fmt.Sprintf("10.%d.%d.%d", second, third, last) }

func named(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: name, Namespace: namespace}
}

// world is the deployed front door in a cluster without controllers, in front of stand-ins for shards.
type world struct {
	client   *fake.Clientset
	kubelet  *kubelet.Kubelet
	balancer *network.Balancer
	folder   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{folder: t.TempDir()}
	w.client = fake.NewClientset(w.objects(t)...)
	cluster, err := network.Watch(t.Context(), w.client)
	require.NoError(t, err)
	dns, err := network.NewDNS(t.Context(), cluster, netip.MustParseAddrPort("127.0.0.1:0"))
	require.NoError(t, err)
	w.balancer, err = network.NewBalancer(t.Context(), cluster, t.Logf)
	require.NoError(t, err)
	for index, shard := range []string{"a", "b"} {
		serveShard(t, shard, address(200, 10+index))
	}
	w.kubelet, err = kubelet.Start(context.WithoutCancel(t.Context()), kubelet.Options{
		Client: w.client, Folder: w.folder, Nameserver: dns.Address(), Log: t.Logf,
		Images: func(p *corev1.Pod) pod.Image {
			if proxy.IsProxy(p) {
				return proxy.Image{}
			}
			return nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(w.kubelet.Close)
	return w
}

func (w *world) objects(t *testing.T) []runtime.Object {
	t.Helper()
	all := []runtime.Object{frontDoorFiles(t), w.certificate(t)}
	services := deployed[corev1.Service](t, "kubernetes:core/v1:Service")
	given := 0
	for _, service := range services {
		if service.Spec.ClusterIP == "" {
			given++
			service.Spec.ClusterIP = address(100, given)
		}
		switch {
		case service.Namespace == namespace && strings.HasPrefix(service.Name, "haproxy-"):
			var index int
			if _, err := fmt.Sscanf(service.Name, "haproxy-%d", &index); err == nil && index < proxies {
				all = append(all, slice(&service, map[string]int32{"peers": 10000, "metrics": 8404}, address(index, 2)))
			}
		case service.Namespace == namespace && service.Name == "haproxy":
			service.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: public}}
			all = append(all, slice(&service, map[string]int32{"https": 8443, "http": 8080}, address(0, 2), address(1, 2), address(2, 2)))
		case service.Name == "web" || service.Name == "jicofo":
			last := map[string]int{"shard-a": 10, "shard-b": 11}[service.Namespace]
			port := map[string]int32{"web": 8000, "jicofo": 8888}[service.Name]
			all = append(all, slice(&service, map[string]int32{"http": port}, address(200, last)))
		default:
			continue
		}
		all = append(all, &service)
	}
	template := frontDoorPod(t)
	for index := range proxies {
		node := fmt.Sprint("node-", index)
		all = append(all, &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: node, Labels: map[string]string{corev1.LabelTopologyZone: strconv.Itoa(index + 1)}},
			Spec:       corev1.NodeSpec{PodCIDR: address(index, 0) + "/24"},
		})
		made := &corev1.Pod{ObjectMeta: *template.ObjectMeta.DeepCopy(), Spec: *template.Spec.DeepCopy()}
		made.Name, made.Namespace, made.UID, made.Spec.NodeName = proxyName(index), namespace, types.UID(fmt.Sprint("uid-", index)), node
		// The deployed 20 s are for Azure's load balancer.
		stop := made.Spec.Containers[0].Lifecycle.PreStop.Exec.Command
		stop[len(stop)-1] = "1"
		all = append(all, made)
	}
	return all
}

func proxyName(index int) string { return fmt.Sprint("haproxy-", index) }

func slice(of *corev1.Service, ports map[string]int32, addresses ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: named(of.Namespace, of.Name+"-1"), AddressType: discoveryv1.AddressTypeIPv4}
	s.Labels = map[string]string{discoveryv1.LabelServiceName: of.Name}
	for name, port := range ports {
		s.Ports = append(s.Ports, discoveryv1.EndpointPort{Name: &name, Port: &port})
	}
	for _, address := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{address}})
	}
	return s
}

// certificate is a new one, in the Secret that the front door has it from.
func (w *world) certificate(t *testing.T) *corev1.Secret {
	t.Helper()
	folder := t.TempDir()
	doortest.NewCertificate(t, folder)
	secret := &corev1.Secret{ObjectMeta: named(namespace, "generated-certificate"), Data: map[string][]byte{}}
	for _, name := range []string{"tls.crt", "tls.key"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		require.NoError(t, err)
		secret.Data[name] = text
	}
	return secret
}

// serveShard stands for a shard's web service and Jicofo.
func serveShard(t *testing.T, name, at string) {
	t.Helper()
	for port, answer := range map[uint16]string{8000: "", 8888: `{"bridge_selector":{"operational_bridge_count":2,"in_shutdown_bridge_count":0}}`} {
		where := netip.AddrPortFrom(loopback.Of(netip.MustParseAddr(at)), port)
		listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", where.String())
		require.NoError(t, err)
		server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Jitsi-Shard", name)
			fmt.Fprint(w, answer)
		})}
		go func() { _ = server.Serve(listener) }()
		t.Cleanup(func() { _ = server.Close() })
	}
}

// connect opens a user's connection to the front door's public address.
func (w *world) connect(ctx context.Context) (*tls.Conn, error) {
	plain, err := w.balancer.Dial(ctx, public+":443")
	if err != nil {
		return nil, err
	}
	secured := tls.Client(plain, &tls.Config{InsecureSkipVerify: true})
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = plain.Close()
		return nil, err
	}
	return secured, nil
}

// shardOf asks for a room on a connection of its own, and returns the shard that answers.
func (w *world) shardOf(t *testing.T, room string) string {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return w.connect(ctx)
	}}}
	answer, err := client.Get("https://dev.meet.example.org/http-bind?room=" + room)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	require.Equal(t, http.StatusOK, answer.StatusCode)
	return answer.Header.Get("X-Jitsi-Shard")
}

// toPort hands its input to a listener in a proxy's container, by the means that operators' commands take.
const toPort = "exec bash -c 'exec 3<>/dev/tcp/127.0.0.1/9999; cat >&3; cat <&3'"

// tell gives a command to a proxy's runtime interface.
func (w *world) tell(t *testing.T, index int, line string) string {
	t.Helper()
	_, process, found := w.kubelet.Running(namespace, proxyName(index))
	require.True(t, found)
	var output, problems bytes.Buffer
	code, err := process.Exec(t.Context(), "haproxy", []string{"/bin/sh", "-c", toPort}, strings.NewReader(line+"\n"), &output, &problems)
	require.NoError(t, err)
	require.Zero(t, code, problems.String())
	return output.String()
}

func (w *world) ready(t *testing.T, index int) bool {
	t.Helper()
	p, err := w.client.CoreV1().Pods(namespace).Get(t.Context(), proxyName(index), metav1.GetOptions{})
	if err != nil {
		return false
	}
	for _, condition := range p.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// says asks a proxy's metrics port.
func says(index int, path string) bool {
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	at := netip.AddrPortFrom(loopback.Of(netip.MustParseAddr(address(index, 2))), 8404)
	answer, err := client.Get("http://" + at.String() + path)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// left are the processes that have anything to do with the world's folder.
func (w *world) left(t *testing.T) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	var found []string
	for _, path := range lines {
		if text, err := os.ReadFile(path); err == nil && strings.Contains(string(text), w.folder) {
			found = append(found, strings.ReplaceAll(string(text), "\x00", " "))
		}
	}
	return found
}
