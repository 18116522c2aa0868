package kubelet

import (
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// runHooks runs the preStop hooks of all containers at once and waits for them. What a hook fails at is said and otherwise
// ignored, as a kubelet does.
func (l *life) runHooks() {
	var hooks sync.WaitGroup
	for index := range l.pod.Spec.Containers {
		container := &l.pod.Spec.Containers[index]
		if container.Lifecycle == nil || container.Lifecycle.PreStop == nil {
			continue
		}
		hooks.Go(func() {
			err := l.runHook(container, container.Lifecycle.PreStop)
			select {
			case <-l.process.Done(): // a hook that runs in a container ends with it
			case <-l.ctx.Done():
			default:
				if err != nil {
					l.worker.log("the preStop hook of container %s: %v", container.Name, err)
				}
			}
		})
	}
	hooks.Wait()
}

func (l *life) runHook(container *corev1.Container, hook *corev1.LifecycleHandler) error {
	switch {
	case hook.Exec != nil:
		return l.execute(l.ctx, container.Name, hook.Exec.Command)
	case hook.HTTPGet != nil:
		return l.get(l.ctx, container, hook.HTTPGet)
	case hook.Sleep != nil:
		timer := time.NewTimer(time.Duration(hook.Sleep.Seconds) * time.Second)
		defer timer.Stop()
		select {
		case <-l.ctx.Done():
		case <-l.process.Done():
		case <-timer.C:
		}
		return nil
	}
	return fmt.Errorf("is of a kind that is not played: %+v", hook)
}
