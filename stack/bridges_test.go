package stack_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/graphtest"
	"jitsi-meet-azure/internal/role"
)

// vaultOutputs are what Azure makes of a vault. A preview does not know the subnets in its properties.
func vaultOutputs(inputs resource.PropertyMap) resource.PropertyMap {
	if !inputs["properties"].IsObject() {
		return nil
	}
	properties := maps.Clone(inputs["properties"].ObjectValue())
	properties["vaultUri"] = resource.NewProperty("https://" + inputs["vaultName"].StringValue() + ".vault.azure.net/")
	return resource.PropertyMap{"name": inputs["vaultName"], "properties": resource.NewProperty(properties)}
}

// forEachEnvironment records every shipped environment and holds the invariant against both.
func forEachEnvironment(t *testing.T, invariant func(*testing.T, environment.Environment, graphtest.Graph)) {
	t.Helper()
	for _, name := range stacks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := loadStack(t, name)
			invariant(t, env, record(t, env, false))
		})
	}
}

func customData(t *testing.T, set graphtest.Resource) string {
	t.Helper()
	encoded, plain := at(t, set.Inputs, "virtualMachineProfile", "osProfile", "customData").(string)
	require.True(t, plain)
	text, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err, "%s: custom data is a secret or no base64", set.Name)
	return string(text)
}

// Whoever may read a scale set may read its custom data.
func TestCustomDataHoldsNoSecret(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		sets := graph.Of("azure-native:compute:VirtualMachineScaleSet")
		require.Len(t, sets, len(env.Shards))
		for _, set := range sets {
			text := customData(t, set)
			// What random and tls make, and what any key begins with.
			for _, secret := range []string{"SECRET-PASSWORD", "SECRET-KEY", "PRIVATE KEY"} {
				assert.NotContains(t, text, secret, set.Name)
				assert.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte(secret)), set.Name)
			}
			assert.False(t, set.Raw["virtualMachineProfile"].ContainsSecrets(), "%s: a secret would hide what a deployment changes", set.Name)
		}
	})
}

// plainText is a value with all marks off.
func plainText(value resource.PropertyValue, path ...resource.PropertyKey) string {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	if len(path) > 0 {
		return plainText(value.ObjectValue()[path[0]], path[1:]...)
	}
	return value.StringValue()
}

// A machine finds the shard's password where its custom data sends it, and its identity may read exactly that.
func TestEachShardReadsItsOwnSecretAndNoOther(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		for _, shard := range env.Shards {
			name := "bridges-" + shard.Name
			secret := find(t, graph, name+"-secret")
			assert.Regexp(t, "^bridge-"+shard.Name+"-[0-9a-f]{6}$", secret.Inputs["secretName"])
			assert.Contains(t, plainText(secret.Raw["properties"], "value"), `"password":"SECRET-PASSWORD"`)
			assert.True(t, secret.Raw["properties"].ContainsSecrets())
			set := find(t, graph, name+"-scale-set")
			text := customData(t, set)
			assert.Contains(t, text, fmt.Sprintf(`"secret": %q`, secret.Inputs["secretName"]))
			assert.Contains(t, text, fmt.Sprintf(`"url": "https://%s.vault.azure.net/"`, secret.Inputs["vaultName"]))
			assert.Contains(t, text, fmt.Sprintf(`"identityClientId": "client-of-%s-identity"`, name))
			var held []graphtest.Resource
			for _, grant := range graph.Of("azure-native:authorization:RoleAssignment") {
				if grant.Inputs["principalId"] == "${"+name+"-identity.principalId}" {
					held = append(held, grant)
				}
			}
			require.Len(t, held, 1, "rights of the bridges of shard %s", shard.Name)
			assert.Equal(t, graphtest.ID(secret.Name), held[0].Inputs["scope"])
			assert.True(t, strings.HasSuffix(fmt.Sprint(held[0].Inputs["roleDefinitionId"]), "/"+role.KeyVaultSecretsUser))
			assert.Subset(t, set.DependsOn, []string{secret.Name, held[0].Name})
		}
	})
}

