package vmss

import (
	"errors"
	"fmt"
	"strings"

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
	// CACertificate is the certificate (PEM, public) that the shard's Prosody is verified with.
	CACertificate pulumi.StringInput
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
		{"CACertificate", a.CACertificate == nil},
	} {
		if given.missing {
			problems = append(problems, fmt.Errorf("%s is missing", given.name))
		}
	}
	if a.Shard.Zone < 1 || a.Shard.Zone > 3 {
		problems = append(problems, fmt.Errorf("Shard.Zone %d is none of 1, 2 and 3", a.Shard.Zone))
	}
	if a.Bridges.HeapMiB < 1 {
		problems = append(problems, fmt.Errorf("Bridges.HeapMiB %d is below 1", a.Bridges.HeapMiB))
	}
	if !strings.HasPrefix(a.Bridges.AdminPublicKey, "ssh-") {
		problems = append(problems, errors.New("Bridges.AdminPublicKey is no OpenSSH public key"))
	}
	return errors.Join(problems...)
}
