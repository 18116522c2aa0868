package config

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// These tests run the real HAProxy on loopback: the same text that is deployed, with other addresses.

// binary finds HAProxy. A machine without it fails these tests rather than passing them unrun.
func binary(t *testing.T) string {
	t.Helper()
	for _, candidate := range []string{"haproxy", "/usr/sbin/haproxy"} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path
		}
	}
	t.Fatal("haproxy is not installed: run `make deps`")
	return ""
}

// shardServer is a shard's web service that says which shard it is.
type shardServer struct {
	name string
	*httptest.Server
	host string
	port int
}

func newShard(t *testing.T, name string) *shardServer {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Jitsi-Shard", name)
		w.Header().Set("Seen-Forwarded-For", strings.Join(r.Header.Values("X-Forwarded-For"), " "))
	}))
	t.Cleanup(server.Close)
	address := server.Listener.Addr().(*net.TCPAddr)
	return &shardServer{name: name, Server: server, host: "127.0.0.1", port: address.Port}
}

// proxy is one running HAProxy.
type proxy struct {
	name   string
	ports  Ports
	client *http.Client
}

// startProxies starts HAProxies that share one text but for their ports. Joined ones know each other as peers.
func startProxies(t *testing.T, count int, joined bool, shards ...*shardServer) []*proxy {
	t.Helper()
	proxies := make([]*proxy, 0, count)
	for index := range count {
		proxies = append(proxies, &proxy{name: fmt.Sprintf("haproxy-%d", index), ports: freePorts(t), client: newClient(t)})
	}
	for index, p := range proxies {
		peers := []Peer{{Name: p.name, Host: "127.0.0.1", Port: p.ports.Peers}}
		if joined {
			peers = nil
			for _, other := range proxies {
				peers = append(peers, Peer{Name: other.name, Host: "127.0.0.1", Port: other.ports.Peers})
			}
		}
		proxies[index].start(t, peers, nil, shards...)
	}
	return proxies
}

// start starts HAProxy as a pod does, with the given shards drained.
func (p *proxy) start(t *testing.T, peers []Peer, drained []string, shards ...*shardServer) {
	t.Helper()
	folder := t.TempDir()
	var backends []Backend
	for _, s := range shards {
		backends = append(backends, Backend{Shard: s.name, Host: s.host, Port: s.port})
	}
	settings := Defaults("meet.example.org", backends, peers)
	settings.Ports = p.ports
	settings.MaxConnections = 500 // the machine may allow only few open files
	settings.CertificateFile = newCertificate(t, folder)
	settings.FoldFile = newFoldFile(t, folder)
	text, err := Render(settings)
	require.NoError(t, err)
	configuration := filepath.Join(folder, "haproxy.cfg")
	require.NoError(t, os.WriteFile(configuration, []byte(text), 0o600))
	script := filepath.Join(folder, "start.sh")
	require.NoError(t, os.WriteFile(script, []byte(StartScript()), 0o600))
	drainedFolder := filepath.Join(folder, "drained")
	require.NoError(t, os.Mkdir(drainedFolder, 0o700))
	for _, shard := range drained {
		require.NoError(t, os.WriteFile(filepath.Join(drainedFolder, shard), nil, 0o600))
	}

	ctx, stop := context.WithCancel(context.Background())
	command := exec.CommandContext(ctx, "/bin/sh", script)
	command.Env = []string{
		"PATH=" + filepath.Dir(binary(t)) + ":" + os.Getenv("PATH"),
		"PROXY_NAME=" + p.name, "CONFIGURATION=" + configuration, "DRAINED_FOLDER=" + drainedFolder,
	}
	output := &lockedBuffer{}
	command.Stdout, command.Stderr = output, output
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		stop()
		_ = command.Wait()
	})
	require.Eventually(t, func() bool {
		answer, err := p.client.Get(fmt.Sprintf("http://127.0.0.1:%d/ready", p.ports.Metrics))
		if err != nil {
			return false
		}
		defer answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	}, 10*time.Second, 20*time.Millisecond, "%s does not become ready:\n%s", p.name, output)
}

// shard asks the proxy for a path and returns the shard that answered.
func (p *proxy) shard(t *testing.T, path string) string {
	t.Helper()
	return p.get(t, path).Get("X-Jitsi-Shard")
}

// get sends a request line exactly as given; a URL type would tidy it.
func (p *proxy) get(t *testing.T, path string, headers ...string) http.Header {
	t.Helper()
	connection, err := tls.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.ports.HTTPS), &tls.Config{
		InsecureSkipVerify: true, NextProtos: []string{"http/1.1"},
	})
	require.NoError(t, err)
	defer connection.Close()
	_, err = fmt.Fprintf(connection, "GET %s HTTP/1.1\r\nHost: meet.example.org\r\nConnection: close\r\n%s\r\n",
		path, strings.Join(append(headers, ""), "\r\n"))
	require.NoError(t, err)
	answer, err := io.ReadAll(connection)
	require.NoError(t, err)
	head, _, _ := strings.Cut(string(answer), "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	require.Contains(t, lines[0], " 200", "%s is answered with %s", path, lines[0])
	header := http.Header{}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		header.Add(name, value)
	}
	return header
}

// admin gives a command to the proxy's runtime interface.
func (p *proxy) admin(t *testing.T, command string) string {
	t.Helper()
	connection, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", p.ports.Admin))
	require.NoError(t, err)
	defer connection.Close()
	_, err = fmt.Fprintln(connection, command)
	require.NoError(t, err)
	answer, err := io.ReadAll(connection)
	require.NoError(t, err)
	return strings.TrimSpace(string(answer))
}

var tableEntry = regexp.MustCompile(`key=(\S+) .*server_key=(\S+)`)

// table is what the proxy remembers: shards by room key.
func (p *proxy) table(t *testing.T) map[string]string {
	t.Helper()
	entries := map[string]string{}
	for _, entry := range tableEntry.FindAllStringSubmatch(p.admin(t, "show table "+BackendName), -1) {
		entries[entry[1]] = entry[2]
	}
	return entries
}

func newClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 5 * time.Second}
}

func freePorts(t *testing.T) Ports {
	t.Helper()
	numbers := make([]int, 5)
	var listeners []net.Listener
	for index := range numbers {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		listeners = append(listeners, listener)
		numbers[index] = listener.Addr().(*net.TCPAddr).Port
	}
	for _, listener := range listeners { // only now, so that no number comes twice
		listener.Close()
	}
	return Ports{HTTP: numbers[0], HTTPS: numbers[1], Metrics: numbers[2], Admin: numbers[3], Peers: numbers[4]}
}

func newFoldFile(t *testing.T, folder string) string {
	t.Helper()
	path := filepath.Join(folder, "fold.lua")
	require.NoError(t, os.WriteFile(path, []byte(FoldScript()), 0o600))
	return path
}

// newCertificate writes a certificate as Kubernetes mounts one and returns the path of its first file.
func newCertificate(t *testing.T, folder string) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"meet.example.org"}, NotAfter: time.Now().Add(time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: certificate},
		"tls.key": {Type: "PRIVATE KEY", Bytes: encoded},
	} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600))
	}
	return filepath.Join(folder, "tls.crt")
}
