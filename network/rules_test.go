package network

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"jitsi-meet-azure/internal/environment"
)

func testPlan() environment.Network {
	return environment.Network{
		AddressSpace:  netip.MustParsePrefix("10.10.0.0/16"),
		Nodes:         netip.MustParsePrefix("10.10.0.0/22"),
		LoadBalancers: netip.MustParsePrefix("10.10.4.0/24"),
		Function:      netip.MustParsePrefix("10.10.5.0/27"),
		Pods:          netip.MustParsePrefix("10.244.0.0/16"),
		Services:      netip.MustParsePrefix("10.245.0.0/16"),
	}
}

func testShards() []environment.Shard {
	return []environment.Shard{
		{
			Name: "b", Zone: 2, BridgeSubnet: netip.MustParsePrefix("10.10.17.0/26"),
			SignallingAddress: netip.MustParseAddr("10.10.4.11"),
		},
		{
			Name: "a", Zone: 1, BridgeSubnet: netip.MustParsePrefix("10.10.16.0/26"),
			SignallingAddress: netip.MustParseAddr("10.10.4.10"),
		},
	}
}

// packet is the first packet of a flow as a security group of one end sees it.
type packet struct {
	outbound bool
	protocol string
	peer     string // the other end: an address, or azureLoadBalancer
	at       string // the address of this end; empty for one that no rule names
	port     int    // of the destination
}

// admits decides as Azure does: the rule with the lowest priority that matches, and Azure's own rules at the end.
// Source: Azure docs, network-security-groups-overview.
func admits(plan environment.Network, rules []rule, p packet) bool {
	sorted := slices.SortedFunc(slices.Values(append(slices.Clone(rules), azureDefaults()...)), func(a, b rule) int {
		return cmp.Compare(a.priority, b.priority)
	})
	for _, r := range sorted {
		if r.matches(plan, p) {
			return !r.deny
		}
	}
	return false
}

func azureDefaults() []rule {
	all := []string{anywhere}
	return []rule{
		{priority: 65000, protocol: "*", sources: []string{virtualNetwork}, destinations: all, ports: all},
		{priority: 65001, protocol: "*", sources: []string{azureLoadBalancer}, destinations: all, ports: all},
		{priority: 65000, protocol: "*", outbound: true, sources: all, destinations: []string{virtualNetwork}, ports: all},
		{priority: 65001, protocol: "*", outbound: true, sources: all, destinations: []string{internet}, ports: all},
	}
}

func (r rule) matches(plan environment.Network, p packet) bool {
	peers, here := r.sources, r.destinations
	if p.outbound {
		peers, here = here, peers
	}
	return r.outbound == p.outbound && (r.protocol == "*" || r.protocol == p.protocol) &&
		(slices.Contains(r.ports, anywhere) || slices.Contains(r.ports, strconv.Itoa(p.port))) &&
		slices.ContainsFunc(peers, func(peer string) bool { return covers(plan, peer, p.peer) }) &&
		slices.ContainsFunc(here, func(address string) bool { return covers(plan, address, p.at) })
}

func covers(plan environment.Network, pattern, peer string) bool {
	if pattern == anywhere || pattern == peer {
		return true
	}
	address, err := netip.ParseAddr(peer)
	if err != nil {
		return false
	}
	inNetwork := plan.AddressSpace.Contains(address) || plan.Pods.Contains(address)
	switch pattern {
	case virtualNetwork:
		return inNetwork
	case internet:
		return !inNetwork
	}
	prefix, err := netip.ParsePrefix(pattern)
	return err == nil && prefix.Contains(address)
}

const (
	user         = "198.51.100.7"
	service      = "203.0.113.80" // the public address of one of Azure's services
	node         = "10.10.0.4"
	pod          = "10.244.3.9"
	reaper       = "10.10.5.4"
	ownBridge    = "10.10.16.5"
	otherBridge  = "10.10.17.5"
	ownProsody   = "10.10.4.10"
	otherProsody = "10.10.4.11"
)

