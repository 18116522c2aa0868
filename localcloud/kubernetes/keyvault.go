package kubernetes

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/localcloud/kubernetes/loadbalancer"
	"jitsi-meet-azure/localcloud/kubernetes/object"
)

const (
	// secretsDriver mounts what is in Key Vaults.
	secretsDriver = "secrets-store.csi.k8s.io"
	// secretsUser is Azure's role Key Vault Secrets User.
	secretsUser = "4633458b-17de-408a-874c-0445c86b69e6" //nolint:gosec // the id of a role, not a secret
)

// keyVault is the cluster's add-on for Key Vaults.
type keyVault struct {
	on bool
	// client is how pods name the add-on's identity, principal whom roles are assigned to.
	client, principal string
}

func keyVaultOf(v values) keyVault {
	const addon = "addonProfiles.azureKeyvaultSecretsProvider"
	return keyVault{
		on: v.flag(addon + ".enabled"), client: v.text(addon + ".identity.clientId"), principal: v.text(addon + ".identity.objectId"),
	}
}

// serves refuses the kind that only the add-on brings.
func (c *cluster) serves(kind object.Kind) error {
	if kind.Group == object.ProviderClassGroup && !c.keyVault.on {
		return &meta.NoKindMatchError{GroupKind: kind.GroupKind(), SearchedVersions: []string{kind.Version}}
	}
	return nil
}

// drivers are the CSI drivers of every AKS cluster, and the one of the add-on.
func (c *cluster) drivers() []string {
	drivers := []string{"disk.csi.azure.com", "file.csi.azure.com"}
	if c.keyVault.on {
		drivers = append(drivers, secretsDriver)
	}
	return drivers
}

// unmounted is why pods would wait for their CSI volumes.
func (c *cluster) unmounted(r reader, namespace string, volumes []corev1.Volume) ([]string, error) {
	var messages []string
	for _, v := range volumes {
		if v.CSI == nil {
			continue
		}
		reason, err := c.csiProblem(r, namespace, v.CSI)
		if err != nil {
			return nil, err
		}
		if reason != "" {
			messages = append(messages, fmt.Sprintf("MountVolume.SetUp failed for volume %q : %s", v.Name, reason))
		}
	}
	return messages, nil
}

func (c *cluster) csiProblem(r reader, namespace string, v *corev1.CSIVolumeSource) (string, error) {
	if !slices.Contains(c.drivers(), v.Driver) {
		return fmt.Sprintf("kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name %s not found in the list of "+
			"registered CSI drivers", v.Driver), nil
	}
	if v.Driver != secretsDriver {
		return "", nil
	}
	const unknown = "rpc error: code = Unknown desc = "
	name := v.VolumeAttributes["secretProviderClass"]
	kind, _ := object.ByGroupKind(object.ProviderClassGroup, "SecretProviderClass")
	found, exists, err := c.get(r, kind, namespace, name)
	if err != nil {
		return "", err
	}
	if !exists {
		return fmt.Sprintf(unknown+"failed to get secretproviderclass %s/%s, error: %s %q not found",
			namespace, name, kind.GroupKind(), name), nil
	}
	class, ok := found.object.(*object.SecretProviderClass)
	if !ok {
		return "", fmt.Errorf("%s is no %s", found.id, kind.Kind)
	}
	reason, err := c.vaultProblem(r, class.Spec)
	if err != nil || reason == "" {
		return "", err
	}
	return unknown + "failed to mount secrets store objects for pod, err: " + reason, nil
}

// vaultObject is an entry of the class's parameter "objects", as far as it is looked at here.
type vaultObject struct {
	ObjectName string `json:"objectName"`
	ObjectType string `json:"objectType"`
}

// vaultProblem is why Azure's provider would not get what the class asks for. Whether a vault has it, only its owner knows.
// Source: Azure/secrets-store-csi-driver-provider-azure, pkg/provider.
func (c *cluster) vaultProblem(r reader, spec object.SecretProviderClassSpec) (string, error) {
	given := spec.Parameters
	objects, problem := vaultObjects(given["objects"])
	switch {
	case spec.Provider != "azure":
		return fmt.Sprintf("provider not found: provider %q", spec.Provider), nil
	case given["keyvaultName"] == "":
		return "keyvaultName is not set", nil
	case given["tenantId"] == "":
		return "tenantId is not set", nil
	case problem != "":
		return problem, nil
	case given["useVMManagedIdentity"] != "true":
		return "failed to create auth config, error: nodePublishSecretRef secret is not set", nil
	case given["userAssignedIdentityID"] != c.keyVault.client:
		return "failed to acquire token: Identity not found", nil
	}
	world, err := c.world(r)
	if err != nil {
		return "", err
	}
	for _, wanted := range objects {
		if !c.keyVault.mayRead(world.Grants, given["keyvaultName"], wanted) {
			return fmt.Sprintf("failed to get objectType:%s, objectName:%s, objectVersion:: StatusCode=403, Code=\"Forbidden\", "+
				"InnerError={\"code\":\"ForbiddenByRbac\"}: Caller is not authorized to perform action on resource",
				wanted.ObjectType, wanted.ObjectName), nil
		}
	}
	return "", nil
}

// mayRead tells whether the add-on has the right to an object of a vault. The role is for secrets alone.
func (k keyVault) mayRead(grants []loadbalancer.Grant, vault string, wanted vaultObject) bool {
	return wanted.ObjectType == "secret" && slices.ContainsFunc(grants, func(g loadbalancer.Grant) bool {
		return g.Role == secretsUser && strings.EqualFold(g.Principal, k.principal) && covers(g.Scope, vault, wanted.ObjectName)
	})
}

// covers tells whether a right at the scope reaches a secret of a vault.
func covers(scope, vault, secret string) bool {
	within := segment(scope, "secrets")
	return strings.EqualFold(segment(scope, "vaults"), vault) && (within == "" || strings.EqualFold(within, secret))
}

// vaultObjects reads YAML whose entries are YAML again.
func vaultObjects(text string) (objects []vaultObject, problem string) {
	if text == "" {
		return nil, "objects is not set"
	}
	var list struct {
		Array []string `json:"array"`
	}
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Sprintf("failed to yaml unmarshal objects, error: %v", err)
	}
	for i, entry := range list.Array {
		var o vaultObject
		if err := yaml.Unmarshal([]byte(entry), &o); err != nil {
			return nil, fmt.Sprintf("unmarshal failed for keyVaultObjects at index %d, error: %v", i, err)
		}
		objects = append(objects, o)
	}
	if len(objects) == 0 {
		return nil, "objects array is empty"
	}
	return objects, ""
}
