package network

import (
	"net/netip"
	"slices"
	"strconv"

	"jitsi-meet-azure/internal/environment"
)

// Service tags: Azure's names for groups of addresses that it keeps up to date itself.
// Source: Azure docs, service-tags-overview.
const (
	anywhere          = "*"
	internet          = "Internet"
	virtualNetwork    = "VirtualNetwork"
	azureLoadBalancer = "AzureLoadBalancer"
)

// Ports of the services that the rules let through.
const (
	mediaPort      = 10000 // UDP: the one port on which a videobridge takes media
	bridgeRESTPort = 8080  // TCP: a videobridge's private HTTP server (statistics, drain); it has no login
	xmppPort       = 5222  // TCP: where bridges reach their shard's Prosody
	jicofoPort     = 8888  // TCP: Jicofo's REST server; it has no login, and more power than the reaper needs
	httpPort       = 80
	httpsPort      = 443
)

// denyPriority is the explicit deny that goes before Azure's own AllowVnetInBound (65000), which would otherwise open
// every port to every pod and machine of the network. Priorities run from 100 to 4096.
const denyPriority = 4000

// rule is one security rule. Priorities are unique within a group and direction.
type rule struct {
	name         string
	why          string // at most 140 characters, shown in the portal
	priority     int
	outbound     bool
	deny         bool
	protocol     string // "Tcp", "Udp" or "*"
	sources      []string
	destinations []string
	ports        []string
}

func allowInbound(priority int, name, why, protocol string, sources []string, ports ...int) rule {
	return rule{
		name: name, why: why, priority: priority, protocol: protocol,
		sources: sources, destinations: []string{anywhere}, ports: texts(ports),
	}
}

// at narrows a rule to destinations.
func (r rule) at(destinations []string) rule {
	r.destinations = destinations
	return r
}

func allowOutbound(priority int, name, why string, destinations []string, ports ...int) rule {
	return rule{
		name: name, why: why, priority: priority, outbound: true, protocol: "Tcp",
		sources: []string{anywhere}, destinations: destinations, ports: texts(ports),
	}
}

func denyInbound(name, why, source string) rule {
	return rule{
		name: name, why: why, priority: denyPriority, deny: true, protocol: "*",
		sources: []string{source}, destinations: []string{anywhere}, ports: []string{anywhere},
	}
}

func denyOutbound(name, why, destination string) rule {
	return rule{
		name: name, why: why, priority: denyPriority, outbound: true, deny: true, protocol: "*",
		sources: []string{anywhere}, destinations: []string{destination}, ports: []string{anywhere},
	}
}

// bridgeRules guard the bridges of one shard. Public addresses of the Standard kind are closed until a rule opens them.
//
// TCP 443 and 4443 stay closed on purpose: current videobridges have no ICE over TCP, so an open port would serve
// nobody; clients behind firewalls that let no UDP out need a TURN server.
//
// Nobody but the reaper reaches the HTTP server: a machine sends its numbers to the workspace by itself.
//
// What a machine asks of Azure needs no rule. VirtualNetwork, which the outbound deny names, is the network's own ranges,
// those of networks joined to it, the ranges of user-defined routes (there are none) and the host's own address. The Key Vault,
// Azure Monitor and Entra have public addresses, with a service endpoint as well, and so fall to Azure's own
// AllowInternetOutBound (65001); the host's address and that of the metadata service are not subject to rules that do not name
// their own tags.
// Source: Azure docs, service-tags-overview and network-security-groups-overview (Azure platform considerations).
func bridgeRules(plan environment.Network, shard environment.Shard) []rule {
	signalling := signallingAddresses([]environment.Shard{shard})
	return []rule{
		allowInbound(100, "AllowMedia", "Media of the participants.", "Udp", []string{internet}, mediaPort),
		allowInbound(120, "AllowReaper", "The reaper asks bridges how busy they are, and drains them.", "Tcp",
			[]string{plan.Function.String()}, bridgeRESTPort),
		denyInbound("DenyVirtualNetwork", "Azure's AllowVnetInBound would open the unguarded HTTP server to all pods.",
			virtualNetwork),
		allowOutbound(100, "AllowSignalling", "Bridges join the brewery room of their own shard's Prosody, no other's.",
			signalling, xmppPort),
		denyOutbound("DenyVirtualNetworkOut", "A bridge faces the Internet; a broken one must not reach the cluster.",
			virtualNetwork),
	}
}

