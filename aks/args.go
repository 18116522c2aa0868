// Package aks deploys the Kubernetes cluster that carries signalling and the front door: one system pool over all zones
// and one pool per zone that has shards.
//
// A deployment never drains a node: node pools are upgraded by an operator, one zone at a time, after its shards are
// empty (docs/decisions/0002-cluster-upgrades.md).
package aks

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args describes the cluster of one environment.
type Args struct {
	// Names gives every physical name.
	Names naming.Names
	// Location is the Azure region; it must have availability zones.
	Location string
	// Tags are added to every resource that takes tags.
	Tags map[string]string
	// Protect guards the cluster and its pools against deletion and replacement.
	Protect bool
	// Cluster is the configured shape.
	Cluster environment.Cluster
	// Zones are the availability zones that have shards, sorted and distinct; each gets a node pool.
	Zones []int
	// PodCIDR is the overlay range of the pods, outside the virtual network; every node takes a /24 of it.
	PodCIDR netip.Prefix
	// ServiceCIDR is the range of the cluster's virtual service addresses, /28 or larger.
	ServiceCIDR netip.Prefix
	// ResourceGroupName is the resource group of the cluster.
	ResourceGroupName pulumi.StringInput
	// ResourceGroupID is its resource id; role definitions are named relative to its subscription.
	ResourceGroupID pulumi.StringInput
	// NodeSubnetID is the subnet of all nodes.
	NodeSubnetID pulumi.StringInput
	// LoadBalancerSubnetID is the subnet in which the cluster puts internal load balancers.
	LoadBalancerSubnetID pulumi.StringInput
	// FrontDoorAddressID is the public address that the cluster puts before HAProxy.
	FrontDoorAddressID pulumi.StringInput
	// TurnAddressIDs are the public addresses that the cluster puts before the TURN relays, by the name of their shard.
	TurnAddressIDs map[string]pulumi.StringInput
	// EgressAddressIDs are the two public addresses that nodes reach the Internet from.
	EgressAddressIDs pulumi.StringArrayInput
	// EgressAddresses are their IPv4 addresses; nodes reach their own API server from them.
	EgressAddresses pulumi.StringArrayInput
	// WorkspaceID is the Log Analytics workspace of the agent that collects the nodes' logs. Which logs is said by a collection
	// rule that somebody associates with the cluster; without one the agent sends nothing.
	WorkspaceID pulumi.StringInput
	// KeyVaultCertificate is what the cluster's Key Vault add-on may read; with the zero value there is no such add-on.
	KeyVaultCertificate environment.KeyVaultCertificate
}

// Validate returns all problems at once. The configuration has been checked before it gets here; these are the rules
// that other callers could break.
func (a Args) Validate() error {
	var c checker
	c.check(a.Names.Environment() != "", "Names must come from naming.For")
	c.check(a.Location != "", "Location is missing")
	a.checkInputs(&c)
	a.checkRanges(&c)
	a.checkZones(&c)
	a.checkVersion(&c)
	a.checkAccess(&c)
	checkPool(&c, "Cluster.SystemPool", a.Cluster.SystemPool)
	checkPool(&c, "Cluster.ShardPool", a.Cluster.ShardPool)
	checkMaintenance(&c, a.Cluster.Maintenance)
	checkKeyVault(&c, a.KeyVaultCertificate)
	return errors.Join(c.problems...)
}

type checker struct{ problems []error }

func (c *checker) check(holds bool, format string, values ...any) {
	if !holds {
		c.problems = append(c.problems, fmt.Errorf("aks: "+format, values...))
	}
}

func (a Args) checkInputs(c *checker) {
	for _, input := range []struct {
		name    string
		missing bool
	}{
		{"ResourceGroupName", a.ResourceGroupName == nil},
		{"ResourceGroupID", a.ResourceGroupID == nil},
		{"NodeSubnetID", a.NodeSubnetID == nil},
		{"LoadBalancerSubnetID", a.LoadBalancerSubnetID == nil},
		{"WorkspaceID", a.WorkspaceID == nil},
		{"FrontDoorAddressID", a.FrontDoorAddressID == nil},
		{"TurnAddressIDs", len(a.TurnAddressIDs) == 0},
		{"EgressAddressIDs", a.EgressAddressIDs == nil},
		{"EgressAddresses", a.EgressAddresses == nil},
	} {
		c.check(!input.missing, "%s is missing", input.name)
	}
	for shard, id := range a.TurnAddressIDs {
		c.check(id != nil, "TurnAddressIDs[%q] is missing", shard)
	}
}

