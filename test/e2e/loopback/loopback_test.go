package loopback_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"

	"jitsi-meet-azure/test/e2e/loopback"
)

func TestWhereAddressesArePlayed(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"10.244.1.5": "127.244.1.5", "10.40.1.10": "127.40.1.10", "10.0.0.0": "127.0.0.0",
		"127.0.0.1": "127.0.0.1", "20.50.1.2": "20.50.1.2", "192.168.1.1": "192.168.1.1", "fd00::1": "fd00::1",
	} {
		assert.Equal(t, netip.MustParseAddr(want), loopback.Of(netip.MustParseAddr(address)), address)
	}
}
