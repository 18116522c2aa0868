package azurenative

import "strings"

// keyVaultAddon is the one add-on that the local cloud knows more of than its name.
const keyVaultAddon = "azureKeyvaultSecretsProvider"

// completeAddons keeps the add-ons that the model does not speak of: AKS takes that as no change. An add-on that is on gets
// an identity in the group of the nodes, where it needs one.
// Source: github.com/Azure/AKS issue 2904; Azure docs, aks/csi-secrets-store-identity-access.
func (op *operation) completeAddons() {
	given, before := op.in.object("addonProfiles"), op.old.object("addonProfiles")
	for _, name := range sortedKeys(before) {
		if _, spoken := given[name]; !spoken {
			op.set("addonProfiles."+name, before[name])
		}
	}
	path := "addonProfiles." + keyVaultAddon
	if !op.out().flag(path + ".enabled") {
		return
	}
	id := "/subscriptions/" + op.p.subscription + "/resourcegroups/" + op.nodeGroup() +
		"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/" +
		strings.ToLower(keyVaultAddon) + "-" + op.in.text("resourceName")
	op.set(path+".identity", map[string]any{
		"resourceId": id, "clientId": identityClient(id), "objectId": identityPrincipal(id),
	})
}
