package function

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/uuid"
)

// restartPause is how long the host waits, in real time, before it starts a handler again that would not start.
const restartPause = 200 * time.Millisecond

// run calls the function at every occasion, one run after the other.
func (h *Host) run(ctx context.Context, next occasion) {
	defer func() { <-h.current().ended }() // It ends with ctx.
	pastDue := false
	for ctx.Err() == nil {
		handler := h.current()
		if handler.gone() {
			if !h.restart(ctx) {
				continue
			}
			// Only a timer that starts, with the host, looks for what it has missed.
			pastDue = h.clock.Now().After(next.due)
			continue
		}
		late := h.clock.Now().After(next.due)
		if !h.await(ctx, handler, next.due) {
			continue
		}
		began := h.clock.Now()
		h.tick(ctx, handler, next, began, pastDue)
		pastDue = false
		var missed int
		next, missed = following(h.schedule, next, began)
		h.count(late, missed)
	}
}

func (h *Host) count(late bool, missed int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ticks.Missed += missed
	if late {
		h.ticks.Late++
	}
}

func (h *Host) current() *process {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.handler
}

// restart starts the handler again. It says whether it could.
func (h *Host) restart(ctx context.Context) bool {
	if ctx.Err() != nil {
		return false // It has ended because everything does.
	}
	h.say("the handler has ended and is started again")
	h.mu.Lock()
	h.ticks.Crashes++
	h.mu.Unlock()
	for {
		handler, err := startProcess(ctx, h.app, h.environ, h.take)
		if err == nil {
			h.mu.Lock()
			h.handler = handler
			h.mu.Unlock()
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		h.say("the handler does not start: " + err.Error())
		select {
		case <-time.After(restartPause):
		case <-ctx.Done():
			return false
		}
	}
}

// await waits until the function is due; false where the handler or everything ends before.
func (h *Host) await(ctx context.Context, handler *process, due time.Time) bool {
	timer := time.NewTimer(time.Until(h.clock.Moment(due)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-handler.ended:
		return false
	case <-ctx.Done():
		return false
	}
}

// tick is one run of the function.
func (h *Host) tick(ctx context.Context, handler *process, now occasion, shown time.Time, pastDue bool) {
	id := uuid.NewString()
	limited, cancel := context.WithTimeout(ctx, h.app.limit)
	defer cancel()
	disarm := h.arm(handler)
	began := time.Now()
	status, reply, err := handler.send(limited, http.MethodPost, "/"+h.app.name, invocation(h.app.name, id, now, shown, pastDue))
	took := time.Since(began)
	disarm(err != nil)
	if ctx.Err() != nil {
		return // The host ends; what became of this run is no matter.
	}
	if errors.Is(limited.Err(), context.DeadlineExceeded) {
		// The host ends a handler whose function takes too long. Source: Azure docs, functions-host-json, functionTimeout.
		handler.kill()
	}
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("it answers %d: %s", status, reply)
	}
	h.mu.Lock()
	h.ticks.Run++
	h.ticks.Longest, h.ticks.Total = max(h.ticks.Longest, took), h.ticks.Total+took
	if err != nil {
		h.ticks.Failed++
	}
	h.mu.Unlock()
	if err != nil {
		h.say(fmt.Sprintf("the run %s of %s failed: %v", id, now.due.Format(time.TimeOnly), err))
	}
}
