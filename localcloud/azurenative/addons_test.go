package azurenative

import (
	"context"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

const (
	addonPath = "addonProfiles.azureKeyvaultSecretsProvider"
	// vaultSecret is in another subscription than everything else.
	vaultSecret = "/subscriptions/00000000-0000-0000-0000-0000000000ff/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv/secrets/meet"
	vaultReader = "/subscriptions/00000000-0000-0000-0000-0000000000ff/providers/Microsoft.Authorization/roleDefinitions/" +
		"4633458b-17de-408a-874c-0445c86b69e6"
)

// withAddon are a cluster's inputs with the Key Vault add-on on or off.
func withAddon(on bool) props {
	return with(clusterInputs(), props{"addonProfiles": props{"azureKeyvaultSecretsProvider": props{
		"enabled": on, "config": props{"enableSecretRotation": "true"},
	}}})
}

func (c *cloud) clusterWithAddon() string {
	c.Helper()
	c.network()
	c.must(identityToken, identityInputs())
	return c.must(clusterToken, withAddon(true))
}

func TestAnAddonThatIsOnHasAnIdentity(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.clusterWithAddon()
	out := c.out(id)
	client, object := out.text(addonPath+".identity.clientId"), out.text(addonPath+".identity.objectId")
	if !arm.IsGUID(client) || !arm.IsGUID(object) || client == object {
		t.Errorf("the add-on is client %q and object %q", client, object)
	}
	if out.text(addonPath+".config.enableSecretRotation") != "true" {
		t.Errorf("the add-on has lost its settings: %v", out.get(addonPath))
	}
	// A refresh reads the identity and makes no input of it.
	inputs := c.states[id].inputs
	c.refresh(id)
	if !c.states[id].inputs.DeepEquals(inputs) || c.out(id).text(addonPath+".identity.clientId") != client {
		t.Errorf("a refresh makes %v of %v", c.states[id].inputs, inputs)
	}
	if err := c.update(id, withAddon(false)); err != nil {
		t.Fatal(err)
	}
	if out := c.out(id); out.flag(addonPath+".enabled") || out.has(addonPath+".identity") {
		t.Errorf("the add-on is still on: %v", out.get(addonPath))
	}
}

// Leaving an add-on out does not take it away.
func TestAnAddonThatIsNotSpokenOfStays(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	id := c.clusterWithAddon()
	if err := c.update(id, clusterInputs()); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"the update", "a refresh"} {
		if out := c.out(id); !out.flag(addonPath+".enabled") || !out.has(addonPath+".identity.objectId") {
			t.Errorf("after %s the add-on is %v", when, out.get(addonPath))
		}
		c.refresh(id)
	}
	if c.out(c.other(clusterInputs())).has("addonProfiles") {
		t.Error("a cluster without add-ons has some")
	}
}

// other makes a second cluster.
func (c *cloud) other(inputs props) string {
	c.Helper()
	return c.must(clusterToken, with(inputs, props{"resourceName": "other", "dnsPrefix": "other"}))
}

func TestThePreviewDoesNotKnowTheAddonsIdentity(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	preview := func(inputs props) object {
		checked, failures := c.check(clusterToken, inputs)
		if failures != "" {
			t.Fatal(failures)
		}
		answer, err := c.p.Create(context.Background(), plugin.CreateRequest{
			URN: urnOf(clusterToken, "x"), Type: tokens.Type(clusterToken), Preview: true, Properties: checked,
		})
		if err != nil {
			t.Fatal(err)
		}
		addons, known := answer.Properties["addonProfiles"]
		if !known || addons.IsComputed() {
			return nil
		}
		addon := addons.ObjectValue()["azureKeyvaultSecretsProvider"]
		if addon.IsObject() && !addon.ObjectValue()["identity"].IsComputed() {
			t.Errorf("the preview knows %v", addon)
		}
		return object(addons.Mappable().(map[string]any))
	}
	if addons := preview(withAddon(true)); !addons.flag("azureKeyvaultSecretsProvider.enabled") {
		t.Errorf("add-ons %v", addons)
	}
	policy := with(clusterInputs(), props{"addonProfiles": props{"azurepolicy": props{"enabled": true}}})
	if addons := preview(policy); addons.has("azureKeyvaultSecretsProvider") {
		t.Errorf("add-ons %v", addons)
	}
}

func TestTheAddonCanBeLetIntoAVault(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	out := c.out(c.clusterWithAddon())
	grant := grantInputs(vaultReader, out.text(addonPath+".identity.objectId"))
	grant["scope"] = vaultSecret
	c.must(grantToken, with(grant, props{"roleAssignmentName": "33333333-2222-4333-8444-555555555555"}))
	// The client id is the usual slip.
	c.refuses("PrincipalNotFound", grantToken, with(grant, props{
		"roleAssignmentName": "44444444-2222-4333-8444-555555555555", "principalId": out.text(addonPath + ".identity.clientId"),
	}))
}
