package turn_test

import (
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// bridge answers every packet with its text and an exclamation mark, at one of the block's addresses.
func (r *relay) bridge(t *testing.T, last byte) netip.AddrPort {
	t.Helper()
	socket := listen(t, r.host(last))
	go func() {
		data := make([]byte, 1500)
		for {
			length, from, err := socket.ReadFromUDPAddrPort(data)
			if err != nil {
				return
			}
			_, _ = socket.WriteToUDPAddrPort(append(data[:length:length], '!'), from)
		}
	}()
	return addressOf(t, socket)
}

func TestRelaysToABridge(t *testing.T) {
	t.Parallel()
	r := start(t)
	bridge := r.bridge(t, 31)
	u := r.visitor(t)
	answer, code := u.allocate(t)
	require.Zero(t, code)
	assert.Equal(t, 10*time.Minute, lifetime(t, answer))
	require.Zero(t, u.permit(t, bridge))
	u.send(t, bridge, "hello")
	assert.Equal(t, "hello!", u.receive(t))
}

// The prefix is all that is allowed: its neighbours, the relay itself, the VNet, the pods and services of the cluster, the
// metadata service and the rest of the Internet are not.
func TestRefusesEveryOtherPeer(t *testing.T) {
	t.Parallel()
	r := start(t)
	u := r.visitor(t)
	_, code := u.allocate(t)
	require.Zero(t, code)
	for _, address := range []netip.Addr{
		r.host(15), r.host(32), // the addresses before and after the prefix
		r.host(1), r.host(2), // the relay itself, and another user
		netip.MustParseAddr("127.0.0.1"),
		netip.MustParseAddr("0.0.0.0"),
		netip.MustParseAddr("10.40.1.10"), netip.MustParseAddr("10.244.0.7"), netip.MustParseAddr("10.245.0.1"),
		netip.MustParseAddr("169.254.169.254"), netip.MustParseAddr("168.63.129.16"),
		netip.MustParseAddr("192.168.0.1"), netip.MustParseAddr("172.16.0.1"), netip.MustParseAddr("100.64.0.1"),
		netip.MustParseAddr("8.8.8.8"),
		netip.MustParseAddr("224.0.0.1"), netip.MustParseAddr("255.255.255.255"),
	} {
		peer := netip.AddrPortFrom(address, 10000)
		assert.Equal(t, codeForbidden, u.permit(t, peer), "permission for %s", address)
		assert.Equal(t, codeForbidden, u.bind(t, 1, peer), "channel to %s", address)
	}
	assert.Zero(t, u.permit(t, netip.AddrPortFrom(r.host(16), 10000)), "the prefix' first address")
	assert.Zero(t, u.permit(t, netip.AddrPortFrom(r.host(31), 10000)), "the prefix' last address")
}

// An IPv4 address in IPv6's clothes got past coturn's lists before 4.13 (CVE-2026-27624, CVE-2026-53450). Here nothing of
// IPv6 gets as far as the lists, because no allocation is of that family.
func TestRefusesIPv6(t *testing.T) {
	t.Parallel()
	r := start(t)
	u := r.visitor(t)
	_, code := u.allocate(t, stun.RawAttribute{Type: stun.AttrRequestedAddressFamily, Value: []byte{familyIPv6, 0, 0, 0}})
	require.Equal(t, codeNoFamily, code)

	u = r.visitor(t)
	_, code = u.allocate(t)
	require.Zero(t, code)
	for _, address := range []string{
		"::ffff:169.254.169.254", "::ffff:10.40.1.10", "::ffff:127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::", "::1", "::",
		"fd00::1", "fe80::1", "2001:4860:4860::8888", "::ffff:" + r.host(16).String(),
	} {
		peer := netip.AddrPortFrom(netip.MustParseAddr(address), 10000)
		assert.Contains(t, []int{codeForbidden, codeWrongFamily}, u.permit(t, peer), "permission for %s", address)
		assert.Contains(t, []int{codeForbidden, codeWrongFamily}, u.bind(t, 1, peer), "channel to %s", address)
	}
}

// Data for a peer without permission is dropped, whether it could have got one or not. What reaches the bridge afterwards
// shows that the relay had time to send it.
func TestDropsDataWithoutPermission(t *testing.T) {
	t.Parallel()
	r := start(t)
	bridge, stranger := r.bridge(t, 16), listen(t, r.host(40))
	u := r.visitor(t)
	_, code := u.allocate(t)
	require.Zero(t, code)
	require.Equal(t, codeForbidden, u.permit(t, addressOf(t, stranger)))
	u.send(t, addressOf(t, stranger), "for a stranger")
	u.send(t, bridge, "too early")
	require.Zero(t, u.permit(t, bridge))
	u.send(t, bridge, "hello")
	assert.Equal(t, "hello!", u.receive(t))
	require.NoError(t, stranger.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
	_, _, err := stranger.ReadFromUDPAddrPort(make([]byte, 1500))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
}

// On loopback the tests need one line more than is deployed. This shows what the deployed text does without it.
func TestRefusesLoopbackAsDeployed(t *testing.T) {
	t.Parallel()
	r := start(t, change{text: func(text string) string { return strings.TrimSuffix(text, loopback) }})
	u := r.visitor(t)
	_, code := u.allocate(t)
	require.Zero(t, code)
	assert.Equal(t, codeForbidden, u.permit(t, netip.AddrPortFrom(r.host(16), 10000)))
}

// Two users cannot reach each other through the relay: a relayed address is no bridge's.
func TestRefusesAnotherRelayedAddress(t *testing.T) {
	t.Parallel()
	r := start(t)
	first, second := r.visitor(t), r.visitor(t)
	_, code := first.allocate(t)
	require.Zero(t, code)
	answer, code := second.allocate(t)
	require.Zero(t, code)
	var relayed stun.XORMappedAddress
	require.NoError(t, relayed.GetFromAs(answer, stun.AttrXORRelayedAddress))
	address, ok := netip.AddrFromSlice(relayed.IP.To4())
	require.True(t, ok)
	assert.Equal(t, r.host(1), address)
	assert.Equal(t, codeForbidden, first.permit(t, netip.AddrPortFrom(address, uint16(relayed.Port))))
}

func listen(t *testing.T, host netip.Addr) *net.UDPConn {
	t.Helper()
	socket, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(host, 0)))
	require.NoError(t, err)
	t.Cleanup(func() { _ = socket.Close() })
	return socket
}

func addressOf(t *testing.T, socket *net.UDPConn) netip.AddrPort {
	t.Helper()
	address, ok := socket.LocalAddr().(*net.UDPAddr)
	require.True(t, ok)
	return address.AddrPort()
}
