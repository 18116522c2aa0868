package azurenative

import "strings"

// Add-ons that the local cloud knows more of than their names.
const (
	keyVaultAddon = "azureKeyvaultSecretsProvider"
	agentAddon    = "omsagent"
)

// addonsFit refuses the agent without a workspace. Source: Azure docs, container-insights (enable with ARM templates).
func (op *operation) addonsFit() error {
	agent := op.in.object("addonProfiles." + agentAddon)
	if agent.flag("enabled") && agent.text("config.logAnalyticsWorkspaceResourceID") == "" {
		return invalid("BadRequest", "The add-on omsagent needs the configuration logAnalyticsWorkspaceResourceID.")
	}
	return nil
}

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
