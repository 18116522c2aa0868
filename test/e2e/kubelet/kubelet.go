// Package kubelet plays the agents of all nodes of a cluster in one process. A pod that the scheduler has bound to a node lives:
// it gets an address and its files, a stand-in for its images runs, probes decide when it is ready, hooks and grace periods when
// it is gone, and the API server is told what a kubelet tells it. Whatever needs time takes it in reality: no clock is compressed.
//
// What it does not play, because nothing that is deployed has it: init containers, other restart policies than Always, postStart
// hooks, gRPC probes, limits of resources, and volumes other than ConfigMap, Secret, projections of these, CSI and emptyDir.
// Source: Kubernetes, docs, "Pod Lifecycle" and "Configure Liveness, Readiness and Startup Probes"; pkg/kubelet.
package kubelet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"

	"jitsi-meet-azure/test/e2e/pod"
)

// Options describe the agents.
type Options struct {
	// Client speaks with the API server.
	Client kubernetes.Interface
	// Folder takes the pods' folders, each of which goes with its pod.
	Folder string
	// Images chooses what stands for a pod's images. A pod for which it returns nil does not start.
	Images func(*corev1.Pod) pod.Image
	// Nameserver is handed to every pod.
	Nameserver netip.AddrPort
	// Port is where all agents are asked to execute commands, on 127.0.0.1; 0 is any that is free.
	Port uint16
	// CSI is what a volume of a CSI driver contains, by file name. It is asked again every five seconds.
	CSI func(*corev1.Pod, *corev1.CSIVolumeSource) (map[string][]byte, error)
	// Log is told what an operator would look for in a kubelet's log; nil is silence.
	Log func(format string, arguments ...any)
}

// Kubelet is the agents of all nodes.
type Kubelet struct {
	options   Options
	ctx       context.Context
	cancel    context.CancelFunc
	factory   informers.SharedInformerFactory
	listers   listers
	addresses addresses
	server    *http.Server
	endpoint  netip.AddrPort
	workers   sync.WaitGroup

	mutex  sync.Mutex
	closed bool
	pods   map[types.UID]*worker
	failed map[string]bool // zones
}

type listers struct {
	pods       corelisters.PodLister
	nodes      corelisters.NodeLister
	configMaps corelisters.ConfigMapLister
	secrets    corelisters.SecretLister
}

// Start starts the agents. They end with ctx, and every pod with them.
func Start(ctx context.Context, o Options) (*Kubelet, error) {
	if o.Client == nil || o.Images == nil || o.Folder == "" {
		return nil, errors.New("a kubelet needs a client, a folder and images")
	}
	if o.Log == nil {
		o.Log = func(string, ...any) {}
	}
	if err := os.MkdirAll(o.Folder, 0o750); err != nil {
		return nil, fmt.Errorf("the folder of all pods: %w", err)
	}
	factory := informers.NewSharedInformerFactory(o.Client, 0)
	core := factory.Core().V1()
	k := &Kubelet{
		options: o, factory: factory, pods: map[types.UID]*worker{}, failed: map[string]bool{},
		listers: listers{core.Pods().Lister(), core.Nodes().Lister(), core.ConfigMaps().Lister(), core.Secrets().Lister()},
	}
	k.ctx, k.cancel = context.WithCancel(ctx)
	if err := k.begin(); err != nil {
		k.Close()
		return nil, err
	}
	context.AfterFunc(ctx, k.Close)
	return k, nil
}

func (k *Kubelet) begin() error {
	if err := k.serve(); err != nil {
		return err
	}
	return k.watch()
}

// Address is where all agents are asked to execute commands.
func (k *Kubelet) Address() netip.AddrPort { return k.endpoint }

// Close kills every pod and ends the agents, without telling the API server.
func (k *Kubelet) Close() {
	k.mutex.Lock()
	k.closed = true
	k.mutex.Unlock()
	k.cancel()
	if k.server != nil {
		_ = k.server.Close()
	}
	k.workers.Wait()
	k.factory.Shutdown()
}

// Running is a pod whose containers run.
func (k *Kubelet) Running(namespace, name string) (pod.Sandbox, pod.Process, bool) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	for _, w := range k.pods {
		if w.namespace != namespace || w.name != name {
			continue
		}
		if sandbox, process := w.running(); process != nil {
			return sandbox, process, true
		}
	}
	return pod.Sandbox{}, nil, false
}

// FailZone kills every pod on the nodes of a zone at once. From then on nothing is reported from there. The zone is Azure's own, as
// "1", or what nodes have in their label topology.kubernetes.io/zone, as "westeurope-1". It returns when the pods are dead.
func (k *Kubelet) FailZone(zone string) {
	k.mutex.Lock()
	k.failed[zone] = true
	var lost []*worker
	for _, w := range k.pods {
		if inZone(w.zone, zone) {
			w.cancel()
			lost = append(lost, w)
		}
	}
	k.mutex.Unlock()
	for _, w := range lost {
		<-w.ended
	}
}

// RestoreZone lets the agents of a zone work again. Pods that are still bound to its nodes start again, with new addresses and
// empty folders; those that were deleted meanwhile are cleaned up.
func (k *Kubelet) RestoreZone(zone string) {
	k.mutex.Lock()
	maps.DeleteFunc(k.failed, func(failed string, _ bool) bool { return inZone(failed, zone) || inZone(zone, failed) })
	k.mutex.Unlock()
	k.seeAll(func(*corev1.Pod) bool { return true })
}

// seeAll looks anew at those pods that the condition holds for.
func (k *Kubelet) seeAll(condition func(*corev1.Pod) bool) {
	pods, err := k.listers.pods.List(labels.Everything())
	if err != nil {
		k.options.Log("kubelet: listing the pods: %v", err)
		return
	}
	for _, p := range pods {
		if condition(p) {
			k.see(p)
		}
	}
}

// see takes note of a pod that is new or has changed.
func (k *Kubelet) see(p *corev1.Pod) {
	node, err := k.listers.nodes.Get(p.Spec.NodeName)
	if err != nil {
		return // not bound, or to a node that is not known yet: its pods are looked at when it appears
	}
	k.mutex.Lock()
	defer k.mutex.Unlock()
	zone := node.Labels[corev1.LabelTopologyZone]
	if k.closed || k.isLost(zone) {
		return
	}
	w := k.pods[p.UID]
	if w == nil {
		w = newWorker(k, p, zone)
		k.pods[p.UID] = w
		k.workers.Go(w.run)
	}
	w.poke()
}

func (k *Kubelet) isLost(label string) bool {
	for zone := range k.failed {
		if inZone(label, zone) {
			return true
		}
	}
	return false
}

// inZone compares a node's label with a zone. Source: AKS docs, "Use availability zones", node labels.
func inZone(label, zone string) bool { return label == zone || strings.HasSuffix(label, "-"+zone) }

// lose takes note of a pod that the API server no longer has.
func (k *Kubelet) lose(uid types.UID) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if w := k.pods[uid]; w != nil {
		w.cancel()
	}
}

// forget is called by a worker that has ended.
func (k *Kubelet) forget(w *worker) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	delete(k.pods, w.uid)
}
