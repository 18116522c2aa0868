package kubernetes_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

const (
	providerClassToken = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
	addonClient        = "33333333-3333-3333-3333-333333333333"
	addonPrincipal     = "44444444-4444-4444-4444-444444444444"
	vaultID            = "/subscriptions/00000000-0000-0000-0000-0000000000ff/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv-meet"
	secretsUser        = "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-874c-0445c86b69e6"
)

// vaultWorld is a cluster with the Key Vault add-on, and a namespace.
func vaultWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	cluster := clusterProperties()
	cluster["addonProfiles"] = m{"azureKeyvaultSecretsProvider": m{
		"enabled": true, "identity": m{"clientId": addonClient, "objectId": addonPrincipal},
	}}
	w.azure("containerservice/v20240501:ManagedCluster", clusterID, cluster)
	w.create(namespaceToken, "space", namespace(nil))
	return w
}

// let gives the add-on the role Key Vault Secrets User.
func (w *world) let(principal, scope string) {
	w.azure("authorization:RoleAssignment", scope+"/providers/Microsoft.Authorization/roleAssignments/let", m{
		"principalId": principal, "roleDefinitionId": secretsUser, "scope": scope,
	})
}

func providerClass(changes m) m {
	parameters := m{
		"usePodIdentity": "false", "useVMManagedIdentity": "true", "userAssignedIdentityID": addonClient,
		"keyvaultName": "kv-meet", "tenantId": "55555555-5555-5555-5555-555555555555",
		"objects": "array:\n  - |\n    objectName: meet\n    objectType: secret\n    objectAlias: certificate.pem\n",
	}
	spec := m{"provider": "azure", "parameters": parameters}
	for name, value := range changes {
		if name == "provider" {
			spec[name] = value
		} else {
			parameters[name] = value
		}
	}
	return m{"metadata": metadata("certificate"), "spec": spec}
}

// mounting is a workload that mounts a class as a volume.
func mounting(driver, class string) m {
	web := workload("web")
	templateOf(web)["spec"].(m)["volumes"] = []any{m{"name": "tls", "csi": m{
		"driver": driver, "readOnly": true, "volumeAttributes": m{"secretProviderClass": class},
	}}}
	return web
}

func TestAKeyVaultsCertificateIsMounted(t *testing.T) {
	t.Parallel()
	for name, scope := range map[string]string{
		"the secret": vaultID + "/secrets/meet", "another case": vaultID + "/secrets/MEET", "the vault": vaultID,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := vaultWorld(t)
			w.let(addonPrincipal, scope)
			class := w.create(providerClassToken, "class", providerClass(nil))
			w.create(deploymentToken, "web", mounting("secrets-store.csi.k8s.io", "certificate"))
			read := w.read(class)
			if d := class.inputs.Diff(read.Inputs); d != nil {
				t.Errorf("a refresh changes the inputs: %v", d)
			}
			if d := w.diff(class, providerClass(nil)); d.Changes != plugin.DiffNone {
				t.Errorf("a second run changes %v", d.DetailedDiff)
			}
			w.update(class, providerClass(m{"keyvaultName": "kv-other"}))
		})
	}
}

func TestOnlyTheAddonKnowsItsKind(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.create(namespaceToken, "space", namespace(nil))
	_, err := w.tryCreate(providerClassToken, "class", providerClass(nil))
	want := `no matches for kind "SecretProviderClass" in version "secrets-store.csi.x-k8s.io/v1"`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = w.tryCreate(deploymentToken, "web", mounting("secrets-store.csi.k8s.io", "certificate"))
	if reasons := pendingReasons(err); len(reasons) != 1 || !strings.Contains(reasons[0], "registered CSI drivers") {
		t.Errorf("got %v %q", err, reasons)
	}
}

func TestAnUnknownParameterOfTheClassIsRefused(t *testing.T) {
	t.Parallel()
	class := providerClass(nil)
	specOf(class)["parameter"] = m{}
	_, reasons := newWorld(t).check(providerClassToken, "class", class)
	if !slices.Equal(reasons, []string{`strict decoding error: unknown field "spec.parameter"`}) {
		t.Errorf("got %q", reasons)
	}
}

func TestPodsWaitForWhatTheyCannotMount(t *testing.T) {
	t.Parallel()
	const secret = vaultID + "/secrets/meet"
	for name, test := range map[string]struct {
		principal, scope string
		class            m
		mounted          m
		want             string
	}{
		"no right":         {"", "", nil, nil, "ForbiddenByRbac"},
		"right of another": {principal, secret, nil, nil, "ForbiddenByRbac"},
		"another secret":   {addonPrincipal, vaultID + "/secrets/meet2", nil, nil, "ForbiddenByRbac"},
		"another vault":    {addonPrincipal, strings.Replace(secret, "kv-meet", "kv-other", 1), nil, nil, "ForbiddenByRbac"},
		"another kind": {
			addonPrincipal, secret,
			m{"objects": "array: ['{objectName: meet, objectType: cert}']"},
			nil, "objectType:cert, objectName:meet",
		},
		"no class": {
			addonPrincipal, secret, nil, mounting("secrets-store.csi.k8s.io", "certificat"),
			`failed to get secretproviderclass shard-a/certificat, error: SecretProviderClass.secrets-store.csi.x-k8s.io "certificat" not found`,
		},
		"no driver": {
			addonPrincipal, secret, nil, mounting("secret-store.csi.k8s.io", "certificate"),
			`MountVolume.SetUp failed for volume "tls" : kubernetes.io/csi: mounter.SetUpAt failed to get CSI client: driver name secret-store`,
		},
		"provider":      {addonPrincipal, secret, m{"provider": "Azure"}, nil, `provider not found: provider "Azure"`},
		"no vault":      {addonPrincipal, secret, m{"keyvaultName": ""}, nil, "keyvaultName is not set"},
		"no tenant":     {addonPrincipal, secret, m{"tenantId": ""}, nil, "tenantId is not set"},
		"no objects":    {addonPrincipal, secret, m{"objects": ""}, nil, "objects is not set"},
		"empty list":    {addonPrincipal, secret, m{"objects": "array: []"}, nil, "objects array is empty"},
		"no list":       {addonPrincipal, secret, m{"objects": "array: meet"}, nil, "failed to yaml unmarshal objects"},
		"no entry":      {addonPrincipal, secret, m{"objects": "array: [meet]"}, nil, "unmarshal failed for keyVaultObjects at index 0"},
		"no identity":   {addonPrincipal, secret, m{"useVMManagedIdentity": "false"}, nil, "nodePublishSecretRef secret is not set"},
		"its object id": {addonPrincipal, secret, m{"userAssignedIdentityID": addonPrincipal}, nil, "Identity not found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := vaultWorld(t)
			if test.scope != "" {
				w.let(test.principal, test.scope)
			}
			w.create(providerClassToken, "class", providerClass(test.class))
			if test.mounted == nil {
				test.mounted = mounting("secrets-store.csi.k8s.io", "certificate")
			}
			_, err := w.tryCreate(deploymentToken, "web", test.mounted)
			if reasons := pendingReasons(err); len(reasons) != 1 || !strings.Contains(reasons[0], test.want) {
				t.Errorf("got  %v %q\nwant %s", err, reasons, test.want)
			}
		})
	}
}
