package vmss

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args describes the bridges of one shard.
type Args struct {
	// Names gives the physical names.
	Names naming.Names
	// Location is the Azure region.
	Location string
	// Tags are the environment's own. Machines inherit those of their scale set.
	Tags map[string]string
	// Shard is whose bridges these are; its zone is theirs.
	Shard environment.Shard
	// Bridges describes the machines.
	Bridges environment.Bridges
	// Protect makes Pulumi refuse to delete or replace the scale set, and with it every conference on its bridges. Taking
	// a shard out of the configuration then ends in an error until somebody has drained it and lifted the protection.
	Protect bool
	// ResourceGroupName is where the scale set lives.
	ResourceGroupName pulumi.StringInput
	// SubnetID is the shard's subnet, PrefixID its public IP prefix in the same zone and PrefixCIDR the prefix's range.
	SubnetID, PrefixID, PrefixCIDR pulumi.StringInput
	// ImageDefinitionID is the gallery image definition, without a version: machines boot from its newest one.
	ImageDefinitionID pulumi.StringInput
	// VaultName is the Key Vault that the shard's secret is kept in, and VaultURL where machines reach it. It must answer to
	// the shard's subnet.
	VaultName, VaultURL pulumi.StringInput
	// BridgePassword is what bridges log in to the shard's Prosody with; secret. CACertificate is the certificate (PEM, public)
	// that they verify it with.
	BridgePassword, CACertificate pulumi.StringInput
	// RESTClients are the ranges from which the videobridge's HTTP server may be reached: the reaper's, and no other.
	RESTClients []netip.Prefix
	// BootDeadline is the age by which the reaper wants a bridge to be there; zero says that it does not mind.
	BootDeadline time.Duration
	// CollectionRuleID is the Azure Monitor rule that says what the machines send of their logs and numbers.
	CollectionRuleID pulumi.StringInput
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
		{"Shard.Name", a.Shard.Name == ""},
		{"Shard.SignallingAddress", !a.Shard.SignallingAddress.IsValid()},
		{"Bridges.VMSize", a.Bridges.VMSize == ""},
		{"Bridges.PackageVersion", a.Bridges.PackageVersion == ""},
		{"ResourceGroupName", a.ResourceGroupName == nil},
		{"SubnetID", a.SubnetID == nil},
		{"PrefixID", a.PrefixID == nil},
		{"PrefixCIDR", a.PrefixCIDR == nil},
		{"ImageDefinitionID", a.ImageDefinitionID == nil},
		{"VaultName", a.VaultName == nil},
		{"VaultURL", a.VaultURL == nil},
		{"BridgePassword", a.BridgePassword == nil},
		{"CACertificate", a.CACertificate == nil},
		{"RESTClients", len(a.RESTClients) == 0},
		{"CollectionRuleID", a.CollectionRuleID == nil},
	} {
		if given.missing {
			problems = append(problems, fmt.Errorf("%s is missing", given.name))
		}
	}
	if a.Shard.Zone < 1 || a.Shard.Zone > 3 {
		problems = append(problems, fmt.Errorf("Shard.Zone %d is none of 1, 2 and 3", a.Shard.Zone))
	}
	if a.BootDeadline < 0 {
		problems = append(problems, fmt.Errorf("BootDeadline %s is negative", a.BootDeadline))
	}
	if a.Bridges.HeapMiB < 1 {
		problems = append(problems, fmt.Errorf("Bridges.HeapMiB %d is below 1", a.Bridges.HeapMiB))
	}
	if !strings.HasPrefix(a.Bridges.AdminPublicKey, "ssh-") {
		problems = append(problems, errors.New("Bridges.AdminPublicKey is no OpenSSH public key"))
	}
	return errors.Join(problems...)
}
