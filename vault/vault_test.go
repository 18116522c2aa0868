package vault_test

import (
	"maps"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/internals"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/vault"
)

func usual() vault.Args {
	return vault.Args{
		Names:             naming.For("dev", "meet.example.org", "westeurope"),
		Location:          "westeurope",
		Tags:              map[string]string{"owner": "video"},
		TenantID:          "tenant",
		ResourceGroupName: pulumi.String("rg"),
		BridgeSubnetIDs:   map[string]pulumi.StringInput{"b": pulumi.String("/subnet-b"), "a": pulumi.String("/subnet-a")},
		WorkspaceID:       pulumi.String("/workspace"),
	}
}

// computed gives what Azure adds to a vault.
func computed(args pulumi.MockResourceArgs) resource.PropertyMap {
	if args.TypeToken != "azure-native:keyvault:Vault" {
		return nil
	}
	properties := maps.Clone(args.Inputs["properties"].ObjectValue())
	properties["vaultUri"] = resource.NewProperty("https://kv.vault.azure.net/")
	return resource.PropertyMap{"name": args.Inputs["vaultName"], "properties": resource.NewProperty(properties)}
}

func record(t *testing.T, args vault.Args, unknown bool) (graphtest.Graph, error) {
	t.Helper()
	return graphtest.Run(graphtest.Options{Stack: "dev", Unknown: unknown, Outputs: computed}, func(ctx *pulumi.Context) error {
		_, err := vault.New(ctx, "vault", args)
		return err
	})
}

func recorded(t *testing.T, args vault.Args) (made, audit graphtest.Resource) {
	t.Helper()
	graph, err := record(t, args, false)
	require.NoError(t, err)
	made, found := graph.Find("vault-vault")
	require.True(t, found)
	audit, found = graph.Find("vault-audit")
	require.True(t, found)
	return made, audit
}

func TestVault(t *testing.T) {
	t.Parallel()
	made, _ := recorded(t, usual())
	assert.Equal(t, "meet:vault:Vault", made.ParentType)
	assert.Equal(t, usual().Names.Vault(), made.Inputs["vaultName"])
	assert.Equal(t, "westeurope", made.Inputs["location"])
	tags := made.Inputs["tags"].(map[string]any)
	assert.Equal(t, "video", tags["owner"])
	assert.Equal(t, "vault", tags["component"])
	assert.Equal(t, map[string]any{
		"tenantId": "tenant", "sku": map[string]any{"family": "A", "name": "standard"},
		"enableRbacAuthorization": true, "enableSoftDelete": true, "softDeleteRetentionInDays": 7.0,
		"enabledForDeployment": false, "enabledForDiskEncryption": false, "enabledForTemplateDeployment": false,
		"publicNetworkAccess": "Enabled",
		"networkAcls": map[string]any{
			"defaultAction": "Deny", "bypass": "None",
			"virtualNetworkRules": []any{map[string]any{"id": "/subnet-a"}, map[string]any{"id": "/subnet-b"}},
		},
	}, made.Inputs["properties"])
	assert.NotContains(t, made.Options, "protect")
}

func TestAProtectedVaultCannotBePurged(t *testing.T) {
	t.Parallel()
	args := usual()
	args.Protect = true
	made, _ := recorded(t, args)
	properties := made.Inputs["properties"].(map[string]any)
	assert.Equal(t, true, properties["enablePurgeProtection"])
	assert.InDelta(t, 90, properties["softDeleteRetentionInDays"], 0)
	assert.Equal(t, true, made.Options["protect"])
	// Azure fixes the days at creation: an environment that becomes protected later must not be refused for them.
	assert.Equal(t, []string{"properties.softDeleteRetentionInDays"}, made.Options["ignoreChanges"])
}

func TestTheOrderOfShardsChangesNothing(t *testing.T) {
	t.Parallel()
	first, _ := recorded(t, usual())
	for range 20 { // Go's maps have no order
		again, _ := recorded(t, usual())
		require.Equal(t, first.Inputs, again.Inputs)
	}
}

func TestWhoReadsWhatIsKept(t *testing.T) {
	t.Parallel()
	_, audit := recorded(t, usual())
	assert.Equal(t, map[string]any{
		"name": "audit", "resourceUri": graphtest.ID("vault-vault"), "workspaceId": "/workspace",
		"logAnalyticsDestinationType": "Dedicated", "logs": []any{map[string]any{"categoryGroup": "audit", "enabled": true}},
	}, audit.Inputs)
}

func TestUnknownsDoNotChangeTheGraph(t *testing.T) {
	t.Parallel()
	var names [2][]string
	for i, unknown := range []bool{false, true} {
		graph, err := record(t, usual(), unknown)
		require.NoError(t, err)
		for _, r := range graph.Resources {
			names[i] = append(names[i], r.Name)
		}
	}
	assert.Equal(t, names[0], names[1])
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, err := graphtest.Run(graphtest.Options{Stack: "dev", Outputs: computed}, func(ctx *pulumi.Context) error {
		made, err := vault.New(ctx, "vault", usual())
		if err != nil {
			return err
		}
		for want, output := range map[string]pulumi.StringOutput{
			graphtest.ID("vault-vault"): made.VaultID, usual().Names.Vault(): made.Name, "https://kv.vault.azure.net/": made.URL,
		} {
			got, err := internals.UnsafeAwaitOutput(ctx.Context(), output)
			if err != nil {
				return err
			}
			assert.Equal(t, want, got.Value)
		}
		return nil
	})
	require.NoError(t, err)
}

func TestValidateReportsEverything(t *testing.T) {
	t.Parallel()
	err := vault.Args{}.Validate()
	for _, name := range []string{"Names", "Location", "TenantID", "ResourceGroupName", "BridgeSubnetIDs", "WorkspaceID"} {
		require.ErrorContains(t, err, name+" is missing")
	}
	require.NoError(t, usual().Validate())
	args := usual()
	args.BridgeSubnetIDs = map[string]pulumi.StringInput{"a": nil}
	_, err = record(t, args, false)
	require.ErrorContains(t, err, `vault: BridgeSubnetIDs["a"] is missing`)
}
