package validate

import (
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func disruptionBudget(s *policyv1.PodDisruptionBudgetSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if s.MinAvailable != nil && s.MaxUnavailable != nil {
		errs = append(errs, field.Invalid(path, s, "minAvailable and maxUnavailable cannot be both set"))
	}
	if s.MinAvailable == nil && s.MaxUnavailable == nil {
		// An API server takes this as minAvailable: 1; written out it is no trap for the reader.
		errs = append(errs, field.Required(path, "one of minAvailable and maxUnavailable must be set"))
	}
	errs = append(errs, amount(s.MinAvailable, path.Child("minAvailable"))...)
	errs = append(errs, amount(s.MaxUnavailable, path.Child("maxUnavailable"))...)
	if p := s.UnhealthyPodEvictionPolicy; p != nil {
		errs = append(errs, oneOf(*p, path.Child("unhealthyPodEvictionPolicy"), policyv1.AlwaysAllow, policyv1.IfHealthyBudget)...)
	}
	return append(errs, selector(s.Selector, path.Child("selector"))...)
}

func networkPolicy(s *networkingv1.NetworkPolicySpec, path *field.Path) field.ErrorList {
	errs := optionalSelector(&s.PodSelector, path.Child("podSelector"))
	for i, t := range s.PolicyTypes {
		errs = append(errs, oneOf(t, path.Child("policyTypes").Index(i),
			networkingv1.PolicyTypeEgress, networkingv1.PolicyTypeIngress)...)
	}
	for i, rule := range s.Ingress {
		at := path.Child("ingress").Index(i)
		errs = append(errs, policyPorts(rule.Ports, at.Child("ports"))...)
		errs = append(errs, peers(rule.From, at.Child("from"))...)
	}
	for i, rule := range s.Egress {
		at := path.Child("egress").Index(i)
		errs = append(errs, policyPorts(rule.Ports, at.Child("ports"))...)
		errs = append(errs, peers(rule.To, at.Child("to"))...)
	}
	return errs
}

func policyPorts(ports []networkingv1.NetworkPolicyPort, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, p := range ports {
		at := path.Index(i)
		if p.Protocol != nil {
			errs = append(errs, protocol(*p.Protocol, at.Child("protocol"))...)
		}
		if p.Port == nil {
			continue
		}
		if p.Port.Type == intstr.String {
			errs = append(errs, complaints(validation.IsValidPortName(p.Port.StrVal), p.Port.StrVal, at.Child("port"))...)
			continue
		}
		errs = append(errs, portNumber(p.Port.IntVal, at.Child("port"))...)
		if p.EndPort != nil && *p.EndPort < p.Port.IntVal {
			errs = append(errs, field.Invalid(at.Child("endPort"), *p.EndPort, "must be greater than or equal to `port`"))
		}
	}
	return errs
}

func peers(all []networkingv1.NetworkPolicyPeer, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, p := range all {
		at := path.Index(i)
		pods := p.PodSelector != nil || p.NamespaceSelector != nil
		switch {
		case !pods && p.IPBlock == nil:
			errs = append(errs, field.Required(at, "must specify a peer"))
		case pods && p.IPBlock != nil:
			errs = append(errs, field.Forbidden(at, "may not specify both ipBlock and another peer"))
		case p.IPBlock != nil:
			errs = append(errs, cidr(p.IPBlock.CIDR, at.Child("ipBlock", "cidr"))...)
			for j, except := range p.IPBlock.Except {
				errs = append(errs, cidr(except, at.Child("ipBlock", "except").Index(j))...)
			}
		}
		errs = append(errs, optionalSelector(p.PodSelector, at.Child("podSelector"))...)
		errs = append(errs, optionalSelector(p.NamespaceSelector, at.Child("namespaceSelector"))...)
	}
	return errs
}
