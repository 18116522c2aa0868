package environment

import (
	"fmt"
	"net/netip"
)

// segment is a range of the address plan.
type segment struct {
	path   string
	prefix netip.Prefix
	least  int    // addresses that it needs; 0 if that is not known because of another problem
	why    string // what they are needed for
	widest int    // length of the largest range that is accepted
}

// plan is the part of the address plan that could be read.
type plan struct {
	*checker
	space   netip.Prefix
	subnets []segment // inside the virtual network
	overlay []segment // pods and services, outside of it
}

func checkNetwork(c *checker, env *Environment) {
	p := &plan{checker: c, space: env.Network.AddressSpace}
	p.collectSubnets(env)
	p.collectOverlay(env)
	p.checkSizes()
	p.checkReserved()
	p.checkInside()
	p.checkSubnetOverlaps()
	p.checkOverlayOverlaps()
}

func (p *plan) collectSubnets(env *Environment) {
	all := []segment{
		p.nodes(env),
		{
			path: "network.loadBalancers", prefix: env.Network.LoadBalancers,
			least: max(len(env.Shards)+reservedAddresses, 1<<(32-smallestSubnet)),
			why:   fmt.Sprintf("one for each of %s and the %d that Azure reserves", count(len(env.Shards), "shard"), reservedAddresses),
		},
		{
			path: "network.function", prefix: env.Network.Function, least: 16,
			why: "App Service takes no subnet smaller than /28",
		},
	}
	for i, shard := range env.Shards {
		all = append(all, p.bridges(i, shard, env.Bridges.PrefixLength))
	}
	p.subnets = p.readable(all)
}

func (p *plan) bridges(i int, shard Shard, prefixLength int) segment {
	s := segment{path: join(element("shards", i), "bridgeSubnet"), prefix: shard.BridgeSubnet}
	if p.fine("bridges.prefixLength") {
		addresses := 1 << (32 - prefixLength)
		s.least = addresses + reservedAddresses
		s.why = fmt.Sprintf("the %d of the public IP prefix and the %d that Azure reserves", addresses, reservedAddresses)
	}
	return s
}

func (p *plan) nodes(env *Environment) segment {
	s := segment{path: "network.nodes", prefix: env.Network.Nodes}
	if nodes, known := mostNodes(p.checker, env); known {
		s.least = nodes + reservedAddresses
		s.why = fmt.Sprintf("%d nodes with all pools at their maximum and a third more for upgrades, and the %d that Azure reserves",
			nodes, reservedAddresses)
	}
	return s
}

// podsPerNode is the /24 that AKS cuts out of the pods' range for every node.
// Source: Azure docs, "Overview of Azure CNI Overlay networking in AKS".
const podsPerNode = 256

func (p *plan) collectOverlay(env *Environment) {
	pods := segment{path: "network.pods", prefix: env.Network.Pods, least: podsPerNode, why: "a /24 for every node"}
	if nodes, known := mostNodes(p.checker, env); known {
		pods.least = nodes * podsPerNode
		pods.why = fmt.Sprintf("a /24 for each of %d nodes", nodes)
	}
	p.overlay = p.readable([]segment{pods, {
		path: "network.services", prefix: env.Network.Services, least: fewestServices, widest: widestServices,
		why: "AKS and its add-ons need dozens of services themselves",
	}})
}

func (p *plan) readable(all []segment) []segment {
	var read []segment
	for _, s := range all {
		if p.fine(s.path) {
			read = append(read, s)
		}
	}
	return read
}

// mostNodes is how many nodes the cluster has at most: every pool at its maximum, and a third more (the share that AKS
// advises for production) while a pool is upgraded.
func mostNodes(c *checker, env *Environment) (int, bool) {
	if !c.fine("shards", "cluster.systemPool.maximum", "cluster.shardPool.maximum") {
		return 0, false
	}
	zones := map[int]bool{}
	for i, shard := range env.Shards {
		if !c.fine(join(element("shards", i), "zone")) {
			return 0, false
		}
		zones[shard.Zone] = true
	}
	withSurge := func(nodes int) int { return nodes + (nodes+2)/3 }
	return withSurge(env.Cluster.SystemPool.Maximum) + len(zones)*withSurge(env.Cluster.ShardPool.Maximum), true
}

const (
	fewestServices = 256
	// widestServices is the length of the largest range that AKS takes for services.
	// Source: Azure docs, "Azure Kubernetes Service CNI networking overview": smaller than /12.
	widestServices = 13
)

func (p *plan) checkReserved() {
	for _, s := range append([]segment{{path: "network.addressSpace", prefix: p.space}}, p.overlay...) {
		if p.fine(s.path) && overlapsAny(s.prefix, aksRanges()) {
			p.refuse(s.path, s.prefix.String(),
				"a range apart from those that AKS keeps for itself: 172.30.0.0/16 and 172.31.0.0/16", p.set(s.path, p.apart(s).String()))
		}
	}
}

func (p *plan) checkSizes() {
	for _, s := range append(p.subnets[:len(p.subnets):len(p.subnets)], p.overlay...) {
		switch {
		case !p.fine(s.path):
		case size(s.prefix) < s.least:
			p.refuse(s.path, s.prefix.String(),
				fmt.Sprintf("a range of at least %d addresses, /%d or larger: %s", s.least, leastLength(s), s.why), p.move(s))
		case s.prefix.Bits() < s.widest:
			p.refuse(s.path, s.prefix.String(), fmt.Sprintf("a range of /%d or smaller: Azure takes no larger one", s.widest), p.move(s))
		}
	}
}

func (p *plan) checkInside() {
	if !p.fine("network.addressSpace") {
		return
	}
	for _, s := range p.subnets {
		if p.fine(s.path) && !inside(s.prefix, p.space) {
			p.refuse(s.path, s.prefix.String(), "a range inside network.addressSpace, "+p.space.String(), p.move(s))
		}
	}
}

func (p *plan) checkSubnetOverlaps() {
	for i, s := range p.subnets {
		for _, other := range p.subnets[:i] {
			if p.fine(s.path, other.path) && s.prefix.Overlaps(other.prefix) {
				p.refuse(s.path, s.prefix.String(), "a range apart from "+other.path+", "+other.prefix.String(), p.move(s))
			}
		}
	}
}

func (p *plan) checkOverlayOverlaps() {
	others := []segment{{path: "network.addressSpace", prefix: p.space}}
	for _, s := range p.overlay {
		for _, other := range others {
			if p.fine(s.path, other.path) && s.prefix.Overlaps(other.prefix) {
				p.refuse(s.path, s.prefix.String(), "a range apart from "+other.path+", "+other.prefix.String(), p.move(s))
			}
		}
		others = append(others, s)
	}
}
