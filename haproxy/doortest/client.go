package doortest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Client is one connection of a browser to a proxy, kept open between requests. It sends request lines exactly as given; a
// URL type would tidy them.
type Client struct {
	proxy      *Proxy
	connection *tls.Conn
	reader     *bufio.Reader
}

// Connect opens a connection.
func (p *Proxy) Connect() (*Client, error) {
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	connection, err := tls.DialWithDialer(dialer, "tcp", fmt.Sprintf("127.0.0.1:%d", p.Ports.HTTPS), &tls.Config{
		InsecureSkipVerify: true,
		NextProtos:         []string{"http/1.1"},
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to %s: %w", p.Name, err)
	}
	return &Client{proxy: p, connection: connection, reader: bufio.NewReader(connection)}, nil
}

// Close closes the connection.
func (c *Client) Close() { _ = c.connection.Close() }

// Do sends a request without a body and reads the answer, whose body is dropped.
func (c *Client) Do(method, path string, headers ...string) (*http.Response, error) {
	if err := c.connection.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, fmt.Errorf("setting the deadline: %w", err)
	}
	_, err := fmt.Fprintf(c.connection, "%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method, path, Domain,
		strings.Join(append(headers, ""), "\r\n"))
	if err != nil {
		return nil, fmt.Errorf("asking %s: %w", c.proxy.Name, err)
	}
	answer, err := http.ReadResponse(c.reader, &http.Request{Method: method})
	if err != nil {
		return nil, fmt.Errorf("the answer of %s: %w", c.proxy.Name, err)
	}
	if answer.StatusCode == http.StatusSwitchingProtocols {
		return answer, c.connection.SetDeadline(time.Time{})
	}
	_, err = c.reader.Discard(int(max(answer.ContentLength, 0)))
	return answer, err
}

// Shard asks for a path and returns the shard that answered.
func (c *Client) Shard(path string) (string, error) {
	answer, err := c.Do(http.MethodGet, path)
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s answers %s with %s", c.proxy.Name, path, answer.Status)
	}
	return answer.Header.Get("X-Jitsi-Shard"), nil
}

// Shard asks the proxy for a path, on a connection of its own, and returns the shard that answered.
func (p *Proxy) Shard(tb testing.TB, path string) string {
	tb.Helper()
	client, err := p.Connect()
	require.NoError(tb, err)
	defer client.Close()
	shard, err := client.Shard(path)
	require.NoError(tb, err)
	return shard
}

// WebSocket opens a room's WebSocket. The connection is then the caller's to read from, write to and close.
func (p *Proxy) WebSocket(room string) (client *Client, shard string, err error) {
	client, err = p.Connect()
	if err != nil {
		return nil, "", err
	}
	answer, err := client.Do(http.MethodGet, "/xmpp-websocket?room="+room,
		"Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
	switch {
	case err != nil:
		client.Close()
		return nil, "", err
	case answer.StatusCode != http.StatusSwitchingProtocols:
		client.Close()
		return nil, "", fmt.Errorf("%s answers a WebSocket with %s", p.Name, answer.Status)
	}
	return client, answer.Header.Get("X-Jitsi-Shard"), nil
}

// Echo sends a text through a WebSocket and waits for it to come back.
func (c *Client) Echo(text string) error {
	if err := c.connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		return fmt.Errorf("setting the deadline: %w", err)
	}
	if _, err := fmt.Fprintln(c.connection, text); err != nil {
		return fmt.Errorf("writing to %s: %w", c.proxy.Name, err)
	}
	line, err := c.reader.ReadString('\n')
	if err != nil {
		return fmt.Errorf("reading from %s: %w", c.proxy.Name, err)
	}
	if strings.TrimSpace(line) != text {
		return fmt.Errorf("%s returns %q for %q", c.proxy.Name, line, text)
	}
	return nil
}

// WaitClosed waits until the other side has closed the WebSocket.
func (c *Client) WaitClosed() {
	_ = c.connection.SetDeadline(time.Time{})
	for {
		if _, err := c.reader.ReadByte(); err != nil {
			return
		}
	}
}
