// Package signalling deploys what a shard runs in the cluster: Prosody and Jicofo, which keep all rooms of the shard in
// memory, and the web servers in front of them.
//
// A restart of Prosody or Jicofo ends every meeting of the shard. Nothing in this package therefore restarts a running
// one: see docs/decisions/0003-singletons-never-restart-by-themselves.md.
package signalling

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args describes the signalling of one shard.
type Args struct {
	Names naming.Names
	// Location is the Azure region; together with the shard's zone it names the Kubernetes zone.
	Location string
	Shard    environment.Shard
	// Domain is the public DNS name of the meeting service.
	Domain string
	Jitsi  environment.Jitsi
	// TurnHost is the public DNS name of the shard's TURN relays, which clients reach over TLS on TCP port 443.
	TurnHost string
	// STUNServer, as host:port, tells clients their public address, for calls of two without a bridge. Empty is none.
	STUNServer string
	// Protect makes Pulumi refuse to delete Prosody and Jicofo, and with them every room of the shard.
	Protect bool
	// NodePool is the pool that the shard's pods run on; nothing is asked of the cluster before it is there, because waiting
	// for pods has a time limit and making a pool takes minutes. Optional.
	NodePool pulumi.Resource
	// PodCIDR is the range of the cluster's pods: the web servers believe proxies in it about their clients' addresses.
	// The network policies admit no other pods than the front door's.
	PodCIDR netip.Prefix
	// FunctionSubnet is the range that the reaper asks Jicofo from. Nobody else may.
	FunctionSubnet netip.Prefix
	// LoadBalancerSubnetName is the subnet that holds the shard's SignallingAddress.
	LoadBalancerSubnetName string
	// ResourceGroup is the name of the resource group of the network.
	ResourceGroup string
}

// Validate says everything that is wrong with the arguments.
func (a Args) Validate() error {
	var problems []error
	refuse := func(wrong bool, format string, values ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	for _, text := range []struct{ name, value string }{
		{"Location", a.Location},
		{"Shard.Name", a.Shard.Name},
		{"Domain", a.Domain},
		{"Jitsi.ImageTag", a.Jitsi.ImageTag},
		{"TurnHost", a.TurnHost},
		{"LoadBalancerSubnetName", a.LoadBalancerSubnetName},
		{"ResourceGroup", a.ResourceGroup},
	} {
		refuse(text.value == "", "%s is empty", text.name)
	}
	refuse(a.Shard.Zone < 1 || a.Shard.Zone > 3, "Shard.Zone is %d, allowed is 1, 2 or 3", a.Shard.Zone)
	refuse(!a.Shard.SignallingAddress.Is4(), "Shard.SignallingAddress is not an IPv4 address")
	refuse(!a.Shard.BridgeSubnet.IsValid(), "Shard.BridgeSubnet is not a range")
	refuse(!a.FunctionSubnet.IsValid(), "FunctionSubnet is not a range: it is the environment's Network.Function")
	if a.STUNServer != "" {
		_, _, err := net.SplitHostPort(a.STUNServer)
		refuse(err != nil, "STUNServer is %q, allowed is host:port", a.STUNServer)
	}
	refuse(!a.PodCIDR.IsValid(), "PodCIDR is not a range: it is the environment's Network.Pods")
	refuse(a.Jitsi.ResolutionCap < 1, "Jitsi.ResolutionCap is %d, allowed is 1 or more", a.Jitsi.ResolutionCap)
	refuse(a.Jitsi.FrameRateCap < 1, "Jitsi.FrameRateCap is %d, allowed is 1 or more", a.Jitsi.FrameRateCap)
	replicas := a.Jitsi.WebReplicas
	refuse(replicas.Minimum < 1 || replicas.Maximum < replicas.Minimum,
		"Jitsi.WebReplicas is %d to %d, allowed is a minimum of 1 or more and a maximum not below it", replicas.Minimum, replicas.Maximum)
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("the signalling of shard %q: %w", a.Shard.Name, errors.Join(problems...))
}