// Nobody else, and in particular neither the reaper nor the cluster, has any right in the vault.
func TestNobodyElseHasARightInTheVault(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		inside := []any{graphtest.ID("vault-vault")}
		for _, secret := range graph.Of("azure-native:keyvault:Secret") {
			inside = append(inside, graphtest.ID(secret.Name))
		}
		require.Len(t, inside, 1+len(env.Shards))
		rights := 0
		for _, grant := range graph.Of("azure-native:authorization:RoleAssignment") {
			// A right to the whole group would be one to every secret in it, if its role could read secrets.
			if slices.Contains(inside, grant.Inputs["scope"]) || strings.Contains(fmt.Sprint(grant.Inputs["roleDefinitionId"]), role.KeyVaultSecretsUser) {
				rights++
			}
		}
		assert.Equal(t, len(env.Shards), rights)
		for _, definition := range graph.Of("azure-native:authorization:RoleDefinition") {
			assert.NotContains(t, fmt.Sprint(definition.Inputs["permissions"]), "KeyVault", definition.Name)
			// The one right to data is the reaper's, to metrics.
			others := strings.ReplaceAll(fmt.Sprint(definition.Inputs["permissions"]), "dataActions:[Microsoft.Insights/Metrics/Write]", "")
			assert.NotContains(t, others, "dataActions", definition.Name)
		}
	})
}

func TestTheVaultAnswersToTheBridgesSubnetsOnly(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		vault := find(t, graph, "vault-vault")
		acls := at(t, vault.Inputs, "properties", "networkAcls").(map[string]any)
		assert.Equal(t, "Deny", acls["defaultAction"])
		assert.Equal(t, "None", acls["bypass"])
		assert.NotContains(t, acls, "ipRules")
		var want, got []any
		for _, shard := range env.Shards {
			subnet := find(t, graph, "network-subnet-bridges-"+shard.Name)
			want = append(want, graphtest.ID(subnet.Name))
			assert.Contains(t, subnet.Inputs["serviceEndpoints"], map[string]any{"service": "Microsoft.KeyVault"})
		}
		for _, rule := range acls["virtualNetworkRules"].([]any) {
			got = append(got, rule.(map[string]any)["id"])
		}
		assert.ElementsMatch(t, want, got)
		assert.Equal(t, true, at(t, vault.Inputs, "properties", "enableRbacAuthorization"))
		assert.Equal(t, env.Protect, at(t, vault.Inputs, "properties", "enablePurgeProtection") == true)
	})
}

// The network's rules and the machines' own firewall agree: port 8080 is the reaper's.
func TestOnlyTheReaperReachesABridgesHTTPServer(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		for _, shard := range env.Shards {
			var sources []any
			for _, rule := range at(t, find(t, graph, "network-nsg-bridges-"+shard.Name).Inputs, "securityRules").([]any) {
				if rule := rule.(map[string]any); rule["destinationPortRange"] == "8080" {
					sources = append(sources, rule["sourceAddressPrefix"])
				}
			}
			assert.Equal(t, []any{env.Network.Function.String()}, sources, shard.Name)
			text := customData(t, find(t, graph, "bridges-"+shard.Name+"-scale-set"))
			assert.Contains(t, text, "ip saddr { "+env.Network.Function.String()+" }")
			for _, other := range []netip.Prefix{env.Network.Nodes, env.Network.Pods, env.Network.LoadBalancers} {
				assert.NotContains(t, text, other.String())
			}
		}
	})
}

func TestTheMachinesOfEveryShardCollectByTheRule(t *testing.T) {
	t.Parallel()
	forEachEnvironment(t, func(t *testing.T, env environment.Environment, graph graphtest.Graph) {
		t.Helper()
		assert.InDelta(t, env.Monitoring.RetentionDays, find(t, graph, "monitoring-workspace").Inputs["retentionInDays"], 0)
		for _, shard := range env.Shards {
			association := find(t, graph, "bridges-"+shard.Name+"-collection")
			assert.Equal(t, graphtest.ID("bridges-"+shard.Name+"-scale-set"), association.Inputs["resourceUri"])
			assert.Equal(t, graphtest.ID("monitoring-bridges"), association.Inputs["dataCollectionRuleId"])
			profile := at(t, find(t, graph, "bridges-"+shard.Name+"-scale-set").Inputs, "virtualMachineProfile")
			agent := at(t, profile, "extensionProfile", "extensions", 1)
			assert.Equal(t, graphtest.ID("bridges-"+shard.Name+"-identity"),
				at(t, agent, "settings", "authentication", "managedIdentity", "identifier-value"))
			for _, extension := range at(t, profile, "extensionProfile", "extensions").([]any) {
				assert.NotEqual(t, true, extension.(map[string]any)["enableAutomaticUpgrade"], "an upgrade beside a conference")
			}
		}
	})
}
