package turn_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/turn/coturn"
)

func TestRefusesBadCredentials(t *testing.T) {
	t.Parallel()
	r := start(t)
	username, password := coturn.Credentials(secret, time.Now(), time.Hour)
	expired, itsPassword := coturn.Credentials(secret, time.Now().Add(-time.Hour), time.Hour-time.Second)
	later, _ := coturn.Credentials(secret, time.Now().Add(time.Hour), time.Hour)
	for name, c := range map[string]struct{ username, password string }{
		"expired":                          {expired, itsPassword},
		"of another secret":                {username, coturn.Password("another-secret", username)},
		"prolonged by the user":            {later, password},
		"with a name put before the time":  {"7:" + username, password},
		"no time at all":                   {"user", coturn.Password(secret, "user")},
		"no username":                      {"", coturn.Password(secret, "")},
		"a time of which only zero counts": {"0", coturn.Password(secret, "0")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, code := r.visit(t, c.username, c.password).allocate(t)
			assert.Equal(t, codeUnauthorized, code)
		})
	}
	t.Run("with nothing wrong", func(t *testing.T) {
		t.Parallel()
		_, code := r.visit(t, username, password).allocate(t)
		assert.Zero(t, code)
	})
}

// coturn reads a database beside the secret, and refuses everybody while that is being made.
func TestTakesAllOfTheFirstUsers(t *testing.T) {
	t.Parallel()
	for attempt := range 4 {
		t.Run(strconv.Itoa(attempt), func(t *testing.T) {
			t.Parallel()
			r := start(t)
			users := make([]*user, 12)
			for index := range users {
				users[index] = r.visitor(t)
			}
			refused := make(chan string, len(users))
			for _, u := range users {
				go func() {
					_, code, err := u.try(stun.MethodAllocate, transport(protocolUDP))
					refused <- fmt.Sprint(code, err)
				}()
			}
			for range users {
				assert.Equal(t, "0 <nil>", <-refused)
			}
		})
	}
}

func TestRefusesRelayingOfTCP(t *testing.T) {
	t.Parallel()
	r := start(t)
	_, code := r.visitor(t).ask(t, stun.MethodAllocate, transport(protocolTCP))
	assert.Equal(t, codeNoTransport, code)
}

func TestRefusesMoreThanTheQuota(t *testing.T) {
	t.Parallel()
	r := start(t, change{config: func(c *coturn.Config) { c.TotalQuota = 2 }})
	for range 2 {
		_, code := r.visitor(t).allocate(t)
		require.Zero(t, code)
	}
	_, code := r.visitor(t).allocate(t)
	assert.Equal(t, codeQuota, code)
}

// Users of one second share their username: a quota by user would be one for all of them, so there is none.
func TestUsersMayShareAUsername(t *testing.T) {
	t.Parallel()
	r := start(t)
	username, password := coturn.Credentials(secret, time.Now(), time.Hour)
	for range 30 {
		_, code := r.visit(t, username, password).allocate(t)
		require.Zero(t, code)
	}
}

func TestSpeaksOnlyTLSFrom12On(t *testing.T) {
	t.Parallel()
	r := start(t)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		connection, err := r.dial(&tls.Config{MinVersion: version, MaxVersion: version})
		require.NoError(t, err)
		require.NoError(t, connection.Close())
	}
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS11} {
		_, err := r.dial(&tls.Config{MinVersion: version, MaxVersion: version})
		require.Error(t, err, tls.VersionName(version))
	}
	_, err := r.dial(&tls.Config{
		MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12,
		CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA},
	})
	require.Error(t, err, "an old cipher")
}

// coturn tells by the first bytes what is spoken at a port: TURN in the clear must not be answered at the port for TLS.
func TestRefusesTURNInTheClear(t *testing.T) {
	t.Parallel()
	r := start(t)
	request, err := stun.Build(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassRequest), transport(protocolUDP),
		stun.Fingerprint)
	require.NoError(t, err)
	connection, err := net.DialTimeout("tcp", r.address().String(), time.Second)
	require.NoError(t, err)
	defer func() { _ = connection.Close() }()
	_, err = connection.Write(request.Raw)
	require.NoError(t, err)
	require.NoError(t, connection.SetReadDeadline(time.Now().Add(time.Second)))
	answer, err := io.ReadAll(connection)
	assert.Empty(t, answer)
	t.Log(err)
}

