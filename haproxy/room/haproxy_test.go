package room

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// These tests run the program in the real HAProxy.

// configuration answers with what the converter makes of a request's body, and with the key of a request's path. HAProxy
// takes over sockets that the test has opened, so that no other process can have their ports.
const configuration = `
global
    nbthread 1
    tune.bufsize 2097152
    lua-load-per-thread %s
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 30s
frontend fold
    bind fd@3
    option http-buffer-request
    http-request return status 200 content-type text/plain lf-string %%[req.body,lua.fold]
frontend key
    bind fd@4
    http-request set-var(txn.room) path
    http-request set-var(txn.room) var(txn.room),lua.fold if { var(txn.room) -m reg '[^ -$&-~]' }
    http-request set-var(txn.key) 'var(txn.room),lower,regsub("[^a-z0-9\x80-\xff]+",,g),sha2(256),hex,bytes(0,32)'
    http-request return status 200 content-type text/plain lf-string %%[var(txn.key)]
`

// proxy is a running HAProxy and a connection to each of its frontends.
type proxy struct {
	t         *testing.T
	fold, key *connection
}

type connection struct {
	net.Conn
	reader *bufio.Reader
}

// startProxy starts HAProxy. A machine without it fails these tests rather than passing them unrun.
func startProxy(t *testing.T) proxy {
	t.Helper()
	binary, err := exec.LookPath("haproxy")
	if err != nil {
		binary, err = exec.LookPath("/usr/sbin/haproxy")
	}
	require.NoError(t, err, "haproxy is not installed: run `make deps`")
	folder := t.TempDir()
	script, file := filepath.Join(folder, "fold.lua"), filepath.Join(folder, "haproxy.cfg")
	require.NoError(t, os.WriteFile(script, []byte(FoldScript()), 0o600))
	require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, configuration, script), 0o600))

	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, binary, "-f", file)
	command.Stdout, command.Stderr = t.Output(), t.Output()
	var addresses []string
	for range 2 {
		socket, address := listen(t)
		command.ExtraFiles = append(command.ExtraFiles, socket)
		addresses = append(addresses, address)
	}
	require.NoError(t, command.Start())
	for _, socket := range command.ExtraFiles { // HAProxy has its own; with ours open, nobody would notice that it failed
		socket.Close()
	}
	t.Cleanup(func() {
		stop()
		_ = command.Wait()
	})
	return proxy{t: t, fold: connect(t, addresses[0]), key: connect(t, addresses[1])}
}

// listen opens a socket to hand over.
func listen(t *testing.T) (socket *os.File, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	socket, err = listener.(*net.TCPListener).File()
	require.NoError(t, err)
	return socket, listener.Addr().String()
}

func connect(t *testing.T, address string) *connection {
	t.Helper()
	made, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { made.Close() })
	return &connection{Conn: made, reader: bufio.NewReader(made)}
}

// ask sends a request line exactly as given; a URL type would tidy it.
func (p proxy) ask(on *connection, method, path, body string) string {
	p.t.Helper()
	_, err := fmt.Fprintf(on, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", method, path, len(body), body)
	require.NoError(p.t, err)
	answer, err := http.ReadResponse(on.reader, nil)
	require.NoError(p.t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(p.t, err)
	require.Equal(p.t, http.StatusOK, answer.StatusCode, "%q", path)
	return string(text)
}

func (p proxy) folded(text string) string { return p.ask(p.fold, http.MethodPost, "/", text) }

func (p proxy) keyOf(path string) string { return p.ask(p.key, http.MethodGet, path, "") }

func TestHAProxyFoldsEveryLetter(t *testing.T) {
	t.Parallel()
	p := startProxy(t)
	const batch = 0x4000
	for first := rune(0x80); first <= unicode.MaxRune; first += batch {
		var letters bytes.Buffer
		for letter := first; letter < first+batch && letter <= unicode.MaxRune; letter++ {
			if utf8.ValidRune(letter) {
				// The Z keeps letters apart, and a percent sign from digits.
				letters.WriteString("Z" + string(letter))
			}
		}
		want, got := reduce(letters.String()), p.folded(letters.String())
		if want != got { // the texts are too long to be shown whole
			assert.Equal(t, strings.Split(want, "Z"), strings.Split(got, "Z"), "from U+%04X", first)
			return
		}
	}
}

// randomBytes has whole letters, pieces of letters, percent signs of all kinds and marks that are dropped between them. It
// has no zero byte: HAProxy ends a request's body there (not a path) when it makes text of it.
func randomBytes(random *rand.Rand) string {
	pieces := []string{
		"\xc3", "\xa9", "\xe4", "\xb8", "\xf0", "\x90", "\x80", "\xed", "\xa0", "\xf4", "\xc0", "\xff", "\x01", "\x7f",
		"%", "%4", "%C3", "%a9", "%25", "%00", "\uff05", "\ufe6a", "\uff14", "1", "4", "C", "a", "-", "/", "+", "?",
		"\u0301", "\u00c9", "\u0130", "\u03a3", "\uac01", "\uac00", "\ud7a3", "\ufdfa", "\U00010400", "\U0002f800", "\U000e0fff", "\U0001ccd6",
	}
	var text strings.Builder
	for range 1 + random.IntN(30) {
		text.WriteString(pieces[random.IntN(len(pieces))])
	}
	return text.String()
}

func TestHAProxyFoldsRandomBytes(t *testing.T) {
	t.Parallel()
	p := startProxy(t)
	random := rand.New(rand.NewPCG(3, 4))
	for range 5_000 {
		text := randomBytes(random)
		require.Equal(t, reduce(text), p.folded(text), "%q", text)
	}
}

func TestHAProxyMakesTheKey(t *testing.T) {
	t.Parallel()
	p := startProxy(t)
	random := rand.New(rand.NewPCG(5, 6))
	for range 3_000 {
		page := "/" + randomName(random)
		page, _, _ = strings.Cut(strings.ReplaceAll(page, "#", ""), "?") // neither is part of a path
		require.Equal(t, Key(page), p.keyOf(page), "%q", page)
	}
}

func TestHAProxyWithstandsLongNames(t *testing.T) {
	t.Parallel()
	p := startProxy(t)
	for _, piece := range []string{"a", "%", "%25", "25", "\ufdfa", "\uac01", "\uff05", "\U000e0fff", "\xc3\x80\x80", "\x80", "%EF%BF%BF"} {
		text := "%" + strings.Repeat(piece, 16_000/len(piece))
		assert.Equal(t, Form(text), essence(p.folded(text)), "%q", piece)
	}
}
