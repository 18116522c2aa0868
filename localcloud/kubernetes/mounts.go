package kubernetes

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// reference is another object that pods cannot start without.
type reference struct {
	group, kind, namespace, name string
	// keys are the entries that a ConfigMap or Secret must have.
	keys []string
	// message is what the cluster says when the object is missing.
	message string
}

// missing is what a workload's pods refer to and does not exist, or cannot be mounted.
func (c *cluster) missing(r reader, namespace string, p pods) ([]string, error) {
	var messages []string
	for _, ref := range references(namespace, p) {
		if builtin(ref) {
			continue
		}
		kind, ok := object.ByGroupKind(ref.group, ref.kind)
		if !ok {
			return nil, fmt.Errorf("the local cloud serves no kind %q of group %q", ref.kind, ref.group)
		}
		found, exists, err := c.get(r, kind, ref.namespace, ref.name)
		if err != nil {
			return nil, err
		}
		if !exists {
			messages = append(messages, ref.message)
			continue
		}
		for _, key := range ref.keys {
			if !hasKey(found.object, key) {
				messages = append(messages, fmt.Sprintf("references non-existent key %q in %s %q", key, ref.kind, ref.name))
			}
		}
	}
	unmounted, err := c.unmounted(r, namespace, p.spec.Volumes)
	if err != nil {
		return nil, err
	}
	messages = append(messages, unmounted...)
	slices.Sort(messages)
	return slices.Compact(messages), nil
}

func hasKey(o object.Object, key string) bool {
	switch o := o.(type) {
	case *corev1.ConfigMap:
		_, text := o.Data[key]
		_, binary := o.BinaryData[key]
		return text || binary
	case *corev1.Secret:
		_, ok := o.Data[key]
		return ok
	default:
		return true
	}
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
	account, class := p.spec.ServiceAccountName, p.spec.PriorityClassName
	refs := []reference{
		{kind: "ServiceAccount", namespace: namespace, name: account, message: fmt.Sprintf(
			"pods are forbidden: error looking up service account %s/%s: serviceaccount %q not found",
			namespace, account, account)},
		{group: schedulingv1.GroupName, kind: "PriorityClass", name: class, message: fmt.Sprintf(
			"pods are forbidden: no PriorityClass with name %s was found", class)},
	}
	add := func(found []reference) {
		for _, ref := range found {
			ref.namespace = namespace
			refs = append(refs, ref)
		}
	}
	for _, v := range p.spec.Volumes {
		if !p.claims[v.Name] {
			add(volumeReferences(v))
		}
	}
	for _, c := range slices.Concat(p.spec.InitContainers, p.spec.Containers) {
		add(environmentReferences(c))
	}
	return refs
}

func configMap(name string, optional *bool, keys ...string) []reference {
	return needed("ConfigMap", "configmap", name, optional, keys)
}

func secret(name string, optional *bool, keys ...string) []reference {
	return needed("Secret", "secret", name, optional, keys)
}

func needed(kind, word, name string, optional *bool, keys []string) []reference {
	if optional != nil && *optional {
		return nil
	}
	return []reference{{kind: kind, name: name, keys: keys, message: fmt.Sprintf("%s %q not found", word, name)}}
}

func volumeReferences(v corev1.Volume) []reference {
	switch {
	case v.ConfigMap != nil:
		return configMap(v.ConfigMap.Name, v.ConfigMap.Optional, itemKeys(v.ConfigMap.Items)...)
	case v.Secret != nil:
		return secret(v.Secret.SecretName, v.Secret.Optional, itemKeys(v.Secret.Items)...)
	case v.PersistentVolumeClaim != nil:
		return needed("PersistentVolumeClaim", "persistentvolumeclaim", v.PersistentVolumeClaim.ClaimName, nil, nil)
	case v.Projected != nil:
		var refs []reference
		for _, s := range v.Projected.Sources {
			if s.ConfigMap != nil {
				refs = append(refs, configMap(s.ConfigMap.Name, s.ConfigMap.Optional, itemKeys(s.ConfigMap.Items)...)...)
			}
			if s.Secret != nil {
				refs = append(refs, secret(s.Secret.Name, s.Secret.Optional, itemKeys(s.Secret.Items)...)...)
			}
		}
		return refs
	default:
		return nil
	}
}

func itemKeys(items []corev1.KeyToPath) []string {
	keys := make([]string, len(items))
	for i, item := range items {
		keys[i] = item.Key
	}
	return keys
}

func environmentReferences(c corev1.Container) []reference {
	var refs []reference
	for _, from := range c.EnvFrom {
		if from.ConfigMapRef != nil {
			refs = append(refs, configMap(from.ConfigMapRef.Name, from.ConfigMapRef.Optional)...)
		}
		if from.SecretRef != nil {
			refs = append(refs, secret(from.SecretRef.Name, from.SecretRef.Optional)...)
		}
	}
	for _, v := range c.Env {
		if v.ValueFrom == nil {
			continue
		}
		if ref := v.ValueFrom.ConfigMapKeyRef; ref != nil {
			refs = append(refs, configMap(ref.Name, ref.Optional, ref.Key)...)
		}
		if ref := v.ValueFrom.SecretKeyRef; ref != nil {
			refs = append(refs, secret(ref.Name, ref.Optional, ref.Key)...)
		}
	}
	return refs
}