// nodeRules guard the cluster's nodes. Azure load balancers keep a packet's destination (floating IP), so ports are
// those of the Kubernetes services, not node ports, and the destination is a front-end address of any balancer.
// Outbound stays open: nodes pull images and reach their API server over the Internet.
func nodeRules(plan environment.Network, bridges, signalling []string) []rule {
	return []rule{
		allowInbound(100, "AllowFrontDoor", "Users reach HAProxy and the TURN relays.", "Tcp", []string{internet}, httpPort, httpsPort),
		allowAll(110, "AllowLoadBalancerProbes", "Health probes of the load balancers.", azureLoadBalancer),
		allowInbound(120, "AllowBridgesToProsody", "Bridges reach Prosody through the internal load balancers.", "Tcp",
			bridges, xmppPort),
		reaperToJicofo(125, plan, signalling),
		// With CNI overlay, subnet rules see the pods' own addresses between nodes, and a deny must not catch them.
		// Source: Azure docs, azure-cni-overlay, network security groups.
		allowAll(130, "AllowNodes", "Node to node and node to pod.", plan.Nodes.String()),
		allowAll(140, "AllowPods", "Pod to pod across nodes, DNS included.", plan.Pods.String()),
		denyInbound("DenyVirtualNetwork", "Nothing else in the network, bridges least of all, has business with a node.",
			virtualNetwork),
	}
}

// loadBalancerRules guard the subnet of the internal load balancers' addresses. Azure applies security groups where a
// network interface is, and a balancer's front end has none, so what holds today are the rules of the nodes; these
// make sure that nothing else that is ever put into this subnet is open.
func loadBalancerRules(plan environment.Network, bridges, signalling []string) []rule {
	return []rule{
		allowInbound(100, "AllowBridgesToProsody", "Bridges reach Prosody.", "Tcp", bridges, xmppPort),
		reaperToJicofo(105, plan, signalling),
		allowAll(110, "AllowLoadBalancerProbes", "Health probes of the load balancers.", azureLoadBalancer),
		denyInbound("DenyVirtualNetwork", "Only bridges and the reaper use the internal load balancers.", virtualNetwork),
	}
}

// reaperToJicofo lets the function subnet, and nothing else in the network, through to the port of Jicofo's REST server, and
// only where that is at a shard's signalling address. Bridges reach the same addresses, but not this port.
func reaperToJicofo(priority int, plan environment.Network, signalling []string) rule {
	return allowInbound(priority, "AllowReaperToJicofo", "The reaper asks each Jicofo which bridges it knows.", "Tcp",
		[]string{plan.Function.String()}, jicofoPort).at(signalling)
}

// functionRules guard the subnet that the reaper's app sends from. An integrated subnet takes no inbound traffic. The
// service tags are the platform that the reaper needs, for the day its Internet traffic is routed through the network
// too; name resolution by Azure's own resolver is not subject to rules.
func functionRules(bridges, signalling []string) []rule {
	return []rule{
		denyInbound("DenyAll", "Nothing calls the function through this subnet.", anywhere),
		allowOutbound(100, "AllowBridges", "The reaper talks to the bridges' HTTP servers.", bridges, bridgeRESTPort),
		allowOutbound(105, "AllowJicofo", "The reaper asks each Jicofo which bridges it knows.", signalling, jicofoPort),
		allowOutbound(110, "AllowStorage", "Tables, leases and the package, by service endpoint.", []string{"Storage"}, httpsPort),
		allowOutbound(120, "AllowEntra", "Tokens of the managed identity.", []string{"AzureActiveDirectory"}, httpsPort),
		allowOutbound(130, "AllowResourceManager", "The scale set operations.", []string{"AzureResourceManager"}, httpsPort),
		allowOutbound(140, "AllowMonitor", "Telemetry.", []string{"AzureMonitor"}, httpsPort),
		denyOutbound("DenyAllOut", "Nothing else is the reaper's business.", anywhere),
	}
}

func allowAll(priority int, name, why, source string) rule {
	return rule{
		name: name, why: why, priority: priority, protocol: "*",
		sources: []string{source}, destinations: []string{anywhere}, ports: []string{anywhere},
	}
}

// bridgeSubnets lists the ranges of all bridges, sorted, so that the order of shards changes no rule.
func bridgeSubnets(shards []environment.Shard) []string {
	ranges := make([]string, 0, len(shards))
	for _, shard := range shards {
		ranges = append(ranges, shard.BridgeSubnet.String())
	}
	slices.Sort(ranges)
	return ranges
}

// signallingAddresses lists where the shards' Prosody and Jicofo are, sorted for the same reason.
func signallingAddresses(shards []environment.Shard) []string {
	addresses := make([]string, 0, len(shards))
	for _, shard := range shards {
		addresses = append(addresses, netip.PrefixFrom(shard.SignallingAddress, shard.SignallingAddress.BitLen()).String())
	}
	slices.Sort(addresses)
	return addresses
}

func texts(ports []int) []string {
	converted := make([]string, 0, len(ports))
	for _, port := range ports {
		converted = append(converted, strconv.Itoa(port))
	}
	return converted
}
