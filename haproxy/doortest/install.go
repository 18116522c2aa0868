package doortest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
)

// Find returns the path of HAProxy.
func Find() (string, error) {
	for _, candidate := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", errors.New("haproxy is not installed: run `make deps`")
}

// Peers are all the proxies that one knows, of which the first have the given ports. Those that are not there, and those
// without ports, have an address at which nobody listens, as in the cluster.
func Peers(ports []config.Ports) []config.Peer {
	peers := make([]config.Peer, 0, config.PeerSlots)
	for index := range config.PeerSlots {
		peer := config.Peer{Name: fmt.Sprintf("haproxy-%d", index), Host: "127.0.0.1", Port: 1, MetricsPort: 1}
		if index < len(ports) && ports[index] != (config.Ports{}) {
			peer.Port, peer.MetricsPort = ports[index].Peers, ports[index].Metrics
		}
		peers = append(peers, peer)
	}
	return peers
}

// Install writes all that a proxy's container has into a folder, with a certificate if there is none, and returns the text
// of haproxy.cfg. Only addresses differ from what is deployed, and how many connections there may be: a machine may allow few
// open files.
func Install(settings config.Config, ports config.Ports, folder string) (string, error) {
	settings.Ports = ports
	settings.MaxConnections = 2000
	settings.Folder = folder
	settings.DrainedFolder = filepath.Join(folder, "drained")
	settings.CertificateFile = filepath.Join(folder, "tls.crt")
	text, err := config.Render(settings)
	if err != nil {
		return "", err
	}
	files, err := config.Files()
	if err != nil {
		return "", err
	}
	files["haproxy.cfg"] = text
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			return "", fmt.Errorf("a file of the proxy: %w", err)
		}
	}
	if err := os.MkdirAll(settings.DrainedFolder, 0o700); err != nil {
		return "", fmt.Errorf("the folder of drained shards: %w", err)
	}
	if _, err := os.Stat(settings.CertificateFile); err == nil {
		return text, nil
	}
	_, err = writeCertificate(folder)
	return text, err
}

// NewCertificate writes another certificate as Kubernetes mounts one, into a proxy's folder.
func NewCertificate(tb testing.TB, folder string) *x509.Certificate {
	tb.Helper()
	certificate, err := writeCertificate(folder)
	require.NoError(tb, err)
	return certificate
}

func writeCertificate(folder string) (*x509.Certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("a key: %w", err)
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return nil, fmt.Errorf("a serial number: %w", err)
	}
	template := &x509.Certificate{SerialNumber: serial, DNSNames: []string{Domain}, NotAfter: time.Now().Add(time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return nil, fmt.Errorf("a certificate: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("a key: %w", err)
	}
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: signed},
		"tls.key": {Type: "PRIVATE KEY", Bytes: encoded},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			return nil, fmt.Errorf("a certificate's file: %w", err)
		}
	}
	return x509.ParseCertificate(signed)
}
