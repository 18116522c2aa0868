package podsecurity

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

// harmlessCapabilities may be added under the baseline.
var harmlessCapabilities = map[corev1.Capability]bool{
	"AUDIT_WRITE": true, "CHOWN": true, "DAC_OVERRIDE": true, "FOWNER": true, "FSETID": true, "KILL": true, "MKNOD": true,
	"NET_BIND_SERVICE": true, "SETFCAP": true, "SETGID": true, "SETPCAP": true, "SETUID": true, "SYS_CHROOT": true,
}

// safeSysctls touch only the pod's own namespaces.
var safeSysctls = map[string]bool{
	"kernel.shm_rmid_forced": true, "net.ipv4.ip_local_port_range": true, "net.ipv4.ip_unprivileged_port_start": true,
	"net.ipv4.tcp_syncookies": true, "net.ipv4.ping_group_range": true, "net.ipv4.ip_local_reserved_ports": true,
	"net.ipv4.tcp_keepalive_time": true, "net.ipv4.tcp_fin_timeout": true, "net.ipv4.tcp_keepalive_intvl": true,
	"net.ipv4.tcp_keepalive_probes": true,
}

func hostAccess(pod *corev1.PodSpec) []string {
	var found []string
	shared := map[string]bool{}
	for name, given := range map[string]bool{
		"hostNetwork=true": pod.HostNetwork, "hostPID=true": pod.HostPID, "hostIPC=true": pod.HostIPC,
	} {
		if given {
			shared[name] = true
		}
	}
	if len(shared) > 0 {
		found = append(found, fmt.Sprintf("host namespaces (%s)", names(shared)))
	}
	paths := map[string]bool{}
	for _, v := range pod.Volumes {
		if v.HostPath != nil {
			paths[fmt.Sprintf("%q", v.Name)] = true
		}
	}
	if len(paths) > 0 {
		found = append(found, fmt.Sprintf("hostPath volumes (volume %s)", names(paths)))
	}
	return found
}

func hostPorts(pod *corev1.PodSpec) []string {
	who := containers(pod, func(_ *corev1.SecurityContext, c *corev1.Container) bool {
		for _, p := range c.Ports {
			if p.HostPort != 0 {
				return true
			}
		}
		return false
	})
	if who == "" {
		return nil
	}
	return []string{fmt.Sprintf("hostPort (%s uses a hostPort)", who)}
}

func privileged(pod *corev1.PodSpec) []string {
	return violation(containers(pod, func(s *corev1.SecurityContext, _ *corev1.Container) bool {
		return s.Privileged != nil && *s.Privileged
	}), "privileged", "not set securityContext.privileged=true")
}

// addedCapabilities allows the harmless ones under the baseline, and under restricted only the right to open ports
// below 1024.
func addedCapabilities(level Level, pod *corev1.PodSpec) []string {
	extra := map[string]bool{}
	who := containers(pod, func(s *corev1.SecurityContext, _ *corev1.Container) bool {
		bad := false
		if s.Capabilities == nil {
			return false
		}
		for _, added := range s.Capabilities.Add {
			if added != "NET_BIND_SERVICE" && (level == Restricted || !harmlessCapabilities[added]) {
				bad, extra[fmt.Sprintf("%q", string(added))] = true, true
			}
		}
		return bad
	})
	if level == Restricted {
		return violation(who, "unrestricted capabilities", "not include "+names(extra)+" in securityContext.capabilities.add")
	}
	return violation(who, "non-default capabilities", "not include "+names(extra)+" in securityContext.capabilities.add")
}

func sysctls(pod *corev1.PodSpec) []string {
	bad := map[string]bool{}
	if pod.SecurityContext == nil {
		return nil
	}
	for _, s := range pod.SecurityContext.Sysctls {
		if !safeSysctls[s.Name] {
			bad[s.Name] = true
		}
	}
	if len(bad) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("forbidden sysctls (%s)", names(bad))}
}

func unconfined(pod *corev1.PodSpec) []string {
	off := func(p *corev1.SeccompProfile) bool { return p != nil && p.Type == corev1.SeccompProfileTypeUnconfined }
	const what, must = "seccompProfile", `not set securityContext.seccompProfile.type to "Unconfined"`
	if pod.SecurityContext != nil && off(pod.SecurityContext.SeccompProfile) {
		return violation("pod", what, must)
	}
	return violation(containers(pod, func(s *corev1.SecurityContext, _ *corev1.Container) bool {
		return off(s.SeccompProfile)
	}), what, must)
}
