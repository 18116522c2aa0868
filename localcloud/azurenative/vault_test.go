package azurenative

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

const (
	ownSecret = "/subscriptions/" + Subscription + "/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv-meet/secrets/bridge-a"
	bridgeID  = "/subscriptions/" + Subscription + "/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet/subnets/bridges"
)

func vaultInputs() props {
	return props{
		"resourceGroupName": "rg", "vaultName": "kv-meet",
		"properties": props{
			"tenantId": Tenant, "sku": props{"family": "A", "name": "standard"}, "enableRbacAuthorization": true,
			"enableSoftDelete": true, "softDeleteRetentionInDays": 7.0, "publicNetworkAccess": "Enabled",
			"networkAcls": props{
				"defaultAction": "Deny", "bypass": "None", "virtualNetworkRules": list(props{"id": bridgeID}),
			},
		},
	}
}

func secretInputs(value string) props {
	return props{
		"resourceGroupName": "rg", "vaultName": "kv-meet", "secretName": "bridge-a",
		"properties": props{"contentType": "application/json", "value": value},
	}
}

// vault makes a network whose bridges come to Key Vaults, and a vault for them.
func (c *cloud) vault() string {
	c.Helper()
	c.endpoint()
	return c.must(vaultToken, vaultInputs())
}

func (c *cloud) endpoint() {
	c.Helper()
	c.must(groupToken, groupInputs())
	c.must("azure-native:network:VirtualNetwork", networkInputs())
	c.must("azure-native:network:Subnet", with(subnetInputs("bridges", "10.0.1.0/24"), props{
		"serviceEndpoints": list(props{"service": "Microsoft.KeyVault"}),
	}))
}

func TestVaultsAreRefusedWhatAzureRefuses(t *testing.T) {
	t.Parallel()
	network, served := (*cloud).network, (*cloud).endpoint
	vault := func(c *cloud) { c.vault() }
	for _, test := range []struct {
		name, code, token string
		before            func(*cloud)
		inputs            props
	}{
		{"no group", "ResourceGroupNotFound", vaultToken, nil, edit(vaultInputs(), "properties.networkAcls", nil)},
		{"name too long", "VaultNameNotValid", vaultToken, served, with(vaultInputs(), props{"vaultName": "kv-" + strings.Repeat("x", 22)})},
		{"two hyphens", "VaultNameNotValid", vaultToken, served, with(vaultInputs(), props{"vaultName": "kv--meet"})},
		{"digit first", "VaultNameNotValid", vaultToken, served, with(vaultInputs(), props{"vaultName": "1kv"})},
		{"name taken", "VaultAlreadyExists", vaultToken, func(c *cloud) {
			c.vault()
			c.must(groupToken, props{"resourceGroupName": "rg2", "location": "westeurope"})
		}, with(vaultInputs(), props{"resourceGroupName": "rg2", "vaultName": "KV-meet"})},
		{"tenant", "BadRequest", vaultToken, served, edit(vaultInputs(), "properties.tenantId", "contoso")},
		{"no soft delete", "BadRequest", vaultToken, served, edit(vaultInputs(), "properties.enableSoftDelete", false)},
		{"purge protection off", "BadRequest", vaultToken, served, edit(vaultInputs(), "properties.enablePurgeProtection", false)},
		{"days too few", "BadRequest", vaultToken, served, edit(vaultInputs(), "properties.softDeleteRetentionInDays", 6.0)},
		{"days too many", "BadRequest", vaultToken, served, edit(vaultInputs(), "properties.softDeleteRetentionInDays", 91.0)},
		{"no service endpoint", "SubnetsHaveNoServiceEndpointsConfigured", vaultToken, network, vaultInputs()},
		{"no subnet", "ResourceNotFound", vaultToken, served, edit(vaultInputs(), "properties.networkAcls.virtualNetworkRules", list(props{"id": bridgeID + "x"}))},
		{"no vault", "ParentResourceNotFound", secretToken, served, secretInputs("x")},
		{"secret name", "BadRequest", secretToken, vault, with(secretInputs("x"), props{"secretName": "bridge_a"})},
		{"no value", "BadRequest", secretToken, vault, secretInputs("")},
		{"long value", "BadRequest", secretToken, vault, secretInputs(strings.Repeat("x", 25_001))},
		{"many tags", "BadRequest", secretToken, vault, with(secretInputs("x"), props{"tags": manyTags(16)})},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			if test.before != nil {
				test.before(c)
			}
			c.refuses(test.code, test.token, test.inputs)
		})
	}
}

func manyTags(count int) props {
	tags := props{}
	for i := range count {
		tags[string(rune('a'+i))] = "x"
	}
	return tags
}

func TestADeletedVaultKeepsItsName(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.vault()
	c.must(secretToken, secretInputs("x"))
	if err := c.delete(id); err != nil {
		t.Fatal(err)
	}
	if c.refresh(ownSecret) {
		t.Error("the secret is still there without its vault")
	}
	_, err := c.create(vaultToken, vaultInputs())
	c.demandCode("ConflictError", err)
	if err == nil || !strings.Contains(err.Error(), "already exists in deleted state") {
		t.Errorf("the refusal does not lead anywhere: %v", err)
	}
	if err := c.p.PurgeVaults(); err != nil {
		t.Fatal(err)
	}
	c.must(vaultToken, vaultInputs())
}

