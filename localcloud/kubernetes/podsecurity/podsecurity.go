// Package podsecurity applies the Pod Security Standards to a pod: what the levels "baseline" and "restricted" forbid.
//
// Source: Kubernetes docs, "Pod Security Standards" (1.34).
package podsecurity

import (
	"fmt"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Level is how much a namespace allows.
type Level string

const (
	// Privileged allows everything.
	Privileged Level = "privileged"
	// Baseline forbids known ways out of a container.
	Baseline Level = "baseline"
	// Restricted also demands current hardening.
	Restricted Level = "restricted"
)

// EnforceLabel is the label of a namespace that holds its level.
const EnforceLabel = "pod-security.kubernetes.io/enforce"

// LevelOf is the level that a namespace's labels enforce.
func LevelOf(labels map[string]string) Level {
	if level := labels[EnforceLabel]; level != "" {
		return Level(level)
	}
	return Privileged
}

// Violations says, in the words of the API server, what in the pod the level forbids; nothing when all is well.
func Violations(level Level, pod *corev1.PodSpec) []string {
	var found []string
	if level == Baseline || level == Restricted {
		found = append(found, hostAccess(pod)...)
		found = append(found, hostPorts(pod)...)
		found = append(found, privileged(pod)...)
		found = append(found, addedCapabilities(level, pod)...)
		found = append(found, sysctls(pod)...)
		found = append(found, unconfined(pod)...)
	}
	if level == Restricted {
		found = append(found, escalation(pod)...)
		found = append(found, droppedCapabilities(pod)...)
		found = append(found, nonRoot(pod)...)
		found = append(found, seccomp(pod)...)
		found = append(found, volumeTypes(pod)...)
	}
	return found
}

// Forbidden is the message for a pod with violations.
func Forbidden(pod string, level Level, violations []string) string {
	return fmt.Sprintf("pods %q is forbidden: violates PodSecurity %q: %s", pod, string(level)+":latest",
		strings.Join(violations, ", "))
}

func all(pod *corev1.PodSpec) []corev1.Container {
	return append(append([]corev1.Container{}, pod.InitContainers...), pod.Containers...)
}

// containers lists the names of those containers for which bad is true, as messages do.
func containers(pod *corev1.PodSpec, bad func(*corev1.SecurityContext, *corev1.Container) bool) string {
	var names []string
	for _, c := range all(pod) {
		security := c.SecurityContext
		if security == nil {
			security = &corev1.SecurityContext{}
		}
		if bad(security, &c) {
			names = append(names, fmt.Sprintf("%q", c.Name))
		}
	}
	switch len(names) {
	case 0:
		return ""
	case 1:
		return "container " + names[0]
	default:
		return "containers " + strings.Join(names, ", ")
	}
}

func violation(who, what, must string) []string {
	if who == "" {
		return nil
	}
	return []string{fmt.Sprintf("%s (%s must %s)", what, who, must)}
}

func names(set map[string]bool) string {
	var sorted []string
	for name := range set {
		sorted = append(sorted, name)
	}
	sort.Strings(sorted)
	return strings.Join(sorted, ", ")
}
