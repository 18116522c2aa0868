package validate

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func containers(s *corev1.PodSpec, volumes map[string]bool, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(s.Containers) == 0 {
		errs = append(errs, field.Required(path.Child("containers"), ""))
	}
	seen := map[string]bool{}
	for i := range s.InitContainers {
		errs = append(errs, initContainer(&s.InitContainers[i], seen, volumes, path.Child("initContainers").Index(i))...)
	}
	for i := range s.Containers {
		at := path.Child("containers").Index(i)
		errs = append(errs, container(&s.Containers[i], seen, volumes, at)...)
		if s.Containers[i].RestartPolicy != nil {
			errs = append(errs, field.Forbidden(at.Child("restartPolicy"), "may not be set for non-init containers"))
		}
	}
	return append(errs, hostPorts(s, path)...)
}

// initContainer may only be probed when it is a sidecar, that is, when it is restarted.
func initContainer(c *corev1.Container, seen, volumes map[string]bool, path *field.Path) field.ErrorList {
	errs := container(c, seen, volumes, path)
	if c.RestartPolicy != nil {
		return append(errs, oneOf(*c.RestartPolicy, path.Child("restartPolicy"), corev1.ContainerRestartPolicyAlways)...)
	}
	for name, given := range map[string]bool{
		"livenessProbe": c.LivenessProbe != nil, "readinessProbe": c.ReadinessProbe != nil,
		"startupProbe": c.StartupProbe != nil, "lifecycle": c.Lifecycle != nil,
	} {
		if given {
			errs = append(errs, field.Forbidden(path.Child(name),
				"may not be set for init containers without restartPolicy=Always"))
		}
	}
	return errs
}

func container(c *corev1.Container, seen, volumes map[string]bool, path *field.Path) field.ErrorList {
	errs := containerName(c.Name, seen, path.Child("name"))
	errs = append(errs, image(c.Image, path.Child("image"))...)
	errs = append(errs, oneOf(c.ImagePullPolicy, path.Child("imagePullPolicy"),
		corev1.PullAlways, corev1.PullIfNotPresent, corev1.PullNever)...)
	errs = append(errs, oneOf(c.TerminationMessagePolicy, path.Child("terminationMessagePolicy"),
		corev1.TerminationMessageReadFile, corev1.TerminationMessageFallbackToLogsOnError)...)
	errs = append(errs, containerPorts(c.Ports, path.Child("ports"))...)
	errs = append(errs, environment(c.Env, path.Child("env"))...)
	errs = append(errs, environmentFrom(c.EnvFrom, path.Child("envFrom"))...)
	errs = append(errs, mounts(c.VolumeMounts, volumes, path.Child("volumeMounts"))...)
	errs = append(errs, probes(c, path)...)
	errs = append(errs, resources(&c.Resources, path.Child("resources"))...)
	return append(errs, security(c.SecurityContext, path.Child("securityContext"))...)
}

func containerName(name string, seen map[string]bool, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return append(dnsLabel(name, path), unique(seen, name, path)...)
}

func image(name string, path *field.Path) field.ErrorList {
	if name == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	if strings.TrimSpace(name) != name {
		return field.ErrorList{field.Invalid(path, name, "must not have leading or trailing whitespace")}
	}
	return nil
}

func containerPorts(ports []corev1.ContainerPort, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen, numbers := map[string]bool{}, map[string]bool{}
	for i, p := range ports {
		at := path.Index(i)
		if p.Name != "" {
			errs = append(errs, complaints(validation.IsValidPortName(p.Name), p.Name, at.Child("name"))...)
			errs = append(errs, unique(seen, p.Name, at.Child("name"))...)
		}
		if p.ContainerPort == 0 {
			errs = append(errs, field.Required(at.Child("containerPort"), ""))
		} else {
			errs = append(errs, portNumber(p.ContainerPort, at.Child("containerPort"))...)
		}
		if p.HostPort != 0 {
			errs = append(errs, portNumber(p.HostPort, at.Child("hostPort"))...)
		}
		errs = append(errs, protocol(p.Protocol, at.Child("protocol"))...)
		// Server-side apply merges ports by number and protocol.
		errs = append(errs, unique(numbers, fmt.Sprintf("%d/%s", p.ContainerPort, p.Protocol), at)...)
	}
	return errs
}

func protocol(p corev1.Protocol, path *field.Path) field.ErrorList {
	return oneOf(p, path, corev1.ProtocolSCTP, corev1.ProtocolTCP, corev1.ProtocolUDP)
}

// hostPorts of a pod in the host's network are its container ports.
func hostPorts(s *corev1.PodSpec, path *field.Path) field.ErrorList {
	if !s.HostNetwork {
		return nil
	}
	var errs field.ErrorList
	for i, c := range s.Containers {
		for j, p := range c.Ports {
			if p.HostPort != 0 && p.HostPort != p.ContainerPort {
				errs = append(errs, field.Invalid(path.Child("containers").Index(i).Child("ports").Index(j).Child("containerPort"),
					p.ContainerPort, "must match `hostPort` when `hostNetwork` is true"))
			}
		}
	}
	return errs
}

func security(c *corev1.SecurityContext, path *field.Path) field.ErrorList {
	if c == nil {
		return nil
	}
	errs := ids(path, map[string]*int64{"runAsUser": c.RunAsUser, "runAsGroup": c.RunAsGroup})
	errs = append(errs, seccomp(c.SeccompProfile, path.Child("seccompProfile"))...)
	if c.AllowPrivilegeEscalation == nil || *c.AllowPrivilegeEscalation {
		return errs
	}
	if c.Privileged != nil && *c.Privileged {
		errs = append(errs, field.Invalid(path, c,
			"cannot set `allowPrivilegeEscalation` to false and `privileged` to true"))
	}
	if c.Capabilities != nil {
		for _, added := range c.Capabilities.Add {
			if added == "CAP_SYS_ADMIN" {
				errs = append(errs, field.Invalid(path, c,
					"cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"))
			}
		}
	}
	return errs
}
