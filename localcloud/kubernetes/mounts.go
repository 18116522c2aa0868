package kubernetes

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
)

// reference is another object that pods cannot start without.
type reference struct{ group, kind, namespace, name, message string }

// missing is what a workload's pods refer to and does not exist.
func (c *cluster) missing(r reader, namespace string, p pods) ([]string, error) {
	var messages []string
	for _, ref := range references(namespace, p) {
		if builtin(ref) {
			continue
		}
		exists, err := c.has(r, ref.group, ref.kind, ref.namespace, ref.name)
		if err != nil {
			return nil, err
		}
		if !exists && !slices.Contains(messages, ref.message) {
			messages = append(messages, ref.message)
		}
	}
	return messages, nil
}

// builtin objects are made by the cluster itself.
func builtin(ref reference) bool {
	switch ref.kind {
	case "ServiceAccount":
		return ref.name == "" || ref.name == "default"
	case "ConfigMap":
		return ref.name == "kube-root-ca.crt"
	case "PriorityClass":
		return ref.name == "" || ref.name == "system-cluster-critical" || ref.name == "system-node-critical"
	default:
		return false
	}
}

func references(namespace string, p pods) []reference {
	refs := []reference{
		{"", "ServiceAccount", namespace, p.spec.ServiceAccountName, fmt.Sprintf(
			"pods are forbidden: error looking up service account %s/%s: serviceaccount %q not found",
			namespace, p.spec.ServiceAccountName, p.spec.ServiceAccountName)},
		{schedulingv1.GroupName, "PriorityClass", "", p.spec.PriorityClassName, fmt.Sprintf(
			"pods are forbidden: no PriorityClass with name %s was found", p.spec.PriorityClassName)},
	}
	for _, v := range p.spec.Volumes {
		if !p.claims[v.Name] {
			refs = append(refs, volumeReferences(namespace, v)...)
		}
	}
	for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
		refs = append(refs, environmentReferences(namespace, c)...)
	}
	return refs
}

func configMap(namespace, name string, optional *bool) []reference {
	return needed("ConfigMap", "configmap", namespace, name, optional)
}

func secret(namespace, name string, optional *bool) []reference {
	return needed("Secret", "secret", namespace, name, optional)
}

func needed(kind, word, namespace, name string, optional *bool) []reference {
	if optional != nil && *optional {
		return nil
	}
	return []reference{{"", kind, namespace, name, fmt.Sprintf("%s %q not found", word, name)}}
}

func volumeReferences(namespace string, v corev1.Volume) []reference {
	switch {
	case v.ConfigMap != nil:
		return configMap(namespace, v.ConfigMap.Name, v.ConfigMap.Optional)
	case v.Secret != nil:
		return secret(namespace, v.Secret.SecretName, v.Secret.Optional)
	case v.PersistentVolumeClaim != nil:
		return needed("PersistentVolumeClaim", "persistentvolumeclaim", namespace, v.PersistentVolumeClaim.ClaimName, nil)
	case v.Projected != nil:
		var refs []reference
		for _, s := range v.Projected.Sources {
			if s.ConfigMap != nil {
				refs = append(refs, configMap(namespace, s.ConfigMap.Name, s.ConfigMap.Optional)...)
			}
			if s.Secret != nil {
				refs = append(refs, secret(namespace, s.Secret.Name, s.Secret.Optional)...)
			}
		}
		return refs
	default:
		return nil
	}
}

func environmentReferences(namespace string, c corev1.Container) []reference {
	var refs []reference
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef != nil {
			refs = append(refs, configMap(namespace, from.ConfigMapRef.Name, from.ConfigMapRef.Optional)...)
		}
		if from.SecretRef != nil {
			refs = append(refs, secret(namespace, from.SecretRef.Name, from.SecretRef.Optional)...)
		}
	}
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			continue
		}
		if ref := v.ValueFrom.ConfigMapKeyRef; ref != nil {
			refs = append(refs, configMap(namespace, ref.Name, ref.Optional)...)
		}
		if ref := v.ValueFrom.SecretKeyRef; ref != nil {
			refs = append(refs, secret(namespace, ref.Name, ref.Optional)...)
		}
	}
	return refs
}
