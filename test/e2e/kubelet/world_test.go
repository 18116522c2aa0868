package kubelet_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/fake"

	"jitsi-meet-azure/test/e2e/kubelet"
	"jitsi-meet-azure/test/e2e/pod"
)

const (
	patience  = 20 * time.Second
	namespace = "front-door"
)

// Every test has pod addresses of its own, and so has every process of tests.
var (
	second = rand.IntN(100) + 100
	third  atomic.Int32
)

// world is an API server without any controller, and the kubelet.
type world struct {
	*kubelet.Kubelet
	client *fake.Clientset
	pods   netip.Prefix
	folder string
	secret atomic.Pointer[string] // what the CSI driver has

	mutex   sync.Mutex
	started []*process
}

func newWorld(t *testing.T, objects ...runtime.Object) *world {
	t.Helper()
	w := &world{pods: netip.MustParsePrefix(fmt.Sprintf("10.%d.%d.0/24", second, third.Add(1))), folder: t.TempDir()}
	for _, node := range []string{"one", "two"} {
		objects = append(objects, &corev1.Node{
			ObjectMeta: metav1.ObjectMeta{Name: node, Labels: map[string]string{corev1.LabelTopologyZone: "zone-" + node}},
			Spec:       corev1.NodeSpec{PodCIDR: w.pods.String()},
			Status:     corev1.NodeStatus{Addresses: []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: "127.0.0.1"}}},
		})
	}
	w.client = fake.NewClientset(objects...)
	var err error
	w.Kubelet, err = kubelet.Start(t.Context(), kubelet.Options{
		Client: w.client, Folder: w.folder, Nameserver: netip.MustParseAddrPort("127.245.0.10:53"), Log: t.Logf,
		Images: func(*corev1.Pod) pod.Image { return w },
		CSI: func(p *corev1.Pod, source *corev1.CSIVolumeSource) (map[string][]byte, error) {
			assert.Equal(t, "secrets-store.csi.k8s.io", source.Driver)
			assert.Equal(t, namespace, p.Namespace)
			if text := w.secret.Load(); text != nil {
				return map[string][]byte{"tls": []byte(*text)}, nil
			}
			return nil, fmt.Errorf("the vault does not answer")
		},
	})
	require.NoError(t, err)
	t.Cleanup(w.Close)
	return w
}

// Run is one start of a pod.
func (w *world) Run(_ context.Context, sandbox pod.Sandbox) (pod.Process, error) {
	listener, err := net.Listen("tcp4", netip.AddrPortFrom(sandbox.Address, 8404).String())
	if err != nil {
		return nil, err
	}
	p := &process{sandbox: sandbox, done: make(chan struct{}), said: map[string]bool{}}
	p.server = &http.Server{Handler: http.HandlerFunc(p.answer), ReadHeaderTimeout: time.Minute}
	go func() { _ = p.server.Serve(listener) }()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.started = append(w.started, p)
	return p, nil
}

// start is the nth start of any pod; it is waited for.
func (w *world) start(t *testing.T, nth int) *process {
	t.Helper()
	var found *process
	require.Eventually(t, func() bool {
		w.mutex.Lock()
		defer w.mutex.Unlock()
		if len(w.started) >= nth {
			found = w.started[nth-1]
		}
		return found != nil
	}, patience, 10*time.Millisecond, "there is no start number %d", nth)
	return found
}

func (w *world) starts() int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return len(w.started)
}

// process stands for a container that answers the paths that it is told to.
type process struct {
	sandbox pod.Sandbox
	server  *http.Server
	done    chan struct{}
	once    sync.Once

	mutex  sync.Mutex
	said   map[string]bool // paths that it answers well
	events []string
	hook   func(ctx context.Context) // what an executed command does
	stays  bool                      // it does not end when it is asked to
}

func (p *process) answer(w http.ResponseWriter, r *http.Request) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !p.said[r.URL.Path] {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}

func (p *process) say(path string, well bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.said[path] = well
}

func (p *process) note(event string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.events = append(p.events, event)
}

