package stack_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
)

const (
	providerClassType = "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
	vaultID           = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-vaults/providers/" +
		"Microsoft.KeyVault/vaults/kv-meet"
	tenantID = "55555555-4444-3333-2222-111111111111"
)

// withIdentities answers add-ons with the identities that AKS makes for them.
func withIdentities(asked resource.PropertyMap) resource.PropertyValue {
	answered := resource.PropertyMap{}
	for name, profile := range asked {
		with := profile.ObjectValue().Copy()
		with["identity"] = resource.NewProperty(resource.PropertyMap{
			"clientId":   resource.NewProperty("${" + string(name) + ".clientId}"),
			"objectId":   resource.NewProperty("${" + string(name) + ".objectId}"),
			"resourceId": resource.NewProperty("${" + string(name) + ".resourceId}"),
		})
		answered[name] = resource.NewProperty(with)
	}
	return resource.NewProperty(answered)
}

// withKeyVault is prod with its certificate in a Key Vault.
func withKeyVault(t *testing.T) environment.Environment {
	t.Helper()
	config := stackConfig(t, "prod")
	door := config["meet:frontDoor"].(map[string]any)
	delete(door, "certificateSecret")
	door["keyVaultCertificate"] = map[string]any{"vaultId": vaultID, "name": "meet", "tenantId": tenantID}
	return parse(t, "prod", config)
}

// The identity that gets the right is the one that the pods' volume is read with.
func TestTheCertificateOfAKeyVaultReachesTheFrontDoor(t *testing.T) {
	t.Parallel()
	graph := record(t, withKeyVault(t), false)
	clusters := graph.Of("azure-native:containerservice/v20240501:ManagedCluster")
	require.Len(t, clusters, 1)
	assert.Equal(t, true, at(t, clusters[0].Inputs, "addonProfiles", "azureKeyvaultSecretsProvider", "enabled"))
	grant := find(t, graph, "cluster-grant-certificate")
	assert.Equal(t, vaultID+"/secrets/meet", grant.Inputs["scope"])
	assert.Equal(t, "${azureKeyvaultSecretsProvider.objectId}", grant.Inputs["principalId"])
	classes := graph.Of(providerClassType)
	require.Len(t, classes, 1)
	parameters := at(t, classes[0].Inputs, "spec", "parameters").(map[string]any)
	assert.Equal(t, "${azureKeyvaultSecretsProvider.clientId}", parameters["userAssignedIdentityID"])
	assert.Equal(t, "kv-meet", parameters["keyvaultName"])
	assert.Equal(t, tenantID, parameters["tenantId"])
	assert.Contains(t, classes[0].DependsOn, grant.Name)
	assert.Equal(t, "kubernetes", classes[0].Provider)
}

// With a Key Vault the stack makes no certificate for the front door, and otherwise differs in nothing.
func TestAKeyVaultChangesNothingElse(t *testing.T) {
	t.Parallel()
	vault, secret := names(record(t, withKeyVault(t), false)), names(record(t, loadStack(t, "prod"), false))
	without := func(all, others []string) []string {
		return slices.DeleteFunc(slices.Clone(all), func(name string) bool { return slices.Contains(others, name) })
	}
	assert.Equal(t, []string{
		"azure-native:authorization:RoleAssignment cluster-grant-certificate", providerClassType + " front-door-certificate-class",
	}, without(vault, secret))
	assert.Equal(t, []string{
		"kubernetes:core/v1:Secret front-door-certificate-secret", "tls:index/privateKey:PrivateKey front-door-certificate-key",
		"tls:index/selfSignedCert:SelfSignedCert front-door-certificate",
	}, without(secret, vault))
}

func TestAKeyVaultIsKnownToTheFirstPreview(t *testing.T) {
	t.Parallel()
	env := withKeyVault(t)
	assert.Equal(t, names(record(t, env, false)), names(record(t, env, true)))
}
