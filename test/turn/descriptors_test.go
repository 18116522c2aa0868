package turn_test

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/turn/coturn"
)

// fewDescriptors are as few as a relay may have.
const fewDescriptors = coturn.OwnDescriptors + 2*fewAllocations

const fewAllocations = 10

func few(c *coturn.Config) { c.TotalQuota, c.Descriptors = fewAllocations, fewDescriptors }

// crowd opens connections and says nothing on them.
func (r *relay) crowd(t *testing.T, size int) []net.Conn {
	t.Helper()
	dialer := &net.Dialer{Timeout: time.Second, LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(r.host(3), 0))}
	idle := make([]net.Conn, 0, size)
	for range size {
		connection, err := dialer.Dial("tcp", r.address().String())
		require.NoError(t, err)
		t.Cleanup(func() { _ = connection.Close() })
		idle = append(idle, connection)
	}
	return idle
}

// descriptors are how many file descriptors the relay's process has.
func (r *relay) descriptors(t *testing.T) int {
	t.Helper()
	found, err := os.ReadDir("/proc/" + strconv.Itoa(r.named(t, "turnserver")[0]) + "/fd")
	require.NoError(t, err)
	return len(found)
}

// Connections that nobody has asked anything on are not counted by the quota. They cost new users the relay, but neither the
// relay its life nor its users their sessions.
func TestTooManyConnectionsEndNoSession(t *testing.T) {
	t.Parallel()
	r := start(t, change{config: few})
	assert.Less(t, r.descriptors(t), coturn.OwnDescriptors, "without a user")
	s := r.begin(t, r.visitor(t))
	idle := r.crowd(t, fewDescriptors+20)
	require.Eventually(t, func() bool { return strings.Contains(r.output.String(), "used up its "+strconv.Itoa(fewDescriptors)) },
		10*time.Second, 50*time.Millisecond, "the operator is not told")
	assert.LessOrEqual(t, r.descriptors(t), fewDescriptors)
	for range 20 {
		s.check(t)
	}
	_, code := s.refresh(t)
	assert.Zero(t, code)
	for _, connection := range idle {
		require.NoError(t, connection.Close())
	}
	_, code = r.visitor(t).allocate(t)
	assert.Zero(t, code)
	s.check(t)
	assert.False(t, r.hasEnded())
	assert.NotContains(t, r.output.String(), "accept()", "it is printed without end")
}

// The bound of descriptors is one of memory, too.
func TestAConnectionTakesNoMoreMemoryThanCounted(t *testing.T) {
	t.Parallel()
	r := start(t)
	before, count := r.memory(t), 300
	for range count {
		connection, err := r.dial(nil)
		require.NoError(t, err)
		t.Cleanup(func() { _ = connection.Close() })
	}
	each := (r.memory(t) - before) / count
	t.Logf("a connection takes %d bytes", each)
	assert.Greater(t, each, 8<<10, "that is not a TLS connection's")
	assert.Less(t, each, coturn.MemoryPerDescriptor)
}

// memory is the relay's resident memory in bytes.
func (r *relay) memory(t *testing.T) int {
	t.Helper()
	content, err := os.ReadFile("/proc/" + strconv.Itoa(r.named(t, "turnserver")[0]) + "/statm")
	require.NoError(t, err)
	fields := strings.Fields(string(content))
	require.Greater(t, len(fields), 1)
	pages, err := strconv.Atoi(fields[1])
	require.NoError(t, err)
	return pages * os.Getpagesize()
}
