package armtest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Call is a kind of request.
type Call string

// The calls that the reaper makes.
const (
	ListMachines    Call = "list machines"
	ListInterfaces  Call = "list interfaces"
	DeleteInstances Call = "delete instances"
	ReadMetrics     Call = "read metrics"
)

// Kind is a way to go wrong.
type Kind string

const (
	// Refuse answers with Status and Code, and does nothing.
	Refuse Kind = "refuse"
	// Hang never answers, and does nothing.
	Hang Kind = "hang"
	// Drop breaks the connection, and does nothing.
	Drop Kind = "drop"
	// Lose does what is asked, and breaks the connection instead of answering.
	Lose Kind = "lose"
	// Answer answers 200 with Body, and does nothing.
	Answer Kind = "answer"
	// Flood answers 200 with a body without an end, and does nothing.
	Flood Kind = "flood"
)

// Fault is something wrong with a call.
type Fault struct {
	Kind Kind
	// Status, Code and RetryAfter are for [Refuse] alone; Status 403, for example, with Code AuthorizationFailed.
	// RetryAfter is in whole seconds; zero leaves the header out.
	Status     int
	Code       string
	RetryAfter time.Duration
	// Body is for [Answer] alone.
	Body string
	// Page is the page of a list that it holds for; zero for all.
	Page int
	// Times is how often it happens; zero for always.
	Times int
}

// Break makes a call go wrong. Of several faults of a call, the first that holds happens.
func (c *Cloud) Break(call Call, fault Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults[call] = append(c.faults[call], fault)
}

// Mend takes all faults away.
func (c *Cloud) Mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.faults)
}

// fault is what goes wrong with a request, and counts that it does.
func (c *Cloud) fault(call Call, page int) (Fault, bool) {
	faults := c.faults[call]
	for i := range faults {
		if f := faults[i]; f.Page == 0 || f.Page == page {
			if f.Times == 1 {
				c.faults[call] = append(faults[:i:i], faults[i+1:]...)
			} else if f.Times > 1 {
				faults[i].Times--
			}
			return f, true
		}
	}
	return Fault{}, false
}

// happen answers a request that goes wrong and does nothing.
func (f Fault) happen(request *http.Request) (*http.Response, error) {
	switch f.Kind {
	case Hang:
		<-request.Context().Done()
		return nil, request.Context().Err()
	case Drop, Lose:
		return nil, io.ErrUnexpectedEOF
	case Answer:
		return respond(request, http.StatusOK, f.Body), nil
	case Flood:
		response := respond(request, http.StatusOK, "")
		response.Body = io.NopCloser(flood{})
		return response, nil
	default:
		response := failure(request, f.Status, f.Code, "told to fail")
		if f.RetryAfter > 0 {
			response.Header.Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
		}
		return response, nil
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

// respond is an answer with a JSON body.
func respond(request *http.Request, status int, body string) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", status, http.StatusText(status)), StatusCode: status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json; charset=utf-8"}},
		Body:   io.NopCloser(strings.NewReader(body)), ContentLength: -1, Request: request,
	}
}

// failure is an error answer in Azure's form.
func failure(request *http.Request, status int, code, message string) *http.Response {
	body := fmt.Sprintf(`{"error":{"code":%q,"message":%q}}`, code, message)
	response := respond(request, status, body)
	response.Header.Set("X-Ms-Error-Code", code)
	return response
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
