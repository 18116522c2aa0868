// Package vault deploys the Key Vault that the bridges of all shards fetch their secrets from. The secrets themselves, and the
// right to read each, belong to the shards (package vmss); nothing in the vault is shared by two of them.
//
// The vault answers to the bridges' subnets and to nobody else, whatever rights somebody has. Its firewall guards the data
// only: what Azure Resource Manager does, such as making a vault or writing a secret, it lets through, so that a deployment
// from anywhere can write what it cannot read back.
// Source: Azure docs, key-vault overview-vnet-service-endpoints (usage scenarios).
//
// A vault that is deleted stays behind for the days of its soft delete and keeps its name, which is fixed. An environment that
// is destroyed and made again under the same name within these days therefore fails at the vault, with Azure's words "A vault
// with the same name already exists in deleted state", until somebody has given the name free (az keyvault purge; refused by
// purge protection, so not where the environment is protected) or brought the vault back (az keyvault recover, then pulumi
// import).
// Source: Azure docs, key-vault soft-delete-overview.
package vault

import (
	"fmt"
	"maps"
	"slices"

	insights "github.com/pulumi/pulumi-azure-native-sdk/insights/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/keyvault/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/tags"
)

// Days that a deleted vault and its secrets can be brought back; Azure takes 7 to 90. Longer keeps more from mistakes, but also
// keeps the name from the next environment.
const (
	retentionProtected = 90
	retentionOtherwise = 7
)

// Vault is the environment's Key Vault.
type Vault struct {
	pulumi.ResourceState

	// VaultID is the Azure id of the vault, Name its name, and URL where machines reach it.
	VaultID, Name, URL pulumi.StringOutput
}

// New registers the vault and its audit log.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Vault, error) {
	if err := args.Validate(); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	c := &Vault{}
	if err := ctx.RegisterComponentResource("meet:vault:Vault", name, c, opts...); err != nil {
		return nil, fmt.Errorf("registering the vault: %w", err)
	}
	made, err := keyvault.NewVault(ctx, name+"-vault", &keyvault.VaultArgs{
		VaultName:         pulumi.String(args.Names.Vault()),
		ResourceGroupName: args.ResourceGroupName,
		Location:          pulumi.String(args.Location),
		Properties:        properties(args),
		Tags:              pulumi.ToStringMap(tags.For(args.Tags, args.Names.Environment(), "vault", "")),
	}, pulumi.Parent(c), pulumi.Protect(args.Protect),
		// Azure fixes the days when the vault is made, so an environment that becomes protected later keeps its own.
		pulumi.IgnoreChanges([]string{"properties.softDeleteRetentionInDays"}))
	if err != nil {
		return nil, fmt.Errorf("registering the Key Vault: %w", err)
	}
	if err := audit(ctx, name, args, made, pulumi.Parent(c)); err != nil {
		return nil, err
	}
	c.VaultID, c.Name, c.URL = made.ID().ToStringOutput(), made.Name, made.Properties.VaultUri()
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"vaultId": c.VaultID, "name": c.Name, "url": c.URL})
}

func properties(args Args) keyvault.VaultPropertiesArgs {
	retention := retentionOtherwise
	// Azure refuses an explicit false, and once it is on it stays on.
	var purgeProtection pulumi.BoolPtrInput
	if args.Protect {
		retention, purgeProtection = retentionProtected, pulumi.Bool(true)
	}
	return keyvault.VaultPropertiesArgs{
		TenantId: pulumi.String(args.TenantID),
		Sku:      keyvault.SkuArgs{Family: pulumi.String("A"), Name: keyvault.SkuNameStandard},
		// Rights are role assignments, on single secrets; there are no access policies, which cover a whole vault.
		EnableRbacAuthorization:   pulumi.Bool(true),
		EnableSoftDelete:          pulumi.Bool(true),
		SoftDeleteRetentionInDays: pulumi.Int(retention),
		EnablePurgeProtection:     purgeProtection,
		// Nothing of Azure's own reads secrets here: machines do it themselves, with their own identity.
		EnabledForDeployment:         pulumi.Bool(false),
		EnabledForDiskEncryption:     pulumi.Bool(false),
		EnabledForTemplateDeployment: pulumi.Bool(false),
		// A service endpoint ends at the vault's public name; the rules below are what closes it.
		PublicNetworkAccess: pulumi.String("Enabled"),
		NetworkAcls: keyvault.NetworkRuleSetArgs{
			DefaultAction:       pulumi.String("Deny"),
			Bypass:              pulumi.String("None"),
			VirtualNetworkRules: subnetRules(args.BridgeSubnetIDs),
		},
	}
}

// subnetRules are in the order of the shards' names, so that the order in the configuration changes nothing.
func subnetRules(subnets map[string]pulumi.StringInput) keyvault.VirtualNetworkRuleArray {
	rules := make(keyvault.VirtualNetworkRuleArray, 0, len(subnets))
	for _, shard := range slices.Sorted(maps.Keys(subnets)) {
		rules = append(rules, keyvault.VirtualNetworkRuleArgs{Id: subnets[shard]})
	}
	return rules
}

// audit sends who did what with the vault to the workspace.
// Source: Azure docs, key-vault logging; resource-logs (category groups, resource-specific tables).
func audit(ctx *pulumi.Context, name string, args Args, vault *keyvault.Vault, parent pulumi.ResourceOption) error {
	_, err := insights.NewDiagnosticSetting(ctx, name+"-audit", &insights.DiagnosticSettingArgs{
		Name:                        pulumi.String("audit"),
		ResourceUri:                 vault.ID(),
		WorkspaceId:                 args.WorkspaceID.ToStringOutput(),
		LogAnalyticsDestinationType: pulumi.String("Dedicated"),
		Logs: insights.LogSettingsArray{
			insights.LogSettingsArgs{CategoryGroup: pulumi.String("audit"), Enabled: pulumi.Bool(true)},
		},
	}, parent)
	if err != nil {
		return fmt.Errorf("registering the vault's audit log: %w", err)
	}
	return nil
}
