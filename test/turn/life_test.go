package turn_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/turn/coturn"
)

// session is a user's allocation with a bridge that answers.
type session struct {
	*user
	check func(t *testing.T)
}

// begin opens a session and shows that data flows.
func (r *relay) begin(t *testing.T, u *user) session {
	t.Helper()
	bridge := r.bridge(t, 16)
	_, code := u.allocate(t)
	require.Zero(t, code)
	require.Zero(t, u.permit(t, bridge))
	s := session{user: u, check: func(t *testing.T) {
		t.Helper()
		u.send(t, bridge, "hello")
		require.Equal(t, "hello!", u.receive(t))
	}}
	s.check(t)
	return s
}

// A renewed certificate is served to new users, while sessions that began with the old one go on and can be prolonged.
func TestRenewedCertificateKeepsSessions(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{"certificate and key apart": "tls.key", "in one file": "tls.crt"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, change{config: func(c *coturn.Config) { c.KeyFile = c.Folder + "/" + file }})
			before := r.serial(t)
			s := r.begin(t, r.visitor(t))
			renewed := r.renew(t, realm)
			require.NotEqual(t, before, renewed)
			r.waitServed(t, func() bool { return r.serial(t).Cmp(renewed) == 0 })
			s.check(t)
			_, code := s.refresh(t)
			assert.Zero(t, code)
			_, code = r.visitor(t).allocate(t)
			assert.Zero(t, code)
		})
	}
}

// A pair that does not fit, or cannot be read, changes nothing; the next one that fits is taken.
func TestBrokenCertificateIsNotTaken(t *testing.T) {
	t.Parallel()
	_, foreign, _ := newAuthority(t).issue(t, realm)
	for name, broken := range map[string]struct{ file, content string }{
		"another key":    {"tls.key", foreign},
		"no certificate": {"tls.crt", ""},
		"half a key":     {"tls.key", foreign[:len(foreign)/2]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t)
			before := r.serial(t)
			s := r.begin(t, r.visitor(t))
			r.write(t, broken.file, broken.content)
			require.Eventually(t, func() bool { return strings.Contains(r.output.String(), "invalid private key") },
				10*time.Second, 50*time.Millisecond, "the relay has not tried the broken pair: %s", &r.output)
			assert.Equal(t, before, r.serial(t))
			s.check(t)
			renewed := r.renew(t, realm)
			r.waitServed(t, func() bool { return r.serial(t).Cmp(renewed) == 0 })
		})
	}
}

// Without a certificate there is nothing to listen with: the container ends, and Kubernetes starts it again.
func TestDoesNotStartWithoutACertificate(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"tls.crt", "tls.key"} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			r := prepare(t)
			require.NoError(t, os.Remove(filepath.Join(r.folder, file)))
			r.launch(t)
			assert.Equal(t, 1, r.waitEnded(t, 5*time.Second))
			assert.Contains(t, r.output.String(), "cannot be read")
		})
	}
}

// A certificate that is gone is no reason to stop serving the one that the relay has.
func TestKeepsACertificateThatIsGone(t *testing.T) {
	t.Parallel()
	r := start(t)
	before := r.serial(t)
	require.NoError(t, os.Remove(filepath.Join(r.folder, "tls.key")))
	require.Never(t, func() bool { return strings.Contains(r.output.String(), "the certificate has changed") },
		3500*time.Millisecond, 100*time.Millisecond)
	assert.Equal(t, before, r.serial(t))
	renewed := r.renew(t, realm)
	r.waitServed(t, func() bool { return r.serial(t).Cmp(renewed) == 0 })
}

func (r *relay) waitServed(t *testing.T, served func() bool) {
	t.Helper()
	require.Eventually(t, served, 15*time.Second, 200*time.Millisecond, "the renewed certificate is not served: %s", &r.output)
}

// An allocation outlives the credentials that it was made with, for as long as its user goes on prolonging it, also after the
// relay has asked for a fresh nonce. Nothing new can be made with them.
func TestAllocationOutlivesItsCredentials(t *testing.T) {
	t.Parallel()
	r := start(t, change{text: func(text string) string { return strings.Replace(text, "stale-nonce=600", "stale-nonce=1", 1) }})
	username, password := coturn.Credentials(secret, time.Now(), 2*time.Second)
	s := r.begin(t, r.visit(t, username, password))
	require.Eventually(t, func() bool {
		_, code := r.visit(t, username, password).allocate(t)
		return code == codeUnauthorized
	}, 10*time.Second, 500*time.Millisecond, "the credentials do not expire")
	nonce := string(s.nonce)
	answer, code := s.refresh(t)
	require.Zero(t, code)
	assert.Equal(t, 10*time.Minute, lifetime(t, answer))
	assert.NotEqual(t, nonce, string(s.nonce), "the relay has not asked for a fresh nonce")
	second := r.bridge(t, 17)
	assert.Zero(t, s.permit(t, second))
	assert.Zero(t, s.bind(t, 1, second))
	s.check(t)
}

// A relay that is told to stop goes on while somebody is connected, takes new users too, and ends with the last one.
func TestStopsWithTheLastUser(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			r := start(t)
			first := r.begin(t, r.visitor(t))
			require.NoError(t, r.command.Process.Signal(signal))
			require.NoError(t, r.command.Process.Signal(signal))
			require.Eventually(t, func() bool { return strings.Contains(r.output.String(), "stopping") }, 5*time.Second, 20*time.Millisecond)
			second := r.visitor(t)
			_, code := second.allocate(t)
			require.Zero(t, code)
			require.Never(t, r.hasEnded, 2500*time.Millisecond, 100*time.Millisecond)
			first.check(t)
			require.NoError(t, first.connection.Close())
			require.Never(t, r.hasEnded, 1500*time.Millisecond, 100*time.Millisecond)
			_, code = second.refresh(t)
			require.Zero(t, code)
			require.NoError(t, second.connection.Close())
			assert.Zero(t, r.waitEnded(t, 30*time.Second))
			_, err := net.DialTimeout("tcp", r.address().String(), time.Second)
			assert.Error(t, err)
		})
	}
}

// A container whose relay has died has to end, or Kubernetes would not start another.
func TestEndsWithTheRelay(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, process := range r.named(t, "turnserver") {
		require.NoError(t, syscall.Kill(process, syscall.SIGKILL))
	}
	assert.NotZero(t, r.waitEnded(t, 5*time.Second))
}
