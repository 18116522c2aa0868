package azurenative

import (
	"net/http"
	"regexp"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

var (
	vaultName  = regexp.MustCompile(`^[a-zA-Z](-?[a-zA-Z0-9]){2,23}$`)
	secretName = regexp.MustCompile(`^[0-9a-zA-Z-]{1,127}$`)
)

const (
	longestSecret  = 25_000 // bytes
	mostSecretTags = 15
)

func acceptVault(op *operation) error {
	name := op.in.text("vaultName")
	if !vaultName.MatchString(name) || len(name) > 24 {
		return invalid("VaultNameNotValid", "The vault name '%s' is invalid. A vault's name must be between 3-24 alphanumeric "+
			"characters. The name must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.", name)
	}
	if op.old == nil {
		if err := op.vaultNameTaken(name); err != nil {
			return err
		}
	}
	if tenant := op.in.text("properties.tenantId"); !arm.IsGUID(tenant) {
		return invalid("BadRequest", "The tenant ID '%s' is not a valid GUID.", tenant)
	}
	if err := op.vaultDeletion(); err != nil {
		return err
	}
	return op.vaultSubnets()
}

// vaultDeletion refuses what cannot be taken back or changed.
// Source: Azure docs, key-vault soft-delete-overview.
func (op *operation) vaultDeletion() error {
	const at = "properties."
	for _, property := range []string{"enableSoftDelete", "enablePurgeProtection"} {
		if on, set := op.in.get(at + property).(bool); set && !on {
			return invalid("BadRequest", "The property \"%s\" cannot be set to false. Enabling it for a vault is an irreversible "+
				"action.", property)
		}
	}
	days, set := op.in.number(at + "softDeleteRetentionInDays")
	if set && (days < 7 || days > 90) {
		return invalid("BadRequest", "The property \"softDeleteRetentionInDays\" must be between 7 and 90, not %d.", days)
	}
	if before, had := op.old.number(at + "softDeleteRetentionInDays"); op.old != nil && set && had && before != days {
		return invalid("BadRequest", "The property \"softDeleteRetentionInDays\" has been set already and it can't be modified.")
	}
	return nil
}

// vaultSubnets refuses a subnet that does not come to the vault by a service endpoint.
func (op *operation) vaultSubnets() error {
	for _, rule := range op.in.objects("properties.networkAcls.virtualNetworkRules") {
		subnet, there, err := op.find(rule.text("id"))
		if err != nil {
			return err
		}
		// The code and words of the first are ours: no document gives Azure's.
		if !there {
			return invalid("BadRequest", "The subnet %s was not found.", rule.text("id"))
		}
		if rule.flag("ignoreMissingVnetServiceEndpoint") {
			continue
		}
		served := false
		for _, endpoint := range subnet.in.objects("serviceEndpoints") {
			served = served || strings.EqualFold(endpoint.text("service"), "Microsoft.KeyVault")
		}
		if !served {
			return invalid("SubnetsHaveNoServiceEndpointsConfigured", "Subnets %s of virtual network %s do not have ServiceEndpoints "+
				"for Microsoft.KeyVault resources configured. Add Microsoft.KeyVault to subnet's ServiceEndpoints collection before "+
				"trying to ACL Microsoft.KeyVault resources to these subnets.", arm.LastSegment(subnet.ID), arm.ParentOf(subnet.ID))
		}
	}
	return nil
}

func acceptSecret(op *operation) error {
	if name := op.in.text("secretName"); !secretName.MatchString(name) {
		return invalid("BadRequest", "The secret name '%s' is invalid: letters, digits and hyphens, at most 127.", name)
	}
	switch value := op.in.text("properties.value"); {
	case value == "":
		return invalid("BadRequest", "Required parameter 'properties.value' is missing (null).")
	case len(value) > longestSecret:
		return invalid("BadRequest", "The value of a secret is at most %d bytes long.", longestSecret)
	}
	if count := len(op.in.object("tags")); count > mostSecretTags {
		return invalid("BadRequest", "A secret takes at most %d tags, not %d.", mostSecretTags, count)
	}
	return nil
}

// releaseSecret refuses what the real provider tries: it deletes a secret by asking the vault itself, from wherever it runs,
// and that is outside the subnets that a closed vault answers to.
// Source: pulumi/pulumi-azure-native, provider/pkg/resources/customresources/custom_keyvault.go.
func releaseSecret(op *operation) error {
	vault, there, err := op.find(arm.ParentOf(op.id))
	if err != nil || !there || vault.in.text("properties.networkAcls.defaultAction") != "Deny" {
		return err
	}
	return &Refusal{
		Status: http.StatusForbidden, Code: "ForbiddenByFirewall",
		Message: "Client address is not authorized and caller is not a trusted service. Vault: " + arm.LastSegment(vault.ID),
	}
}
