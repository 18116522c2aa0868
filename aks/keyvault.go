package aks

import (
	aks "github.com/pulumi/pulumi-azure-native-sdk/containerservice/v2/v20240501"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/role"
)

// keyVaultAddon is AKS' name of the add-on that mounts what is in Key Vaults into pods: the Secrets Store CSI driver with
// Azure's provider. Source: Azure docs, aks csi-secrets-store-driver.
const keyVaultAddon = "azureKeyvaultSecretsProvider"

// rotationPoll is how often the add-on looks whether the vault has a newer version.
const rotationPoll = "2m"

// keyVaultAccess lets the identity that AKS made for the add-on read the certificate. A certificate with its key is read as
// the secret of the same name, so the right is to that secret alone and to nothing else in the vault.
// Source: Azure docs, key-vault about-certificates and rbac-guide.
func (b *builder) keyVaultAccess(cluster *aks.ManagedCluster) error {
	certificate := b.args.KeyVaultCertificate
	if !certificate.Given() {
		return nil
	}
	identity := cluster.AddonProfiles.MapIndex(pulumi.String(keyVaultAddon)).Identity()
	principal := identity.ObjectId().Elem()
	scope := pulumi.String(certificate.VaultID + "/secrets/" + certificate.Name).ToStringOutput()
	access, err := b.assign("certificate", role.KeyVaultSecretsUser, scope, scope, principal)
	if err != nil {
		return err
	}
	b.component.KeyVaultClientID = identity.ClientId().Elem()
	b.component.KeyVaultObjectID = principal
	b.component.KeyVaultAccess = access
	return nil
}
