package deploy

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"jitsi-meet-azure/internal/vmsize"
	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/test/e2e/controlplane"
)

// What AKS keeps of a node for itself. Source: Azure docs, AKS "node-resource-reservations", Kubernetes 1.29 and later.
const (
	// podsPerNode is AKS' default with an overlay network. Source: Azure docs, "concepts-network-azure-cni-overlay".
	podsPerNode = 250
	// perPodMB and fixedMB are reserved for the kubelet, in 10^6 bytes, but at most one part in mostShare of the memory.
	perPodMB, fixedMB, mostShare = 20, 50, 4
	// evictionMiB is where the kubelet begins to evict pods.
	evictionMiB = 100
)

// pools are a plan's node pools as a control plane takes them.
func pools(plan kubernetes.Plan) ([]controlplane.Pool, error) {
	planned, err := plan.NodePools()
	if err != nil {
		return nil, err
	}
	all := make([]controlplane.Pool, len(planned))
	for i, p := range planned {
		size, known := vmsize.Find(p.VMSize)
		if !known {
			return nil, fmt.Errorf("node pool %s: nothing is known about the size %q", p.Name, p.VMSize)
		}
		all[i] = controlplane.Pool{
			Name: p.Name, Zone: p.Zone, Nodes: p.Nodes, Labels: p.Labels, Taints: p.Taints, Allocatable: allocatable(size),
		}
	}
	return all, nil
}

// allocatable is what a node of the size has for pods.
func allocatable(size vmsize.Size) corev1.ResourceList {
	memory := int64(size.MemoryGiB) << 30
	reserved := min((perPodMB*podsPerNode+fixedMB)*1_000_000, memory/mostShare)
	return corev1.ResourceList{
		corev1.ResourceCPU:    *resource.NewMilliQuantity(int64(size.VCPUs*1000-reservedMilli(size.VCPUs)), resource.DecimalSI),
		corev1.ResourceMemory: *resource.NewQuantity(memory-reserved-evictionMiB<<20, resource.BinarySI),
		corev1.ResourcePods:   *resource.NewQuantity(podsPerNode, resource.DecimalSI),
	}
}

// reservedMilli is how much processor AKS keeps, in thousandths of one. Its table has the powers of two; what lies between lies
// on the line between them here.
func reservedMilli(cores int) int {
	switch {
	case cores <= 1:
		return 60
	case cores <= 4:
		return 60 + 20*cores
	default:
		return 100 + 10*cores
	}
}
