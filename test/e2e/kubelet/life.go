package kubelet

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/test/e2e/pod"
)

const (
	// defaultGrace is Kubernetes' own.
	defaultGrace = 30 * time.Second
	// lastGrace is what containers get whose hooks have taken all the time. Source: Kubernetes, minimumGracePeriodInSeconds.
	lastGrace = 2 * time.Second
	// killPatience is how long a stand-in may take to end when it is killed.
	killPatience = 10 * time.Second
)

// life is the containers of a pod from one start to their end.
type life struct {
	worker  *worker
	pod     *corev1.Pod // as it was at the start
	process pod.Process
	ctx     context.Context // of probes and hooks
	// unhealthy is told why a probe wants the containers restarted.
	unhealthy chan string
	// hooked is closed when the hooks of a life that is to end have run.
	hooked chan struct{}

	problem  string // with its files
	why      string
	deadline *time.Timer // nil while the life is not to end
	ends     time.Time
	stopped  bool
	killed   bool
}

// live lets the containers live once, from their start to their end. It says whether they are to start again.
func (w *worker) live() bool {
	p, wanted := w.wanted()
	if !wanted {
		return false
	}
	process, err := w.start(p)
	if err != nil {
		w.log("%v", err)
		w.change(func(s *state) { s.end(codeCrashed, err.Error()) })
		return true
	}
	ctx, cancel := context.WithCancel(w.ctx)
	defer cancel()
	l := &life{
		worker: w, pod: p, process: process, ctx: ctx, unhealthy: make(chan string, 1), hooked: make(chan struct{}),
		why: "its containers ended by themselves",
	}
	l.beginProbes()
	l.last()
	if l.code() == codeCrashed && w.ctx.Err() == nil {
		l.why += lastWords(process, p)
	}
	w.change(func(s *state) { s.end(l.code(), l.why) })
	_, wanted = w.wanted()
	if wanted && w.ctx.Err() == nil {
		w.log("restarting: %s", l.why)
	}
	return wanted
}

func (l *life) code() int32 {
	switch {
	case l.killed:
		return codeKilled
	case l.stopped:
		return codeEnded
	}
	return codeCrashed
}

// last waits for the end, and brings it about where the pod is to end.
func (l *life) last() {
	again := time.NewTicker(csiEvery)
	defer again.Stop()
	for {
		l.worker.report()
		hooked := l.hooked
		if l.stopped {
			hooked = nil
		}
		select {
		case <-l.process.Done():
			return
		case <-l.worker.ctx.Done():
			l.kill()
			return
		case why := <-l.unhealthy:
			l.end(why, l.grace())
		case <-hooked:
			l.stop()
		case <-l.due():
			l.overdue()
		case <-l.worker.wake:
			l.look()
		case <-again.C:
			l.look()
		}
	}
}

// look follows what the API server has.
func (l *life) look() {
	p, found := l.worker.current()
	if !found {
		l.kill()
		return
	}
	if p.DeletionTimestamp != nil {
		grace := defaultGrace
		if p.DeletionGracePeriodSeconds != nil {
			grace = time.Duration(*p.DeletionGracePeriodSeconds) * time.Second
		}
		l.end("it is deleted", grace)
	}
	problem := ""
	if err := l.worker.volumes.refresh(p); err != nil {
		problem = err.Error()
	}
	if problem != "" && problem != l.problem {
		l.worker.log("some of its files stay as they are: %s", problem)
	}
	l.problem = problem
}

func (l *life) grace() time.Duration {
	if seconds := l.pod.Spec.TerminationGracePeriodSeconds; seconds != nil {
		return time.Duration(*seconds) * time.Second
	}
	return defaultGrace
}

// end begins the end: first the hooks, then the signal to stop, both within the grace. A second end can only be sooner.
func (l *life) end(why string, grace time.Duration) {
	ends := time.Now().Add(grace)
	if l.deadline != nil {
		if ends.Before(l.ends) && !l.stopped {
			l.ends = ends
			l.deadline.Reset(grace)
		}
		return
	}
	l.why, l.ends, l.deadline = why, ends, time.NewTimer(grace)
	go func() {
		defer close(l.hooked)
		l.runHooks()
	}()
}

func (l *life) due() <-chan time.Time {
	if l.deadline == nil {
		return nil
	}
	return l.deadline.C
}

func (l *life) stop() {
	l.stopped = true
	l.process.Stop()
	// No less than this, should the hooks have taken all the time.
	if rest := time.Until(l.ends); rest < lastGrace {
		l.deadline.Reset(lastGrace)
	}
}

// overdue is the end of the grace.
func (l *life) overdue() {
	if !l.stopped {
		l.worker.log("its hooks have taken all the time there is")
		l.stop()
		return
	}
	l.kill()
}

// kill ends the containers and waits for that.
func (l *life) kill() {
	l.killed = true
	l.process.Kill()
	patience := time.NewTimer(killPatience)
	defer patience.Stop()
	select {
	case <-l.process.Done():
	case <-patience.C:
		l.worker.log("its containers do not end although they are killed")
	}
}
