package azurenative

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/azurenative/live"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// settleNodes gives a new pool its first nodes and moves a living one to what its model asks for. Where the cluster autoscaler
// decides, the model can only move its limits.
func settleNodes(n live.Nodes, name string, pool object) error {
	given, _ := pool.number("count")
	count, living := n[name]
	if !living {
		n[name] = given
		return startFits(name, pool)
	}
	if !pool.flag("enableAutoScaling") {
		n[name] = given
		return nil
	}
	if err := notScaledByHand(name, pool, count); err != nil {
		return err
	}
	low, _ := pool.number("minCount")
	high, _ := pool.number("maxCount")
	n[name] = min(max(count, low), high)
	return nil
}

func settleCluster(op *operation) error {
	counts, err := live.ParseNodes(op.live)
	if err != nil {
		return err
	}
	separate, err := op.separatePools()
	if err != nil {
		return err
	}
	for _, pool := range op.in.objects("agentPoolProfiles") {
		name := pool.text("name")
		if own, is := separate[name]; is {
			err = notScaledByHand(name, pool, own.live)
		} else {
			err = settleNodes(counts, name, pool)
		}
		if err != nil {
			return err
		}
	}
	if op.live, err = json.Marshal(counts); err != nil {
		return err
	}
	return op.makeNodeGroup()
}

// separatePool is an agent pool that is a resource of its own.
type separatePool struct {
	outputs map[string]any
	live    int
}

// separatePools are those of the cluster, by name.
func (op *operation) separatePools() (map[string]separatePool, error) {
	all, err := op.all(poolToken)
	if err != nil {
		return nil, err
	}
	pools := map[string]separatePool{}
	for _, pool := range all {
		if !arm.Within(pool.ID, op.id) {
			continue
		}
		counts, err := live.ParseNodes(pool.Live)
		if err != nil {
			return nil, err
		}
		name := arm.LastSegment(pool.ID)
		outputs := map[string]any(pool.out)
		outputs["name"], outputs["count"], outputs["type"] = name, float64(counts[name]), "VirtualMachineScaleSets"
		pools[name] = separatePool{outputs: outputs, live: counts[name]}
	}
	return pools, nil
}

func (op *operation) nodeGroup() string {
	if group := op.in.text("nodeResourceGroup"); group != "" {
		return group
	}
	return fmt.Sprintf("MC_%s_%s_%s", op.group(), op.in.text("resourceName"), op.in.text("location"))
}

// makeNodeGroup makes the resource group that AKS keeps the nodes in, so that ids inside it lead somewhere.
func (op *operation) makeNodeGroup() error {
	properties, err := rpcprovider.Encode(resource.PropertyMap{
		"resourceGroupName": resource.NewStringProperty(op.nodeGroup()),
		"location":          resource.NewStringProperty(op.in.text("location")),
		"managedBy":         resource.NewStringProperty(op.id),
	})
	if err != nil {
		return err
	}
	op.write.Put(store.Resource{
		ID:       "/subscriptions/" + op.p.subscription + "/resourceGroups/" + op.nodeGroup(),
		Provider: Package, Type: groupToken, Created: op.created, Inputs: properties, Outputs: properties,
	})
	return nil
}

func completeCluster(op *operation) error {
	location := op.out().text("location")
	host := fmt.Sprintf("%s-%s.hcp.%s.azmk8s.io", op.in.text("dnsPrefix"), guidOf("cluster", op.id)[:8], location)
	op.set("fqdn", host)
	op.set("azurePortalFQDN", strings.Replace(host, ".hcp.", ".portal.hcp.", 1))
	op.set("nodeResourceGroup", op.nodeGroup())
	op.set("currentKubernetesVersion", patched(op.in.text("kubernetesVersion")))
	op.set("maxAgentPools", 100.0)
	op.set("resourceUID", strings.ReplaceAll(guidOf("uid", op.id), "-", ""))
	if op.in.flag("oidcIssuerProfile.enabled") {
		op.set("oidcIssuerProfile.issuerURL", fmt.Sprintf("https://%s.oic.prod-aks.azure.com/%s/%s/",
			location, op.p.tenant, guidOf("issuer", op.id)))
	}
	kubelet := "/subscriptions/" + op.p.subscription + "/resourceGroups/" + op.nodeGroup() +
		"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" + op.in.text("resourceName") + "-agentpool"
	op.set("identityProfile", map[string]any{"kubeletidentity": map[string]any{
		"resourceId": kubelet, "clientId": identityClient(kubelet), "objectId": identityPrincipal(kubelet),
	}})
	op.completeSystemIdentity()
	op.completeAddons()
	return op.completePools()
}

// patched completes a version of the form major.minor, as AKS does with the newest patch it has.
func patched(version string) string {
	if strings.Count(version, ".") == 1 {
		return version + ".3"
	}
	return version
}

// completePools gives the pools with their live counts. As in Azure, the answer lists all pools of the cluster: those of
// its own model and those that are resources of their own. A model that was refreshed names the latter too.
func (op *operation) completePools() error {
	counts, err := live.ParseNodes(op.live)
	if err != nil {
		return err
	}
	separate, err := op.separatePools()
	if err != nil {
		return err
	}
	var pools []any
	for _, pool := range op.in.objects("agentPoolProfiles") {
		count, own := counts[pool.text("name")]
		if _, other := separate[pool.text("name")]; own && !other {
			pool["count"] = float64(count)
			pools = append(pools, map[string]any(pool))
		}
	}
	for _, name := range sortedKeys(separate) {
		pools = append(pools, separate[name].outputs)
	}
	listed, _ := shape(plainOf(fieldsOf(op.d.outputs)["agentPoolProfiles"].Type), resource.NewPropertyValue(pools))
	op.outputs = withValue(op.outputs, "agentPoolProfiles", listed)
	return nil
}

func settleAgentPool(op *operation) error {
	counts, err := live.ParseNodes(op.live)
	if err != nil {
		return err
	}
	if err := settleNodes(counts, op.in.text("agentPoolName"), op.in); err != nil {
		return err
	}
	op.live, err = json.Marshal(counts)
	return err
}

func completeAgentPool(op *operation) error {
	counts, err := live.ParseNodes(op.live)
	if err != nil {
		return err
	}
	op.set("count", float64(counts[op.in.text("agentPoolName")]))
	op.set("type", "Microsoft.ContainerService/managedClusters/agentPools")
	op.set("nodeImageVersion", "AKSUbuntu-2204gen2containerd-202405.03.0")
	op.set("currentOrchestratorVersion", patched(op.in.text("orchestratorVersion")))
	return nil
}
