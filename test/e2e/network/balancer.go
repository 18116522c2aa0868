package network

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/tools/cache"

	"jitsi-meet-azure/test/e2e/loopback"
)

// internalAddress is the annotation by which a Service asks for its address in the virtual network.
const internalAddress = "service.beta.kubernetes.io/azure-load-balancer-ipv4"

// dialTimeout bounds a connection to an endpoint. One that has gone refuses at once here; in a real network it would be silent.
const dialTimeout = 5 * time.Second

// Balancer is the forwarding on the nodes, and Azure's load balancers. Each connection goes to some endpoint that is ready at that
// moment, and stays with it also when it is no longer ready. externalTrafficPolicy is not played: users have one address here.
type Balancer struct {
	cluster *Cluster
	log     func(format string, arguments ...any)
	ctx     context.Context

	mutex     sync.Mutex
	closed    bool
	listeners map[netip.AddrPort]*listener
	// refused are the addresses at which it could not listen, so that each is told once.
	refused map[netip.AddrPort]bool
}

// port is one port of a Service.
type port struct{ namespace, service, name string }

type listener struct {
	net.Listener
	of port
}

// NewBalancer listens for every Service of the cluster, until ctx ends. It does not listen at public addresses: see Dial. An address
// at which this machine does not let it listen, as with ports below 1024, is logged and left out.
func NewBalancer(ctx context.Context, cluster *Cluster, log func(format string, arguments ...any)) (*Balancer, error) {
	if log == nil {
		log = func(string, ...any) {}
	}
	b := &Balancer{
		cluster: cluster, log: log, ctx: ctx, listeners: map[netip.AddrPort]*listener{}, refused: map[netip.AddrPort]bool{},
	}
	seen := func(any) { b.sync() }
	registration, err := cluster.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: seen, UpdateFunc: func(_, object any) { seen(object) }, DeleteFunc: seen,
	})
	if err != nil {
		return nil, fmt.Errorf("watching Services: %w", err)
	}
	b.sync()
	context.AfterFunc(ctx, func() {
		_ = cluster.informer.RemoveEventHandler(registration)
		b.close()
	})
	return b, nil
}

// close ends all listeners. Connections end with ctx.
func (b *Balancer) close() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.closed = true
	for at, l := range b.listeners {
		_ = l.Close()
		delete(b.listeners, at)
	}
}

// sync listens for the Services that there are now. Two Services may share an address, each with its own ports.
func (b *Balancer) sync() {
	services, err := b.cluster.services.List(labels.Everything())
	if err != nil {
		b.log("balancer: listing Services: %v", err)
		return
	}
	wanted := map[netip.AddrPort]port{}
	for _, service := range services {
		for _, address := range addressesOf(service) {
			for _, p := range tcpPorts(service) {
				at := netip.AddrPortFrom(loopback.Of(address), uint16(p.Port))
				wanted[at] = port{service.Namespace, service.Name, p.Name}
			}
		}
	}
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for at, l := range b.listeners {
		if wanted[at] != l.of {
			_ = l.Close()
			delete(b.listeners, at)
		}
	}
	for at, of := range wanted {
		if b.listeners[at] == nil && !b.closed {
			b.listen(at, of)
		}
	}
}

func (b *Balancer) listen(at netip.AddrPort, of port) {
	made, err := new(net.ListenConfig).Listen(b.ctx, "tcp4", at.String())
	if err != nil {
		if !b.refused[at] && b.ctx.Err() == nil {
			b.log("balancer: no listener for service %s/%s: %v", of.namespace, of.service, err)
		}
		b.refused[at] = true
		return
	}
	b.listeners[at] = &listener{made, of}
	go b.accept(made, of)
}

func (b *Balancer) accept(l net.Listener, of port) {
	for {
		connection, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		go b.forward(connection, of)
	}
}

// forward connects somebody with an endpoint. Where there is none, the connection is reset: kube-proxy would refuse it.
func (b *Balancer) forward(from net.Conn, of port) {
	to, err := b.dial(b.ctx, of)
	if err != nil {
		reset(from)
		return
	}
	join(b.ctx, from, to)
}

func (b *Balancer) dial(ctx context.Context, of port) (net.Conn, error) {
	all, err := b.cluster.behind(of.namespace, of.service, &of.name)
	if err != nil {
		return nil, err
	}
	chosen, found := choose(all)
	if !found {
		return nil, fmt.Errorf("nobody is ready behind service %s/%s", of.namespace, of.service)
	}
	connection, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "tcp4", chosen.String())
	if err != nil {
		return nil, fmt.Errorf("behind service %s/%s: %w", of.namespace, of.service, err)
	}
	return connection, nil
}

// Dial connects to a public address and port as a user does: straight to an endpoint of the Service that has the address in its
// status.
func (b *Balancer) Dial(ctx context.Context, address string) (net.Conn, error) {
	host, number, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("%q is no address: %w", address, err)
	}
	services, err := b.cluster.services.List(labels.Everything())
	if err != nil {
		return nil, fmt.Errorf("listing Services: %w", err)
	}
	for _, service := range services {
		if !hasIngress(service, host) {
			continue
		}
		for _, p := range tcpPorts(service) {
			if strconv.Itoa(int(p.Port)) == number {
				return b.dial(ctx, port{service.Namespace, service.Name, p.Name})
			}
		}
	}
	return nil, fmt.Errorf("no service has %s", address)
}

func hasIngress(service *corev1.Service, host string) bool {
	for index := range service.Status.LoadBalancer.Ingress {
		if service.Status.LoadBalancer.Ingress[index].IP == host {
			return true
		}
	}
	return false
}

// addressesOf are a Service's addresses inside the deployed network.
func addressesOf(service *corev1.Service) []netip.Addr {
	candidates := []string{service.Spec.ClusterIP}
	if service.Spec.Type == corev1.ServiceTypeLoadBalancer {
		candidates = append(candidates, service.Annotations[internalAddress])
		for index := range service.Status.LoadBalancer.Ingress {
			candidates = append(candidates, service.Status.LoadBalancer.Ingress[index].IP)
		}
	}
	var found []netip.Addr
	for _, candidate := range candidates {
		if address, err := netip.ParseAddr(candidate); err == nil && loopback.Of(address) != address {
			found = append(found, address)
		}
	}
	return found
}

func tcpPorts(service *corev1.Service) []corev1.ServicePort {
	var found []corev1.ServicePort
	for _, p := range service.Spec.Ports {
		if p.Protocol == corev1.ProtocolTCP || p.Protocol == "" {
			found = append(found, p)
		}
	}
	return found
}
