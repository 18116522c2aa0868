package kubelet

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/test/e2e/loopback"
	"jitsi-meet-azure/test/e2e/pod"
)

// prepare gives the pod all that it needs before its containers may start. It tries until that is there, and says whether the pod
// is still wanted then.
func (w *worker) prepare() bool {
	for {
		p, wanted := w.wanted()
		if !wanted {
			return false
		}
		err := w.equip(p)
		if err == nil {
			return true
		}
		w.change(func(s *state) { s.reason, s.message = "ContainerCreating", err.Error() })
		w.report()
		w.pokeLater()
		if !w.pause(nil) {
			return false
		}
	}
}

// pause waits for a poke or a moment. It says whether the pod still has a node.
func (w *worker) pause(moment <-chan time.Time) bool {
	select {
	case <-w.ctx.Done():
		return false
	case <-w.wake:
	case <-moment:
	}
	return true
}

func (w *worker) equip(p *corev1.Pod) error {
	if !w.address.IsValid() {
		node, err := w.kubelet.listers.nodes.Get(p.Spec.NodeName)
		if err != nil {
			return fmt.Errorf("its node: %w", err)
		}
		pods, err := netip.ParsePrefix(node.Spec.PodCIDR)
		if err != nil {
			return fmt.Errorf("the node %s has no addresses for pods: %w", node.Name, err)
		}
		if w.address, err = w.kubelet.addresses.take(pods); err != nil {
			return fmt.Errorf("the node %s: %w", node.Name, err)
		}
	}
	return w.volumes.refresh(p)
}

// sandbox is what the containers find around them.
func (w *worker) sandbox(p *corev1.Pod) (pod.Sandbox, error) {
	mounts, err := w.volumes.mounts(p)
	if err != nil {
		return pod.Sandbox{}, err
	}
	own := filepath.Join(w.folder, "sandbox")
	if err := os.MkdirAll(own, 0o750); err != nil {
		return pod.Sandbox{}, fmt.Errorf("the folder of the pod: %w", err)
	}
	p = p.DeepCopy()
	// Containers may be told it by their environment.
	p.Status.PodIP = w.address.String()
	return pod.Sandbox{
		Pod: p, Address: loopback.Of(w.address), Folder: own, Mounts: mounts, Nameserver: w.kubelet.options.Nameserver,
	}, nil
}

// start runs the containers once.
func (w *worker) start(p *corev1.Pod) (pod.Process, error) {
	image := w.kubelet.options.Images(p)
	if image == nil {
		return nil, errors.New("nothing stands for its images")
	}
	sandbox, err := w.sandbox(p)
	if err != nil {
		return nil, err
	}
	process, err := image.Run(w.kubelet.ctx, sandbox)
	if err != nil {
		return nil, fmt.Errorf("starting it: %w", err)
	}
	w.change(func(s *state) { s.run(p, sandbox, process) })
	return process, nil
}
