// Package loopback says where on this machine an address of the deployed network is played: the system test needs no
// privileges, so it makes no network of its own.
package loopback

import "net/netip"

// Of is 127.b.c.d for a private address 10.b.c.d: pods, services, internal load balancers, bridges and the shards' Jicofos all
// keep the rest of their address and their ports. Other addresses stay as they are.
func Of(address netip.Addr) netip.Addr {
	if !address.Is4() {
		return address
	}
	numbers := address.As4()
	if numbers[0] != 10 {
		return address
	}
	numbers[0] = 127
	return netip.AddrFrom4(numbers)
}
