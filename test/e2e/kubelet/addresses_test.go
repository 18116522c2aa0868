package kubelet_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/e2e/kubelet"
)

func TestAddressesAreNotGivenAgainSoon(t *testing.T) {
	t.Parallel()
	var all kubelet.Addresses
	node := netip.MustParsePrefix("10.244.1.0/29") // 2 to 6
	take := func(want string) {
		t.Helper()
		got, err := all.Take(node)
		require.NoError(t, err)
		assert.Equal(t, netip.MustParseAddr(want), got)
	}
	take("10.244.1.2")
	all.GiveBack(netip.MustParseAddr("10.244.1.2"))
	for _, next := range []string{"10.244.1.3", "10.244.1.4", "10.244.1.5", "10.244.1.6", "10.244.1.2"} {
		take(next)
	}
	_, err := all.Take(node)
	require.ErrorContains(t, err, "all addresses of 10.244.1.0/29 are taken")
	all.GiveBack(netip.MustParseAddr("10.244.1.4"))
	take("10.244.1.4")
	other, err := all.Take(netip.MustParsePrefix("10.244.2.0/24"))
	require.NoError(t, err)
	assert.Equal(t, netip.MustParseAddr("10.244.2.2"), other)
	for _, unfit := range []string{"fd00::/64", "10.244.3.0/32"} {
		_, err = all.Take(netip.MustParsePrefix(unfit))
		require.Error(t, err, unfit)
	}
}