func TestBridgeRules(t *testing.T) {
	t.Parallel()
	checkPackets(t, bridgeRules(testPlan(), testShards()[1]), map[string]flow{
		"media":                           {packet{protocol: "Udp", peer: user, port: 10000}, true},
		"ICE over TCP is not opened":      {packet{protocol: "Tcp", peer: user, port: 443}, false},
		"old ICE over TCP port":           {packet{protocol: "Tcp", peer: user, port: 4443}, false},
		"REST from the Internet":          {packet{protocol: "Tcp", peer: user, port: 8080}, false},
		"SSH from the Internet":           {packet{protocol: "Tcp", peer: user, port: 22}, false},
		"REST from the reaper":            {packet{protocol: "Tcp", peer: reaper, port: 8080}, true},
		"REST from a node":                {packet{protocol: "Tcp", peer: node, port: 8080}, false},
		"SSH from a node":                 {packet{protocol: "Tcp", peer: node, port: 22}, false},
		"REST from a pod's own address":   {packet{protocol: "Tcp", peer: pod, port: 8080}, false},
		"REST from another shard":         {packet{protocol: "Tcp", peer: otherBridge, port: 8080}, false},
		"REST from the same subnet":       {packet{protocol: "Tcp", peer: ownBridge, port: 8080}, false},
		"media from another shard":        {packet{protocol: "Udp", peer: otherBridge, port: 10000}, false},
		"to the own Prosody":              {packet{outbound: true, protocol: "Tcp", peer: ownProsody, port: 5222}, true},
		"to another shard's Prosody":      {packet{outbound: true, protocol: "Tcp", peer: otherProsody, port: 5222}, false},
		"to the own Jicofo":               {packet{outbound: true, protocol: "Tcp", peer: ownProsody, port: 8888}, false},
		"to the own Prosody's other port": {packet{outbound: true, protocol: "Tcp", peer: ownProsody, port: 5280}, false},
		"to a node":                       {packet{outbound: true, protocol: "Tcp", peer: node, port: 10250}, false},
		"to the participants":             {packet{outbound: true, protocol: "Udp", peer: user, port: 50123}, true},
		"to the Key Vault":                {packet{outbound: true, protocol: "Tcp", peer: service, port: 443}, true},
	})
}

func TestNodeRules(t *testing.T) {
	t.Parallel()
	checkPackets(t, nodeRules(testPlan(), bridgeSubnets(testShards()), signallingAddresses(testShards())), map[string]flow{
		"browser":                   {packet{protocol: "Tcp", peer: user, port: 443}, true},
		"browser before redirect":   {packet{protocol: "Tcp", peer: user, port: 80}, true},
		"XMPP from the Internet":    {packet{protocol: "Tcp", peer: user, port: 5222}, false},
		"kubelet from the Internet": {packet{protocol: "Tcp", peer: user, port: 10250}, false},
		"probe":                     {packet{protocol: "Tcp", peer: azureLoadBalancer, port: 31234}, true},
		"bridge to Prosody":         {packet{protocol: "Tcp", peer: ownBridge, port: 5222}, true},
		"bridge to kubelet":         {packet{protocol: "Tcp", peer: ownBridge, port: 10250}, false},
		"bridge to a node port":     {packet{protocol: "Tcp", peer: ownBridge, port: 31234}, false},
		"bridge to HAProxy inside":  {packet{protocol: "Tcp", peer: ownBridge, port: 443}, false},
		"reaper to kubelet":         {packet{protocol: "Tcp", peer: reaper, port: 10250}, false},
		"reaper to Jicofo":          {packet{protocol: "Tcp", peer: reaper, at: ownProsody, port: 8888}, true},
		"reaper to another Jicofo":  {packet{protocol: "Tcp", peer: reaper, at: otherProsody, port: 8888}, true},
		"reaper to Prosody":         {packet{protocol: "Tcp", peer: reaper, at: ownProsody, port: 5222}, false},
		"reaper to a node's 8888":   {packet{protocol: "Tcp", peer: reaper, at: node, port: 8888}, false},
		"reaper over UDP":           {packet{protocol: "Udp", peer: reaper, at: ownProsody, port: 8888}, false},
		"bridge to Jicofo":          {packet{protocol: "Tcp", peer: ownBridge, at: ownProsody, port: 8888}, false},
		"Internet to Jicofo":        {packet{protocol: "Tcp", peer: user, at: ownProsody, port: 8888}, false},
		"node to kubelet":           {packet{protocol: "Tcp", peer: node, port: 10250}, true},
		"pod to DNS":                {packet{protocol: "Udp", peer: pod, port: 53}, true},
		"image pull":                {packet{outbound: true, protocol: "Tcp", peer: user, port: 443}, true},
	})
}

func TestLoadBalancerRules(t *testing.T) {
	t.Parallel()
	checkPackets(t, loadBalancerRules(testPlan(), bridgeSubnets(testShards()), signallingAddresses(testShards())), map[string]flow{
		"bridge":         {packet{protocol: "Tcp", peer: otherBridge, port: 5222}, true},
		"bridge to BOSH": {packet{protocol: "Tcp", peer: otherBridge, port: 5280}, false},
		"reaper":         {packet{protocol: "Tcp", peer: reaper, at: ownProsody, port: 8888}, true},
		"reaper astray":  {packet{protocol: "Tcp", peer: reaper, at: "10.10.4.9", port: 8888}, false},
		"reaper to XMPP": {packet{protocol: "Tcp", peer: reaper, at: ownProsody, port: 5222}, false},
		"bridge to REST": {packet{protocol: "Tcp", peer: ownBridge, at: ownProsody, port: 8888}, false},
		"Internet":       {packet{protocol: "Tcp", peer: user, port: 5222}, false},
		"probe":          {packet{protocol: "Tcp", peer: azureLoadBalancer, port: 5222}, true},
	})
}

