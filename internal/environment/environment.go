// Package environment holds the one typed description of an environment (for example dev or prod) that the whole
// program is built from.
//
// A value of [Environment] that came out of [Parse] has passed every rule; nothing below this package checks
// configuration again. The package is pure: it never imports Pulumi.
package environment

import (
	"net/netip"
	"time"
)

// Phase says how much of an environment is deployed.
type Phase string

const (
	// PhaseImage deploys only the resource group, the gallery and the image definition, so that the first bridge
	// image can be published before scale sets refer to it.
	PhaseImage Phase = "image"
	// PhaseFull deploys everything. It is the default.
	PhaseFull Phase = "full"
)

// Environment is everything that the program needs to know to deploy one environment.
type Environment struct {
	// Name is the Pulumi stack's name, for example "dev". It becomes part of every Azure name.
	Name string
	// Location is the Azure region, for example "westeurope". It must have availability zones.
	Location string
	// Domain is the public DNS name of the meeting service, for example "meet.example.org".
	Domain string
	// Phase is PhaseFull except for the first deployment of a new environment.
	Phase Phase
	// Network holds the address plan.
	Network Network
	// Shards are the independent signalling-and-media units, in the order of the configuration; at least two, in at
	// least two zones. Names are unique.
	Shards []Shard
	// Bridges describes the videobridge machines of every shard.
	Bridges Bridges
	// Autoscale describes how a shard's bridges are scaled out and recycled.
	Autoscale Autoscale
	// Cluster describes the AKS cluster that carries signalling and the front door.
	Cluster Cluster
	// Jitsi describes the Jitsi services in the cluster.
	Jitsi Jitsi
	// FrontDoor describes HAProxy.
	FrontDoor FrontDoor
	// Turn describes the relays of clients without UDP.
	Turn Turn
	// Reaper describes the function that scales in.
	Reaper Reaper
	// Monitoring describes where the environment's logs and metrics go.
	Monitoring Monitoring
	// Tags are added to every resource that takes tags.
	Tags map[string]string
	// Protect guards what cannot be made again (addresses, network, cluster, state) and what conferences live on (scale
	// sets, Prosody, Jicofo, TURN relays) against deletion, and keeps the public IP prefixes when the stack is destroyed.
	Protect bool
}

// Network is the address plan. No two ranges overlap; subnets lie inside AddressSpace, Pods and Services outside it.
type Network struct {
	// AddressSpace is the virtual network's range.
	AddressSpace netip.Prefix
	// Nodes is the subnet of all AKS nodes.
	Nodes netip.Prefix
	// LoadBalancers is the subnet of the internal load balancers' static addresses.
	LoadBalancers netip.Prefix
	// Function is the subnet that the reaper's function app is integrated with. Azure needs /28 or larger.
	Function netip.Prefix
	// Pods is the overlay range of the pods; every node takes a /24 of it.
	Pods netip.Prefix
	// Services is the range of the cluster's virtual service addresses.
	Services netip.Prefix
}

// Shard is one signalling-and-media unit in one availability zone.
type Shard struct {
	// Name is lower-case letters and digits, at most 8 characters, starting with a letter.
	Name string
	// Zone is the availability zone: 1, 2 or 3.
	Zone int
	// BridgeSubnet is the subnet of the shard's bridges.
	BridgeSubnet netip.Prefix
	// SignallingAddress is the static address, inside Network.LoadBalancers, at which bridges find the shard's Prosody.
	SignallingAddress netip.Addr
}

// Bridges describes the videobridge machines.
type Bridges struct {
	// VMSize is the Azure machine size, for example "Standard_F8s_v2".
	VMSize string
	// NICMbps is the network bandwidth that scaling rules assume, in megabits (10^6 bits) a second.
	NICMbps int
	// PrefixLength is the length of every shard's public IP prefix, 28 to 30. A /28 holds 16 addresses.
	PrefixLength int
	// PackageVersion pins the jitsi-videobridge2 Debian package that the image carries.
	PackageVersion string
	// Image names the gallery image that machines boot from.
	Image Image
	// AdminPublicKey is the SSH public key of the machines' administrator account. No rule admits SSH from outside.
	AdminPublicKey string
	// HeapMiB is the videobridge's Java heap in MiB.
	HeapMiB int
	// STUNServers, as host:port, tell a machine its public address where Azure does not. A machine refuses an answer
	// outside its shard's prefix, so a wrong server does no harm. Clients are told the first. Empty asks nobody.
	STUNServers []string
}

// Image names the gallery image definition of the bridges.
type Image struct {
	// Definition is the image definition's name in the stack's gallery.
	Definition string
	// Publisher, Offer and SKU identify the definition. Azure refuses to change them, so they are set once.
	Publisher, Offer, SKU string
	// BaselineVersion is a version (x.y.z) that must exist in the definition before scale sets are registered: the
	// first one published. Machines always boot from the newest version.
	BaselineVersion string
}

