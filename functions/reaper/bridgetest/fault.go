package bridgetest

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// Kind is a way to go wrong.
type Kind string

const (
	// Reply answers with another status and body than the right ones, and does nothing.
	Reply Kind = "reply"
	// Flood answers 200 with a body without an end, and does nothing.
	Flood Kind = "flood"
	// Hang takes the connection and never answers, and does nothing.
	Hang Kind = "hang"
	// Lose does what is asked, and the answer never arrives.
	Lose Kind = "lose"
	// Stall does what is asked, and sends the header and the first half of the body of its answer, but never the rest.
	Stall Kind = "stall"
	// Cut does as Stall, but closes the connection.
	Cut Kind = "cut"
	// Reset closes the connection instead of answering, and does nothing.
	Reset Kind = "reset"
	// Refuse refuses connections, as a machine without the process does. It holds for all paths.
	Refuse Kind = "refuse"
	// Unreachable never takes a connection, as a machine that is switched off. It holds for all paths.
	Unreachable Kind = "unreachable"
)

// Fault is something wrong with a host. Status and Body are for [Reply] alone.
type Fault struct {
	Kind   Kind
	Status int
	Body   string
}

// faults are those of one host, by path. The empty path stands for all.
type faults struct {
	mu    sync.Mutex
	paths map[string]Fault
}

func (f *faults) set(path string, fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.paths == nil {
		f.paths = map[string]Fault{}
	}
	f.paths[path] = fault
}

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.paths = nil
}

// on is the fault of a path.
func (f *faults) on(path string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if fault, found := f.paths[path]; found {
		return fault
	}
	return f.paths[""]
}

// door says how a host takes connections, given how it does so in health.
func (f *faults) door(healthy Kind) Kind {
	if kind := f.on("").Kind; kind == Refuse || kind == Unreachable {
		return kind
	}
	return healthy
}

// Host is something that can be reached at an address: a [Bridge] or a [Jicofo].
type Host interface {
	// door is Refuse, Unreachable, or empty for a host that takes connections.
	door() Kind
	// answer does what a request asks for and returns the answer, and the way in which it goes wrong.
	answer(request *http.Request) (reply, Kind)
}

// reply is an answer.
type reply struct {
	status int
	kind   string // content type
	body   string
}

func plain(status int, body string) reply {
	return reply{status: status, kind: "text/plain", body: body}
}

func document(body string) reply {
	return reply{status: http.StatusOK, kind: "application/json", body: body}
}

// respond is an answer with a fault in it; right does what is asked.
func respond(fault Fault, right func() reply) (reply, Kind) {
	switch fault.Kind {
	case Reply:
		return reply{status: fault.Status, kind: "text/plain", body: fault.Body}, ""
	case Flood:
		return plain(http.StatusOK, ""), Flood
	case Hang, Reset, Refuse, Unreachable:
		return reply{}, fault.Kind
	default:
		return right(), fault.Kind
	}
}

// flood is a body without an end.
type flood struct{}

func (flood) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

// stalled is the part of a body behind which nothing comes until ctx ends.
type stalled struct{ ctx context.Context }

func (s stalled) Read([]byte) (int, error) {
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// broken is the part of a body behind which the connection breaks.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// content is the body of an answer that goes wrong in a way.
func content(ctx context.Context, r reply, way Kind) io.Reader {
	switch way {
	case Flood:
		return flood{}
	case Stall:
		return io.MultiReader(strings.NewReader(r.body[:len(r.body)/2]), stalled{ctx})
	case Cut:
		return io.MultiReader(strings.NewReader(r.body[:len(r.body)/2]), broken{})
	default:
		return strings.NewReader(r.body)
	}
}

// wait waits for a time, or until ctx ends.
func wait(ctx context.Context, how time.Duration) error {
	if how <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(how)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