func (a Args) checkRanges(c *checker) {
	c.check(a.PodCIDR.IsValid() && a.PodCIDR.Addr().Is4(), "PodCIDR must be an IPv4 range")
	c.check(a.ServiceCIDR.IsValid() && a.ServiceCIDR.Addr().Is4() && a.ServiceCIDR.Bits() <= 28,
		"ServiceCIDR must be an IPv4 range of /28 or larger: its tenth address is the cluster's name server")
}

func (a Args) checkZones(c *checker) {
	c.check(len(a.Zones) > 0, "Zones is empty")
	c.check(slices.IsSorted(a.Zones) && len(slices.Compact(slices.Clone(a.Zones))) == len(a.Zones),
		"Zones %v must be sorted and distinct", a.Zones)
	for _, zone := range a.Zones {
		c.check(zone >= 1 && zone <= 3, "zone %d is not one of 1, 2, 3", zone)
	}
}

func (a Args) checkVersion(c *checker) {
	k := a.Cluster
	dots := strings.Count(k.KubernetesVersion, ".")
	c.check(dots == 1 || dots == 2, "Cluster.KubernetesVersion %q is not major.minor or major.minor.patch", k.KubernetesVersion)
	c.check(slices.Contains([]string{"none", "patch", "stable"}, k.UpgradeChannel),
		"Cluster.UpgradeChannel %q is not one of none, patch, stable", k.UpgradeChannel)
	c.check(slices.Contains([]string{"None", "SecurityPatch", "NodeImage"}, k.NodeOSUpgradeChannel),
		"Cluster.NodeOSUpgradeChannel %q is not one of None, SecurityPatch, NodeImage", k.NodeOSUpgradeChannel)
	c.check(k.UpgradeChannel != "patch" || dots != 2,
		"Cluster.KubernetesVersion %q names a patch, which Cluster.UpgradeChannel \"patch\" would move past; "+
			"the next deployment would ask Azure for a downgrade: write major.minor", k.KubernetesVersion)
}

func (a Args) checkAccess(c *checker) {
	k := a.Cluster
	c.check(k.Tier == "Free" || k.Tier == "Standard", "Cluster.Tier %q is not one of Free, Standard", k.Tier)
	c.check(k.LocalAccounts || len(k.AdminGroupIDs) > 0,
		"Cluster.LocalAccounts is off and Cluster.AdminGroupIDs is empty: nobody could administer the cluster")
	// Source: Azure docs, api-server-authorized-ip-ranges.
	c.check(len(k.AuthorizedIPRanges)+egressAddresses <= 200,
		"Cluster.AuthorizedIPRanges has %d ranges; with the cluster's own %d addresses AKS takes 200",
		len(k.AuthorizedIPRanges), egressAddresses)
}

func checkPool(c *checker, path string, pool environment.Pool) {
	c.check(pool.VMSize != "", "%s.VMSize is missing", path)
	c.check(pool.Minimum >= 1 && pool.Minimum <= pool.Maximum,
		"%s: 1 ≤ Minimum (%d) ≤ Maximum (%d) must hold", path, pool.Minimum, pool.Maximum)
}

// checkMaintenance holds the window against AKS' limits.
// Source: Azure docs, aks planned-maintenance.
func checkMaintenance(c *checker, m environment.Maintenance) {
	c.check(m.Weekday >= time.Sunday && m.Weekday <= time.Saturday, "Cluster.Maintenance.Weekday %d is no weekday", m.Weekday)
	c.check(m.Hour >= 0 && m.Hour <= 23, "Cluster.Maintenance.Hour %d is not one of 0 to 23", m.Hour)
	whole := m.Duration%time.Hour == 0
	c.check(whole && m.Duration >= 4*time.Hour && m.Duration <= 24*time.Hour,
		"Cluster.Maintenance.Duration %s is not 4 to 24 whole hours", m.Duration)
}

func checkKeyVault(c *checker, k environment.KeyVaultCertificate) {
	c.check(!k.Given() || k.VaultID != "" && k.Name != "", "KeyVaultCertificate %+v names no certificate of a vault", k)
}
