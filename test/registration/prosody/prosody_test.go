package prosody_test

import (
	"crypto/x509"
	"encoding/pem"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/registration/prosody"
)

func TestServersLiveSideBySideAndEndWithTheirTest(t *testing.T) {
	t.Parallel()
	var first, second *prosody.Server
	t.Cleanup(func() { // after all cleanups of the servers
		for _, server := range []*prosody.Server{first, second} {
			_, err := net.DialTimeout("tcp", server.Address(), time.Second)
			assert.Error(t, err, "Prosody outlives its test")
		}
	})
	first, second = prosody.Start(t, prosody.Options{}), prosody.Start(t, prosody.Options{})
	for _, server := range []*prosody.Server{first, second} {
		conn, err := net.DialTimeout("tcp", server.Address(), time.Second)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
	assert.NotEqual(t, first.Port, second.Port)
	assert.NotEqual(t, first.Authority.Certificate, second.Authority.Certificate)
	assert.NotEqual(t, first.BridgePassword, second.BridgePassword)
}

// Nothing in Prosody's output may be left unseen that says the configuration is not what it seems.
func TestProsodyTakesTheConfiguration(t *testing.T) {
	t.Parallel()
	server := prosody.Start(t, prosody.Options{})
	for line := range strings.Lines(server.Log()) {
		assert.NotRegexp(t, `\s(warn|error)\s`, line)
	}
}

func TestAuthority(t *testing.T) {
	t.Parallel()
	authority, err := prosody.NewAuthority("a")
	require.NoError(t, err)
	block, rest := pem.Decode([]byte(authority.Certificate))
	require.NotNil(t, block)
	assert.Empty(t, rest)
	certificate, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	assert.Equal(t, "CN=Signalling of shard a,O=Jitsi Meet", certificate.Subject.String())
	assert.Equal(t, x509.ECDSA, certificate.PublicKeyAlgorithm)
	assert.True(t, certificate.IsCA)
}
