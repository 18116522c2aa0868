package kubelet

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	remote "k8s.io/apimachinery/pkg/util/remotecommand"
	clientremote "k8s.io/client-go/tools/remotecommand"
	"k8s.io/kubelet/pkg/cri/streaming/remotecommand"

	"jitsi-meet-azure/test/e2e/pod"
)

const (
	idleTimeout    = 4 * time.Hour // a kubelet's own
	streamsTimeout = remote.DefaultStreamCreationTimeout
)

// Logger is a pod.Process that keeps what its containers print. `kubectl logs` shows it.
type Logger interface {
	Logs(container string) (io.ReadCloser, error)
}

// wordsShown is how much of a log says why containers have ended, in bytes; a kubelet shows somewhat more.
const wordsShown = 1000

// lastWords is the end of the log of containers that have ended, if there is one.
func lastWords(process pod.Process, p *corev1.Pod) string {
	logger, is := process.(Logger)
	if !is || len(p.Spec.Containers) == 0 {
		return ""
	}
	logs, err := logger.Logs(p.Spec.Containers[0].Name)
	if err != nil {
		return ""
	}
	defer logs.Close()
	text, err := io.ReadAll(logs)
	if err != nil {
		return ""
	}
	return ":\n" + string(text[max(0, len(text)-wordsShown):])
}

// serve answers the API server on loopback. Whoever is on this machine may ask: there is nobody else.
func (k *Kubelet) serve() error {
	certificate, err := newCertificate()
	if err != nil {
		return err
	}
	at := netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), k.options.Port)
	listener, err := new(net.ListenConfig).Listen(k.ctx, "tcp4", at.String())
	if err != nil {
		return fmt.Errorf("listening for the API server: %w", err)
	}
	if address, is := listener.Addr().(*net.TCPAddr); is {
		k.endpoint = netip.AddrPortFrom(at.Addr(), uint16(address.Port))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/exec/{namespace}/{pod}/{container}", k.serveExec)
	mux.HandleFunc("/exec/{namespace}/{pod}/{uid}/{container}", k.serveExec)
	mux.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", k.serveLogs)
	k.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: time.Minute,
		// Streams take over the connection, which HTTP/2 does not let them.
		TLSConfig: &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		},
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	server := k.server
	go func() { _ = server.ServeTLS(listener, "", "") }()
	return nil
}

func newCertificate() (tls.Certificate, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	signed, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{signed}, PrivateKey: private}, nil
}

// asked is the process that a request is about.
func (k *Kubelet) asked(w http.ResponseWriter, r *http.Request) (process pod.Process, container string, found bool) {
	namespace, name, container := r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container")
	sandbox, process, found := k.Running(namespace, name)
	if !found {
		http.Error(w, "the containers of pod "+namespace+"/"+name+" do not run", http.StatusNotFound)
		return nil, "", false
	}
	for index := range sandbox.Pod.Spec.Containers {
		if sandbox.Pod.Spec.Containers[index].Name == container {
			return process, container, true
		}
	}
	http.Error(w, "pod "+namespace+"/"+name+" has no container "+container, http.StatusNotFound)
	return nil, "", false
}

func (k *Kubelet) serveExec(w http.ResponseWriter, r *http.Request) {
	process, container, found := k.asked(w, r)
	if !found {
		return
	}
	streams, err := remotecommand.NewOptions(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	command := r.URL.Query()[corev1.ExecCommandParam]
	remotecommand.ServeExec(w, r, executor{k, process}, r.PathValue("pod"), types.UID(r.PathValue("uid")), container, command, streams,
		idleTimeout, streamsTimeout, remote.SupportedStreamingProtocols)
}

func (k *Kubelet) serveLogs(w http.ResponseWriter, r *http.Request) {
	process, container, found := k.asked(w, r)
	if !found {
		return
	}
	logger, is := process.(Logger)
	if !is {
		http.Error(w, "what stands for the image keeps no log", http.StatusNotImplemented)
		return
	}
	logs, err := logger.Logs(container)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer logs.Close()
	_, _ = io.Copy(w, logs)
}

// executor executes commands in the containers of one pod.
type executor struct {
	kubelet *Kubelet
	process pod.Process
}

// ExecInContainer is for package remotecommand. A command ends with the kubelet at the latest. There are no terminals.
func (e executor) ExecInContainer(
	ctx context.Context, _ string, _ types.UID, container string, command []string, input io.Reader, output, problems io.WriteCloser,
	_ bool, _ <-chan clientremote.TerminalSize, _ time.Duration,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.kubelet.ctx, cancel)()
	code, err := e.process.Exec(ctx, container, command, input, orDiscard(output), orDiscard(problems))
	if err != nil {
		return fmt.Errorf("executing a command: %w", err)
	}
	if code != 0 {
		return exitError(code)
	}
	return nil
}

// orDiscard is for what the client does not ask for.
func orDiscard(stream io.Writer) io.Writer {
	if stream == nil {
		return io.Discard
	}
	return stream
}

// exitError tells the client how a command ended. Package remotecommand asks for these methods.
type exitError int

func (e exitError) Error() string   { return "exit status " + strconv.Itoa(int(e)) }
func (e exitError) String() string  { return e.Error() }
func (e exitError) Exited() bool    { return true }
func (e exitError) ExitStatus() int { return int(e) }
