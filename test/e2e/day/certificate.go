package day

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strconv"
	"time"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/test/e2e/loopback"
)

func encode(content []byte) string { return base64.StdEncoding.EncodeToString(content) }

// newCertificate makes a certificate for a domain that nobody has signed but itself.
func newCertificate(domain string) (certificate, key []byte, serial string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, "", fmt.Errorf("making a key: %w", err)
	}
	number := big.NewInt(time.Now().UnixNano())
	template := &x509.Certificate{
		SerialNumber: number, Subject: pkix.Name{CommonName: domain}, DNSNames: []string{domain, "*.turn." + domain},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, nil, "", fmt.Errorf("making a certificate: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, nil, "", fmt.Errorf("encoding a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), number.String(), nil
}

// showsAll says which proxies do not show the certificate of a serial number yet.
func (w *World) showsAll(ctx context.Context, serial string) (missing string, err error) {
	pods, err := w.proxies(ctx)
	if err != nil {
		return "", err
	}
	if len(pods) == 0 {
		return "there is no proxy", nil
	}
	for _, p := range pods {
		sandbox, _, runs := w.pods.Running(p.Namespace, p.Name)
		if !runs {
			return p.Name + " does not run", nil
		}
		shown, err := w.shownBy(ctx, net.JoinHostPort(loopback.Of(sandbox.Address).String(), strconv.Itoa(config.DefaultPorts().HTTPS)))
		if err != nil || shown != serial {
			return p.Name + " shows " + shown, err
		}
	}
	return "", nil
}

// shownBy is the serial number of the certificate at an address.
func (w *World) shownBy(ctx context.Context, address string) (string, error) {
	dialer := tls.Dialer{
		NetDialer: &net.Dialer{Timeout: 2 * time.Second},
		Config:    &tls.Config{ServerName: w.domain, InsecureSkipVerify: true}, //nolint:gosec // Looking is the purpose.
	}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return "", fmt.Errorf("looking at the certificate of %s: %w", address, err)
	}
	defer connection.Close()
	secure, ok := connection.(*tls.Conn)
	if !ok {
		return "", fmt.Errorf("%s does not speak TLS", address)
	}
	return secure.ConnectionState().PeerCertificates[0].SerialNumber.String(), nil
}
