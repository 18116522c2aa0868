package function

import (
	"context"
	"errors"
	"time"
)

// firstPart is how far into a run the handler is killed at first, in real time. Where the run is over by then, the next is
// killed after half of that.
const firstPart = 40 * time.Millisecond

// crash is a request to kill the handler in the middle of a run.
type crash struct {
	after time.Duration
	done  chan struct{}
}

// Crash kills the handler at once, as the kernel does that is out of memory, whatever it is doing. The host starts it again.
func (h *Host) Crash() { h.current().kill() }

// CrashInTick kills the handler in the middle of the next run that lasts long enough, and waits for it. The run fails, and the
// host starts the handler again. An error means that ctx ended first, and the handler is not killed later either, or that the
// same was asked for already.
func (h *Host) CrashInTick(ctx context.Context) error {
	request := &crash{after: firstPart, done: make(chan struct{})}
	if !h.ask(nil, request) {
		return errors.New("the handler is about to be killed already")
	}
	select {
	case <-request.done:
		return nil
	case <-ctx.Done():
		h.ask(request, nil)
		return ctx.Err()
	}
}

// ask puts a request in the place of another one; false where that is not there.
func (h *Host) ask(old, request *crash) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.crash != old {
		return false
	}
	h.crash = request
	return true
}

// arm prepares to kill the handler during a run, where that was asked for. What it returns is to be called when the run is
// over, and told whether the run failed.
func (h *Host) arm(handler *process) (disarm func(failed bool)) {
	h.mu.Lock()
	request := h.crash
	h.mu.Unlock()
	if request == nil {
		return func(bool) {}
	}
	timer := time.AfterFunc(request.after, func() {
		if h.ask(request, request) { // Nobody has thought better of it.
			handler.kill()
		}
	})
	return func(failed bool) {
		if timer.Stop() || !failed {
			request.after /= 2
			return
		}
		if h.ask(request, nil) {
			close(request.done)
		}
	}
}
