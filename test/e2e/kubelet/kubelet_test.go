package kubelet_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"jitsi-meet-azure/test/e2e/loopback"
)

// probed gives a pod probes that ask every second.
func probed(p *corev1.Pod) {
	container := &p.Spec.Containers[0]
	container.StartupProbe = &corev1.Probe{ProbeHandler: get("/synced"), PeriodSeconds: 1, FailureThreshold: 60}
	container.ReadinessProbe = &corev1.Probe{ProbeHandler: get("/ready"), PeriodSeconds: 1, FailureThreshold: 1}
	container.LivenessProbe = &corev1.Probe{ProbeHandler: get("/live"), PeriodSeconds: 1, FailureThreshold: 2}
}

func TestProbesSayWhenAPodIsReady(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(probed))
	process := w.start(t, 1)
	// Ready and alive count only after it has started.
	process.say("/ready", true)
	p := w.wait(t, "running", runs)
	assert.Equal(t, corev1.PodRunning, p.Status.Phase)
	assert.True(t, is(p, corev1.PodInitialized))
	assert.False(t, *p.Status.ContainerStatuses[0].Started)
	address := netip.MustParseAddr(p.Status.PodIP)
	assert.True(t, w.pods.Contains(address), "%s is not of the node's range", address)
	assert.Equal(t, loopback.Of(address), process.sandbox.Address)
	assert.Equal(t, p.Status.PodIP, process.sandbox.Pod.Status.PodIP)
	assert.Equal(t, []corev1.PodIP{{IP: p.Status.PodIP}}, p.Status.PodIPs)
	assert.Equal(t, "127.0.0.1", p.Status.HostIP)
	require.Never(t, func() bool { return ready(w.pod(t)) }, 2500*time.Millisecond, 50*time.Millisecond)

	process.say("/live", true)
	process.say("/synced", true)
	p = w.wait(t, "ready", ready)
	assert.True(t, is(p, corev1.ContainersReady))
	assert.True(t, p.Status.ContainerStatuses[0].Ready)
	assert.True(t, *p.Status.ContainerStatuses[0].Started)
	sandbox, running, found := w.Running(namespace, "haproxy-0")
	require.True(t, found)
	assert.Same(t, process, running)
	assert.Equal(t, process.sandbox.Address, sandbox.Address)

	process.say("/ready", false)
	w.wait(t, "unready", func(p *corev1.Pod) bool { return !ready(p) })
	process.say("/ready", true)
	p = w.wait(t, "ready again", ready)
	assert.Zero(t, p.Status.ContainerStatuses[0].RestartCount)
	assert.Equal(t, 1, w.starts())
}

func TestSomebodyElseCallsAPodUnready(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(nil))
	p := w.wait(t, "ready", ready)
	before := p.Status.Conditions
	for index := range p.Status.Conditions {
		p.Status.Conditions[index].Status = corev1.ConditionFalse
	}
	p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue})
	_, err := w.client.CoreV1().Pods(namespace).UpdateStatus(t.Context(), p, metav1.UpdateOptions{})
	require.NoError(t, err)
	p = w.wait(t, "ready again", ready)
	assert.True(t, is(p, corev1.DisruptionTarget), "a condition of somebody else's is lost")
	assert.Len(t, p.Status.Conditions, len(before)+1)
}

func TestAPodThatCrashesStartsAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(probed))
	process := w.start(t, 1)
	w.wait(t, "running", runs)
	process.end()
	p := w.wait(t, "waiting", func(p *corev1.Pod) bool { return p.Status.ContainerStatuses[0].State.Waiting != nil })
	assert.Equal(t, "CrashLoopBackOff", p.Status.ContainerStatuses[0].State.Waiting.Reason)
	assert.Contains(t, p.Status.ContainerStatuses[0].State.Waiting.Message, "last words")
	assert.False(t, is(p, corev1.ContainersReady))
	again := w.start(t, 2)
	p = w.wait(t, "running again", runs)
	assert.EqualValues(t, 1, p.Status.ContainerStatuses[0].RestartCount)
	assert.EqualValues(t, 1, p.Status.ContainerStatuses[0].LastTerminationState.Terminated.ExitCode)
	assert.Equal(t, process.sandbox.Address, again.sandbox.Address)
	assert.NotContains(t, process.happened(), "kill")
}

func TestAPodThatIsNotAliveIsRestarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(func(p *corev1.Pod) {
		probed(p)
		p.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"leave"}}}}
	}))
	process := w.start(t, 1)
	for _, path := range []string{"/synced", "/live", "/ready"} {
		process.say(path, true)
	}
	w.wait(t, "ready", ready)
	process.say("/live", false)
	w.start(t, 2)
	assert.Equal(t, []string{"exec haproxy[leave]", "stop"}, process.happened())
	p := w.wait(t, "running again", runs)
	assert.False(t, ready(p), "a container that has just started is ready")
	assert.Contains(t, p.Status.ContainerStatuses[0].LastTerminationState.Terminated.Message, "liveness probe of container haproxy")
}

func TestAPodThatNeverStartsIsRestarted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(func(p *corev1.Pod) {
		probed(p)
		p.Spec.Containers[0].StartupProbe.FailureThreshold = 2
	}))
	w.start(t, 1).say("/live", true)
	w.start(t, 2)
	assert.Equal(t, []string{"stop"}, w.start(t, 1).happened())
}

func TestADeletedPodLeavesInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(func(p *corev1.Pod) {
		probed(p)
		p.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Exec: &corev1.ExecAction{Command: []string{"leave", "20"}}}}
	}))
	process := w.start(t, 1)
	for _, path := range []string{"/synced", "/live", "/ready"} {
		process.say(path, true)
	}
	left := make(chan struct{})
	process.hook = func(ctx context.Context) {
		select {
		case <-left:
		case <-ctx.Done():
		}
	}
	w.wait(t, "ready", ready)
	w.remove(t, 60)
	require.Eventually(t, func() bool { return len(process.happened()) == 1 }, patience, 10*time.Millisecond)
	assert.True(t, ready(w.pod(t)), "a pod that leaves serves until it says otherwise")
	process.say("/ready", false)
	w.wait(t, "unready", func(p *corev1.Pod) bool { return !ready(p) })
	assert.Equal(t, []string{"exec haproxy[leave 20]"}, process.happened(), "it is stopped before its hook has ended")
	close(left)
	w.wait(t, "gone", func(p *corev1.Pod) bool { return p == nil })
	assert.Equal(t, []string{"exec haproxy[leave 20]", "stop"}, process.happened())
	assert.NoDirExists(t, process.sandbox.Folder)
	_, _, found := w.Running(namespace, "haproxy-0")
	assert.False(t, found)
}

func TestADeletedPodThatStaysIsKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(nil))
	process := w.start(t, 1)
	process.stays = true
	w.wait(t, "ready", ready)
	began := time.Now()
	w.remove(t, 3)
	w.wait(t, "gone", func(p *corev1.Pod) bool { return p == nil })
	assert.Equal(t, []string{"stop", "kill"}, process.happened())
	assert.Greater(t, time.Since(began), 2500*time.Millisecond, "it is killed before its grace has passed")
}

func TestAHookThatTakesTooLong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(func(p *corev1.Pod) {
		p.Spec.Containers[0].Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{Sleep: &corev1.SleepAction{Seconds: 600}}}
	}))
	process := w.start(t, 1)
	w.wait(t, "ready", ready)
	w.remove(t, 1)
	w.wait(t, "gone", func(p *corev1.Pod) bool { return p == nil })
	assert.Equal(t, []string{"stop"}, process.happened())
}

func TestAPodThatIsForcedAway(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(t, haproxy(nil))
	process := w.start(t, 1)
	w.wait(t, "ready", ready)
	require.NoError(t, w.client.CoreV1().Pods(namespace).Delete(t.Context(), "haproxy-0", metav1.DeleteOptions{}))
	<-process.Done()
	assert.Equal(t, []string{"kill"}, process.happened())
	// Another of the same name has nothing to do with it.
	w.create(t, haproxy(nil))
	w.start(t, 2)
	p := w.wait(t, "ready", ready)
	assert.Zero(t, p.Status.ContainerStatuses[0].RestartCount)
}
