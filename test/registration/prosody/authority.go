package prosody

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
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
func NewAuthority(shard string) (*Authority, error) {
	key, id, err := newKey()
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Signalling of shard " + shard, Organization: []string{"Jitsi Meet"}},
		IsCA:    true, BasicConstraintsValid: true, SubjectKeyId: id,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	a := &Authority{certificate: template, key: key}
	a.Certificate, err = a.sign(template, key)
	return a, err
}

// issue makes a certificate and its key, in PEM, for a server of these names; the first one is its subject.
func (a *Authority) issue(names []string) (certificate, key string, err error) {
	private, _, err := newKey()
	if err != nil {
		return "", "", err
	}
	raw, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		return "", "", fmt.Errorf("a key: %w", err)
	}
	certificate, err = a.sign(&x509.Certificate{
		Subject: pkix.Name{CommonName: names[0]}, DNSNames: names,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageKeyEncipherment,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, private)
	return certificate, block("EC PRIVATE KEY", raw), err
}

func (a *Authority) sign(template *x509.Certificate, key *ecdsa.PrivateKey) (string, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return "", fmt.Errorf("a serial number: %w", err)
	}
	template.SerialNumber = serial
	template.NotBefore = time.Now().Add(-time.Minute)
	template.NotAfter = time.Now().Add(time.Hour)
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return "", fmt.Errorf("a certificate: %w", err)
	}
	return block("CERTIFICATE", raw), nil
}

// newKey makes a key and its id.
func newKey() (key *ecdsa.PrivateKey, id []byte, err error) {
	key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("a key: %w", err)
	}
	raw, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, nil, fmt.Errorf("a key: %w", err)
	}
	sum := sha256.Sum256(raw)
	return key, sum[:20], nil
}

func block(kind string, raw []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}))
}
