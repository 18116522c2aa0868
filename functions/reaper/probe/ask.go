package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"jitsi-meet-azure/functions/reaper/fleet"
)

// Limits of what is read of an answer, in bytes. A real one has 3 KiB (stats), 40 KiB (metrics), 20 bytes (drain).
const (
	maxStats   = 256 << 10
	maxMetrics = 2 << 20
	maxSmall   = 4 << 10
	maxRoster  = 4 << 20
)

// garbled marks an answer that cannot be relied on, as opposed to none.
type garbled struct{ error }

// Unwrap returns what is wrong with the answer.
func (g garbled) Unwrap() error { return g.error }

// garble is a garbled answer.
func garble(format string, values ...any) error { return garbled{fmt.Errorf(format, values...)} }

// request is one request and how to read its answer.
type request struct {
	method, url, accept string
	// kind is the content type of body; empty for none.
	kind, body string
	// limit bounds the answer's body, in bytes.
	limit int64
	// read makes something of the answer. An error of reading the body it returns as it is, one about the content as
	// garbled.
	read func(status int, body io.Reader) error
}

// send sends a request and has its answer read, all within requestLimit. An error is [garbled] if there was an answer that
// cannot be relied on, and anything else if there was no complete one.
func (c *Client) send(ctx context.Context, r request) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	var body io.Reader
	if r.body != "" {
		body = strings.NewReader(r.body)
	}
	out, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return err
	}
	out.Header.Set("Accept", r.accept)
	if r.kind != "" {
		out.Header.Set("Content-Type", r.kind)
	}
	response, err := c.http.Do(out)
	if err != nil {
		return short(err)
	}
	defer func() { _ = response.Body.Close() }()
	if err := r.read(response.StatusCode, http.MaxBytesReader(nil, response.Body, r.limit)); err != nil {
		return oversize(err)
	}
	return nil
}

// oversize tells a body that is too large, which is an answer, from one that did not arrive.
func oversize(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return garble("more than %d bytes", tooLarge.Limit)
	}
	return err
}

// short leaves the method and the URL out of an error: the caller names the bridge and the question.
func short(err error) error {
	var about *url.Error
	if errors.As(err, &about) {
		return about.Err
	}
	return err
}

// refused says that no process listens on the port: the machine's own network stack turned the connection down. A reset of
// a connection that existed is something else.
func refused(err error) bool {
	var operation *net.OpError
	return errors.As(err, &operation) && operation.Op == "dial" && errors.Is(operation.Err, syscall.ECONNREFUSED)
}

// outcome is what an error of a question says about the bridge. Only the first question's refusal counts as one: where an
// earlier question was answered, the process was there a moment ago.
func outcome(err error, first bool) fleet.Outcome {
	var bad garbled
	switch {
	case errors.As(err, &bad):
		return fleet.OutcomeGarbled
	case first && refused(err):
		return fleet.OutcomeRefused
	default:
		return fleet.OutcomeSilent
	}
}

// status is an HTTP status as text, with its meaning where it has one.
func status(code int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", code, http.StatusText(code)))
}

// whole reads all of the body of an answer that must be a 200.
func whole(code int, body io.Reader) ([]byte, error) {
	if code != http.StatusOK {
		return nil, garble("%s", status(code))
	}
	return io.ReadAll(body)
}
