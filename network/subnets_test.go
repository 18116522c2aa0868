package network

import (
	"slices"
	"testing"
)

// The service endpoint is what lets the Key Vault know a bridge's subnet; a subnet that has no business there has none.
func TestBridgesAloneComeToTheKeyVaultByServiceEndpoint(t *testing.T) {
	t.Parallel()
	with := map[string]bool{"bridges-a": true, "bridges-b": true}
	for _, s := range subnets(testPlan(), testShards()) {
		if got := slices.Contains(s.endpoints, "Microsoft.KeyVault"); got != with[s.role] {
			t.Errorf("%s has the endpoint: %t", s.role, got)
		}
		delete(with, s.role)
	}
	if len(with) > 0 {
		t.Errorf("not among the subnets: %v", with)
	}
}
