package azurenative

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

var poolName = regexp.MustCompile(`^[a-z][a-z0-9]{0,11}$`)

// maintenanceNames are the configurations that AKS knows.
// Source: Azure docs, aks/planned-maintenance.
var maintenanceNames = []string{"default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"}

func acceptCluster(op *operation) error {
	if op.in.flag("disableLocalAccounts") && !op.in.has("aadProfile") {
		return invalid("BadRequest", "Disabling local accounts is only possible on a cluster with Entra integration: "+
			"disableLocalAccounts needs aadProfile.")
	}
	system := false
	names := map[string]bool{}
	for _, pool := range op.in.objects("agentPoolProfiles") {
		name := pool.text("name")
		if names[name] {
			return invalid("InvalidParameter", "The agent pool name '%s' is used more than once.", name)
		}
		names[name] = true
		if err := poolFits(name, pool); err != nil {
			return err
		}
		system = system || pool.text("mode") == "System"
	}
	if op.old == nil && !system {
		return invalid("InvalidParameter", "The cluster %s must have at least one agent pool of mode System.", arm.LastSegment(op.id))
	}
	for _, step := range []func() error{op.clusterNetwork, op.clusterUnmoved, op.nodeGroupFree, op.addonsFit} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// clusterNetwork checks that the service range holds the DNS address and stays clear of pods and subnets.
func (op *operation) clusterNetwork() error {
	profile := op.in.object("networkProfile")
	service, pod := profile.text("serviceCidr"), profile.text("podCidr")
	if service == "" {
		return nil
	}
	ranges, err := prefixes([]string{service})
	if err != nil {
		return err
	}
	if dns := profile.text("dnsServiceIP"); dns != "" {
		address, err := netip.ParseAddr(dns)
		if err != nil || !ranges[0].Contains(address) || address == ranges[0].Addr().Next() {
			return invalid("InvalidParameter", "The DNS service IP '%s' must lie in the service CIDR %s and not be its first "+
				"address.", dns, service)
		}
	}
	for _, pool := range op.in.objects("agentPoolProfiles") {
		if err := op.clearOf(pool.text("vnetSubnetID"), ranges[0], pod); err != nil {
			return err
		}
	}
	return nil
}

func (op *operation) clearOf(subnetID string, service netip.Prefix, pod string) error {
	if subnetID == "" {
		return nil
	}
	subnet, _, err := op.find(subnetID)
	if err != nil {
		return err
	}
	taken, err := prefixes(subnetRanges(subnet.in))
	if err != nil {
		return err
	}
	for _, r := range taken {
		if r.Overlaps(service) {
			return invalid("ServiceCidrOverlapExistingSubnetsCidr", "The specified service CIDR %s is conflicted with an existing "+
				"subnet CIDR %s.", service, r)
		}
	}
	if pods, err := netip.ParsePrefix(pod); err == nil && slices.ContainsFunc(append(taken, service), pods.Overlaps) {
		return invalid("PodCidrOverlap", "The specified pod CIDR %s overlaps with the service CIDR or a subnet.", pod)
	}
	return nil
}

// clusterUnmoved refuses changes that AKS refuses on a living cluster.
func (op *operation) clusterUnmoved() error {
	if op.old == nil {
		return nil
	}
	for _, path := range []string{"networkProfile.serviceCidr", "networkProfile.podCidr", "networkProfile.dnsServiceIP"} {
		if before := op.old.text(path); before != "" && before != op.in.text(path) {
			return unchangeable("properties." + path)
		}
	}
	before := map[string]object{}
	for _, pool := range op.old.objects("agentPoolProfiles") {
		before[pool.text("name")] = pool
	}
	for _, pool := range op.in.objects("agentPoolProfiles") {
		if err := poolUnmoved(before[pool.text("name")], pool, "agentPoolProfile"); err != nil {
			return err
		}
	}
	return nil
}

// nodeGroupFree refuses a node resource group that exists: AKS makes its own.
func (op *operation) nodeGroupFree() error {
	group := op.in.text("nodeResourceGroup")
	if op.old != nil || group == "" {
		return nil
	}
	if there, err := op.exists("/subscriptions/" + op.p.subscription + "/resourceGroups/" + group); err != nil || !there {
		return err
	}
	return conflict("NodeResourceGroupAlreadyExists", "The node resource group %s already exists. Please choose another name.",
		group)
}

func acceptAgentPool(op *operation) error {
	if err := poolFits(op.in.text("agentPoolName"), op.in); err != nil {
		return err
	}
	return poolUnmoved(op.old, op.in, "agentPool")
}

func poolFits(name string, pool object) error {
	if !poolName.MatchString(name) {
		return invalid("InvalidParameter", "The agent pool name '%s' is invalid: it must match %s.", name, poolName)
	}
	if size := pool.text("vmSize"); !machineSize.MatchString(size) {
		return invalid("InvalidParameter", "The VM size '%s' of agent pool %s is not valid.", size, name)
	}
	if pool.text("mode") == "System" && pool.text("osType") == "Windows" {
		return invalid("InvalidParameter", "Agent pool %s of mode System must run Linux.", name)
	}
	return countFits(name, pool)
}

// countFits checks the limits of the cluster autoscaler. AKS wants a count also where the autoscaler decides it.
// Source: github.com/pulumi/pulumi-azure-native issue 2943.
func countFits(name string, pool object) error {
	low, hasLow := pool.number("minCount")
	high, hasHigh := pool.number("maxCount")
	scaled := pool.flag("enableAutoScaling")
	switch {
	case !pool.has("count"):
		return invalid("InvalidParameter", "Required parameter properties.count is missing (null) (agent pool %s).", name)
	case !scaled && (hasLow || hasHigh):
		return invalid("InvalidParameter", "Agent pool %s has minCount or maxCount, which need enableAutoScaling.", name)
	case scaled && (!hasLow || !hasHigh || low > high):
		return invalid("InvalidParameter", "Agent pool %s with enableAutoScaling needs minCount <= maxCount.", name)
	default:
		return nil
	}
}

// startFits refuses a first count outside the autoscaler's limits.
func startFits(name string, pool object) error {
	low, _ := pool.number("minCount")
	high, _ := pool.number("maxCount")
	count, _ := pool.number("count")
	if pool.flag("enableAutoScaling") && (count < low || count > high) {
		return invalid("InvalidParameter", "agentPoolProfile.count was %d. It must be greater or equal to minCount:%d and less "+
			"than or equal to maxCount:%d (agent pool %s).", count, low, high, name)
	}
	return nil
}

// notScaledByHand refuses a count that is not the live one where the cluster autoscaler decides.
// Source: github.com/hashicorp/terraform-provider-azurerm pull 4543.
func notScaledByHand(name string, pool object, live int) error {
	if count, _ := pool.number("count"); pool.flag("enableAutoScaling") && count != live {
		return invalid("InvalidParameter", "Cannot manually scale AgentPool '%s' of an AKS cluster with cluster autoscaler "+
			"enabled. Please disable cluster autoscaler in the cluster to manually scale.", name)
	}
	return nil
}

// poolUnmoved refuses changes of what an agent pool keeps for life.
func poolUnmoved(before, after object, where string) error {
	if before == nil {
		return nil
	}
	for _, path := range []string{"vnetSubnetID", "podSubnetID", "osDiskType", "osType", "vmSize", "maxPods", "osDiskSizeGB"} {
		old, changed := before.get(path), after.get(path)
		if old != nil && changed != nil && !strings.EqualFold(fmt.Sprint(old), fmt.Sprint(changed)) {
			return unchangeable(where + ".properties." + path)
		}
	}
	if !sameSet(before.texts("availabilityZones"), after.texts("availabilityZones")) {
		return unchangeable(where + ".properties.availabilityZones")
	}
	return nil
}

// releaseAgentPool refuses to delete the last pool that can carry the cluster's own services.
func releaseAgentPool(op *operation) error {
	if op.in.text("mode") != "System" {
		return nil
	}
	cluster, there, err := op.find(arm.ParentOf(op.id))
	if err != nil || !there {
		return err
	}
	for _, pool := range cluster.in.objects("agentPoolProfiles") {
		if pool.text("mode") == "System" {
			return nil
		}
	}
	return invalid("LastSystemPool", "The last agent pool of mode System cannot be deleted.")
}

func acceptMaintenance(op *operation) error {
	if name := op.in.text("configName"); !slices.Contains(maintenanceNames, name) {
		return invalid("InvalidParameter", "The maintenance configuration name '%s' is invalid. Allowed names are: %s.", name,
			strings.Join(maintenanceNames, ", "))
	}
	window := op.in.object("maintenanceWindow")
	if hours, set := window.number("durationHours"); window != nil && (!set || hours < 4 || hours > 24) {
		return invalid("InvalidParameter", "The duration of a maintenance window must be 4 to 24 hours.")
	}
	return nil
}
