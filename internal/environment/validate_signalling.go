package environment

import (
	"fmt"
	"net/netip"
)

// reservedInFront is how many of the reserved addresses come first in a subnet; the last address is the fifth.
const reservedInFront = 4

// checkSignalling looks at the addresses of the internal load balancers.
func checkSignalling(c *checker, env *Environment) {
	const subnet = "network.loadBalancers"
	if !c.fine(subnet) {
		return
	}
	owner := map[netip.Addr]int{}
	for i, shard := range env.Shards {
		at := join(element("shards", i), "signallingAddress")
		if !c.fine(at) {
			continue
		}
		mended := c.set(at, unusedAddress(env).String())
		if other, taken := owner[shard.SignallingAddress]; taken {
			c.refuse(at, shard.SignallingAddress.String(),
				fmt.Sprintf("an address that no other shard has (shards[%d] has this one)", other), mended)
			continue
		}
		owner[shard.SignallingAddress] = i
		if !usable(shard.SignallingAddress, env.Network.LoadBalancers) {
			first, last := usableRange(env.Network.LoadBalancers)
			c.refuse(at, shard.SignallingAddress.String(),
				fmt.Sprintf("an address of %s, %s, that Azure does not reserve: %s to %s", subnet, env.Network.LoadBalancers, first, last),
				mended)
		}
	}
}

func usableRange(subnet netip.Prefix) (first, last netip.Addr) {
	return nth(subnet, reservedInFront), nth(subnet, size(subnet)-2)
}

func usable(address netip.Addr, subnet netip.Prefix) bool {
	first, last := usableRange(subnet)
	return address.Compare(first) >= 0 && address.Compare(last) <= 0
}

// unusedAddress is the first usable address of the load balancers' subnet that no shard has.
func unusedAddress(env *Environment) netip.Addr {
	taken := map[netip.Addr]bool{}
	for _, shard := range env.Shards {
		taken[shard.SignallingAddress] = true
	}
	address, last := usableRange(env.Network.LoadBalancers)
	for taken[address] && address.Less(last) {
		address = address.Next()
	}
	return address
}