// Autoscale describes scale-out and the nightly recycle of every shard.
type Autoscale struct {
	// Minimum, Maximum and Default are bridges per shard. Default is what Azure lifts a shard to when it cannot read
	// the metrics.
	Minimum, Maximum, Default int
	// NetworkPercent is the share of NICMbps above which a bridge is added.
	NetworkPercent int
	// CPUPercent is the processor load above which a bridge is added.
	CPUPercent int
	// StressPercent is the mean stress of a shard's bridges above which one is added, in percent of a full bridge; 0 means that
	// there is no such rule.
	StressPercent int
	// ReservePercent is the free capacity that a shard keeps, in percent of one bridge; 0 means none.
	ReservePercent int
	// BusyHours are the hours in which the minimum is known to be higher.
	BusyHours []BusyHours
	// Cooldown is the pause after a scale action, whole minutes.
	Cooldown time.Duration
	// Recycle is the nightly window in which one more bridge is demanded.
	Recycle Recycle
}

// BusyHours are hours of the week with a higher minimum, in the time zone of the recycle.
type BusyHours struct {
	// Name is unique among the busy hours of an environment.
	Name string
	// Days are those on which they begin, in the order of the week from Monday on.
	Days []time.Weekday
	// From and To are times since midnight, whole minutes. To is later than From; 24 hours is midnight.
	From, To time.Duration
	// Minimum is bridges per shard.
	Minimum int
}

// Recycle is the nightly window that brings one machine of the newest image to every shard.
type Recycle struct {
	// Hour and Minute are the start of the window in TimeZone.
	Hour, Minute int
	// TimeZone is a Windows time-zone id, for example "W. Europe Standard Time"; Azure takes no other.
	TimeZone string
	// Window is the length of the window, whole minutes.
	Window time.Duration
}

// Cluster describes the AKS cluster.
type Cluster struct {
	// KubernetesVersion is "major.minor" or "major.minor.patch".
	KubernetesVersion string
	// Tier is "Free" or "Standard".
	Tier string
	// SystemPool carries cluster services and the front door, spread over all zones.
	SystemPool Pool
	// ShardPool is the shape of the one pool per shard zone.
	ShardPool Pool
	// AuthorizedIPRanges may reach the API server. Empty means open to the Internet (refused where Protect is set).
	AuthorizedIPRanges []netip.Prefix
	// AdminGroupIDs are the Entra groups of the cluster's administrators.
	AdminGroupIDs []string
	// LocalAccounts allows the static administrator certificate. Without it the cluster takes Entra identities only.
	LocalAccounts bool
	// UpgradeChannel is AKS' cluster channel: "none", "patch" or "stable".
	UpgradeChannel string
	// NodeOSUpgradeChannel is AKS' node image channel: "None", "SecurityPatch" or "NodeImage".
	NodeOSUpgradeChannel string
	// Maintenance is the weekly window of automatic upgrades.
	Maintenance Maintenance
}

// Pool is the shape of an AKS node pool. The cluster autoscaler moves the node count between Minimum and Maximum.
type Pool struct {
	// VMSize is the nodes' machine size.
	VMSize string
	// Minimum and Maximum are nodes per pool.
	Minimum, Maximum int
}

// Maintenance is a weekly window, in UTC.
type Maintenance struct {
	// Weekday is the day it opens.
	Weekday time.Weekday
	// Hour is the hour it opens, 0 to 23.
	Hour int
	// Duration is its length, 4 to 24 whole hours.
	Duration time.Duration
}

// Jitsi describes the Jitsi services of every shard.
type Jitsi struct {
	// ImageTag is the tag of the Jitsi container images, for example "stable-11146-2".
	ImageTag string
	// ResolutionCap is the largest video height that clients send, in lines.
	ResolutionCap int
	// FrameRateCap is the largest frame rate of shared screens, in frames a second.
	FrameRateCap int
	// WebReplicas bounds the web servers of every shard; the HPA moves between them.
	WebReplicas Range
}

// Range is an inclusive range of counts.
type Range struct {
	Minimum, Maximum int
}

// Reaper describes the function that scales in.
type Reaper struct {
	// Schedule is a six-field cron expression in UTC.
	Schedule string
	// MinimumUptime is how old a bridge must be before it may be retired.
	MinimumUptime time.Duration
	// MaximumAge is how old a bridge may become before it is drained while busy, so that it empties; more than
	// MinimumUptime. Zero switches this off, as it does for the three below.
	MaximumAge time.Duration
	// StuckAfter is how long a bridge must have had conferences without a participant of its own to count as idle.
	StuckAfter time.Duration
	// BootDeadline is the age by which a bridge must have come up; a machine that is later is replaced.
	BootDeadline time.Duration
	// DeadAfter is how long independent witnesses must call a bridge dead before it is replaced.
	DeadAfter time.Duration
	// Retention is how long audit and usage are kept, whole days.
	Retention time.Duration
	// Plan is the Dedicated App Service plan size: B1, B2, B3, P0v3 or P1v3.
	Plan string
	// DryRun makes the reaper decide and report, but never act.
	DryRun bool
}
