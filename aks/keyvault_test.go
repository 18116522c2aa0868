package aks_test

import (
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/aks"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/guid"
	"jitsi-meet-azure/internal/role"
)

// The vault is in another subscription than the cluster.
const vaultID = "/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv-meet"

const addonObjectID = "44444444-0000-0000-0000-000000000000"

func withKeyVault() aks.Args {
	args := validArgs()
	args.KeyVaultCertificate = environment.KeyVaultCertificate{VaultID: vaultID, Name: "meet", TenantID: "tenant-1"}
	return args
}

// addonOutputs answers every add-on that is asked for with the identity that AKS makes for it.
func addonOutputs(asked resource.PropertyValue) resource.PropertyValue {
	if !asked.IsObject() {
		return resource.NewNullProperty()
	}
	profiles := asked.ObjectValue().Copy()
	for name, profile := range profiles {
		answered := profile.ObjectValue().Copy()
		answered["identity"] = resource.NewProperty(resource.PropertyMap{
			"clientId": resource.NewProperty("client of " + string(name)), "objectId": resource.NewProperty(addonObjectID),
		})
		profiles[name] = resource.NewProperty(answered)
	}
	return resource.NewProperty(profiles)
}

// agent is the add-on that every cluster has.
func agent() map[string]any {
	return map[string]any{"enabled": true, "config": map[string]any{
		"logAnalyticsWorkspaceResourceID": "/workspace", "useAADAuth": "true",
	}}
}

func TestKeyVaultAddonPollsForNewVersions(t *testing.T) {
	t.Parallel()
	expect(t, only(t, graphOf(t, withKeyVault()), clusterType), "addonProfiles", map[string]any{
		"azureKeyvaultSecretsProvider": map[string]any{
			"enabled": true, "config": map[string]any{"enableSecretRotation": "true", "rotationPollInterval": "2m"},
		},
		"omsagent": agent(),
	})
}

// Who reads the certificate may read nothing else, in this vault or any other.
func TestKeyVaultAddonMayReadTheCertificateOnly(t *testing.T) {
	t.Parallel()
	graph, cluster := record(t, withKeyVault(), false)
	grants := slices.DeleteFunc(graph.Of(grantType), func(r graphtest.Resource) bool {
		return r.Inputs["principalId"] != addonObjectID
	})
	if len(grants) != 1 {
		t.Fatalf("%d grants of the add-on, want one", len(grants))
	}
	grant := grants[0]
	if cluster.KeyVaultAccess == nil || grant.Name != "cluster-grant-certificate" {
		t.Errorf("who waits for the right cannot: %s", grant.Name)
	}
	expect(t, grant, "scope", vaultID+"/secrets/meet")
	expect(t, grant, "principalType", "ServicePrincipal")
	expect(t, grant, "roleDefinitionId", "/subscriptions/00000000-0000-0000-0000-000000000002/providers/"+
		"Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-874c-0445c86b69e6")
	expect(t, grant, "roleAssignmentName", guid.For(vaultID+"/secrets/meet", role.KeyVaultSecretsUser, addonObjectID))
	if cluster.KeyVaultClientID == nil || cluster.KeyVaultObjectID == nil {
		t.Error("the cluster does not say who reads the vault")
	}
}

func TestTheRightIsRegisteredWithoutKnowingTheIdentity(t *testing.T) {
	t.Parallel()
	graph, _ := record(t, withKeyVault(), true)
	if _, found := graph.Find("cluster-grant-certificate"); !found {
		t.Error("the first preview does not show the right")
	}
}

func TestWithoutAKeyVaultThereIsOnlyTheAgent(t *testing.T) {
	t.Parallel()
	graph, cluster := record(t, validArgs(), false)
	expect(t, only(t, graph, clusterType), "addonProfiles", map[string]any{"omsagent": agent()})
	if cluster.KeyVaultAccess != nil || cluster.KeyVaultClientID != nil || cluster.KeyVaultObjectID != nil {
		t.Error("an add-on that is not there has an identity")
	}
}
