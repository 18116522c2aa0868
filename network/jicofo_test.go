package network

import (
	"net/netip"
	"testing"

	"pgregory.net/rapid"
)

// Jicofo's REST server has no login: whatever is in the network, only the reaper reaches it, and not by way of a node.
func TestNobodyElseInTheNetworkReachesJicofo(t *testing.T) {
	t.Parallel()
	plan, addresses := testPlan(), signallingAddresses(testShards())
	rules := nodeRules(plan, bridgeSubnets(testShards()), addresses)
	somewhere := rapid.Custom(func(t *rapid.T) string {
		return netip.AddrFrom4([4]byte{10, 10, rapid.Byte().Draw(t, "third"), rapid.Byte().Draw(t, "fourth")}).String()
	})
	peers := rapid.OneOf(somewhere, rapid.SampledFrom([]string{reaper, ownBridge, otherBridge, user, azureLoadBalancer}))
	places := rapid.OneOf(somewhere, rapid.SampledFrom([]string{ownProsody, otherProsody, node}))
	rapid.Check(t, func(t *rapid.T) {
		p := packet{protocol: "Tcp", peer: peers.Draw(t, "peer"), at: places.Draw(t, "at"), port: jicofoPort}
		address, err := netip.ParseAddr(p.peer)
		if err != nil || plan.Nodes.Contains(address) {
			return // probes and the cluster itself; the network policy at the pod refuses what is no probe
		}
		want := plan.Function.Contains(address) && (p.at == ownProsody || p.at == otherProsody)
		if got := admits(plan, rules, p); got != want {
			t.Fatalf("%+v admitted: %t, want %t", p, got, want)
		}
	})
}
