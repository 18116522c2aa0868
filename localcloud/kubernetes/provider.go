// Package kubernetes is the local cloud's provider for Kubernetes objects: it stands for version 4.23.0 of the Pulumi
// kubernetes provider and for the API servers, controllers and kubelets of the local cloud's AKS clusters.
//
// An object is decoded as strictly as an API server can, checked after the server's rules, and then watched until it
// would be ready: pods need a node that takes them and everything they mount, a Service needs pods, and one of type
// LoadBalancer an address that Azure would really give it. What never becomes ready fails like the real provider after
// its time-out, only sooner.
//
// With a mirror ([Provider.Mirrored]) a real API server takes every object too, and has the last word. What is read and
// refreshed still comes from the local cloud alone.
package kubernetes

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/kubernetes/mirror"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

const (
	// Package is the provider's name.
	Package = "kubernetes"
	// Version is the version of the real provider that this one stands for.
	Version = "4.23.0"
)

// Patience is how long a new object may take to become ready. The real provider waits 5 to 10 minutes; in the local
// cloud everything happens at once, so only objects that the same run is about to make are worth waiting for.
type Patience struct {
	// Pods is for pods, and for Services without pods.
	Pods time.Duration
	// Address is for the address of a load balancer.
	Address time.Duration
}

// DefaultPatience covers the generation of keys that pods wait for, on a busy machine.
func DefaultPatience() Patience { return Patience{Pods: 30 * time.Second, Address: 2 * time.Second} }

// Provider serves the objects of one cluster.
type Provider struct {
	cfg      rpcprovider.Config
	patience Patience
	// server opens the mirror when it is first needed; nil where there is none.
	server func() (*mirror.Mirror, error)

	mu         sync.Mutex
	connection connection
}

var _ rpcprovider.Provider = (*Provider)(nil)

// New makes the provider with the default patience.
func New(cfg rpcprovider.Config) *Provider { return NewWithPatience(cfg, DefaultPatience()) }

// NewWithPatience makes a provider for tests that expect objects not to become ready.
func NewWithPatience(cfg rpcprovider.Config, patience Patience) *Provider {
	return &Provider{cfg: cfg, patience: patience}
}

// Mirrored makes the provider apply everything that it takes to a real API server too, and wait until the objects there are
// ready. An object that the API server refuses fails the operation. The provider calls open once, when it first needs the
// API server. Call it before the provider serves anything.
func (p *Provider) Mirrored(open func() (*mirror.Mirror, error)) *Provider {
	p.server = sync.OnceValues(open)
	return p
}

// connected is what Configure was given.
func (p *Provider) connected() connection {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.connection
}

// Invoke refuses: the functions of the real provider render charts and YAML, which programs for the local cloud do not
// use.
func (p *Provider) Invoke(_ context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	return plugin.InvokeResponse{}, fmt.Errorf("the local cloud serves no Kubernetes function %q", req.Tok)
}
