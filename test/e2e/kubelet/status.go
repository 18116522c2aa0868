package kubelet

import (
	"encoding/json"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// report brings the pod's status in the API server up to date, also where somebody else has changed it: the node controller calls
// the pods of a node that it misses unready.
func (w *worker) report() {
	p, found := w.current()
	if !found || w.ctx.Err() != nil || equality.Semantic.DeepEqual(w.status(p), p.Status) {
		return
	}
	err := w.write()
	if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) || w.ctx.Err() != nil {
		return // gone, or about to be heard of
	}
	w.log("reporting its status: %v", err)
	w.pokeLater()
}

// write changes only what is the kubelet's own. The UID keeps it from a new pod of the same name.
func (w *worker) write() error {
	pods := w.kubelet.options.Client.CoreV1().Pods(w.namespace)
	fresh, err := pods.Get(w.ctx, w.name, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("reading the pod: %w", err)
	}
	if fresh.UID != w.uid {
		return nil
	}
	before, err := json.Marshal(corev1.Pod{ObjectMeta: metav1.ObjectMeta{}, Status: fresh.Status})
	if err != nil {
		return fmt.Errorf("writing down the status: %w", err)
	}
	after, err := json.Marshal(corev1.Pod{ObjectMeta: metav1.ObjectMeta{UID: w.uid}, Status: w.status(fresh)})
	if err != nil {
		return fmt.Errorf("writing down the status: %w", err)
	}
	patch, err := strategicpatch.CreateTwoWayMergePatch(before, after, corev1.Pod{})
	if err != nil {
		return fmt.Errorf("comparing the status: %w", err)
	}
	_, err = pods.Patch(w.ctx, w.name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	return err
}

// status is the pod's status as it should be.
func (w *worker) status(p *corev1.Pod) corev1.PodStatus {
	s := w.get()
	status := *p.Status.DeepCopy()
	status.Phase = s.phase()
	status.StartTime = &s.began
	status.ObservedGeneration = p.Generation
	status.HostIP = w.hostAddress(p)
	status.HostIPs = []corev1.HostIP{{IP: status.HostIP}}
	if w.address.IsValid() {
		status.PodIP = w.address.String()
		status.PodIPs = []corev1.PodIP{{IP: status.PodIP}}
	}
	status.ContainerStatuses = s.containers(p)
	all := s.allReady(p)
	for _, condition := range []struct {
		kind corev1.PodConditionType
		is   bool
	}{
		{corev1.PodReadyToStartContainers, w.address.IsValid() && s.stage != over},
		{corev1.PodInitialized, true},
		{corev1.ContainersReady, all},
		{corev1.PodReady, all && gatesOpen(p)},
	} {
		why := s.unready()
		if condition.is {
			why = ""
		}
		setCondition(&status, corev1.PodCondition{
			Type: condition.kind, Status: truth(condition.is), Reason: why, ObservedGeneration: p.Generation,
		})
	}
	return status
}

func (w *worker) hostAddress(p *corev1.Pod) string {
	if node, err := w.kubelet.listers.nodes.Get(p.Spec.NodeName); err == nil {
		for _, address := range node.Status.Addresses {
			if address.Type == corev1.NodeInternalIP {
				return address.Address
			}
		}
	}
	return "127.0.0.1"
}

func truth(is bool) corev1.ConditionStatus {
	if is {
		return corev1.ConditionTrue
	}
	return corev1.ConditionFalse
}

// setCondition keeps the moment of the last change where nothing changes.
func setCondition(status *corev1.PodStatus, condition corev1.PodCondition) {
	condition.LastTransitionTime = now()
	for index := range status.Conditions {
		before := &status.Conditions[index]
		if before.Type != condition.Type {
			continue
		}
		if before.Status == condition.Status {
			condition.LastTransitionTime = before.LastTransitionTime
		}
		condition.LastProbeTime = before.LastProbeTime
		*before = condition
		return
	}
	status.Conditions = append(status.Conditions, condition)
}

func gatesOpen(p *corev1.Pod) bool {
	for _, gate := range p.Spec.ReadinessGates {
		open := false
		for index := range p.Status.Conditions {
			condition := &p.Status.Conditions[index]
			open = open || condition.Type == gate.ConditionType && condition.Status == corev1.ConditionTrue
		}
		if !open {
			return false
		}
	}
	return true
}

func (s *state) phase() corev1.PodPhase {
	switch {
	case s.stage == over && s.last.ExitCode == codeEnded:
		return corev1.PodSucceeded
	case s.stage == over:
		return corev1.PodFailed
	case s.stage == creating && s.last == nil:
		return corev1.PodPending
	}
	return corev1.PodRunning
}

func (s *state) unready() string {
	if s.stage == over {
		return "PodCompleted"
	}
	return "ContainersNotReady"
}

func (s *state) allReady(p *corev1.Pod) bool {
	for index := range p.Spec.Containers {
		if !s.progress[p.Spec.Containers[index].Name].ready {
			return false
		}
	}
	return s.stage == alive
}

func (s *state) containers(p *corev1.Pod) []corev1.ContainerStatus {
	statuses := make([]corev1.ContainerStatus, 0, len(p.Spec.Containers))
	for index := range p.Spec.Containers {
		container := &p.Spec.Containers[index]
		known := s.progress[container.Name]
		status := corev1.ContainerStatus{
			Name: container.Name, Image: container.Image, ImageID: container.Image, RestartCount: s.restarts,
			Started: &known.started, Ready: known.ready,
		}
		if s.stage == alive || s.last != nil {
			status.ContainerID = fmt.Sprintf("played://%s-%s-%d", p.UID, container.Name, s.restarts)
		}
		switch s.stage {
		case alive:
			status.State.Running = &corev1.ContainerStateRunning{StartedAt: s.since}
			status.LastTerminationState.Terminated = s.last
		case over:
			status.State.Terminated = s.last
		default:
			status.State.Waiting = &corev1.ContainerStateWaiting{Reason: s.reason, Message: s.message}
			status.LastTerminationState.Terminated = s.last
		}
		statuses = append(statuses, status)
	}
	return statuses
}
