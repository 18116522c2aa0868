// Package standin surrounds a bridge machine that boots with what it meets on Azure, on the loopback address: the instance
// metadata service, a Key Vault, a STUN server, and the REST interface of the videobridge that the boot starts. Each
// answers as the real one does, and can be told to answer late, wrongly or not at all while it runs.
package standin

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// Place is something that a machine asks.
type Place string

// Everything that a machine asks.
const (
	// Instance describes the machine (metadata service).
	Instance Place = "instance"
	// LoadBalancer lists the machine's public addresses (metadata service).
	LoadBalancer Place = "load balancer"
	// Identity gives tokens for the machine's identity (metadata service).
	Identity Place = "identity"
	// Vault gives the secret (Key Vault).
	Vault Place = "vault"
	// STUN says from where a datagram came.
	STUN Place = "STUN"
	// Health is the videobridge's own check, and Stats are its statistics.
	Health Place = "health"
	Stats  Place = "statistics"
)

// Reply is how a place answers one request. The zero value is the right answer, at once.
type Reply struct {
	// Status, unless it is 0, replaces the answer: it comes with Body and Header, and from STUN Body is the datagram.
	Status int
	Body   string
	Header http.Header
	// After delays the answer.
	After time.Duration
	// Hang never answers.
	Hang bool
}

// Late is what Set takes for a place that answers in some way so many times before it answers rightly.
func Late(times int, first Reply) []Reply {
	return append(slices.Repeat([]Reply{first}, times), Reply{})
}

// Request is one request that came in. Refused ones count as well.
type Request struct {
	Place Place
	// Path has the query; both are empty for STUN.
	Path string
	// Header is nil for STUN.
	Header http.Header
	At     time.Time
}

// Options are what surroundings begin with.
type Options struct {
	// Change changes the usual facts; nil leaves them.
	Change func(*Facts)
	// Folder is an existing folder, where the certificate of the vault is written to.
	Folder string
}

// Surroundings play everything that a machine asks. They may be used by several goroutines.
type Surroundings struct {
	// Metadata and Vault are the URLs of the metadata service and of the Key Vault, and Bridge that of the videobridge's
	// REST interface.
	Metadata, Vault, Bridge string
	// STUN is the host and port of the STUN server.
	STUN string
	// Authorities is a file with the certificate (PEM) that the vault's TLS is verified with.
	Authorities string

	mutex    sync.Mutex
	facts    Facts
	replies  map[Place][]Reply
	requests []Request
	ended    chan struct{}
	servers  []*httptest.Server
	socket   net.PacketConn
}

// Start starts surroundings for a test.
func Start(tb testing.TB, options Options) *Surroundings {
	tb.Helper()
	if options.Folder == "" {
		options.Folder = tb.TempDir()
	}
	s, err := New(options)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(s.Close)
	return s
}

// New starts surroundings. Close ends them.
func New(options Options) (*Surroundings, error) {
	facts, err := usual()
	if err != nil {
		return nil, err
	}
	if options.Change != nil {
		options.Change(&facts)
	}
	s := &Surroundings{facts: facts, replies: map[Place][]Reply{}, ended: make(chan struct{})}
	if err := s.listen(); err != nil {
		return nil, err
	}
	plain := httptest.NewServer(s.metadata())
	vault := httptest.NewUnstartedServer(s.place(Vault, s.secret))
	vault.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	vault.StartTLS()
	bridge := httptest.NewServer(s.videobridge())
	s.servers = []*httptest.Server{plain, vault, bridge}
	s.Metadata, s.Vault, s.Bridge = plain.URL, vault.URL, bridge.URL
	s.Authorities = filepath.Join(options.Folder, "vault.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: vault.Certificate().Raw})
	if err := os.WriteFile(s.Authorities, certificate, 0o600); err != nil {
		s.Close()
		return nil, fmt.Errorf("the certificate of the vault: %w", err)
	}
	return s, nil
}

func (s *Surroundings) listen() error {
	socket, err := new(net.ListenConfig).ListenPacket(context.Background(), "udp4", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("a socket for STUN: %w", err)
	}
	s.socket, s.STUN = socket, socket.LocalAddr().String()
	go s.serveSTUN()
	return nil
}

// Close ends everything, also answers that hang.
func (s *Surroundings) Close() {
	close(s.ended)
	_ = s.socket.Close()
	for _, server := range s.servers {
		server.CloseClientConnections()
		server.Close()
	}
}

// Set has a place answer its next requests with these replies, one each; the last one stays. Without replies the place
// answers rightly.
func (s *Surroundings) Set(place Place, replies ...Reply) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.replies[place] = replies
}

// Change changes what is true of the machine.
func (s *Surroundings) Change(change func(*Facts)) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	change(&s.facts)
}

// Requests are all requests so far, in order.
func (s *Surroundings) Requests() []Request {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return slices.Clone(s.requests)
}

// Order lists the places of all requests so far; one that was asked several times in a row is there once.
func (s *Surroundings) Order() []Place {
	var places []Place
	for _, request := range s.Requests() {
		places = append(places, request.Place)
	}
	return slices.Compact(places)
}

// Count says how often a place was asked.
func (s *Surroundings) Count(place Place) int {
	count := 0
	for _, request := range s.Requests() {
		if request.Place == place {
			count++
		}
	}
	return count
}

// arrive notes a request and takes the reply that is due, with the facts of the moment.
func (s *Surroundings) arrive(request Request) (Reply, Facts) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	request.At = time.Now()
	s.requests = append(s.requests, request)
	queue := s.replies[request.Place]
	if len(queue) == 0 {
		return Reply{}, s.facts
	}
	if len(queue) > 1 {
		s.replies[request.Place] = queue[1:]
	}
	return queue[0], s.facts
}

// wait lets the time of a reply pass; false says that there is nobody to answer any more, or nothing.
func (s *Surroundings) wait(ctx context.Context, reply Reply) bool {
	var due <-chan time.Time
	if !reply.Hang {
		timer := time.NewTimer(reply.After)
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-due:
		return true
	case <-ctx.Done():
	case <-s.ended:
	}
	return false
}

// place answers at one place: as it was told to or, if nothing was said, rightly.
func (s *Surroundings) place(name Place, right func(*http.Request, Facts) Reply) http.HandlerFunc {
	return func(out http.ResponseWriter, request *http.Request) {
		reply, facts := s.arrive(Request{Place: name, Path: request.URL.RequestURI(), Header: request.Header.Clone()})
		if !s.wait(request.Context(), reply) {
			return
		}
		if reply.Status == 0 {
			reply = right(request, facts)
		}
		if reply.Header == nil {
			out.Header().Set("Content-Type", "application/json; charset=utf-8")
		}
		for key, values := range reply.Header {
			out.Header()[key] = values
		}
		out.Header().Set("Content-Length", strconv.Itoa(len(reply.Body)))
		out.WriteHeader(reply.Status)
		_, _ = out.Write([]byte(reply.Body))
	}
}
