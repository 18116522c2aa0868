package kubelet

import (
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"jitsi-meet-azure/test/e2e/pod"
)

// stage is how far a pod is.
type stage int

const (
	creating stage = iota
	alive
	resting // its containers have ended and will start again
	over
)

// The exit codes of containers: a stand-in does not say its own.
const (
	codeEnded   = 0
	codeCrashed = 1
	codeKilled  = 137 // 128 and SIGKILL
)

const (
	firstBackOff = time.Second
	longestPause = 10 * time.Second
	// stableAfter is how long containers must have lived for the next crash to count as the first.
	stableAfter = time.Minute
)

// now is the time as the API server keeps it, in whole seconds.
func now() metav1.Time { return metav1.Now().Rfc3339Copy() }

// state is what a worker reports of its pod.
type state struct {
	stage           stage
	reason, message string // why the pod waits

	began    metav1.Time // when the pod was first seen
	since    metav1.Time // when the containers started
	restarts int32
	crashes  int // since the containers were last stable
	last     *corev1.ContainerStateTerminated
	// progress is replaced, never changed: copies of the state are read without its lock.
	progress map[string]progress

	sandbox pod.Sandbox
	process pod.Process
}

// progress is what probes have said of one container.
type progress struct{ started, ready bool }

// stateOf is the state of a pod that a worker begins with. One that ran before, on a node that was lost, starts again.
func stateOf(p *corev1.Pod) state {
	s := state{began: now(), reason: "ContainerCreating"}
	if p.Status.StartTime != nil {
		s.began = *p.Status.StartTime
	}
	for index := range p.Status.ContainerStatuses {
		before := &p.Status.ContainerStatuses[index]
		s.restarts = max(s.restarts, before.RestartCount)
		if before.State.Running != nil {
			s.last = &corev1.ContainerStateTerminated{
				ExitCode: codeKilled, Reason: "Error", StartedAt: before.State.Running.StartedAt, FinishedAt: now(),
			}
		}
	}
	if s.last != nil {
		s.restarts++
	}
	return s
}

// run is the beginning of a life of the containers. One without probes is ready at once.
func (s *state) run(p *corev1.Pod, sandbox pod.Sandbox, process pod.Process) {
	if s.stage == resting {
		s.restarts++
	}
	s.stage, s.reason, s.message, s.since = alive, "", "", now()
	s.sandbox, s.process = sandbox, process
	s.progress = map[string]progress{}
	for index := range p.Spec.Containers {
		container := &p.Spec.Containers[index]
		started := container.StartupProbe == nil
		s.progress[container.Name] = progress{started: started, ready: started && container.ReadinessProbe == nil}
	}
}

// set notes what a probe has said, if it is still this process that it has asked. It says whether that is news.
func (s *state) set(process pod.Process, container string, how func(*progress)) bool {
	if s.process != process {
		return false
	}
	next := s.progress[container]
	how(&next)
	if next == s.progress[container] {
		return false
	}
	s.progress = maps.Clone(s.progress)
	s.progress[container] = next
	return true
}

// end is the end of a life of the containers.
func (s *state) end(code int32, why string) {
	s.last = &corev1.ContainerStateTerminated{
		ExitCode: code, Reason: "Error", Message: why, StartedAt: s.since, FinishedAt: now(),
	}
	if code == codeEnded {
		s.last.Reason = "Completed"
	}
	if s.stage == alive && time.Since(s.since.Time) > stableAfter {
		s.crashes = 0
	}
	s.crashes++
	s.stage, s.reason, s.message = resting, "CrashLoopBackOff", why
	s.process, s.progress = nil, nil
}

// finish is for a pod that is to be removed.
func (s *state) finish() {
	if s.last == nil {
		s.last = &corev1.ContainerStateTerminated{ExitCode: codeEnded, Reason: "Completed", StartedAt: s.began, FinishedAt: now()}
	}
	s.stage = over
}

// backOff is how long to wait before the next start: the kubelet's own rule with shorter times, so that a crash is seen to heal
// within a compressed day.
func (s *state) backOff() time.Duration {
	pause := firstBackOff
	for range s.crashes - 1 {
		pause = min(2*pause, longestPause)
	}
	return pause
}
