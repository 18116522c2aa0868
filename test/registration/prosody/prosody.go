// Package prosody runs the real Prosody as that of a shard: the same domains, rooms, accounts, modules and kind of certificate, on
// a port of the loopback address. Everything it needs is in a temporary folder.
package prosody

import (
	"context"
	"crypto/rand"
	_ "embed"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/signalling/names"
)

// FocusUser is the account of Jicofo. Source: docker-jitsi-meet, JICOFO_AUTH_USER's default.
const FocusUser = "focus"

// Host is the address that every Prosody of this package listens at.
const Host = "127.0.0.1"

// Options are what differs from a usual shard.
type Options struct {
	// Authority signs the certificate; nil for a new one.
	Authority *Authority
	// CertificateNames are the names that the certificate is for; nil for a shard's. Prosody serves the shard's domains with it anyway.
	CertificateNames []string
	// BridgePassword is the password of the bridges' account; empty for a random one.
	BridgePassword string
}

// Server is a running Prosody.
type Server struct {
	Port      int
	Authority *Authority
	// BridgePassword and FocusPassword are the passwords of the accounts.
	BridgePassword, FocusPassword string

	folder, configuration string
	command               *exec.Cmd
	ended                 chan struct{}
	output                output
}

// output takes what a process prints while a test reads it.
type output struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.Write(p)
}

// String is what was printed so far.
func (o *output) String() string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	return o.text.String()
}

// Start starts a Prosody that lives as long as the test, and returns when it takes connections. A machine without Prosody fails the
// test rather than passing it unrun.
func Start(tb testing.TB, options Options) *Server {
	tb.Helper()
	if options.Authority == nil {
		options.Authority = NewAuthority(tb, "a")
	}
	if options.CertificateNames == nil {
		options.CertificateNames = []string{names.AuthDomain, names.XMPPDomain, names.MUCDomain, names.InternalMUCDomain}
	}
	if options.BridgePassword == "" {
		options.BridgePassword = rand.Text()
	}
	s := &Server{
		Port: doortest.FreePort(tb), Authority: options.Authority,
		BridgePassword: options.BridgePassword, FocusPassword: rand.Text(), folder: tb.TempDir(),
	}
	s.configure(tb, options)
	s.register(tb, names.BridgeUser, s.BridgePassword)
	s.register(tb, FocusUser, s.FocusPassword)
	s.run(tb)
	return s
}

// Address is the host and port of the server.
func (s *Server) Address() string { return net.JoinHostPort(Host, strconv.Itoa(s.Port)) }

// Log is what Prosody has printed so far.
func (s *Server) Log() string { return s.output.String() }

//go:embed prosody.cfg.lua.tmpl
var configuration string

var parsed = template.Must(template.New("").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(configuration))

func (s *Server) configure(tb testing.TB, options Options) {
	tb.Helper()
	certificate, key := options.Authority.issue(tb, options.CertificateNames)
	values := map[string]any{
		"Port": s.Port, "Domain": names.XMPPDomain, "AuthDomain": names.AuthDomain,
		"MUCDomain": names.MUCDomain, "InternalMUCDomain": names.InternalMUCDomain,
		"Focus": FocusUser + "@" + names.AuthDomain, "Bridge": names.BridgeUser + "@" + names.AuthDomain,
		"Data": filepath.Join(s.folder, "data"), "PIDFile": filepath.Join(s.folder, "prosody.pid"),
		"Certificate": s.write(tb, "prosody.crt", certificate), "Key": s.write(tb, "prosody.key", key),
	}
	for _, name := range []string{"data", "certs"} { // Prosody looks into both
		require.NoError(tb, os.Mkdir(filepath.Join(s.folder, name), 0o700))
	}
	var text strings.Builder
	require.NoError(tb, parsed.Execute(&text, values))
	s.configuration = s.write(tb, "prosody.cfg.lua", text.String())
}

func (s *Server) write(tb testing.TB, name, content string) string {
	tb.Helper()
	path := filepath.Join(s.folder, name)
	require.NoError(tb, os.WriteFile(path, []byte(content), 0o600))
	return path
}

// register makes an account, as the image does when it starts.
func (s *Server) register(tb testing.TB, user, password string) {
	tb.Helper()
	said, err := exec.CommandContext(tb.Context(), program(tb, "prosodyctl"),
		"--config", s.configuration, "register", user, names.AuthDomain, password).CombinedOutput()
	require.NoError(tb, err, string(said))
}

func (s *Server) run(tb testing.TB) {
	tb.Helper()
	s.command = exec.CommandContext(tb.Context(), program(tb, "prosody"), "--config", s.configuration, "-F")
	s.command.Stdout, s.command.Stderr = &s.output, &s.output
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	require.NoError(tb, s.command.Start())
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		_ = s.command.Wait()
	}()
	tb.Cleanup(s.kill)
	require.Eventually(tb, func() bool { return s.over() || s.listens(tb.Context()) }, 30*time.Second, 50*time.Millisecond,
		"Prosody does not listen:\n%s", &s.output)
	require.False(tb, s.over(), "Prosody has ended:\n%s", &s.output)
}

// kill ends Prosody: nothing of it outlives the test.
func (s *Server) kill() {
	_ = syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL)
	<-s.ended
}

func (s *Server) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

func (s *Server) listens(ctx context.Context) bool {
	connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return false
	}
	_ = connection.Close()
	return true
}

// program finds a program of the Debian package prosody.
func program(tb testing.TB, name string) string {
	tb.Helper()
	path, err := exec.LookPath(name)
	require.NoError(tb, err, "%s is needed: run `make deps`", name)
	return path
}
