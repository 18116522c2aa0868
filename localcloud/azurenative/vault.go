package azurenative

import (
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// deletedVaultToken is what the cloud keeps of a deleted vault: its name. No program makes one.
const deletedVaultToken = "azure-native:keyvault:DeletedVault"

// foreignVault tells whether an id is that of a Key Vault, or of something in one, that belongs to others than the program: in
// another subscription, or in a group that is not here. Those are taken to be there.
func (op *operation) foreignVault(id string) (bool, error) {
	if !strings.Contains(strings.ToLower(id), "/providers/microsoft.keyvault/vaults/") {
		return false, nil
	}
	if !arm.Within(id, "/subscriptions/"+op.p.subscription) {
		return true, nil
	}
	_, err := op.tx.Get(arm.GroupOf(id))
	if errors.Is(err, store.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// isExtension tells whether the resource hangs on another of any kind, such as a role assignment.
func (op *operation) isExtension() bool { return strings.HasPrefix(op.d.path, "/{") }

// purgeProtection is the property by which a deleted vault cannot be deleted for good.
const purgeProtection = "enablePurgeProtection"

// PurgeVaults gives the names of deleted vaults free, as `az keyvault purge` does, where purge protection does not keep them.
func (p *Provider) PurgeVaults() error {
	all, err := p.cfg.Store.List(Package)
	if err != nil {
		return err
	}
	for _, stored := range all {
		if stored.Type != deletedVaultToken {
			continue
		}
		deleted, err := open(stored)
		if err != nil {
			return err
		}
		if deleted.out.flag(purgeProtection) {
			continue
		}
		if err := p.DeleteByHand(stored.ID); err != nil {
			return err
		}
	}
	return nil
}

// softDelete keeps the name of a vault that is deleted, as Azure does for the days of the soft delete. Purging it is deleting
// what is kept.
// Source: Azure docs, key-vault soft-delete-overview.
func (op *operation) softDelete(r store.Resource) error {
	if r.Type != vaultToken {
		return nil
	}
	vault, err := open(r)
	if err != nil {
		return err
	}
	kept, err := rpcprovider.Encode(resource.PropertyMap{
		purgeProtection: resource.NewProperty(vault.out.flag("properties." + purgeProtection)),
	})
	if err != nil {
		return err
	}
	op.write.Put(store.Resource{
		ID: "/subscriptions/" + op.p.subscription + "/providers/Microsoft.KeyVault/locations/" + vault.out.text("location") +
			"/deletedVaults/" + arm.LastSegment(r.ID),
		Provider: Package, Type: deletedVaultToken, Created: op.now, Inputs: kept, Outputs: kept,
	})
	return nil
}

// vaultNameTaken refuses a name that another vault has, or had and has not given free. Vaults are unique in all of Azure.
func (op *operation) vaultNameTaken(name string) error {
	for token, refusal := range map[string]error{
		vaultToken: conflict("VaultAlreadyExists", "The vault name '%s' is already in use. Vault names are unique in all of Azure, "+
			"so it is possible that the name is already taken.", name),
		deletedVaultToken: conflict("ConflictError", "A vault with the same name already exists in deleted state. You need to "+
			"either recover or purge existing key vault."),
	} {
		all, err := op.all(token)
		if err != nil {
			return err
		}
		for _, other := range all {
			if arm.Same(arm.LastSegment(other.ID), name) {
				return refusal
			}
		}
	}
	return nil
}

func completeVault(op *operation) error {
	op.set("properties.vaultUri", "https://"+strings.ToLower(arm.LastSegment(op.id))+".vault.azure.net/")
	op.set("properties.provisioningState", "Succeeded")
	// Once on, purge protection stays on, also for who no longer speaks of it.
	if op.old.flag("properties.enablePurgeProtection") {
		op.set("properties.enablePurgeProtection", true)
	}
	return nil
}

// completeSecret takes the value away, which Azure Resource Manager never gives back, and names the version that it made.
func completeSecret(op *operation) error {
	version := strings.ReplaceAll(guidOf("secret version", op.id, op.in.text("properties.value")), "-", "")
	properties, _ := bare(op.outputs["properties"])
	kept := resource.PropertyMap{}
	if properties.IsObject() {
		for key, value := range properties.ObjectValue() {
			if key != "value" {
				kept[key] = value
			}
		}
	}
	uri := "https://" + strings.ToLower(op.in.text("vaultName")) + ".vault.azure.net/secrets/" + op.in.text("secretName")
	kept["secretUri"] = resource.NewProperty(uri)
	kept["secretUriWithVersion"] = resource.NewProperty(uri + "/" + version)
	op.outputs["properties"] = resource.NewProperty(kept)
	return nil
}
