package vault

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/naming"
)

// Args describes the vault.
type Args struct {
	// Names gives the physical names.
	Names naming.Names
	// Location is the Azure region.
	Location string
	// Tags are the environment's own.
	Tags map[string]string
	// Protect turns purge protection on and makes Pulumi refuse to delete the vault.
	Protect bool
	// TenantID is the Entra tenant whose identities the vault knows: that of the subscription.
	TenantID string
	// ResourceGroupName is where the vault lives.
	ResourceGroupName pulumi.StringInput
	// BridgeSubnetIDs are the subnets that the vault answers to, by the name of their shard. Each must have the service
	// endpoint Microsoft.KeyVault.
	BridgeSubnetIDs map[string]pulumi.StringInput
	// WorkspaceID is the Log Analytics workspace that keeps who read what.
	WorkspaceID pulumi.StringInput
}

// Validate reports everything that is wrong with the arguments.
func (a Args) Validate() error {
	var problems []error
	for _, given := range []struct {
		name    string
		missing bool
	}{
		{"Names", a.Names == naming.Names{}},
		{"Location", a.Location == ""},
		{"TenantID", a.TenantID == ""},
		{"ResourceGroupName", a.ResourceGroupName == nil},
		{"BridgeSubnetIDs", len(a.BridgeSubnetIDs) == 0},
		{"WorkspaceID", a.WorkspaceID == nil},
	} {
		if given.missing {
			problems = append(problems, fmt.Errorf("%s is missing", given.name))
		}
	}
	for shard, id := range a.BridgeSubnetIDs {
		if id == nil {
			problems = append(problems, fmt.Errorf("BridgeSubnetIDs[%q] is missing", shard))
		}
	}
	return errors.Join(problems...)
}
