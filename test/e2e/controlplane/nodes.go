package controlplane

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

// Pool is the part of a node pool that is in one zone.
type Pool struct {
	// Name and Zone are part of the nodes' names; [ControlPlane.FailZone] takes the zone.
	Name, Zone string
	// Nodes is how many to add.
	Nodes int
	// Labels and Taints are those that AKS and the pool give each node; its host name is added.
	Labels map[string]string
	Taints []corev1.Taint
	// Allocatable is what pods may request of a node altogether. Without a number of pods it is AKS' for an overlay network.
	Allocatable corev1.ResourceList
}

// Labels of the system test's own on each node: kwok looks after nodes whose kubelet runs.
const (
	zoneLabel    = "system-test.meet.jitsi/zone"
	kubeletLabel = "system-test.meet.jitsi/kubelet"
	kubeletRuns  = "runs"
)

// nodeBits is the size of a node's network, as AKS' overlay has it.
const nodeBits = 24

// podsPerNode is AKS' default where pods have an overlay network. Source: AKS docs, "Azure CNI Overlay", maximum pods per node.
var podsPerNode = resource.MustParse("250")

// AddPools adds nodes to pools and returns when all of them are ready. The names are those that AKS gives, with the zone in
// them, and go on counting where the pool has nodes already.
func (c *ControlPlane) AddPools(ctx context.Context, pools []Pool) error {
	nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("listing nodes: %w", err)
	}
	taken := map[string]bool{}
	for _, node := range nodes.Items {
		taken[node.Name], taken[node.Spec.PodCIDR] = true, true
	}
	var added []string
	for _, pool := range pools {
		for range pool.Nodes {
			node, err := c.node(pool, taken)
			if err != nil {
				return err
			}
			if _, err := c.client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{}); err != nil {
				return fmt.Errorf("adding node %s: %w", node.Name, err)
			}
			added = append(added, node.Name)
		}
	}
	return c.await(ctx, "the nodes to be ready", func(ctx context.Context) (bool, error) { return c.schedulable(ctx, added) })
}

// node is the pool's next node. It takes its name and network.
func (c *ControlPlane) node(pool Pool, taken map[string]bool) (*corev1.Node, error) {
	name := ""
	for index := int64(0); name == "" || taken[name]; index++ {
		name = fmt.Sprintf("aks-%s-%s-vmss%06s", pool.Name, pool.Zone, strconv.FormatInt(index, 36))
	}
	network, err := freeNetwork(c.options.Pods, taken)
	if err != nil {
		return nil, fmt.Errorf("node %s: %w", name, err)
	}
	taken[name], taken[network] = true, true
	allocatable := pool.Allocatable.DeepCopy()
	if allocatable == nil {
		allocatable = corev1.ResourceList{}
	}
	if _, given := allocatable[corev1.ResourcePods]; !given {
		allocatable[corev1.ResourcePods] = podsPerNode
	}
	own := labels.Set{corev1.LabelHostname: name, zoneLabel: pool.Zone, kubeletLabel: kubeletRuns}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels.Merge(pool.Labels, own)},
		Spec:       corev1.NodeSpec{PodCIDR: network, PodCIDRs: []string{network}, Taints: slices.Clone(pool.Taints)},
		Status: corev1.NodeStatus{
			Capacity: maps.Clone(allocatable), Allocatable: allocatable,
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: host}, {Type: corev1.NodeHostName, Address: name},
			},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: int32(c.options.KubeletPort)}},
			NodeInfo: corev1.NodeSystemInfo{
				OperatingSystem: "linux", Architecture: "amd64", KubeletVersion: "v1.34.0", KubeProxyVersion: "v1.34.0",
			},
		},
	}, nil
}

// freeNetwork is the first of the pods' networks that no node has.
func freeNetwork(pods netip.Prefix, taken map[string]bool) (string, error) {
	network := netip.PrefixFrom(pods.Addr(), nodeBits)
	for taken[network.String()] {
		last := network.Addr().As4()
		last[3] = 255
		network = netip.PrefixFrom(netip.AddrFrom4(last).Next(), nodeBits)
	}
	if !pods.Contains(network.Addr()) {
		return "", fmt.Errorf("no /%d of %s is free", nodeBits, pods)
	}
	return network.String(), nil
}

// schedulable says whether nodes are ready, and known to be.
func (c *ControlPlane) schedulable(ctx context.Context, names []string) (bool, error) {
	nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return false, fmt.Errorf("listing nodes: %w", err)
	}
	found := 0
	for _, node := range nodes.Items {
		if slices.Contains(names, node.Name) && isReady(&node) {
			found++
		}
	}
	return found == len(names), nil
}

// isReady looks at the taints too, which a controller sets and removes after the condition.
func isReady(node *corev1.Node) bool {
	for _, taint := range node.Spec.Taints {
		if strings.HasPrefix(taint.Key, "node.kubernetes.io/") && taint.Key != corev1.TaintNodeUnschedulable {
			return false
		}
	}
	for _, condition := range node.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

// RemoveNode takes a node out of the cluster, as AKS does after it has drained it. A node that is not there is no error.
func (c *ControlPlane) RemoveNode(ctx context.Context, name string) error {
	if err := c.client.CoreV1().Nodes().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("removing node %s: %w", name, err)
	}
	return nil
}

// FailZone cuts the nodes of a zone off. They stop renewing their leases, and some seconds later the controllers take notice, see
// [Intervals].
func (c *ControlPlane) FailZone(ctx context.Context, zone string) error {
	return c.kubelets(ctx, zone, nil)
}

// RestoreZone has the nodes of a zone renew their leases again. They are ready soon.
func (c *ControlPlane) RestoreZone(ctx context.Context, zone string) error {
	return c.kubelets(ctx, zone, new(kubeletRuns))
}

func (c *ControlPlane) kubelets(ctx context.Context, zone string, state *string) error {
	nodes, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: labels.Set{zoneLabel: zone}.String()})
	if err != nil {
		return fmt.Errorf("the nodes of zone %s: %w", zone, err)
	}
	if len(nodes.Items) == 0 {
		return fmt.Errorf("zone %s has no nodes", zone)
	}
	value := "null"
	if state != nil {
		value = strconv.Quote(*state)
	}
	patch := fmt.Appendf(nil, `{"metadata":{"labels":{%q:%s}}}`, kubeletLabel, value)
	var problems []error
	for _, node := range nodes.Items {
		_, err := c.client.CoreV1().Nodes().Patch(ctx, node.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		if err != nil {
			problems = append(problems, fmt.Errorf("the kubelet of %s: %w", node.Name, err))
		}
	}
	return errors.Join(problems...)
}
