package kubelet

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"jitsi-meet-azure/test/e2e/pod"
)

const (
	// retryAfter is how long what failed rests.
	retryAfter = time.Second
	// csiEvery is how often CSI drivers are asked again. AKS' own asks every two minutes.
	csiEvery = 5 * time.Second
)

// worker keeps one pod. Only its own goroutine, run, starts and ends things and speaks to the API server; probes and hooks change
// the state and poke it.
type worker struct {
	kubelet         *Kubelet
	namespace, name string
	uid             types.UID
	zone            string
	folder          string
	volumes         volumes
	ctx             context.Context
	cancel          context.CancelFunc
	wake            chan struct{}
	retry           *time.Timer
	ended           chan struct{}
	address         netip.Addr // the pod's own, as deployed

	mutex sync.Mutex
	state state
}

func newWorker(k *Kubelet, p *corev1.Pod, zone string) *worker {
	w := &worker{
		kubelet: k, namespace: p.Namespace, name: p.Name, uid: p.UID, zone: zone,
		folder: filepath.Join(k.options.Folder, string(p.UID)),
		wake:   make(chan struct{}, 1), ended: make(chan struct{}),
	}
	w.volumes = volumes{kubelet: k, folder: filepath.Join(w.folder, "volumes"), written: map[string]map[string]file{}}
	w.ctx, w.cancel = context.WithCancel(k.ctx)
	w.state = stateOf(p)
	w.retry = time.AfterFunc(retryAfter, w.poke)
	return w
}

// poke has the worker look at its pod.
func (w *worker) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// pokeLater is for what failed and is to be tried again.
func (w *worker) pokeLater() { w.retry.Reset(retryAfter) }

// current is the pod as the API server has it. Another pod of the same name is not it.
func (w *worker) current() (*corev1.Pod, bool) {
	p, err := w.kubelet.listers.pods.Pods(w.namespace).Get(w.name)
	if err != nil || p.UID != w.uid {
		return nil, false
	}
	return p, true
}

// wanted is the pod if it is to run.
func (w *worker) wanted() (*corev1.Pod, bool) {
	p, found := w.current()
	return p, found && p.DeletionTimestamp == nil && !isOver(p)
}

func isOver(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed
}

// log says what happened to the pod.
func (w *worker) log(format string, arguments ...any) {
	w.kubelet.options.Log("pod "+w.namespace+"/"+w.name+": "+format, arguments...)
}

// run is the whole life of the pod.
func (w *worker) run() {
	defer close(w.ended)
	defer w.cleanUp()
	if w.prepare() {
		for w.live() && w.rest() {
		}
	}
	w.finish()
}

func (w *worker) cleanUp() {
	w.cancel()
	w.retry.Stop()
	w.kubelet.forget(w)
	if w.address.IsValid() {
		w.kubelet.addresses.giveBack(w.address)
	}
	w.removeFolder()
}

func (w *worker) removeFolder() {
	if err := os.RemoveAll(w.folder); err != nil {
		w.log("removing its folder: %v", err)
	}
}

// rest is the pause between two lives of the containers. It says whether there is to be another.
func (w *worker) rest() bool {
	s := w.get()
	back := time.After(s.backOff())
	for {
		w.report()
		if _, wanted := w.wanted(); !wanted {
			return false
		}
		select {
		case <-w.ctx.Done():
			return false
		case <-w.wake:
		case <-back:
			return true
		}
	}
}

// finish reports that the pod has ended and removes it from the API server, if it is that which is wanted and its node is still
// heard of.
func (w *worker) finish() {
	for {
		p, found := w.current()
		if !found || w.ctx.Err() != nil {
			return
		}
		if p.DeletionTimestamp != nil {
			w.change(func(s *state) { s.finish() })
			w.report()
			w.removeFolder()
			options := metav1.DeleteOptions{GracePeriodSeconds: new(int64), Preconditions: metav1.NewUIDPreconditions(string(w.uid))}
			err := w.kubelet.options.Client.CoreV1().Pods(w.namespace).Delete(w.ctx, w.name, options)
			if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
				// Until its end is heard of, so that late news of it do not start it again.
				<-w.ctx.Done()
				return
			}
			if w.ctx.Err() == nil {
				w.log("removing it: %v", err)
			}
			w.pokeLater()
		}
		if !w.pause(nil) {
			return
		}
	}
}

// running is what runs now; nil is nothing.
func (w *worker) running() (pod.Sandbox, pod.Process) {
	s := w.get()
	return s.sandbox, s.process
}

func (w *worker) get() state {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return w.state
}

func (w *worker) change(how func(*state)) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	how(&w.state)
}
