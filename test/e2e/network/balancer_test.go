package network_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"jitsi-meet-azure/test/e2e/network"
)

const patience = 10 * time.Second

func balance(t *testing.T, cluster *network.Cluster) *network.Balancer {
	t.Helper()
	balancer, err := network.NewBalancer(t.Context(), cluster, t.Logf)
	require.NoError(t, err)
	return balancer
}

// greeting is the first line that comes through a connection: the endpoint's address.
func greeting(connection net.Conn) (string, error) {
	if err := connection.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(connection).ReadString('\n')
	return strings.TrimSpace(line), err
}

func TestConnectionsGoToWhoIsReady(t *testing.T) {
	t.Parallel()
	at := newNetwork()
	for last := 1; last <= 4; last++ {
		sayName(t, at(last))
	}
	endpoints := map[string]state{at(1): isReady, at(2): isReady, at(3): leaving, at(4): isGone}
	cluster, client := watch(t, service("web", at(100), nil), slice("web", endpoints, nil))
	balance(t, cluster)
	seen := map[string]int{}
	for range 60 {
		connection, err := dial(t.Context(), played(at(100), 8000))
		require.NoError(t, err)
		name, err := greeting(connection)
		require.NoError(t, err)
		require.NoError(t, connection.Close())
		seen[name]++
	}
	assert.Len(t, seen, 2)
	assert.Greater(t, seen[at(1)], 10)
	assert.Greater(t, seen[at(2)], 10)

	// Those that are about to go are better than none.
	become := func(endpoints map[string]state, want string) {
		t.Helper()
		_, err := client.DiscoveryV1().EndpointSlices("shard-a").Update(t.Context(), slice("web", endpoints, nil), metav1.UpdateOptions{})
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			connection, err := dial(t.Context(), played(at(100), 8000))
			if err != nil {
				return false
			}
			defer connection.Close()
			name, _ := greeting(connection)
			return name == want
		}, patience, 10*time.Millisecond, "connections do not come to go to %q", want)
	}
	become(map[string]state{at(3): leaving, at(4): isGone}, at(3))
	// An endpoint that is ready and does not answer, and none at all: the connection breaks.
	become(map[string]state{at(9): isReady}, "")
	become(map[string]state{at(4): isGone}, "")
}

func TestAConnectionStaysWithItsEndpoint(t *testing.T) {
	t.Parallel()
	at := newNetwork()
	sayName(t, at(1))
	sayName(t, at(2))
	cluster, client := watch(t, service("web", at(100), nil), slice("web", map[string]state{at(1): isReady}, nil))
	balance(t, cluster)
	connection, err := dial(t.Context(), played(at(100), 8000))
	require.NoError(t, err)
	defer connection.Close()
	reader := bufio.NewReader(connection)
	line, err := reader.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, at(1)+"\n", line)
	_, err = client.DiscoveryV1().EndpointSlices("shard-a").
		Update(t.Context(), slice("web", map[string]state{at(2): isReady}, nil), metav1.UpdateOptions{})
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		other, err := dial(t.Context(), played(at(100), 8000))
		if err != nil {
			return false
		}
		defer other.Close()
		name, _ := greeting(other)
		return name == at(2)
	}, patience, 10*time.Millisecond)
	// Nor does the end of the Service touch it, which only takes no new ones.
	require.NoError(t, client.CoreV1().Services("shard-a").Delete(t.Context(), "web", metav1.DeleteOptions{}))
	require.Eventually(t, func() bool {
		_, err := dial(t.Context(), played(at(100), 8000))
		return errors.Is(err, syscall.ECONNREFUSED)
	}, patience, 10*time.Millisecond)
	_, err = fmt.Fprintln(connection, "still here")
	require.NoError(t, err)
	line, err = reader.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "still here\n", line)
}

