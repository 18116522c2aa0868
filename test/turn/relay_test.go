package turn_test

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/output"
	"jitsi-meet-azure/turn/coturn"
)

const (
	realm  = "turn-a.meet.example.org"
	secret = "test-secret+/=_0123456789"
)

// loopback is the line that the tests add to what is deployed: on loopback, all of the test's Internet has addresses that
// coturn otherwise refuses before it looks at any list.
const loopback = "\nallow-loopback-peers\n"

// relay is a coturn with the deployed configuration and script. It has a /24 of loopback addresses to itself, so that its
// ports are its own and the addresses in what it says can be told apart.
type relay struct {
	config coturn.Config
	block  byte
	folder string
	ca     *authority

	command *exec.Cmd
	ended   chan struct{}
	output  output.Buffer
}

// change changes what is deployed, for what cannot be tested otherwise: the configuration, or its text.
type change struct {
	config func(*coturn.Config)
	text   func(string) string
}

var blocks atomic.Int32

// start starts a relay and waits until it takes connections.
func start(t *testing.T, changes ...change) *relay {
	t.Helper()
	r := prepare(t, changes...)
	r.launch(t)
	r.waitListening(t)
	return r
}

func (r *relay) waitListening(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		connection, err := net.DialTimeout("tcp", r.address().String(), time.Second)
		if err != nil {
			return false
		}
		return connection.Close() == nil
	}, 10*time.Second, 20*time.Millisecond, "the relay does not listen; it printed: %s", &r.output)
}

// prepare writes everything that is mounted into the relay's container.
func prepare(t *testing.T, changes ...change) *relay {
	t.Helper()
	block := int(blocks.Add(1)) % 250
	r := &relay{block: byte(block), folder: t.TempDir(), ca: newAuthority(t)}
	r.config = coturn.Defaults(realm, netip.PrefixFrom(r.host(16), 28))
	// The start script counts connections at the port, whatever their address: it must be no other relay's, and none that the
	// kernel gives to outgoing connections.
	r.config.TLSPort = 2000 + os.Getpid()%100*250 + block
	r.config.ReloadEvery, r.config.Linger = time.Second, time.Second
	r.config.Folder = r.folder
	r.config.CertificateFile = filepath.Join(r.folder, "tls.crt")
	r.config.KeyFile = filepath.Join(r.folder, "tls.key")
	r.config.SecretFile = filepath.Join(r.folder, "secret")
	r.config.RuntimeFolder = filepath.Join(r.folder, "run")
	for _, c := range changes {
		if c.config != nil {
			c.config(&r.config)
		}
	}
	text, err := coturn.Render(r.config)
	require.NoError(t, err)
	text += loopback
	for _, c := range changes {
		if c.text != nil {
			text = c.text(text)
		}
	}
	require.NoError(t, os.Mkdir(r.config.RuntimeFolder, 0o700))
	r.write(t, coturn.ConfigurationFile, text)
	r.write(t, "secret", secret+"\n")
	for name, content := range coturn.Files() {
		r.write(t, name, content)
	}
	r.renew(t, realm)
	return r
}

// launch runs the start script as the container does.
func (r *relay) launch(t *testing.T) {
	t.Helper()
	binary, err := exec.LookPath("turnserver")
	require.NoError(t, err, "coturn is not installed: run `make deps`")
	command := exec.Command("/bin/sh", filepath.Join(r.folder, coturn.StartScript))
	path := strings.Join([]string{r.tools(), filepath.Dir(binary), "/usr/bin", "/bin"}, ":")
	command.Env = []string{"PATH=" + path, coturn.AddressVariable + "=" + r.host(1).String()}
	for name, value := range coturn.Environment(r.config) {
		command.Env = append(command.Env, name+"="+value)
	}
	command.Stdout, command.Stderr = &r.output, &r.output
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	require.NoError(t, command.Start())
	r.command, r.ended = command, make(chan struct{})
	go func() {
		defer close(r.ended)
		_ = command.Wait()
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
		<-r.ended
	})
}

func (r *relay) write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(r.folder, name), []byte(content), 0o600))
}

// tools are programs that the relay's container has instead of the machine's.
func (r *relay) tools() string { return filepath.Join(r.folder, "tools") }

// host is an address of the relay's block: 1 is the relay itself, 2 its users, 16 to 31 the bridges that it may reach.
func (r *relay) host(last byte) netip.Addr {
	return netip.AddrFrom4([4]byte{127, byte(16 + os.Getpid()%200), r.block, last})
}

func (r *relay) address() netip.AddrPort {
	return netip.AddrPortFrom(r.host(1), uint16(r.config.TLSPort))
}

// dial connects a user, who trusts the test's authority as browsers trust theirs.
func (r *relay) dial(settings *tls.Config) (*tls.Conn, error) {
	if settings == nil {
		settings = &tls.Config{}
	}
	settings.ServerName, settings.RootCAs = realm, r.ca.pool
	dialer := &net.Dialer{Timeout: 5 * time.Second, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(r.host(2), 0))}
	connection, err := tls.DialWithDialer(dialer, "tcp", r.address().String(), settings)
	if err != nil {
		return nil, fmt.Errorf("connecting to the relay: %w", err)
	}
	return connection, nil
}

// waitEnded waits until the relay has ended, and returns the exit code of its script.
func (r *relay) waitEnded(t *testing.T, patience time.Duration) int {
	t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		require.Fail(t, "the relay did not end", &r.output)
	}
	return r.command.ProcessState.ExitCode()
}

// hasEnded says whether the relay has ended by now.
func (r *relay) hasEnded() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}