func (p *process) happened() []string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return append([]string(nil), p.events...)
}

func (p *process) Exec(
	ctx context.Context, container string, command []string, input io.Reader, output, problems io.Writer,
) (int, error) {
	p.note(fmt.Sprint("exec ", container, command))
	p.mutex.Lock()
	hook := p.hook
	p.mutex.Unlock()
	if hook != nil {
		hook(ctx)
	}
	switch command[0] {
	case "cat":
		_, err := io.Copy(output, input)
		return 0, err
	case "fail":
		fmt.Fprint(problems, "it fails")
		return 7, nil
	}
	return 0, nil
}

func (p *process) Stop() {
	p.note("stop")
	p.mutex.Lock()
	stays := p.stays
	p.mutex.Unlock()
	if !stays {
		p.end()
	}
}

func (p *process) Kill() {
	p.note("kill")
	p.end()
}

func (p *process) end() {
	p.once.Do(func() {
		_ = p.server.Close()
		close(p.done)
	})
}

func (p *process) Logs(container string) (io.ReadCloser, error) {
	return io.NopCloser(strings.NewReader("first words of " + container + "\nlast words")), nil
}

func (p *process) Done() <-chan struct{} { return p.done }

func get(path string) corev1.ProbeHandler {
	return corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{Path: path, Port: intstr.FromString("metrics")}}
}

// haproxy is a pod like one of the front door's, bound to a node.
func haproxy(change func(*corev1.Pod)) *corev1.Pod {
	grace := int64(30)
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "haproxy-0", Namespace: namespace, UID: types.UID(fmt.Sprint("uid-", rand.Uint64()))},
		Spec: corev1.PodSpec{
			NodeName: "one", TerminationGracePeriodSeconds: &grace,
			Containers: []corev1.Container{{
				Name: "haproxy", Image: "haproxy:2.8", Ports: []corev1.ContainerPort{{Name: "metrics", ContainerPort: 8404}},
			}},
		},
	}
	if change != nil {
		change(p)
	}
	return p
}

func (w *world) create(t *testing.T, p *corev1.Pod) {
	t.Helper()
	_, err := w.client.CoreV1().Pods(p.Namespace).Create(t.Context(), p, metav1.CreateOptions{})
	require.NoError(t, err)
}

// pod is the pod as the API server has it; nil is none.
func (w *world) pod(t *testing.T) *corev1.Pod {
	t.Helper()
	p, err := w.client.CoreV1().Pods(namespace).Get(context.WithoutCancel(t.Context()), "haproxy-0", metav1.GetOptions{})
	if err != nil {
		return nil
	}
	return p
}

func (w *world) wait(t *testing.T, what string, condition func(*corev1.Pod) bool) *corev1.Pod {
	t.Helper()
	var last *corev1.Pod
	require.Eventually(t, func() bool {
		last = w.pod(t)
		return condition(last)
	}, patience, 10*time.Millisecond, "the pod does not come to be %s", what)
	return last
}

// remove does what the API server does with a pod that is to be deleted: it waits for its kubelet.
func (w *world) remove(t *testing.T, grace int64) {
	t.Helper()
	p := w.pod(t)
	require.NotNil(t, p)
	when := metav1.NewTime(time.Now().Add(time.Duration(grace) * time.Second))
	p.DeletionTimestamp, p.DeletionGracePeriodSeconds = &when, &grace
	_, err := w.client.CoreV1().Pods(namespace).Update(t.Context(), p, metav1.UpdateOptions{})
	require.NoError(t, err)
}

func ready(p *corev1.Pod) bool { return is(p, corev1.PodReady) }

func is(p *corev1.Pod, kind corev1.PodConditionType) bool {
	if p == nil {
		return false
	}
	for _, condition := range p.Status.Conditions {
		if condition.Type == kind {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func runs(p *corev1.Pod) bool {
	return p != nil && len(p.Status.ContainerStatuses) == 1 && p.Status.ContainerStatuses[0].State.Running != nil
}
