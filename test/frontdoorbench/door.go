package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"jitsi-meet-azure/haproxy/config"
)

// kind says which text a proxy runs.
type kind string

const (
	kindBare     kind = "bare"
	kindDeployed kind = "deployed"
)

// door makes proxies in front of the same shards.
type door struct {
	folder string
	shards []config.Backend
}

// start starts proxies that know each other and waits until they are ready.
func (d *door) start(ctx context.Context, what kind, count int) ([]*proxy, error) {
	ports := make([]config.Ports, count)
	peers := make([]config.Peer, config.PeerSlots)
	for i := range peers { // those that do not exist have an address at which nobody listens, as in the cluster
		peers[i] = config.Peer{Name: fmt.Sprintf("haproxy-%d", i), Host: loopback, Port: 1, MetricsPort: 1}
	}
	for i := range ports {
		if err := choosePorts(ctx, &ports[i]); err != nil {
			return nil, err
		}
		peers[i].Port, peers[i].MetricsPort = ports[i].Peers, ports[i].Metrics
	}
	proxies := make([]*proxy, 0, count)
	for i := range ports {
		p, err := d.startOne(ctx, what, peers[i].Name, config.Defaults(domain, d.shards, peers), ports[i])
		if err != nil {
			return nil, err
		}
		proxies = append(proxies, p)
	}
	for _, p := range proxies {
		if err := p.waitReady(ctx); err != nil {
			return nil, err
		}
	}
	return proxies, nil
}

func (d *door) startOne(ctx context.Context, what kind, name string, settings config.Config, ports config.Ports) (*proxy, error) {
	folder, err := os.MkdirTemp(d.folder, string(what))
	if err != nil {
		return nil, fmt.Errorf("a folder: %w", err)
	}
	settings.Ports = ports
	settings.MaxConnections = 2000 // a machine may allow few open files
	settings.Folder, settings.DrainedFolder = folder, filepath.Join(folder, "drained")
	settings.CertificateFile = filepath.Join(folder, "tls.crt")
	if err := writeFiles(folder); err != nil {
		return nil, err
	}
	text, err := config.Render(settings)
	if err != nil {
		return nil, err
	}
	p := &proxy{name: name, address: fmt.Sprintf("%s:%d", loopback, ports.HTTPS), admin: ports.Admin, metrics: ports.Metrics}
	if what == kindBare {
		text, p.metrics = bareText(text, d.shards), 0
	}
	err = p.run(ctx, text, folder)
	return p, err
}

// bareText keeps of the deployed text what any HAProxy would have: limits, timeouts, TLS, the listener and its log.
func bareText(deployed string, shards []config.Backend) string {
	var text strings.Builder
	section := ""
	for line := range strings.Lines(deployed) {
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || strings.HasPrefix(trimmed, "#") {
			continue
		}
		if trimmed[0] == line[0] {
			section = trimmed
		}
		if isBare(section, trimmed) {
			text.WriteString(strings.ReplaceAll(line, " room=%[var(txn.key)]", ""))
		}
	}
	text.WriteString("    default_backend shards\nbackend shards\n    balance roundrobin\n")
	for _, shard := range shards {
		fmt.Fprintf(&text, "    server %s %s:%d check inter 2s\n", shard.Shard, shard.Host, shard.Port)
	}
	return text.String()
}

func isBare(section, line string) bool {
	keyword := strings.Fields(line)[0]
	switch section {
	case "global":
		return !strings.HasPrefix(keyword, "lua-") && keyword != "setenv"
	case "defaults":
		return true
	case "frontend public":
		return line == section || keyword == "bind" || keyword == "maxconn" || keyword == "log-format"
	default:
		return false
	}
}

// choosePorts finds free ports.
func choosePorts(ctx context.Context, ports *config.Ports) error {
	var listeners []net.Listener
	defer func() { // only at the end, so that no number comes twice
		for _, listener := range listeners {
			_ = listener.Close()
		}
	}()
	for _, port := range []*int{
		&ports.HTTP, &ports.HTTPS, &ports.Metrics, &ports.Admin, &ports.Agent, &ports.Pin, &ports.Peers,
	} {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", loopback+":0")
		if err != nil {
			return fmt.Errorf("a free port: %w", err)
		}
		listeners = append(listeners, listener)
		if *port, err = portOf(listener); err != nil {
			return err
		}
	}
	return nil
}

// writeFiles writes what a proxy's container has beside its configuration.
func writeFiles(folder string) error {
	files, err := config.Files()
	if err != nil {
		return err
	}
	if files["tls.crt"], files["tls.key"], err = newCertificate(); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			return fmt.Errorf("a file of the proxy: %w", err)
		}
	}
	return nil
}

func newCertificate() (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("a key: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{domain}, NotAfter: time.Now().Add(24 * time.Hour)}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", fmt.Errorf("a certificate: %w", err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", fmt.Errorf("a key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signed})),
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})), nil
}