// The relay has one TCP port and, before anybody has an allocation, no UDP port at all.
func TestListensNowhereElse(t *testing.T) {
	t.Parallel()
	r := start(t)
	// Each of its threads listens at the same address.
	assert.Equal(t, []netip.AddrPort{r.address()}, slices.Compact(r.sockets(t, "tcp", "0A")))
	assert.Empty(t, r.sockets(t, "tcp6", "0A"))
	assert.Empty(t, r.sockets(t, "udp", "07"))
	assert.Empty(t, r.sockets(t, "udp6", "07"))
	_, code := r.visitor(t).allocate(t)
	require.Zero(t, code)
	assert.Len(t, r.sockets(t, "udp", "07"), 1)
}

// The secret is readable by the relay alone, and neither in its arguments, nor in its environment, nor in what it prints.
func TestHidesTheSecret(t *testing.T) {
	t.Parallel()
	r := start(t)
	info, err := os.Stat(filepath.Join(r.config.RuntimeFolder, "turnserver.conf"))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	processes := r.processes(t)
	require.Greater(t, len(processes), 1)
	for _, process := range processes {
		for _, name := range []string{"cmdline", "environ"} {
			content, err := os.ReadFile("/proc/" + process + "/" + name)
			require.NoError(t, err)
			assert.NotContains(t, string(content), secret)
		}
	}
	text, err := os.ReadFile(filepath.Join(r.folder, coturn.ConfigurationFile))
	require.NoError(t, err)
	assert.NotContains(t, string(text), secret)
	assert.NotContains(t, r.output.String(), secret)
}

func TestRefusesASecretThatTheParserWouldChange(t *testing.T) {
	t.Parallel()
	for name, content := range map[string]string{"empty": "\n", "with a comment": "abc#def", "two lines": "abc\nrealm=x", "quoted": `"abc"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := prepare(t)
			r.write(t, "secret", content)
			r.launch(t)
			assert.Equal(t, 1, r.waitEnded(t, 5*time.Second))
			assert.Contains(t, r.output.String(), "is empty or has other characters")
		})
	}
}

// The real coturn knows every key of the configuration: it starts with one that it does not know too, and complains.
func TestPrintsNoComplaint(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{"as deployed": "", "with an unknown key": "no-such-key\n", "with another": "no-such=1\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := start(t, change{text: func(text string) string { return text + more }})
			require.Eventually(t, func() bool { return strings.Contains(r.output.String(), "Total General servers") },
				5*time.Second, 20*time.Millisecond, "the last that it prints when it starts")
			printed := strings.ToLower(r.output.String())
			found := strings.Contains(printed, "bad configuration") || strings.Contains(printed, "unknown") ||
				strings.Contains(printed, "config error") || strings.Contains(printed, "cannot")
			assert.Equal(t, more != "", found, printed)
		})
	}
}

// What the relay prints names no user: neither an address nor whom they tried to reach. Alpine's grep, which is busybox', refuses
// what GNU's does.
func TestPrintsNoUser(t *testing.T) {
	t.Parallel()
	for name, tool := range map[string]string{"with GNU's grep": "", "with another": "#!/bin/sh\ncat >/dev/null\nexit 1\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := prepare(t)
			if tool != "" {
				require.NoError(t, os.Mkdir(r.tools(), 0o700))
				require.NoError(t, os.WriteFile(filepath.Join(r.tools(), "grep"), []byte(tool), 0o700))
			}
			r.launch(t)
			r.waitListening(t)
			r.checkPrintsNoUser(t)
		})
	}
}

func (r *relay) checkPrintsNoUser(t *testing.T) {
	t.Helper()
	bridge := r.bridge(t, 16)
	u := r.visitor(t)
	_, code := u.allocate(t)
	require.Zero(t, code)
	require.Zero(t, u.permit(t, bridge))
	u.send(t, bridge, "hello")
	require.Equal(t, "hello!", u.receive(t))
	require.Equal(t, codeForbidden, u.permit(t, netip.MustParseAddrPort("198.51.100.7:4000")))
	require.NoError(t, u.connection.Close())
	require.Eventually(t, func() bool { return len(r.sockets(t, "udp", "07")) == 0 }, 5*time.Second, 50*time.Millisecond)
	_, code = r.visit(t, "1", "wrong").allocate(t)
	require.Equal(t, codeUnauthorized, code)
	require.Eventually(t, func() bool { return strings.Contains(r.output.String(), "credentials of user <1>") },
		5*time.Second, 50*time.Millisecond, "what comes after it has not been printed")
	printed := r.output.String()
	assert.NotContains(t, printed, r.host(2).String())
	assert.NotContains(t, printed, "198.51.100.7")
	assert.NotContains(t, printed, u.username)
}
