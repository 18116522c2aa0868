package engine_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The front door's certificate moves into a Key Vault and back. The proxies alone are replaced for it, and where they find
// the certificate is there before they look.
func TestTheCertificateMovesIntoAKeyVaultAndBack(t *testing.T) {
	t.Parallel()
	w := deployed(t, "dev")
	mark := w.mark()
	w.set("meet:frontDoor", map[string]any{
		"vaultId": "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-vaults/providers/Microsoft.KeyVault/vaults/kv-meet",
		"name":    "meet", "tenantId": "55555555-4444-3333-2222-111111111111",
	}, "keyVaultCertificate")
	stdout, stderr, err := w.run("preview", "--diff")
	require.NoError(t, err, stdout+stderr)
	// The proxies and the relays of two shards. The latter take their new template when they are rolled. And what watches
	// certificates: the stack's own one is no longer served, and the new one can be tested from outside.
	updated := []string{
		"update azure-native:containerservice/v20240501:ManagedCluster", "update azure-native:insights:ScheduledQueryRule",
	}
	for range 3 {
		updated = append(updated, "update kubernetes:apps/v1:StatefulSet", "update kubernetes:core/v1:ConfigMap")
	}
	const grant, class = "azure-native:authorization:RoleAssignment", "kubernetes:secrets-store.csi.x-k8s.io/v1:SecretProviderClass"
	const alert, test = "azure-native:insights:MetricAlert", "azure-native:insights:WebTest"
	made := []string{grant, class, alert, alert, test, test}
	own := []string{"kubernetes:core/v1:Secret", "tls:index/privateKey:PrivateKey", "tls:index/selfSignedCert:SelfSignedCert"}
	assert.Equal(t, sortedSteps(updated, prefixed("create", made...), prefixed("delete", own...)), kinds(w.up()))
	assertNoSingletonRestarted(t, w.events()[mark:])
	assert.Empty(t, w.up("--expect-no-changes").steps)

	w.configure(func(config map[string]any) {
		delete(config["meet:frontDoor"].(map[string]any), "keyVaultCertificate")
	})
	assert.Equal(t, sortedSteps(updated, prefixed("delete", made...), prefixed("create", own...)), kinds(w.up()))
	assertNoSingletonRestarted(t, w.events()[mark:])
	assert.Empty(t, w.up("--expect-no-changes").steps)
}

// kinds are the steps of a deployment without the names of the resources.
func kinds(done result) []string {
	var all []string
	for _, step := range done.steps {
		parts := strings.Fields(step)
		all = append(all, parts[0]+" "+parts[1])
	}
	return sortedSteps(all)
}

func prefixed(operation string, types ...string) []string {
	var steps []string
	for _, token := range types {
		steps = append(steps, operation+" "+token)
	}
	return steps
}

func sortedSteps(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return all
}
