package people

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"time"

	"github.com/coder/websocket"

	"jitsi-meet-azure/test/e2e/meeting/wire"
)

const (
	// answerLimit is how long a page or a WebSocket may take to come, in real time.
	answerLimit = 20 * time.Second
	shardHeader = "X-Jitsi-Shard"
)

// browser is what all users connect with. Nothing is shared between them: each request has a connection of its own.
type browser struct {
	domain string
	client *http.Client
}

func newBrowser(o Options, seen func(serial string)) *browser {
	secure := &tls.Config{
		ServerName: o.Domain, RootCAs: o.Roots, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		InsecureSkipVerify: o.Insecure, //nolint:gosec // only where a test says so
		VerifyConnection: func(state tls.ConnectionState) error {
			if len(state.PeerCertificates) > 0 {
				seen(state.PeerCertificates[0].SerialNumber.String())
			}
			return nil
		},
	}
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			raw, err := o.Dial(ctx)
			if err != nil {
				return nil, fmt.Errorf("connecting to the front door: %w", err)
			}
			connection := tls.Client(raw, secure)
			if err := connection.HandshakeContext(ctx); err != nil {
				return nil, errors.Join(fmt.Errorf("beginning TLS with the front door: %w", err), raw.Close())
			}
			return connection, nil
		},
	}
	return &browser{domain: o.Domain, client: &http.Client{Transport: transport}}
}

// get asks for a path; what is not 200 is an error.
func (b *browser) get(ctx context.Context, path string) (http.Header, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+b.domain+path, http.NoBody)
	if err != nil {
		return nil, nil, fmt.Errorf("asking for a page: %w", err)
	}
	answer, err := b.client.Do(request)
	if err != nil {
		return nil, nil, fmt.Errorf("asking for a page: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<16))
	if err != nil {
		return nil, nil, fmt.Errorf("reading a page: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, nil, fmt.Errorf("a page: %s", answer.Status)
	}
	return answer.Header, body, nil
}

var shardInPage = regexp.MustCompile(`deploymentInfo\s*:\s*\{[^}]*\bshard\s*:\s*['"]([a-z][a-z0-9]*)['"]`)

// shardOf is the shard that a page says it comes from.
func shardOf(page []byte) (string, error) {
	found := shardInPage.FindSubmatch(page)
	if found == nil {
		return "", errors.New("the page does not say which shard it comes from")
	}
	return string(found[1]), nil
}

// page loads a room's page and returns the shard that it comes from.
func (b *browser) page(ctx context.Context, r room) (string, error) {
	_, body, err := b.get(ctx, r.page())
	if err != nil {
		return "", err
	}
	return shardOf(body)
}

// whose asks which shard answers for a room's signalling; empty if the answer does not say.
func (b *browser) whose(ctx context.Context, r room) string {
	header, _, err := b.get(ctx, r.signalling())
	if err != nil {
		return ""
	}
	return header.Get(shardHeader)
}

// errNoSession is a shard that does not know the session that somebody wants to take up.
var errNoSession = errors.New("the session is gone")

// enter opens a room's WebSocket and says who is there.
func (b *browser) enter(ctx context.Context, r room, word wire.Word) (*websocket.Conn, wire.Notice, error) {
	ctx, cancel := context.WithTimeout(ctx, answerLimit)
	defer cancel()
	options := &websocket.DialOptions{HTTPClient: b.client, Subprotocols: []string{wire.Subprotocol}}
	connection, _, err := websocket.Dial(ctx, "wss://"+b.domain+r.signalling(), options) //nolint:bodyclose // the connection is the body
	if err != nil {
		return nil, wire.Notice{}, fmt.Errorf("opening a WebSocket: %w", err)
	}
	notice, err := greet(ctx, connection, word)
	if err != nil {
		_ = connection.CloseNow()
		if websocket.CloseStatus(err) == wire.NoSession {
			return nil, wire.Notice{}, errNoSession
		}
		return nil, wire.Notice{}, err
	}
	return connection, notice, nil
}

func greet(ctx context.Context, connection *websocket.Conn, word wire.Word) (wire.Notice, error) {
	if err := say(ctx, connection, word); err != nil {
		return wire.Notice{}, err
	}
	_, text, err := connection.Read(ctx)
	if err != nil {
		return wire.Notice{}, fmt.Errorf("waiting for the greeting: %w", err)
	}
	notice, err := wire.ParseNotice(text)
	if err == nil && (notice.Shard == "" || notice.Session == "") {
		err = errors.New("the greeting names no shard and no session")
	}
	return notice, err
}

func say(ctx context.Context, connection *websocket.Conn, word wire.Word) error {
	text, err := wire.Encode(word)
	if err != nil {
		return err
	}
	if err := connection.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("speaking through a WebSocket: %w", err)
	}
	return nil
}
