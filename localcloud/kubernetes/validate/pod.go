package validate

import (
	corev1 "k8s.io/api/core/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// template checks the pods that a workload makes.
func template(t *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	errs := metavalidation.ValidateLabels(t.Labels, path.Child("metadata", "labels"))
	errs = append(errs, apivalidation.ValidateAnnotations(t.Annotations, path.Child("metadata", "annotations"))...)
	return append(errs, podSpec(&t.Spec, path.Child("spec"))...)
}

// alwaysRestarted checks the template of a workload whose pods never end.
func alwaysRestarted(t *corev1.PodTemplateSpec, path *field.Path) field.ErrorList {
	errs := template(t, path)
	if t.Spec.RestartPolicy != corev1.RestartPolicyAlways {
		errs = append(errs, field.NotSupported(path.Child("spec", "restartPolicy"), t.Spec.RestartPolicy,
			[]corev1.RestartPolicy{corev1.RestartPolicyAlways}))
	}
	if t.Spec.ActiveDeadlineSeconds != nil {
		errs = append(errs, field.Forbidden(path.Child("spec", "activeDeadlineSeconds"),
			"activeDeadlineSeconds in ReplicaSet is not Supported"))
	}
	return errs
}

func podSpec(s *corev1.PodSpec, path *field.Path) field.ErrorList {
	names, errs := volumes(s.Volumes, path.Child("volumes"))
	errs = append(errs, containers(s, names, path)...)
	errs = append(errs, podPolicies(s, path)...)
	errs = append(errs, podSecurity(s.SecurityContext, path.Child("securityContext"))...)
	errs = append(errs, placement(s, path)...)
	errs = append(errs, podNames(s, path)...)
	if s.TerminationGracePeriodSeconds != nil {
		errs = append(errs, notNegative(*s.TerminationGracePeriodSeconds, path.Child("terminationGracePeriodSeconds"))...)
	}
	return errs
}

func podPolicies(s *corev1.PodSpec, path *field.Path) field.ErrorList {
	errs := oneOf(s.RestartPolicy, path.Child("restartPolicy"),
		corev1.RestartPolicyAlways, corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever)
	errs = append(errs, oneOf(s.DNSPolicy, path.Child("dnsPolicy"),
		corev1.DNSClusterFirstWithHostNet, corev1.DNSClusterFirst, corev1.DNSDefault, corev1.DNSNone)...)
	if s.PreemptionPolicy != nil {
		errs = append(errs, oneOf(*s.PreemptionPolicy, path.Child("preemptionPolicy"),
			corev1.PreemptLowerPriority, corev1.PreemptNever)...)
	}
	if s.DNSPolicy == corev1.DNSNone && (s.DNSConfig == nil || len(s.DNSConfig.Nameservers) == 0) {
		errs = append(errs, field.Required(path.Child("dnsConfig", "nameservers"),
			"must provide at least one DNS nameserver when `dnsPolicy` is None"))
	}
	return errs
}

// podNames checks the names of other objects that a pod mentions.
func podNames(s *corev1.PodSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for name, value := range map[string]string{
		"serviceAccountName": s.ServiceAccountName,
		"priorityClassName":  s.PriorityClassName,
		"nodeName":           s.NodeName,
	} {
		if value != "" {
			errs = append(errs, dnsSubdomain(value, path.Child(name))...)
		}
	}
	for name, value := range map[string]string{"hostname": s.Hostname, "subdomain": s.Subdomain} {
		if value != "" {
			errs = append(errs, dnsLabel(value, path.Child(name))...)
		}
	}
	for i, secret := range s.ImagePullSecrets {
		if secret.Name == "" {
			errs = append(errs, field.Required(path.Child("imagePullSecrets").Index(i).Child("name"), ""))
		}
	}
	return errs
}

func podSecurity(c *corev1.PodSecurityContext, path *field.Path) field.ErrorList {
	if c == nil {
		return nil
	}
	errs := ids(path, map[string]*int64{
		"runAsUser": c.RunAsUser, "runAsGroup": c.RunAsGroup, "fsGroup": c.FSGroup,
	})
	for i := range c.SupplementalGroups {
		errs = append(errs, ids(path, map[string]*int64{"supplementalGroups": &c.SupplementalGroups[i]})...)
	}
	if c.FSGroupChangePolicy != nil {
		errs = append(errs, oneOf(*c.FSGroupChangePolicy, path.Child("fsGroupChangePolicy"),
			corev1.FSGroupChangeOnRootMismatch, corev1.FSGroupChangeAlways)...)
	}
	return append(errs, seccomp(c.SeccompProfile, path.Child("seccompProfile"))...)
}

func ids(path *field.Path, given map[string]*int64) field.ErrorList {
	const highest = 1<<31 - 1
	var errs field.ErrorList
	for name, id := range given {
		if id != nil {
			errs = append(errs, between(*id, 0, highest, path.Child(name))...)
		}
	}
	return errs
}

func seccomp(p *corev1.SeccompProfile, path *field.Path) field.ErrorList {
	if p == nil {
		return nil
	}
	errs := oneOf(p.Type, path.Child("type"), corev1.SeccompProfileTypeLocalhost,
		corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeUnconfined)
	if local := p.Type == corev1.SeccompProfileTypeLocalhost; local != (p.LocalhostProfile != nil) {
		errs = append(errs, field.Invalid(path.Child("localhostProfile"), p.LocalhostProfile,
			"must be set if seccomp type is Localhost, and only then"))
	}
	return errs
}
