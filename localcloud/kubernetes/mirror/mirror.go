// Package mirror keeps a real API server in step with the local cloud: every object that the local cloud takes is applied to
// it too, as the Pulumi Kubernetes provider 4.23.0 applies it, and is ready when that provider would call it ready.
//
// A mirror belongs to one cluster. It plays the part of Azure's cloud controller that Pulumi waits for: a Service of type
// LoadBalancer gets the address that the local cloud assigned.
//
// What is refreshed and read stays with the local cloud: what somebody changes on the API server is no drift.
//
// Source: pulumi-kubernetes, provider/pkg/await, which says what it applies, forces, waits for and for how long.
package mirror

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

const (
	// requestTimeout bounds one request. Whoever applies an object holds the local cloud's lock meanwhile.
	requestTimeout = 30 * time.Second
	// lookInterval is the pause between two looks at an object that is not ready, or not gone.
	lookInterval = 200 * time.Millisecond
)

// Mirror is a client of the API server. It is safe for concurrent use.
type Mirror struct {
	client   dynamic.Interface
	interval time.Duration
}

// Open makes a mirror from a kubeconfig file and asks the API server nothing yet. It refuses any API server that is not on
// this machine: the objects of a local cloud must never reach a real cluster.
func Open(kubeconfig string) (*Mirror, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("the API server that the local cloud is mirrored to: %w", err)
	}
	return New(config)
}

// New is Open for a configuration in memory, which it does not change.
func New(config *rest.Config) (*Mirror, error) {
	if err := onThisMachine(config); err != nil {
		return nil, err
	}
	own := rest.CopyConfig(config)
	own.Proxy = func(*http.Request) (*url.URL, error) { return nil, nil } //nolint:nilnil // No proxy, whatever the environment says.
	own.QPS = -1                                                          // no limit: the engine itself bounds how much happens at once
	own.Timeout = requestTimeout
	client, err := dynamic.NewForConfig(own)
	if err != nil {
		return nil, fmt.Errorf("the API server that the local cloud is mirrored to: %w", err)
	}
	return &Mirror{client: client, interval: lookInterval}, nil
}

var errElsewhere = errors.New("the local cloud is mirrored to API servers at loopback addresses only")

// onThisMachine refuses what is or may lead elsewhere: a name is somebody else's word, and whoever tunnels to a cluster through a
// loopback address must tell the client of another name, or to trust anybody.
func onThisMachine(config *rest.Config) error {
	server, err := url.Parse(config.Host)
	if err != nil {
		return fmt.Errorf("the API server %q: %w", config.Host, err)
	}
	if address := net.ParseIP(server.Hostname()); address == nil || !address.IsLoopback() {
		return fmt.Errorf("the API server %q: %w", config.Host, errElsewhere)
	}
	if config.Proxy != nil || config.ServerName != "" || config.Insecure {
		return fmt.Errorf("the API server %q by a proxy, another name or any certificate: %w", config.Host, errElsewhere)
	}
	return nil
}

// resource is where the objects of a kind are; the namespace is empty for those of the whole cluster.
func (m *Mirror) resource(kind object.Kind, namespace string) dynamic.ResourceInterface {
	all := m.client.Resource(kind.GroupVersion().WithResource(kind.Resource))
	if !kind.Namespaced {
		return all
	}
	return all.Namespace(namespace)
}
