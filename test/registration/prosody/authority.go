package prosody

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Authority signs the certificate of a shard's Prosody, as the shard's own authority does: an ECDSA key on the curve P-256, and the
// uses that package signalling asks for.
type Authority struct {
	// Certificate is the authority's own one, in PEM.
	Certificate string

	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// NewAuthority makes the authority of a shard.
func NewAuthority(tb testing.TB, shard string) *Authority {
	tb.Helper()
	key := newKey(tb)
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Signalling of shard " + shard, Organization: []string{"Jitsi Meet"}},
		IsCA:    true, BasicConstraintsValid: true, SubjectKeyId: keyID(tb, key),
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	a := &Authority{certificate: template, key: key}
	a.Certificate = a.sign(tb, template, key)
	return a
}

// issue makes a certificate and its key, in PEM, for a server of these names; the first one is its subject.
func (a *Authority) issue(tb testing.TB, names []string) (certificate, key string) {
	tb.Helper()
	private := newKey(tb)
	certificate = a.sign(tb, &x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, private)
	raw, err := x509.MarshalECPrivateKey(private)
	require.NoError(tb, err)
	return certificate, block("EC PRIVATE KEY", raw)
}

func (a *Authority) sign(tb testing.TB, template *x509.Certificate, key *ecdsa.PrivateKey) string {
	tb.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	require.NoError(tb, err)
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Minute)
	template.NotAfter = time.Now().Add(time.Hour)
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	require.NoError(tb, err)
	return block("CERTIFICATE", raw)
}

func newKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(tb, err)
	return key
}

func keyID(tb testing.TB, key *ecdsa.PrivateKey) []byte {
	tb.Helper()
	raw, err := x509.MarshalPKIXPublicKey(key.Public())
	require.NoError(tb, err)
	sum := sha256.Sum256(raw)
	return sum[:20]
}

func block(kind string, raw []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
}
