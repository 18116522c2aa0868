package kubernetes

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"jitsi-meet-azure/localcloud/kubernetes/loadbalancer"
	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/kubernetes/podsecurity"
	"jitsi-meet-azure/localcloud/kubernetes/scheduling"
)

// skipAwaitAnnotation makes the real provider not wait for an object.
const skipAwaitAnnotation = "pulumi.com/skipAwait"

// waiting is why an object is not ready.
type waiting struct {
	pods    []string // about its pods
	address string   // about its load balancer
}

func (w waiting) ready() bool { return len(w.pods) == 0 && w.address == "" }

// reasons are the messages that the real provider ends with.
func (w waiting) reasons() []string {
	reasons := slices.Clone(w.pods)
	if w.address != "" {
		reasons = append(reasons, "Service was not allocated an IP address; does your cloud provider support this?",
			"Error syncing load balancer: failed to ensure load balancer: "+w.address)
	}
	return reasons
}

// observe looks whether the object is ready. It sets the address of a Service that gets one.
func (c *cluster) observe(r reader, o object.Object) (waiting, error) {
	if o.GetAnnotations()[skipAwaitAnnotation] == "true" {
		return waiting{}, nil
	}
	if service, ok := o.(*corev1.Service); ok {
		return c.observeService(r, service)
	}
	p, ok := podsOf(o)
	if !ok || p.count == 0 {
		return waiting{}, nil
	}
	reasons, err := c.podProblems(r, o, p)
	return waiting{pods: reasons}, err
}

// podProblems is why a workload's pods would not run.
func (c *cluster) podProblems(r reader, o object.Object, p pods) ([]string, error) {
	level, violations, err := c.violations(r, o.GetNamespace(), p.spec)
	if err != nil {
		return nil, err
	}
	if len(violations) > 0 {
		return []string{podsecurity.Forbidden(o.GetName(), level, violations)}, nil
	}
	reasons, err := c.missing(r, o.GetNamespace(), p)
	if err != nil {
		return nil, err
	}
	pools, err := c.pools(r)
	if err != nil {
		return nil, err
	}
	if reason := scheduling.Unplaced(p.spec, p.labels, p.count, pools); reason != "" {
		reasons = append(reasons, reason)
	}
	return reasons, nil
}

func (c *cluster) observeService(r reader, s *corev1.Service) (waiting, error) {
	var w waiting
	targets, err := c.targets(r, s)
	if err != nil {
		return w, err
	}
	if !targets {
		w.pods = []string{"Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' " +
			"may not match labels on any Pods"}
	}
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		s.Status.LoadBalancer = corev1.LoadBalancerStatus{}
		return w, nil
	}
	address, refused, err := c.assign(r, s)
	if err != nil {
		return w, err
	}
	s.Status.LoadBalancer = corev1.LoadBalancerStatus{}
	if w.address = refused; refused != "" {
		return w, nil
	}
	mode := corev1.LoadBalancerIPModeVIP
	s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: address, IPMode: &mode}}
	return w, nil
}

// targets tells whether a Service that needs pods has some. The real provider does not wait for the pods of a headless
// Service.
func (c *cluster) targets(r reader, s *corev1.Service) (bool, error) {
	headless := s.Spec.Type == corev1.ServiceTypeExternalName || s.Spec.ClusterIP == corev1.ClusterIPNone
	if headless || len(s.Spec.Selector) == 0 {
		return true, nil
	}
	selector := labels.SelectorFromSet(s.Spec.Selector)
	workloads, err := c.list(r, s.Namespace, "Deployment", "StatefulSet", "DaemonSet", "Pod", "Job")
	if err != nil {
		return false, err
	}
	for _, l := range workloads {
		p, _ := podsOf(l.object)
		if p.count == 0 || !p.lasting || !selector.Matches(labels.Set(p.labels)) {
			continue
		}
		problems, err := c.podProblems(r, l.object, p)
		if err != nil {
			return false, err
		}
		if len(problems) == 0 {
			return true, nil
		}
	}
	return false, nil
}

// assign asks the Azure controller for the Service's address. Refused is what the controller says when it has none.
func (c *cluster) assign(r reader, s *corev1.Service) (address, refused string, err error) {
	world, err := c.world(r)
	if err != nil {
		return "", "", err
	}
	services, err := c.list(r, "", "Service")
	if err != nil {
		return "", "", err
	}
	for _, l := range services {
		other, ok := l.object.(*corev1.Service)
		if !ok || other.Namespace == s.Namespace && other.Name == s.Name {
			continue
		}
		for _, ingress := range other.Status.LoadBalancer.Ingress {
			world.Holders = append(world.Holders, loadbalancer.Holder{
				Service: l.name(), IP: ingress.IP, Ports: other.Spec.Ports,
			})
		}
	}
	found, refusal := loadbalancer.Assign(s, world)
	if refusal != nil {
		return "", refusal.Error(), nil //nolint:nilerr // Azure's refusal is no failure of the look
	}
	return found.String(), "", nil
}

// notReady is the error about an object that exists but never became ready.
func notReady(l live, w waiting) string {
	lines := []string{fmt.Sprintf("'%s' timed out waiting to be Ready", l.object.GetName())}
	return strings.Join(append(lines, w.reasons()...), "\n\t* ")
}

var errGone = errors.New("the object was deleted while it was waited for")
