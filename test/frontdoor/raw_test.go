package frontdoor_test

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
)

// dialFrom opens a connection to a proxy from an address of this machine.
func dialFrom(p *doortest.Proxy, address string, protocols ...string) (*tls.Conn, error) {
	dialer := &net.Dialer{Timeout: 10 * time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return tls.DialWithDialer(dialer, "tcp", fmt.Sprintf("127.0.0.1:%d", p.Ports.HTTPS), &tls.Config{
		InsecureSkipVerify: true, NextProtos: protocols,
	})
}

// ask sends a page's request over a connection and returns the status.
func ask(connection net.Conn, path string) (int, error) {
	_, err := fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, doortest.Domain)
	if err != nil {
		return 0, err
	}
	return statusOf(connection, http.MethodGet)
}

func statusOf(connection net.Conn, method string) (int, error) {
	_ = connection.SetReadDeadline(time.Now().Add(20 * time.Second))
	answer, err := http.ReadResponse(bufio.NewReader(connection), &http.Request{Method: method})
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}

// hostileAsk sends bytes as they are. The answer is a status, or 0 if the proxy closes the connection without one.
func hostileAsk(tb testing.TB, p *doortest.Proxy, method, text string) int {
	tb.Helper()
	connection, err := dialFrom(p, "127.0.0.1")
	require.NoError(tb, err)
	defer connection.Close()
	_, _ = io.WriteString(connection, text) // may be refused before it is read
	status, err := statusOf(connection, method)
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		assert.Fail(tb, "no answer and not closed", "%s: %.80q", p.Name, text)
	}
	return status
}

var processID = regexp.MustCompile(`(?m)^Pid: (\d+)$`)

// process is the id of the process that serves.
func process(tb testing.TB, p *doortest.Proxy) string {
	tb.Helper()
	found := processID.FindStringSubmatch(p.Admin(tb, "show info"))
	require.NotNil(tb, found)
	return found[1]
}
