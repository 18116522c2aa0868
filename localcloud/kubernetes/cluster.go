package kubernetes

import (
	"errors"
	"fmt"
	"net/netip"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/localcloud/kubernetes/kubeconfig"
	"jitsi-meet-azure/localcloud/kubernetes/scheduling"
)

// cluster is an AKS cluster of the local cloud.
type cluster struct {
	id, host, location string
	created            time.Time
	// principal is the object id of the cluster's own identity.
	principal             string
	nodeGroup, nodeSubnet string
	services              netip.Prefix
	// localAccounts is false where only Entra identities are let in; entra where they are.
	localAccounts, entra bool
	keyVault             keyVault

	values values
}

// findCluster looks for the cluster that a kubeconfig leads to. The error is the reason why it is unreachable.
func findCluster(r reader, access kubeconfig.Access) (*cluster, error) {
	all, err := azureOfKind(r, "ManagedCluster")
	if err != nil {
		return nil, err
	}
	for _, a := range all {
		if !strings.EqualFold(a.values.text("fqdn"), access.Host) {
			continue
		}
		c := clusterOf(a, access.Host)
		if err := c.admits(access); err != nil {
			return nil, err
		}
		return c, nil
	}
	return nil, fmt.Errorf("dial tcp: lookup %s: no such host", access.Host)
}

func clusterOf(a azureResource, host string) *cluster {
	c := &cluster{
		id: a.id, host: host, created: a.created, location: a.values.text("location"),
		nodeGroup:     a.values.text("nodeResourceGroup"),
		principal:     principalOf(a.values),
		keyVault:      keyVaultOf(a.values),
		localAccounts: !a.values.flag("disableLocalAccounts"), entra: a.values.get("aadProfile") != nil, values: a.values,
	}
	if services, err := netip.ParsePrefix(a.values.text("networkProfile.serviceCidr")); err == nil {
		c.services = services
	} else {
		c.services = netip.MustParsePrefix("10.0.0.0/16") // what AKS takes where none is given
	}
	for _, pool := range a.values.objects("agentPoolProfiles") {
		if subnet := pool.text("vnetSubnetID"); subnet != "" && c.nodeSubnet == "" {
			c.nodeSubnet = subnet
		}
	}
	return c
}

// principalOf is the object id of the cluster's user-assigned identity, or of its own where it has none.
func principalOf(v values) string {
	assigned, _ := v.get("identity.userAssignedIdentities").(map[string]any)
	ids := make([]string, 0, len(assigned))
	for id := range assigned {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	for _, id := range ids {
		if identity, ok := assigned[id].(map[string]any); ok {
			return values(identity).text("principalId")
		}
	}
	return v.text("identity.principalId")
}

// admits refuses credentials that the cluster does not take.
func (c *cluster) admits(access kubeconfig.Access) error {
	switch {
	case access.Certificate && !c.localAccounts:
		return errors.New("the server has asked for the client to provide credentials: local accounts are disabled, " +
			"the kubeconfig must fetch an Entra token with kubelogin")
	case access.Command != "" && !c.entra:
		return fmt.Errorf("the server has asked for the client to provide credentials: the cluster does not know "+
			"Entra, so the token that %s fetches is worth nothing", access.Command)
	default:
		return nil
	}
}

// pools are the cluster's node pools, one entry for each zone of each.
func (c *cluster) pools(r reader) ([]scheduling.Pool, error) {
	separate, err := c.separatePools(r)
	if err != nil {
		return nil, err
	}
	return c.spread(separate)
}

// separatePools are the cluster's pools that are resources of their own, by name.
func (c *cluster) separatePools(r reader) (map[string]values, error) {
	all, err := azureOfKind(r, "AgentPool")
	if err != nil {
		return nil, err
	}
	pools := map[string]values{}
	for _, a := range all {
		if strings.HasPrefix(strings.ToLower(a.id), strings.ToLower(c.id)+"/agentpools/") {
			pools[lastSegment(a.id)] = a.values
		}
	}
	return pools, nil
}

// spread gives the pools that the cluster lists itself and the separate ones, as one entry for each zone of each.
func (c *cluster) spread(separate map[string]values) ([]scheduling.Pool, error) {
	profiles := map[string]values{}
	for _, profile := range c.values.objects("agentPoolProfiles") {
		profiles[profile.text("name")] = profile
	}
	for name, properties := range separate {
		profiles[name] = properties
	}
	names := make([]string, 0, len(profiles))
	for name := range profiles {
		names = append(names, name)
	}
	sort.Strings(names)
	var pools []scheduling.Pool
	for _, name := range names {
		zonal, err := c.zonalPools(name, profiles[name])
		if err != nil {
			return nil, err
		}
		pools = append(pools, zonal...)
	}
	return pools, nil
}

// zonalPools spreads a pool's nodes evenly over its zones, as AKS does.
func (c *cluster) zonalPools(name string, v values) ([]scheduling.Pool, error) {
	var taints []corev1.Taint
	for _, text := range v.texts("nodeTaints") {
		taint, err := scheduling.ParseTaint(text)
		if err != nil {
			return nil, fmt.Errorf("node pool %s: %w", name, err)
		}
		taints = append(taints, taint)
	}
	nodes := v.number("count")
	if v.flag("enableAutoScaling") {
		nodes = v.number("maxCount")
	}
	zones := v.texts("availabilityZones")
	if len(zones) == 0 {
		zones = []string{""}
	}
	var pools []scheduling.Pool
	for i, zone := range zones {
		share := nodes / len(zones)
		if i < nodes%len(zones) {
			share++
		}
		pools = append(pools, scheduling.Pool{
			Name: name, Zone: zone, Nodes: share, Labels: c.nodeLabels(name, zone, v), Taints: taints,
		})
	}
	return pools, nil
}

// nodeLabels are the labels that AKS gives the nodes of a pool.
// Source: AKS docs, "use-labels" (reserved labels) and "availability-zones".
func (c *cluster) nodeLabels(name, zone string, v values) map[string]string {
	labels := map[string]string{
		corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64", corev1.LabelInstanceTypeStable: v.text("vmSize"),
		corev1.LabelTopologyRegion: c.location, corev1.LabelTopologyZone: "0",
		"kubernetes.azure.com/agentpool": name, "agentpool": name,
		"kubernetes.azure.com/mode": strings.ToLower(v.text("mode")), "kubernetes.azure.com/cluster": c.nodeGroup,
	}
	if zone != "" {
		labels[corev1.LabelTopologyZone] = c.location + "-" + zone
	}
	given, _ := v.get("nodeLabels").(map[string]any)
	for key, value := range given {
		if text, ok := value.(string); ok {
			labels[key] = text
		}
	}
	return labels
}
