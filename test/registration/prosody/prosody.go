// Package prosody runs the real Prosody as that of a shard: the same domains, rooms, accounts, modules and kind of certificate, on
// a port of the loopback address. Everything it needs is in a temporary folder.
package prosody

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"text/template"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/test/output"
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
	output                output.Buffer
}

// Start starts a Prosody that lives as long as the test, and returns when it takes connections. A machine without Prosody fails the
// test rather than passing it unrun.
func Start(tb testing.TB, options Options) *Server {
	tb.Helper()
	s, err := Launch(tb.Context(), tb.TempDir(), options)
	require.NoError(tb, err)
	tb.Cleanup(s.Close)
	return s
}

// Launch starts a Prosody that has all its files in an empty folder, and returns when it takes connections, within 30 seconds. Close
// ends it, and so does the end of the context. It is an error if Prosody is not installed.
func Launch(ctx context.Context, folder string, options Options) (*Server, error) {
	if options.CertificateNames == nil {
		options.CertificateNames = []string{names.AuthDomain, names.XMPPDomain, names.MUCDomain, names.InternalMUCDomain}
	}
	if options.BridgePassword == "" {
		options.BridgePassword = rand.Text()
	}
	if options.Authority == nil {
		var err error
		if options.Authority, err = NewAuthority("a"); err != nil {
			return nil, err
		}
	}
	free, err := doortest.FreePorts()
	if err != nil {
		return nil, fmt.Errorf("a port for Prosody: %w", err)
	}
	s := &Server{
		Port: free.HTTP, Authority: options.Authority,
		BridgePassword: options.BridgePassword, FocusPassword: rand.Text(), folder: folder,
	}
	if err := s.configure(options); err != nil {
		return nil, fmt.Errorf("the files of Prosody: %w", err)
	}
	for user, password := range map[string]string{names.BridgeUser: s.BridgePassword, FocusUser: s.FocusPassword} {
		if err := s.register(ctx, user, password); err != nil {
			return nil, err
		}
	}
	if err := s.run(ctx); err != nil {
		return nil, err
	}
	return s, nil
}

// Address is the host and port of the server.
func (s *Server) Address() string { return net.JoinHostPort(Host, strconv.Itoa(s.Port)) }

// Log is what Prosody has printed so far.
func (s *Server) Log() string { return s.output.String() }

//go:embed prosody.cfg.lua.tmpl
var configuration string

var parsed = template.Must(template.New("").Funcs(template.FuncMap{"quote": strconv.Quote}).Parse(configuration))

func (s *Server) configure(options Options) error {
	certificate, key, err := options.Authority.issue(options.CertificateNames)
	if err != nil {
		return err
	}
	path := func(name string) string { return filepath.Join(s.folder, name) }
	s.configuration = path("prosody.cfg.lua")
	values := map[string]any{
		"Port": s.Port, "Domain": names.XMPPDomain, "AuthDomain": names.AuthDomain,
		"MUCDomain": names.MUCDomain, "InternalMUCDomain": names.InternalMUCDomain,
		"Focus": FocusUser + "@" + names.AuthDomain, "Bridge": names.BridgeUser + "@" + names.AuthDomain,
		"Data": path("data"), "PIDFile": path("prosody.pid"),
		"Certificate": path("prosody.crt"), "Key": path("prosody.key"),
	}
	var text strings.Builder
	return errors.Join(
		os.Mkdir(path("data"), 0o700), os.Mkdir(path("certs"), 0o700), // Prosody looks into both
		os.WriteFile(path("prosody.crt"), []byte(certificate), 0o600),
		os.WriteFile(path("prosody.key"), []byte(key), 0o600),
		parsed.Execute(&text, values),
		os.WriteFile(s.configuration, []byte(text.String()), 0o600),
	)
}

// register makes an account, as the image does when it starts.
func (s *Server) register(ctx context.Context, user, password string) error {
	path, err := program("prosodyctl")
	if err != nil {
		return err
	}
	said, err := exec.CommandContext(ctx, path,
		"--config", s.configuration, "register", user, names.AuthDomain, password).CombinedOutput()
	if err != nil {
		return fmt.Errorf("the account of %s: %w\n%s", user, err, said)
	}
	return nil
}

func (s *Server) run(ctx context.Context) error {
	path, err := program("prosody")
	if err != nil {
		return err
	}
	s.command = exec.CommandContext(ctx, path, "--config", s.configuration, "-F")
	s.command.Stdout, s.command.Stderr = &s.output, &s.output
	s.command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.command.Start(); err != nil {
		return fmt.Errorf("starting Prosody: %w", err)
	}
	s.ended = make(chan struct{})
	go func() {
		defer close(s.ended)
		_ = s.command.Wait()
	}()
	if err := s.await(ctx); err != nil {
		s.Close()
		return fmt.Errorf("waiting for Prosody: %w:\n%s", err, &s.output)
	}
	return nil
}

// await waits until Prosody takes connections.
func (s *Server) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	next := time.NewTicker(50 * time.Millisecond)
	defer next.Stop()
	for {
		select {
		case <-s.ended:
			return errors.New("it has ended")
		case <-ctx.Done():
			return fmt.Errorf("it does not listen: %w", ctx.Err())
		case <-next.C:
			if s.listens(ctx) {
				return nil
			}
		}
	}
}

// Close ends Prosody: nothing of it outlives its user.
func (s *Server) Close() {
	_ = syscall.Kill(-s.command.Process.Pid, syscall.SIGKILL)
	<-s.ended
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
func program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("%s is needed: run `make deps`: %w", name, err)
	}
	return path, nil
}
