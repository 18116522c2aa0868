package kubernetes

import (
	"context"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

// Diff compares what the program wants now with what it wanted before. What the cluster has changed since is in the
// old inputs after a refresh.
func (p *Provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	kind, err := object.ByToken(string(req.Type))
	if err != nil {
		return plugin.DiffResult{}, err
	}
	changes := rpcprovider.Changes(req.OldInputs, req.NewInputs)
	replaced := false
	fixed := p.forceNew(kind, req.OldInputs)
	for path, change := range changes {
		if startsWithAny(path, fixed) {
			changes[path], replaced = rpcprovider.Replace(change), true
		}
	}
	return rpcprovider.DiffOf(changes, replaced && sameName(req)), nil
}

// sameName tells whether the new object needs the name of the old one, which therefore has to go first.
func sameName(req plugin.DiffRequest) bool {
	if mark, _ := textAt(req.NewInputs, "metadata", "annotations", autonamedAnnotation); mark == "true" {
		return false
	}
	for _, key := range []resource.PropertyKey{"name", "namespace"} {
		before, _ := textAt(req.OldInputs, "metadata", key)
		after, known := textAt(req.NewInputs, "metadata", key)
		if !known || before != after {
			return false
		}
	}
	return true
}

func startsWithAny(path string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if path == prefix || strings.HasPrefix(path, prefix+".") || strings.HasPrefix(path, prefix+"[") {
			return true
		}
	}
	return false
}

// forceNew lists the fields whose change makes the real provider replace the object. ConfigMaps and Secrets are
// replaced when their data changes, unless the provider is told that they may change in place and the object does not
// say that it is immutable. A DaemonSet's selector is not in the real provider's list, although no API server lets it
// change.
// Source: pulumi-kubernetes, provider/pkg/provider/diff.go, and the docs of enableConfigMapMutable.
func (p *Provider) forceNew(kind object.Kind, olds resource.PropertyMap) []string {
	fields := append([]string{"metadata.name", "metadata.namespace"}, kindForceNew(kind)...)
	c, immutable := p.connected(), flag(olds, "immutable")
	switch {
	case kind.Kind == "ConfigMap" && (!c.mutableConfigMaps || immutable):
		fields = append(fields, "data", "binaryData")
	case kind.Kind == "Secret" && (!c.mutableSecrets || immutable):
		fields = append(fields, "data", "stringData")
	}
	if immutable {
		fields = append(fields, "immutable")
	}
	return fields
}

func kindForceNew(kind object.Kind) []string {
	switch kind.Kind {
	case "StatefulSet":
		return []string{
			"spec.podManagementPolicy", "spec.revisionHistoryLimit", "spec.selector", "spec.serviceName",
			"spec.volumeClaimTemplates",
		}
	case "Deployment":
		return []string{"spec.selector"}
	case "Job":
		return []string{"spec.completions", "spec.parallelism", "spec.selector", "spec.template"}
	case "PersistentVolumeClaim", "Pod":
		return []string{"spec"}
	case "ResourceQuota":
		return []string{"spec.scopes"}
	case "Secret":
		return []string{"type"}
	case "Service":
		return []string{"spec.clusterIP"}
	case "RoleBinding", "ClusterRoleBinding":
		return []string{"roleRef"}
	case "StorageClass":
		return []string{"parameters", "provisioner"}
	default:
		return nil
	}
}
