package kubelet_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

func TestAZoneIsLostAndComesBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(nil))
	w.create(t, haproxy(func(p *corev1.Pod) { p.Name, p.Spec.NodeName = "haproxy-1", "two" }))
	w.start(t, 2)
	before := w.wait(t, "ready", ready)

	w.FailZone("zone-one")
	_, _, found := w.Running(namespace, "haproxy-0")
	assert.False(t, found)
	_, other, found := w.Running(namespace, "haproxy-1")
	require.True(t, found, "a pod of another zone is lost, too")
	var lost *process
	for _, p := range w.started {
		if p != other {
			lost = p
		}
	}
	assert.Equal(t, []string{"kill"}, lost.happened())
	require.Never(t, func() bool { return !ready(w.pod(t)) }, 500*time.Millisecond, 20*time.Millisecond, "a lost zone reports")
	assert.Equal(t, before.Status, w.pod(t).Status)
	assert.Equal(t, 2, w.starts())

	w.RestoreZone("zone-one")
	w.start(t, 3)
	after := w.wait(t, "ready, restarted", func(p *corev1.Pod) bool {
		return ready(p) && p.Status.ContainerStatuses[0].RestartCount == 1
	})
	assert.NotEqual(t, before.Status.PodIP, after.Status.PodIP)
	assert.Len(t, after.Status.PodIPs, 1)
	assert.EqualValues(t, 137, after.Status.ContainerStatuses[0].LastTerminationState.Terminated.ExitCode)
}

func TestAPodIsDeletedWhileItsZoneIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(nil))
	w.start(t, 1)
	w.wait(t, "ready", ready)
	w.FailZone("zone-one")
	w.remove(t, 1)
	require.Never(t, func() bool { return w.pod(t) == nil }, 1500*time.Millisecond, 20*time.Millisecond, "a lost zone reports")
	w.RestoreZone("zone-one")
	w.wait(t, "gone", func(p *corev1.Pod) bool { return p == nil })
	assert.Equal(t, 1, w.starts())
}

func TestNothingStartsInALostZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.FailZone("one") // as Azure calls it
	w.create(t, haproxy(nil))
	require.Never(t, func() bool { return w.starts() > 0 }, 500*time.Millisecond, 20*time.Millisecond)
	w.RestoreZone("zone-one")
	w.start(t, 1)
	w.wait(t, "ready", ready)
}
