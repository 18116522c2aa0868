package frontdoor_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
)

// ordinaryClient is Go's own client, with HTTP/2 or without.
func ordinaryClient(t *testing.T, http2 bool) *http.Client {
	t.Helper()
	transport := &http.Transport{ForceAttemptHTTP2: http2, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// fetched is an answer without its body.
type fetched struct {
	status, major int
	header        http.Header
}

func fetch(t *testing.T, client *http.Client, method string, port int, path, body string) fetched {
	t.Helper()
	scheme := map[bool]string{true: "http", false: "https"}[strings.HasPrefix(path, "plain:")]
	path = strings.TrimPrefix(path, "plain:")
	request, err := http.NewRequestWithContext(t.Context(), method, fmt.Sprintf("%s://127.0.0.1:%d%s", scheme, port, path), strings.NewReader(body))
	require.NoError(t, err)
	request.Host = doortest.Domain
	answer, err := client.Do(request)
	require.NoError(t, err)
	defer answer.Body.Close()
	return fetched{status: answer.StatusCode, major: answer.ProtoMajor, header: answer.Header}
}

func TestProtocols(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Shards: []string{"a", "b", "c"}, Proxies: 1})
	p := door.Proxies[0]
	first, second := ordinaryClient(t, false), ordinaryClient(t, true)
	for index := range 30 {
		where := map[string]bool{}
		for major, client := range map[int]*http.Client{1: first, 2: second} {
			for _, path := range []string{"/R%%C3%%A9union%d", "/xmpp-websocket?room=r%%c3%%a9union%d", "/config.js?room=r%%c3%%a9union%d"} {
				answer := fetch(t, client, http.MethodGet, p.Ports.HTTPS, fmt.Sprintf(path, index), "")
				assert.Equal(t, major, answer.major)
				assert.Equal(t, "max-age=31536000", answer.header.Get("Strict-Transport-Security"))
				where[answer.header.Get("X-Jitsi-Shard")] = true
			}
		}
		assert.Len(t, where, 1)
	}
	answer := fetch(t, first, http.MethodGet, p.Ports.HTTP, "plain:/Room%20x?jwt=y", "")
	assert.Equal(t, http.StatusMovedPermanently, answer.status)
	assert.Equal(t, "https://"+doortest.Domain+"/Room%20x?jwt=y", answer.header.Get("Location"))
	for _, offered := range [][]string{{"h2", "http/1.1"}, {"http/1.1"}, nil} {
		connection, err := dialFrom(p, "127.0.0.1", offered...)
		require.NoError(t, err)
		assert.Equal(t, strings.Join(offered[:min(1, len(offered))], ""), connection.ConnectionState().NegotiatedProtocol)
		require.NoError(t, connection.Close())
	}
	_, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.Ports.HTTPS), &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS11})
	require.Error(t, err)
}

// BOSH is answered late on purpose, and must not be cut, asked for a second time, or moved.
func TestBOSHIsAnsweredLate(t *testing.T) {
	t.Parallel()
	door := doortest.Open(t, doortest.Options{Proxies: 1})
	delay := 4 * time.Second // no longer: health checks wait as well
	p := door.Proxies[0]
	want := p.Shard(t, "/http-bind?room=late")
	door.Shards[want].Delay(delay)
	for major, client := range map[int]*http.Client{1: ordinaryClient(t, false), 2: ordinaryClient(t, true)} {
		begin := time.Now()
		answer := fetch(t, client, http.MethodPost, p.Ports.HTTPS, "/http-bind?room=late", "<body rid='1'/>")
		assert.Equal(t, http.StatusOK, answer.status)
		assert.Equal(t, major, answer.major)
		assert.Equal(t, want, answer.header.Get("X-Jitsi-Shard"))
		assert.Less(t, time.Since(begin), 2*delay, "it was asked twice")
	}
}

// A WebSocket outlives every timeout that is not its own; in between it may be silent for long.
func TestAWebSocketStaysOpen(t *testing.T) {
	t.Parallel()
	p := doortest.Open(t, doortest.Options{Proxies: 1}).Proxies[0]
	silence := 12 * time.Second // timeout http-request
	if long() {
		silence = 95 * time.Second // timeout client and server
	}
	client, _, err := p.WebSocket("long")
	require.NoError(t, err)
	defer client.Close()
	for index := range 50 {
		require.NoError(t, client.Echo(fmt.Sprintf("quick %d", index)))
	}
	<-time.After(silence)
	require.NoError(t, client.Echo(strings.Repeat("after silence ", 5000)+"."))
}
