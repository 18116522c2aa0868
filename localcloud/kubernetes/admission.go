package kubernetes

import (
	"fmt"
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/kubernetes/podsecurity"
	"jitsi-meet-azure/localcloud/kubernetes/validate"
)

// builtinNamespaces exist in every AKS cluster.
func builtinNamespaces() []string {
	return []string{"default", "kube-node-lease", "kube-public", "kube-system"}
}

// admit refuses what an API server refuses because of the other objects in the cluster.
func (c *cluster) admit(r reader, kind object.Kind, o object.Object) error {
	if err := c.serves(kind); err != nil {
		return err
	}
	if kind.Namespaced {
		if err := c.namespaceExists(r, o.GetNamespace()); err != nil {
			return err
		}
	}
	if kind.Kind == "Namespace" && slices.Contains(builtinNamespaces(), o.GetName()) {
		return apierrors.NewAlreadyExists(kind.GroupResource(), o.GetName())
	}
	if pod, ok := o.(*corev1.Pod); ok {
		// Only bare pods are refused at once; a workload is taken and its pods then fail to appear.
		level, violations, err := c.violations(r, pod.Namespace, &pod.Spec)
		if err != nil || len(violations) == 0 {
			return err
		}
		return apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, pod.Name,
			fmt.Errorf("%s", podsecurity.Forbidden(pod.Name, level, violations)))
	}
	return nil
}

func (c *cluster) namespaceExists(r reader, name string) error {
	if slices.Contains(builtinNamespaces(), name) {
		return nil
	}
	exists, err := c.has(r, "", "Namespace", "", name)
	if err != nil || exists {
		return err
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, name)
}

// violations applies the namespace's pod security level to a pod.
func (c *cluster) violations(
	r reader, namespace string, pod *corev1.PodSpec,
) (podsecurity.Level, []string, error) {
	kind, _ := object.ByGroupKind("", "Namespace")
	found, exists, err := c.get(r, kind, "", namespace)
	if err != nil || !exists {
		return podsecurity.Privileged, nil, err
	}
	level := podsecurity.LevelOf(found.object.GetLabels())
	return level, podsecurity.Violations(level, pod), nil
}

// allocate gives a Service the addresses and ports that the API server chooses. Before is the Service as it was, or
// nil.
func (c *cluster) allocate(r reader, s, before *corev1.Service) error {
	if s.Spec.Type == corev1.ServiceTypeExternalName {
		return nil
	}
	others, err := c.list(r, "", "Service")
	if err != nil {
		return err
	}
	addresses, ports := map[string]string{}, map[int32]string{}
	for _, l := range others {
		other, ok := l.object.(*corev1.Service)
		if !ok || other.Namespace == s.Namespace && other.Name == s.Name {
			continue
		}
		addresses[other.Spec.ClusterIP] = l.name()
		for _, p := range other.Spec.Ports {
			ports[p.NodePort] = l.name()
		}
		ports[other.Spec.HealthCheckNodePort] = l.name()
	}
	if err := c.allocateAddress(s, before, addresses); err != nil {
		return err
	}
	return allocatePorts(s, before, ports)
}

// firstServiceAddress leaves room at the start of the range for the cluster's own services, DNS among them.
const firstServiceAddress = 20

func (c *cluster) allocateAddress(s, before *corev1.Service, taken map[string]string) error {
	if before != nil && s.Spec.ClusterIP == "" {
		s.Spec.ClusterIP = before.Spec.ClusterIP
	}
	switch holder := taken[s.Spec.ClusterIP]; {
	case s.Spec.ClusterIP == corev1.ClusterIPNone:
	case s.Spec.ClusterIP == "":
		address := c.services.Masked().Addr()
		for skipped := 0; skipped < firstServiceAddress || taken[address.String()] != ""; skipped++ {
			address = address.Next()
		}
		if !c.services.Contains(address) {
			return apierrors.NewInternalError(fmt.Errorf("failed to allocate IP: range is full"))
		}
		s.Spec.ClusterIP = address.String()
	case holder != "":
		return fmt.Errorf("spec.clusterIPs: Invalid value: [%q]: failed to allocate IP %s: provided IP is already "+
			"allocated to %s", s.Spec.ClusterIP, s.Spec.ClusterIP, holder)
	default:
		if address, err := netip.ParseAddr(s.Spec.ClusterIP); err != nil || !c.services.Contains(address) {
			return fmt.Errorf("spec.clusterIPs: Invalid value: [%q]: failed to allocate IP %s: the provided network does "+
				"not match the service range %s", s.Spec.ClusterIP, s.Spec.ClusterIP, c.services)
		}
	}
	s.Spec.ClusterIPs = []string{s.Spec.ClusterIP}
	return nil
}

// allocatePorts opens a port on every node for each port of a Service that is reached from outside. A Service that says
// which ports it takes keeps them; others keep what they had.
func allocatePorts(s, before *corev1.Service, taken map[int32]string) error {
	needed := needsPorts(&s.Spec)
	for i := range s.Spec.Ports {
		p := &s.Spec.Ports[i]
		if holder := taken[p.NodePort]; p.NodePort != 0 && holder != "" {
			return fmt.Errorf("spec.ports[%d].nodePort: Invalid value: %d: provided port is already allocated to %s",
				i, p.NodePort, holder)
		}
		if p.NodePort == 0 && needed {
			p.NodePort = formerPort(before, *p, taken)
		}
		if p.NodePort != 0 {
			taken[p.NodePort] = s.Name
		}
	}
	allocateHealthPort(s, taken)
	return nil
}

func needsPorts(s *corev1.ServiceSpec) bool {
	return s.Type == corev1.ServiceTypeNodePort || s.Type == corev1.ServiceTypeLoadBalancer &&
		s.AllocateLoadBalancerNodePorts != nil && *s.AllocateLoadBalancerNodePorts
}

// allocateHealthPort opens the port at which a load balancer asks a node whether it has pods of the Service itself.
func allocateHealthPort(s *corev1.Service, taken map[int32]string) {
	local := s.Spec.Type == corev1.ServiceTypeLoadBalancer &&
		s.Spec.ExternalTrafficPolicy == corev1.ServiceExternalTrafficPolicyLocal
	if local && s.Spec.HealthCheckNodePort == 0 {
		s.Spec.HealthCheckNodePort = freePort(taken)
	}
	if !local {
		s.Spec.HealthCheckNodePort = 0
	}
}

// formerPort is the node port that the Service had for a port, or a free one.
func formerPort(before *corev1.Service, p corev1.ServicePort, taken map[int32]string) int32 {
	if before != nil {
		for _, old := range before.Spec.Ports {
			if old.Port == p.Port && old.Protocol == p.Protocol && old.NodePort != 0 && taken[old.NodePort] == "" {
				return old.NodePort
			}
		}
	}
	return freePort(taken)
}

func freePort(taken map[int32]string) int32 {
	for port := int32(validate.FirstNodePort); port <= validate.LastNodePort; port++ {
		if taken[port] == "" {
			return port
		}
	}
	return 0
}
