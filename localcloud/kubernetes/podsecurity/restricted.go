package podsecurity

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

func escalation(pod *corev1.PodSpec) []string {
	return violation(containers(pod, func(s *corev1.SecurityContext, _ *corev1.Container) bool {
		return s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation
	}), "allowPrivilegeEscalation != false", "set securityContext.allowPrivilegeEscalation=false")
}

func droppedCapabilities(pod *corev1.PodSpec) []string {
	return violation(containers(pod, func(s *corev1.SecurityContext, _ *corev1.Container) bool {
		if s.Capabilities == nil {
			return true
		}
		for _, dropped := range s.Capabilities.Drop {
			if dropped == "ALL" {
				return false
			}
		}
		return true
	}), "unrestricted capabilities", `set securityContext.capabilities.drop=["ALL"]`)
}

func nonRoot(pod *corev1.PodSpec) []string {
	inherited := false
	var found []string
	if s := pod.SecurityContext; s != nil {
		inherited = s.RunAsNonRoot != nil && *s.RunAsNonRoot
		if s.RunAsUser != nil && *s.RunAsUser == 0 {
			found = append(found, "runAsUser=0 (pod must not set runAsUser=0)")
		}
	}
	who := containers(pod, func(s *corev1.SecurityContext, _ *corev1.Container) bool {
		if s.RunAsNonRoot == nil {
			return !inherited
		}
		return !*s.RunAsNonRoot
	})
	if who != "" {
		who = "pod or " + who
	}
	found = append(found, violation(who, "runAsNonRoot != true", "set securityContext.runAsNonRoot=true")...)
	return append(found, violation(containers(pod, func(s *corev1.SecurityContext, _ *corev1.Container) bool {
		return s.RunAsUser != nil && *s.RunAsUser == 0
	}), "runAsUser=0", "not set runAsUser=0")...)
}

func seccomp(pod *corev1.PodSpec) []string {
	confined := func(p *corev1.SeccompProfile) bool {
		return p != nil && (p.Type == corev1.SeccompProfileTypeRuntimeDefault || p.Type == corev1.SeccompProfileTypeLocalhost)
	}
	inherited := pod.SecurityContext != nil && confined(pod.SecurityContext.SeccompProfile)
	who := containers(pod, func(s *corev1.SecurityContext, _ *corev1.Container) bool {
		return s.SeccompProfile == nil && !inherited
	})
	if who != "" {
		who = "pod or " + who
	}
	return violation(who, "seccompProfile",
		`set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`)
}

func volumeTypes(pod *corev1.PodSpec) []string {
	bad := map[string]bool{}
	for _, v := range pod.Volumes {
		allowed := v.ConfigMap != nil || v.CSI != nil || v.DownwardAPI != nil || v.EmptyDir != nil || v.Ephemeral != nil ||
			v.PersistentVolumeClaim != nil || v.Projected != nil || v.Secret != nil
		if !allowed {
			bad[fmt.Sprintf("%q", v.Name)] = true
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("restricted volume types (volume %s uses a restricted volume type)", names(bad))}
}
