package probe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
)

// Drain turns the drain mode of a bridge on or off: of a drained bridge Jicofo prefers others for new conferences. It can
// be repeated and undone. An error means that the bridge did not confirm it, not that it did not do it.
// Source: jitsi-videobridge, rest/root/colibri/drain/Drain.java.
func (c *Client) Drain(ctx context.Context, address netip.Addr, on bool) error {
	path := "/colibri/drain/disable"
	if on {
		path = "/colibri/drain/enable"
	}
	return c.post(ctx, address, path, "", "")
}

// Shutdown asks a bridge for its graceful shutdown. It cannot be undone. An error means that the bridge did not confirm it,
// not that it did not begin.
//
// The body's value must never be anything but true: false is an immediate shutdown that ends every conference on the
// bridge within a minute. Source: jitsi-videobridge, rest/root/colibri/shutdown/Shutdown.java, ShutdownManager.kt.
func (c *Client) Shutdown(ctx context.Context, address netip.Addr) error {
	return c.post(ctx, address, "/colibri/shutdown", jsonType, `{"graceful-shutdown": true}`)
}

// post sends one request that changes something, once: whether to repeat it is decided on what the bridge says next.
func (c *Client) post(ctx context.Context, address netip.Addr, path, kind, body string) error {
	if !address.IsValid() {
		return errors.New(noAddress)
	}
	err := c.send(ctx, request{
		method: http.MethodPost, url: c.url(address, path), accept: anyType, kind: kind, body: body, limit: maxSmall,
		read: func(code int, body io.Reader) error {
			if code < http.StatusOK || code >= http.StatusMultipleChoices {
				return garble("%s", status(code))
			}
			_, _ = io.Copy(io.Discard, body) // The status has said it all; this keeps the connection usable.
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("POST %s at %s: %w", path, address, err)
	}
	return nil
}
