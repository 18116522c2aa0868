package bridgetest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// dialLimit is how long a connection to nowhere takes to fail.
const dialLimit = 2 * time.Second

// Network carries requests to hosts by their address, without sockets. It is an [http.RoundTripper] and works in a bubble
// of testing/synctest.
type Network struct {
	mu      sync.Mutex
	latency time.Duration
	hosts   map[netip.AddrPort]Host
	calls   map[string]int
}

// NewNetwork returns a network without hosts, in which an answer takes some time.
func NewNetwork(latency time.Duration) *Network {
	return &Network{latency: latency, hosts: map[netip.AddrPort]Host{}, calls: map[string]int{}}
}

// Connect puts a host at an address. Whatever was there is there no more.
func (n *Network) Connect(address netip.AddrPort, host Host) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hosts[address] = host
}

// Disconnect leaves nothing at an address.
func (n *Network) Disconnect(address netip.AddrPort) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.hosts, address)
}

// Calls says how many requests there were, by method and path, for example "GET /metrics".
func (n *Network) Calls() map[string]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return maps.Clone(n.calls)
}

// RoundTrip implements [http.RoundTripper].
func (n *Network) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.Body != nil {
		defer func() { _ = request.Body.Close() }()
	}
	ctx := request.Context()
	host := n.find(request)
	if err := dial(ctx, request.URL.Host, host); err != nil {
		return nil, err
	}
	if err := wait(ctx, n.latency); err != nil {
		return nil, err
	}
	answer, way := host.answer(request)
	switch way {
	case Hang, Lose, Unreachable:
		<-ctx.Done()
		return nil, ctx.Err()
	case Reset, Refuse:
		return nil, io.EOF
	default:
		return response(request, answer, way), nil
	}
}

// response is an answer as the transport returns it.
func response(request *http.Request, answer reply, way Kind) *http.Response {
	return &http.Response{
		Status: fmt.Sprintf("%d %s", answer.status, http.StatusText(answer.status)), StatusCode: answer.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {answer.kind}},
		Body:   io.NopCloser(content(request.Context(), answer, way)), ContentLength: -1,
		Request: request,
	}
}

// find is the host that a request is for; nil where there is none.
func (n *Network) find(request *http.Request) Host {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls[request.Method+" "+request.URL.Path]++
	address, err := netip.ParseAddrPort(request.URL.Host)
	if err != nil {
		return nil
	}
	return n.hosts[address]
}

// dial connects to a host, with the errors that package net gives for one that cannot be connected to.
func dial(ctx context.Context, address string, host Host) error {
	var why error
	switch {
	case host == nil || host.door() == Unreachable:
		if err := wait(ctx, dialLimit); err != nil {
			return err
		}
		why = os.ErrDeadlineExceeded
	case host.door() == Refuse:
		why = os.NewSyscallError("connect", syscall.ECONNREFUSED)
	default:
		return nil
	}
	return &net.OpError{Op: "dial", Net: "tcp", Addr: named(address), Err: why}
}

// named is an address in an error.
type named string

// Network implements [net.Addr].
func (named) Network() string { return "tcp" }

// String implements [net.Addr].
func (n named) String() string { return string(n) }