func TestPurgeProtectionOutlivesTheVault(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.endpoint()
	if err := c.delete(c.must(vaultToken, edit(vaultInputs(), "properties.enablePurgeProtection", true))); err != nil {
		t.Fatal(err)
	}
	if err := c.p.PurgeVaults(); err != nil {
		t.Fatal(err)
	}
	c.refuses("ConflictError", vaultToken, vaultInputs())
}

func TestAVaultThatGoesWithItsGroupKeepsItsNameToo(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.vault()
	if err := c.delete(testGroup); err != nil {
		t.Fatal(err)
	}
	c.endpoint()
	c.refuses("ConflictError", vaultToken, vaultInputs())
}

func TestWhatAVaultCannotChange(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.vault()
	c.refuseUpdate("BadRequest", id, edit(vaultInputs(), "properties.softDeleteRetentionInDays", 90.0))
	protected := edit(vaultInputs(), "properties.enablePurgeProtection", true)
	if err := c.update(id, protected); err != nil {
		t.Fatal(err)
	}
	c.refuseUpdate("BadRequest", id, edit(vaultInputs(), "properties.enablePurgeProtection", false))
	if err := c.update(id, vaultInputs()); err != nil {
		t.Fatal(err)
	}
	if !c.out(id).flag("properties.enablePurgeProtection") {
		t.Error("purge protection is gone because nobody spoke of it")
	}
	if url := c.out(id).text("properties.vaultUri"); url != "https://kv-meet.vault.azure.net/" {
		t.Errorf("the vault is at %q", url)
	}
}

// Azure Resource Manager takes a value and never gives it back.
func TestASecretsValueIsWriteOnly(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.vault()
	id := c.must(secretToken, secretInputs("first"))
	if id != ownSecret {
		t.Errorf("the secret's id is %s", id)
	}
	first, inputs := c.out(id).text("properties.secretUriWithVersion"), c.states[id].inputs
	if !strings.HasPrefix(first, "https://kv-meet.vault.azure.net/secrets/bridge-a/") {
		t.Errorf("the secret is at %q", first)
	}
	for range 2 {
		if out := fmt.Sprint(c.states[id].outputs); strings.Contains(out, "first") {
			t.Errorf("the value comes back: %s", out)
		}
		c.refresh(id)
	}
	if !c.states[id].inputs.DeepEquals(inputs) {
		t.Errorf("a refresh makes %v of %v", c.states[id].inputs, inputs)
	}
	if err := c.update(id, secretInputs("second")); err != nil {
		t.Fatal(err)
	}
	if c.out(id).text("properties.secretUriWithVersion") == first {
		t.Error("a new value is no new version")
	}
}

// The real provider asks the vault itself, from outside.
func TestASecretOfAClosedVaultCannotBeDeletedFromOutside(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.vault()
	secret := c.must(secretToken, secretInputs("x"))
	c.demandCode("ForbiddenByFirewall", c.delete(secret))
	if err := c.update(id, edit(vaultInputs(), "properties.networkAcls.defaultAction", "Allow")); err != nil {
		t.Fatal(err)
	}
	if err := c.delete(secret); err != nil {
		t.Error(err)
	}
}

func TestARightInAVaultNeedsWhatItIsTo(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.vault()
	principal := c.out(c.must(identityToken, identityInputs())).text("principalId")
	grant := with(grantInputs(contributor, principal), props{
		"scope": ownSecret, "roleAssignmentName": "33333333-2222-4333-8444-555555555555",
		"roleDefinitionId": "/subscriptions/" + Subscription + "/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-874c-0445c86b69e6",
	})
	c.refuses("ParentResourceNotFound", grantToken, grant)
	c.must(secretToken, secretInputs("x"))
	c.must(grantToken, grant)
	// Vaults of others are taken to be there: those of another subscription, and those of a group that nobody made here.
	for i, scope := range []string{vaultSecret, strings.Replace(ownSecret, "resourceGroups/rg/", "resourceGroups/theirs/", 1)} {
		other := maps.Clone(grant)
		other["scope"], other["roleAssignmentName"] = scope, []string{roleGUID, "22222222-2222-4333-8444-555555555555"}[i]
		c.must(grantToken, other)
	}
}

func TestThePreviewDoesNotKnowAVaultsAddress(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	checked, failures := c.check(vaultToken, vaultInputs())
	if failures != "" {
		t.Fatal(failures)
	}
	answer, err := c.p.Create(context.Background(), plugin.CreateRequest{
		URN: urnOf(vaultToken, "x"), Type: tokens.Type(vaultToken), Preview: true, Properties: checked,
	})
	if err != nil {
		t.Fatal(err)
	}
	if uri := answer.Properties["properties"].ObjectValue()["vaultUri"]; !uri.IsComputed() {
		t.Errorf("the preview knows %v", uri)
	}
}
