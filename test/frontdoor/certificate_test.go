package frontdoor_test

import (
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/doortest"
)

// serial is the number of the certificate that new connections get.
func serial(t *testing.T, p *doortest.Proxy) *big.Int {
	t.Helper()
	connection, err := dialFrom(p, "127.0.0.1")
	require.NoError(t, err)
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0].SerialNumber
}

func TestARenewedCertificateTakesEffect(t *testing.T) {
	t.Parallel()
	p := doortest.Open(t, doortest.Options{Proxies: 1}).Proxies[0]
	client, _, err := p.WebSocket("open")
	require.NoError(t, err)
	defer client.Close()
	before := process(t, p)
	renewed := doortest.NewCertificate(t, p.Folder)
	begin := time.Now()
	require.Eventually(t, func() bool { return serial(t, p).Cmp(renewed.SerialNumber) == 0 }, 40*time.Second, 200*time.Millisecond,
		"the new certificate does not take effect")
	t.Logf("new connections have the new certificate after %s", time.Since(begin))
	assert.Contains(t, p.Output(), "is renewed")
	require.NoError(t, client.Echo("still here"))
	assert.Equal(t, before, process(t, p))
}

// Kubernetes replaces both files at once, but not in the same moment as they are read; and operators make mistakes.
func TestABrokenCertificateChangesNothing(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(t *testing.T, folder string){
		"half old": func(t *testing.T, folder string) {
			t.Helper()
			key, err := os.ReadFile(filepath.Join(folder, "tls.key"))
			require.NoError(t, err)
			doortest.NewCertificate(t, folder)
			require.NoError(t, os.WriteFile(filepath.Join(folder, "tls.key"), key, 0o600))
		},
		"no certificate": func(t *testing.T, folder string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "tls.crt"), []byte("nonsense\n\nshow info\n"), 0o600))
		},
		"empty": func(t *testing.T, folder string) {
			t.Helper()
			require.NoError(t, os.WriteFile(filepath.Join(folder, "tls.crt"), nil, 0o600))
			require.NoError(t, os.WriteFile(filepath.Join(folder, "tls.key"), nil, 0o600))
		},
		"gone": func(t *testing.T, folder string) {
			t.Helper()
			require.NoError(t, os.Remove(filepath.Join(folder, "tls.key")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := doortest.New(t, doortest.Options{Proxies: 1, Shards: []string{"a"}}).Proxies[0]
			p.Start(t)
			require.Eventually(t, func() bool { return strings.Contains(p.Output(), "shard a: up") }, 30*time.Second, 50*time.Millisecond)
			before := serial(t, p)
			spoil(t, p.Folder)
			require.Eventually(t, func() bool { return strings.Contains(p.Output(), "is refused") }, 40*time.Second, 200*time.Millisecond)
			assert.Equal(t, before, serial(t, p))
			p.WaitReady(t)
			assert.Equal(t, "a", p.Shard(t, "/room"))
			if name != "half old" {
				return
			}
			renewed := doortest.NewCertificate(t, p.Folder) // it is tried again
			require.Eventually(t, func() bool { return serial(t, p).Cmp(renewed.SerialNumber) == 0 }, 40*time.Second, 200*time.Millisecond)
		})
	}
}
