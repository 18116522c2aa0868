package environment

func frontDoorSettings() setting {
	return setting{name: "frontDoor", kind: object, meaning: "HAProxy, which sends every room to one shard.", members: []setting{
		{
			name: "replicas", kind: integer, unit: "pods", fallback: "2", example: "3",
			allowed: "2 to 8", valid: within(2, 8),
			meaning: "The number of proxies. They are spread over the zones. Every proxy's configuration names all eight in " +
				"advance, so that adding one restarts none.",
		},
		{
			name: "imageTag", fallback: "2.6.18-alpine", example: "2.6.18-alpine", valid: matches(`\d+\.\d+\.\d+(-[a-z0-9.]+)?`),
			allowed: "an exact version, such as 2.6.18 or 2.6.18-alpine", meaning: "The tag of the HAProxy container image.",
		},
		perAddressSettings(),
		{
			name: "certificateSecret", optional: true, example: "meet-tls",
			allowed: "the name of a Kubernetes secret: lower-case letters, digits, '-' and '.', at most 253 characters",
			valid:   isSecretName,
			meaning: "The Kubernetes TLS secret, in the namespace front-door, with the certificate of `domain` and of " +
				"turn-SHARD.`domain` for every shard. Where neither it nor `keyVaultCertificate` is given, the stack makes a " +
				"certificate that browsers do not trust: for trying out only.",
		},
		keyVaultSettings(),
	}}
}

func perAddressSettings() setting {
	return setting{
		name: "perAddress", kind: object, meaning: "How much one proxy takes from one address of users.",
		members: []setting{
			{
				name: "connections", kind: integer, unit: "connections", fallback: "4000", example: "4000",
				allowed: "100 to 20000", valid: within(100, 20000),
				meaning: "The open connections from one address to one proxy. An office of 1,000 people behind one address needs " +
					"about 3,000.",
			},
			{
				name: "requestsPerSecond", kind: integer, unit: "requests a second", fallback: "1000", example: "1000",
				allowed: "50 to 100000", valid: within(50, 100000),
				meaning: "The requests from one address to one proxy, averaged over ten seconds.",
			},
		},
	}
}

// vaultFix and tenantFix ask Azure for what nobody knows by heart.
const (
	vaultFix  = `"$(az keyvault show --name kv-meet --query id --output tsv)"`
	tenantFix = `"$(az account show --query tenantId --output tsv)"`
)

func keyVaultSettings() setting {
	return setting{
		name: "keyVaultCertificate", kind: object, optional: true,
		meaning: "The certificate of `domain` in a Key Vault.",
		members: []setting{
			{
				name: "vaultId",
				meaning: "The Azure resource id of a Key Vault with the certificate, for the same names, instead of " +
					"`certificateSecret`. The stack reads the vault and does not manage it. Its access must be governed by Azure roles.",
				allowed: "a Key Vault's id, /subscriptions/GUID/resourceGroups/GROUP/providers/Microsoft.KeyVault/vaults/NAME",
				example: "/subscriptions/" + exampleGUID + "/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv-meet",
				fix:     vaultFix, valid: isVaultID, advise: adviseVaultID,
			},
			{
				name: "name", meaning: "The certificate's name in the vault.", example: "meet",
				allowed: "1 to 127 letters, digits and '-'", valid: matches(`[0-9a-zA-Z-]{1,127}`),
			},
			{
				name: "tenantId", meaning: "The Entra tenant that the vault trusts.", example: exampleGUID,
				allowed: "the id (a GUID) of an Entra tenant", fix: tenantFix, valid: isGUID,
			},
		},
	}
}
