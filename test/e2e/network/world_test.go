package network_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"

	"jitsi-meet-azure/test/e2e/loopback"
	"jitsi-meet-azure/test/e2e/network"
)

const portName = "http"

// Every test has addresses of its own, and so has every process of tests.
var (
	second = rand.IntN(100) + 100
	third  atomic.Int32
)

// newNetwork is a range of addresses 10.b.c.x.
func newNetwork() func(last int) string {
	third := third.Add(1)
	return func(last int) string { return fmt.Sprintf("10.%d.%d.%d", second, third, last) }
}

func newClient(objects ...runtime.Object) *fake.Clientset { return fake.NewClientset(objects...) }

func watch(t *testing.T, objects ...runtime.Object) (*network.Cluster, *fake.Clientset) {
	t.Helper()
	client := newClient(objects...)
	cluster, err := network.Watch(t.Context(), client)
	require.NoError(t, err)
	return cluster, client
}

// service has one port, 8000, with the name that its endpoints know it by.
func service(name, clusterIP string, change func(*corev1.Service)) *corev1.Service {
	s := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shard-a"},
		Spec: corev1.ServiceSpec{
			Type: corev1.ServiceTypeClusterIP, ClusterIP: clusterIP, Ports: []corev1.ServicePort{{Name: portName, Port: 8000}},
		},
	}
	if change != nil {
		change(s)
	}
	return s
}

// state is what an EndpointSlice says of an address.
type state struct{ ready, serving bool }

var (
	isReady = state{ready: true, serving: true}
	leaving = state{serving: true}
	isGone  = state{}
)

// slice has the endpoints of a Service; they have the port 9000.
func slice(of string, endpoints map[string]state, hostnames map[string]string) *discoveryv1.EndpointSlice {
	name, port := portName, int32(9000)
	s := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			Name: of + "-1", Namespace: "shard-a", Labels: map[string]string{discoveryv1.LabelServiceName: of},
		},
		AddressType: discoveryv1.AddressTypeIPv4, Ports: []discoveryv1.EndpointPort{{Name: &name, Port: &port}},
	}
	for address, state := range endpoints {
		made := discoveryv1.Endpoint{
			Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: &state.ready, Serving: &state.serving},
		}
		if hostname, has := hostnames[address]; has {
			made.Hostname = &hostname
		}
		s.Endpoints = append(s.Endpoints, made)
	}
	return s
}

func played(address string, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(loopback.Of(netip.MustParseAddr(address)), port)
}

// stand listens as the endpoint of an address does, and hands every connection over.
func stand(t *testing.T, address string, serve func(net.Conn)) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp4", played(address, 9000).String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go serve(connection)
		}
	}()
}

// sayName is an endpoint that tells its address and then echoes.
func sayName(t *testing.T, address string) {
	t.Helper()
	stand(t, address, func(connection net.Conn) {
		defer connection.Close()
		_, _ = fmt.Fprintln(connection, address)
		echo(connection)
	})
}

func echo(connection net.Conn) {
	buffer := make([]byte, 1<<16)
	for {
		length, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err = connection.Write(buffer[:length]); err != nil {
			return
		}
	}
}

func dial(ctx context.Context, at netip.AddrPort) (*net.TCPConn, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp4", at.String())
	if err != nil {
		return nil, err
	}
	return connection.(*net.TCPConn), nil
}