func TestFunctionRules(t *testing.T) {
	t.Parallel()
	checkPackets(t, functionRules(bridgeSubnets(testShards()), signallingAddresses(testShards())), map[string]flow{
		"anything in":         {packet{protocol: "Tcp", peer: node, port: 443}, false},
		"probe in":            {packet{protocol: "Tcp", peer: azureLoadBalancer, port: 80}, false},
		"bridge":              {packet{outbound: true, protocol: "Tcp", peer: ownBridge, port: 8080}, true},
		"bridge over SSH":     {packet{outbound: true, protocol: "Tcp", peer: ownBridge, port: 22}, false},
		"node":                {packet{outbound: true, protocol: "Tcp", peer: node, port: 10250}, false},
		"storage":             {packet{outbound: true, protocol: "Tcp", peer: "Storage", port: 443}, true},
		"storage over HTTP":   {packet{outbound: true, protocol: "Tcp", peer: "Storage", port: 80}, false},
		"tokens":              {packet{outbound: true, protocol: "Tcp", peer: "AzureActiveDirectory", port: 443}, true},
		"resource manager":    {packet{outbound: true, protocol: "Tcp", peer: "AzureResourceManager", port: 443}, true},
		"telemetry":           {packet{outbound: true, protocol: "Tcp", peer: "AzureMonitor", port: 443}, true},
		"anywhere else":       {packet{outbound: true, protocol: "Tcp", peer: user, port: 443}, false},
		"Jicofo of a shard":   {packet{outbound: true, protocol: "Tcp", peer: ownProsody, port: 8888}, true},
		"Jicofo's neighbour":  {packet{outbound: true, protocol: "Tcp", peer: "10.10.4.12", port: 8888}, false},
		"prosody of a shard":  {packet{outbound: true, protocol: "Tcp", peer: ownProsody, port: 5222}, false},
		"media port of other": {packet{outbound: true, protocol: "Udp", peer: otherBridge, port: 10000}, false},
	})
}

type flow struct {
	packet packet
	want   bool
}

func checkPackets(t *testing.T, rules []rule, flows map[string]flow) {
	t.Helper()
	for name, f := range flows {
		if got := admits(testPlan(), rules, f.packet); got != f.want {
			t.Errorf("%s: %+v admitted: %t, want %t", name, f.packet, got, f.want)
		}
	}
}

// Whatever is in the network, only the reaper reaches a bridge, and only its REST port.
func TestNobodyElseInTheNetworkReachesABridge(t *testing.T) {
	t.Parallel()
	plan := testPlan()
	rules := bridgeRules(plan, testShards()[0])
	rapid.Check(t, func(t *rapid.T) {
		peer := netip.AddrFrom4([4]byte{10, 10, rapid.Byte().Draw(t, "third"), rapid.Byte().Draw(t, "fourth")})
		p := packet{
			protocol: rapid.SampledFrom([]string{"Tcp", "Udp", "Icmp"}).Draw(t, "protocol"),
			peer:     peer.String(),
			port:     rapid.IntRange(0, 65535).Draw(t, "port"),
		}
		want := p.protocol == "Tcp" && p.port == 8080 && plan.Function.Contains(peer)
		if got := admits(plan, rules, p); got != want {
			t.Fatalf("%+v admitted: %t, want %t", p, got, want)
		}
	})
}

var ruleName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,78}[a-zA-Z0-9_]$`)

// Azure's own limits of a group.
func TestRulesKeepAzuresLimits(t *testing.T) {
	t.Parallel()
	type slot struct {
		outbound bool
		priority int
	}
	for _, s := range subnets(testPlan(), testShards()) {
		priorities, names := map[slot]string{}, map[string]bool{}
		for _, r := range s.rules {
			where := slot{r.outbound, r.priority}
			if other, taken := priorities[where]; taken {
				t.Errorf("%s: %s and %s share priority %d", s.role, r.name, other, r.priority)
			}
			if names[r.name] {
				t.Errorf("%s: the name %s is taken", s.role, r.name)
			}
			priorities[where], names[r.name] = r.name, true
			checkLimits(t, s.role, r)
		}
	}
}

func checkLimits(t *testing.T, role string, r rule) {
	t.Helper()
	for problem, broken := range map[string]bool{
		"a name that is not allowed":             !ruleName.MatchString(r.name),
		"a priority outside 100 to 4096":         r.priority < 100 || r.priority > 4096,
		"a description not of 1 to 140 letters":  len(r.why) == 0 || len(r.why) > 140,
		"no source, no destination or no port":   len(r.sources) == 0 || len(r.destinations) == 0 || len(r.ports) == 0,
		"anywhere beside something more precise": len(r.sources) > 1 && slices.Contains(r.sources, anywhere),
	} {
		if broken {
			t.Errorf("%s: %+v has %s", role, r, problem)
		}
	}
}

func TestOrderOfShardsChangesNoSharedRule(t *testing.T) {
	t.Parallel()
	shards := testShards()
	for name, list := range map[string]func([]environment.Shard) []string{
		"bridge subnets": bridgeSubnets, "signalling addresses": signallingAddresses,
	} {
		forward := list(shards)
		slices.Reverse(shards)
		if backward := list(shards); !slices.Equal(forward, backward) {
			t.Errorf("%s: %v != %v", name, forward, backward)
		}
	}
}