func TestEachSideMayFinishFirst(t *testing.T) {
	t.Parallel()
	at := newNetwork()
	// It answers when it has read all, so that it depends on being told of the end.
	stand(t, at(1), func(connection net.Conn) {
		defer connection.Close()
		text, _ := io.ReadAll(connection)
		_, _ = fmt.Fprintf(connection, "%d bytes", len(text))
	})
	// It breaks in the middle.
	stand(t, at(2), func(connection net.Conn) {
		_, _ = connection.Write([]byte("a"))
		_, _ = io.ReadFull(connection, make([]byte, 1))
		_ = connection.(*net.TCPConn).SetLinger(0)
		_ = connection.Close()
	})
	cluster, _ := watch(t, service("web", at(100), nil), slice("web", map[string]state{at(1): isReady}, nil),
		service("broken", at(101), nil), slice("broken", map[string]state{at(2): isReady}, nil))
	balance(t, cluster)
	connection, err := dial(t.Context(), played(at(100), 8000))
	require.NoError(t, err)
	defer connection.Close()
	_, err = io.Copy(connection, strings.NewReader(strings.Repeat("0123456789", 1_000_000)))
	require.NoError(t, err)
	require.NoError(t, connection.CloseWrite())
	answer, err := io.ReadAll(connection)
	require.NoError(t, err)
	assert.Equal(t, "10000000 bytes", string(answer))

	broken, err := dial(t.Context(), played(at(101), 8000))
	require.NoError(t, err)
	defer broken.Close()
	_, err = broken.Write([]byte("b"))
	require.NoError(t, err)
	_, err = io.ReadAll(broken)
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestLoadBalancersOfTheVirtualNetwork(t *testing.T) {
	t.Parallel()
	at := newNetwork()
	sayName(t, at(1))
	sayName(t, at(2))
	internal := func(port int32) func(*corev1.Service) {
		return func(s *corev1.Service) {
			s.Spec.Type, s.Spec.Ports[0].Port = corev1.ServiceTypeLoadBalancer, port
			s.Annotations = map[string]string{"service.beta.kubernetes.io/azure-load-balancer-ipv4": at(200)}
			s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: at(200)}}
		}
	}
	// Two Services share an address.
	cluster, _ := watch(t,
		service("bridges", at(100), internal(5222)), slice("bridges", map[string]state{at(1): isReady}, nil),
		service("reaper", at(101), internal(8888)), slice("reaper", map[string]state{at(2): isReady}, nil))
	balance(t, cluster)
	for port, want := range map[uint16]string{5222: at(1), 8888: at(2)} {
		connection, err := dial(t.Context(), played(at(200), port))
		require.NoError(t, err)
		name, err := greeting(connection)
		require.NoError(t, err)
		assert.Equal(t, want, name)
		require.NoError(t, connection.Close())
	}
}

func TestUsersDialPublicAddresses(t *testing.T) {
	t.Parallel()
	at := newNetwork()
	sayName(t, at(1))
	public := service("haproxy", at(100), func(s *corev1.Service) {
		s.Spec.Type, s.Spec.Ports[0].Port = corev1.ServiceTypeLoadBalancer, 443
		s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "198.19.225.205"}}
	})
	cluster, client := watch(t, public, slice("haproxy", map[string]state{at(1): isReady}, nil))
	balancer := balance(t, cluster)
	connection, err := balancer.Dial(t.Context(), "198.19.225.205:443")
	require.NoError(t, err)
	defer connection.Close()
	name, err := greeting(connection)
	require.NoError(t, err)
	assert.Equal(t, at(1), name)
	for address, want := range map[string]string{
		"198.19.225.206:443": "no service has", "198.19.225.205:80": "no service has", "198.19.225.205": "is no address",
	} {
		_, err := balancer.Dial(t.Context(), address)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, client.DiscoveryV1().EndpointSlices("shard-a").Delete(t.Context(), "haproxy-1", metav1.DeleteOptions{}))
	require.Eventually(t, func() bool {
		_, err := balancer.Dial(t.Context(), "198.19.225.205:443")
		return err != nil && strings.Contains(err.Error(), "nobody is ready behind service shard-a/haproxy")
	}, patience, 10*time.Millisecond)
}

func TestTheBalancerEndsWithItsContext(t *testing.T) {
	t.Parallel()
	at := newNetwork()
	sayName(t, at(1))
	cluster, _ := watch(t, service("web", at(100), nil), slice("web", map[string]state{at(1): isReady}, nil))
	ctx, cancel := context.WithCancel(t.Context())
	_, err := network.NewBalancer(ctx, cluster, nil)
	require.NoError(t, err)
	connection, err := dial(t.Context(), played(at(100), 8000))
	require.NoError(t, err)
	defer connection.Close()
	_, err = bufio.NewReader(connection).ReadString('\n')
	require.NoError(t, err)
	cancel()
	_, err = connection.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.Eventually(t, func() bool {
		_, err := dial(t.Context(), played(at(100), 8000))
		return errors.Is(err, syscall.ECONNREFUSED)
	}, patience, 10*time.Millisecond)
}
