package vmss

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/keyvault/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/guid"
	"jitsi-meet-azure/internal/role"
	"jitsi-meet-azure/internal/tags"
	"jitsi-meet-azure/vmss/cloudinit"
)

// newSecret writes what the shard's bridges log in with into the vault. A new value is a new version of the secret and touches
// nothing else: custom data does not change, and a running bridge keeps what it fetched when it booted.
//
// It is written through Azure Resource Manager, which a vault's firewall lets through. There is no such way to delete one: the
// provider asks the vault itself, which does not answer to whoever deploys. So a shard that is taken out leaves its secret
// behind, with nobody who may read it, until the vault goes. A shard of that name that comes back has a secret of another name.
// Source: pulumi/pulumi-azure-native, provider/pkg/resources/customresources/custom_keyvault.go.
func (b *builder) newSecret() (*keyvault.Secret, error) {
	value := pulumi.All(b.args.BridgePassword, b.args.CACertificate).ApplyT(credentials(b.args.Shard.Name))
	secret, err := keyvault.NewSecret(b.ctx, b.name+"-secret", &keyvault.SecretArgs{
		SecretName:        b.args.secretName(),
		VaultName:         b.args.VaultName,
		ResourceGroupName: b.args.ResourceGroupName,
		Properties: keyvault.SecretPropertiesArgs{
			ContentType: pulumi.String("application/json"),
			Value:       pulumi.ToSecret(value).(pulumi.StringOutput),
		},
		// A secret takes 15 tags, fewer than other resources, so the environment's own are left out.
		Tags: pulumi.ToStringMap(tags.For(nil, b.args.Names.Environment(), "bridges", b.args.Shard.Name)),
	}, pulumi.Parent(b.parent), pulumi.RetainOnDelete(true))
	if err != nil {
		return nil, fmt.Errorf("registering the secret of shard %s: %w", b.args.Shard.Name, err)
	}
	return secret, nil
}

// secretName names the secret after the shard and its authority.
func (a Args) secretName() pulumi.StringOutput {
	return a.CACertificate.ToStringOutput().ApplyT(func(certificate string) string {
		return a.Names.BridgeSecret(a.Shard.Name, certificate)
	}).(pulumi.StringOutput)
}

// credentials makes the secret's text once the password and the certificate are known.
func credentials(shard string) func([]any) (string, error) {
	return func(known []any) (string, error) {
		text, err := cloudinit.Credentials{
			Password: fmt.Sprint(known[0]), CACertificate: fmt.Sprint(known[1]),
		}.Marshal()
		if err != nil {
			return "", fmt.Errorf("the secret of shard %s: %w", shard, err)
		}
		return text, nil
	}
}

// grantSecret lets the shard's machines read that one secret, and nothing else in the vault. The assignment's name is fixed, so
// when its principal changes, the old one must go first. Saying what the principal is spares Azure a look-up that fails while a
// new identity is not known everywhere.
func (b *builder) grantSecret(
	identity *managedidentity.UserAssignedIdentity, secret *keyvault.Secret,
) (*authorization.RoleAssignment, error) {
	scope := secret.ID().ToStringOutput()
	grant, err := authorization.NewRoleAssignment(b.ctx, b.name+"-read-secret", &authorization.RoleAssignmentArgs{
		RoleAssignmentName: pulumi.String(guid.For(b.args.Names.Vault(), "read-secret", b.args.Shard.Name)),
		PrincipalId:        identity.PrincipalId,
		PrincipalType:      pulumi.String(authorization.PrincipalTypeServicePrincipal),
		RoleDefinitionId:   scope.ApplyT(role.IDIn(role.KeyVaultSecretsUser)).(pulumi.StringOutput),
		Scope:              scope,
	}, pulumi.Parent(b.parent), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return nil, fmt.Errorf("registering the right to the secret of shard %s: %w", b.args.Shard.Name, err)
	}
	return grant, nil
}
