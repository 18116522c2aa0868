package validate

import (
	"fmt"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Node ports come from this range unless the API server is told otherwise; AKS leaves it at that.
// Source: Kubernetes docs, "Service", type NodePort.
const (
	FirstNodePort = 30000
	LastNodePort  = 32767
)

const longestAffinity = 86400 // seconds

func service(o *corev1.Service, path *field.Path) field.ErrorList {
	s := &o.Spec
	errs := oneOf(s.Type, path.Child("type"), corev1.ServiceTypeClusterIP, corev1.ServiceTypeExternalName,
		corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort)
	errs = append(errs, metavalidation.ValidateLabels(s.Selector, path.Child("selector"))...)
	errs = append(errs, servicePorts(s, path.Child("ports"))...)
	errs = append(errs, clusterIP(s, path)...)
	errs = append(errs, oneOf(s.SessionAffinity, path.Child("sessionAffinity"),
		corev1.ServiceAffinityClientIP, corev1.ServiceAffinityNone)...)
	if c := s.SessionAffinityConfig; c != nil && c.ClientIP != nil && c.ClientIP.TimeoutSeconds != nil {
		errs = append(errs, between(int64(*c.ClientIP.TimeoutSeconds), 1, longestAffinity,
			path.Child("sessionAffinityConfig", "clientIP", "timeoutSeconds"))...)
	}
	errs = append(errs, traffic(s, path)...)
	return append(errs, sources(s, path)...)
}

func servicePorts(s *corev1.ServiceSpec, path *field.Path) field.ErrorList {
	headless := s.ClusterIP == corev1.ClusterIPNone
	if len(s.Ports) == 0 && !headless && s.Type != corev1.ServiceTypeExternalName {
		return field.ErrorList{field.Required(path, "")}
	}
	var errs field.ErrorList
	names, numbers := map[string]bool{}, map[string]bool{}
	for i := range s.Ports {
		at := path.Index(i)
		errs = append(errs, servicePort(s, i, at)...)
		errs = append(errs, unique(names, s.Ports[i].Name, at.Child("name"))...)
		errs = append(errs, unique(numbers, fmt.Sprintf("%d/%s", s.Ports[i].Port, s.Ports[i].Protocol), at)...)
	}
	return errs
}

func servicePort(s *corev1.ServiceSpec, index int, path *field.Path) field.ErrorList {
	p := s.Ports[index]
	errs := portNumber(p.Port, path.Child("port"))
	if p.Name == "" && len(s.Ports) > 1 {
		errs = append(errs, field.Required(path.Child("name"), ""))
	} else if p.Name != "" {
		errs = append(errs, dnsLabel(p.Name, path.Child("name"))...)
	}
	errs = append(errs, protocol(p.Protocol, path.Child("protocol"))...)
	if p.TargetPort.Type == intstr.Int {
		errs = append(errs, portNumber(p.TargetPort.IntVal, path.Child("targetPort"))...)
	} else {
		errs = append(errs, complaints(validation.IsValidPortName(p.TargetPort.StrVal), p.TargetPort, path.Child("targetPort"))...)
	}
	return append(errs, nodePort(s, p.NodePort, path.Child("nodePort"))...)
}

func nodePort(s *corev1.ServiceSpec, port int32, path *field.Path) field.ErrorList {
	if port == 0 {
		return nil
	}
	if s.Type == corev1.ServiceTypeClusterIP || s.Type == corev1.ServiceTypeExternalName {
		return field.ErrorList{field.Forbidden(path, "may not be used when `type` is '"+string(s.Type)+"'")}
	}
	if port < FirstNodePort || port > LastNodePort {
		return field.ErrorList{field.Invalid(path, port, "provided port is not in the valid range. "+
			"The range of valid ports is 30000-32767")}
	}
	return nil
}

func clusterIP(s *corev1.ServiceSpec, path *field.Path) field.ErrorList {
	at := path.Child("clusterIPs").Index(0)
	switch {
	case s.Type == corev1.ServiceTypeExternalName:
		if s.ClusterIP != "" {
			return field.ErrorList{field.Forbidden(at, "may not be set when `type` is 'ExternalName'")}
		}
		return dnsSubdomain(s.ExternalName, path.Child("externalName"))
	case s.ClusterIP == corev1.ClusterIPNone:
		if s.Type != corev1.ServiceTypeClusterIP {
			return field.ErrorList{field.Invalid(at, s.ClusterIP, "may not be set to 'None' for "+string(s.Type)+" services")}
		}
	case s.ClusterIP != "":
		if _, err := netip.ParseAddr(s.ClusterIP); err != nil {
			return field.ErrorList{field.Invalid(at, s.ClusterIP, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")}
		}
	}
	return nil
}

func traffic(s *corev1.ServiceSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	external := s.Type == corev1.ServiceTypeLoadBalancer || s.Type == corev1.ServiceTypeNodePort
	if external {
		errs = append(errs, oneOf(s.ExternalTrafficPolicy, path.Child("externalTrafficPolicy"),
			corev1.ServiceExternalTrafficPolicyCluster, corev1.ServiceExternalTrafficPolicyLocal)...)
	} else if s.ExternalTrafficPolicy != "" {
		errs = append(errs, field.Invalid(path.Child("externalTrafficPolicy"), s.ExternalTrafficPolicy,
			"may only be set for externally-accessible services"))
	}
	if p := s.InternalTrafficPolicy; p != nil {
		errs = append(errs, oneOf(*p, path.Child("internalTrafficPolicy"),
			corev1.ServiceInternalTrafficPolicyCluster, corev1.ServiceInternalTrafficPolicyLocal)...)
	}
	if s.AllocateLoadBalancerNodePorts != nil && s.Type != corev1.ServiceTypeLoadBalancer {
		errs = append(errs, field.Forbidden(path.Child("allocateLoadBalancerNodePorts"), "may only be used when `type` is 'LoadBalancer'"))
	}
	if s.LoadBalancerClass != nil && s.Type != corev1.ServiceTypeLoadBalancer {
		errs = append(errs, field.Forbidden(path.Child("loadBalancerClass"), "may only be used when `type` is 'LoadBalancer'"))
	}
	return errs
}

func sources(s *corev1.ServiceSpec, path *field.Path) field.ErrorList {
	if len(s.LoadBalancerSourceRanges) == 0 {
		return nil
	}
	at := path.Child("loadBalancerSourceRanges")
	if s.Type != corev1.ServiceTypeLoadBalancer {
		return field.ErrorList{field.Forbidden(at, "may only be used when `type` is 'LoadBalancer'")}
	}
	var errs field.ErrorList
	for i, r := range s.LoadBalancerSourceRanges {
		errs = append(errs, cidr(r, at.Index(i))...)
	}
	return errs
}

func cidr(value string, path *field.Path) field.ErrorList {
	prefix, err := netip.ParsePrefix(value)
	if err != nil || prefix != prefix.Masked() {
		return field.ErrorList{field.Invalid(path, value, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)")}
	}
	return nil
}
