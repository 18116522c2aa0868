package kubernetes

import (
	"fmt"
	"net/netip"

	"jitsi-meet-azure/localcloud/kubernetes/scheduling"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

// Plan is a cluster as its deployment asks for it, in the properties of the Pulumi provider's resources. What nodes and
// networks it has can be told from it before the cluster is there.
type Plan struct {
	// Cluster are the properties of the ManagedCluster.
	Cluster map[string]any
	// Pools are those of its AgentPools, by name.
	Pools map[string]map[string]any
}

// NodePool is the part of a node pool in one zone.
type NodePool struct {
	scheduling.Pool

	// VMSize is the nodes' machine size.
	VMSize string
}

// NodePools are the node pools that AKS makes, one entry for each zone of each, with the labels and taints of their nodes.
// Nodes is how many there are with the cluster autoscaler at its maximum.
func (p Plan) NodePools() ([]NodePool, error) {
	c := &cluster{values: p.Cluster}
	c.location, c.nodeGroup = c.values.text("location"), c.values.text("nodeResourceGroup")
	separate, sizes := map[string]values{}, map[string]string{}
	for _, profile := range c.values.objects("agentPoolProfiles") {
		sizes[profile.text("name")] = profile.text("vmSize")
	}
	for name, properties := range p.Pools {
		separate[name] = properties
		sizes[name] = separate[name].text("vmSize")
	}
	zonal, err := c.spread(separate)
	if err != nil {
		return nil, err
	}
	pools := make([]NodePool, len(zonal))
	for i, pool := range zonal {
		pools[i] = NodePool{Pool: pool, VMSize: sizes[pool.Name]}
	}
	return pools, nil
}

// Networks are the ranges of the cluster's pods and services.
func (p Plan) Networks() (pods, services netip.Prefix, err error) {
	profile := values(p.Cluster)
	for path, target := range map[string]*netip.Prefix{"podCidr": &pods, "serviceCidr": &services} {
		if *target, err = netip.ParsePrefix(profile.text("networkProfile." + path)); err != nil {
			return pods, services, fmt.Errorf("the cluster's %s: %w", path, err)
		}
	}
	return pods, services, nil
}

// Plan is what the deployed cluster was asked for.
func (o *Operator) Plan() (Plan, error) {
	c, err := o.cluster(o.cfg.Store)
	if err != nil {
		return Plan{}, err
	}
	separate, err := c.separatePools(o.cfg.Store)
	if err != nil {
		return Plan{}, err
	}
	plan := Plan{Cluster: c.values, Pools: map[string]map[string]any{}}
	for name, properties := range separate {
		plan.Pools[name] = properties
	}
	return plan, nil
}

// Hosts are the host names of the API servers of all clusters in the local cloud, for [NewOperator].
func Hosts(cfg rpcprovider.Config) ([]string, error) {
	all, err := azureOfKind(cfg.Store, "ManagedCluster")
	if err != nil {
		return nil, err
	}
	hosts := make([]string, len(all))
	for i, a := range all {
		hosts[i] = a.values.text("fqdn")
	}
	return hosts, nil
}
