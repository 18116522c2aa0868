// Package network plays what brings connections to pods: the cluster's DNS, the forwarding on its nodes, and the load balancers in
// front of it. It reads Services and EndpointSlices from the API server and speaks at the addresses that package loopback says.
// Network policies are not played.
package network

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/cache"

	"jitsi-meet-azure/test/e2e/loopback"
)

// Cluster is the Services of a cluster and who stands behind them, always current.
type Cluster struct {
	services  corelisters.ServiceLister
	endpoints discoverylisters.EndpointSliceLister
	informer  cache.SharedIndexInformer // of the Services
}

// Watch follows the API server's objects until ctx ends.
func Watch(ctx context.Context, client kubernetes.Interface) (*Cluster, error) {
	factory := informers.NewSharedInformerFactory(client, 0)
	services, slices := factory.Core().V1().Services(), factory.Discovery().V1().EndpointSlices()
	c := &Cluster{services: services.Lister(), endpoints: slices.Lister(), informer: services.Informer()}
	sliceInformer := slices.Informer()
	factory.Start(ctx.Done())
	if !cache.WaitForCacheSync(ctx.Done(), c.informer.HasSynced, sliceInformer.HasSynced) {
		return nil, fmt.Errorf("waiting for Services and EndpointSlices: %w", ctx.Err())
	}
	return c, nil
}

// endpoint is one address behind a Service.
type endpoint struct {
	address  netip.Addr // as it is played
	hostname string
	port     uint16 // 0 where no port was asked for
	ready    bool
	serving  bool // and about to go
}

// behind are the endpoints of a Service; for a port, with the port that they have for it. The port has a name, which is empty for
// the only port of a Service.
func (c *Cluster) behind(namespace, service string, port *string) ([]endpoint, error) {
	slices, err := c.endpoints.EndpointSlices(namespace).List(labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: service}))
	if err != nil {
		return nil, fmt.Errorf("listing the endpoints of %s/%s: %w", namespace, service, err)
	}
	var found []endpoint
	for _, slice := range slices {
		number, is := portOf(slice, port)
		if !is || slice.AddressType != discoveryv1.AddressTypeIPv4 {
			continue
		}
		for index := range slice.Endpoints {
			found = append(found, read(&slice.Endpoints[index], number)...)
		}
	}
	return found, nil
}

// portOf is what the endpoints of a slice have for a Service's port.
func portOf(slice *discoveryv1.EndpointSlice, port *string) (uint16, bool) {
	if port == nil {
		return 0, true
	}
	for _, known := range slice.Ports {
		name := ""
		if known.Name != nil {
			name = *known.Name
		}
		if name == *port && known.Port != nil {
			return uint16(*known.Port), true
		}
	}
	return 0, false
}

func read(e *discoveryv1.Endpoint, port uint16) []endpoint {
	var found []endpoint
	for _, text := range e.Addresses {
		address, err := netip.ParseAddr(text)
		if err != nil {
			continue
		}
		made := endpoint{address: loopback.Of(address), port: port, ready: e.Conditions.Ready == nil || *e.Conditions.Ready}
		made.serving = made.ready
		if e.Conditions.Serving != nil {
			made.serving = *e.Conditions.Serving
		}
		if e.Hostname != nil {
			made.hostname = *e.Hostname
		}
		found = append(found, made)
	}
	return found
}

// choose picks who gets a connection: any that is ready; if there is none, any that still serves while it is about to go.
// Source: Kubernetes, docs, "Virtual IPs and Service Proxies", traffic to terminating endpoints.
func choose(all []endpoint) (netip.AddrPort, bool) {
	for _, fit := range []func(endpoint) bool{
		func(e endpoint) bool { return e.ready },
		func(e endpoint) bool { return e.serving },
	} {
		var fitting []endpoint
		for _, e := range all {
			if fit(e) {
				fitting = append(fitting, e)
			}
		}
		if len(fitting) > 0 {
			chosen := fitting[rand.IntN(len(fitting))] //nolint:gosec // which of several equal ones is no secret
			return netip.AddrPortFrom(chosen.address, chosen.port), true
		}
	}
	return netip.AddrPort{}, false
}

// clusterIP is a Service's own address; a headless one has none.
func clusterIP(service *corev1.Service) (netip.Addr, bool) {
	address, err := netip.ParseAddr(service.Spec.ClusterIP)
	return address, err == nil && address.Is4()
}
