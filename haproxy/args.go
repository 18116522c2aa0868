// Package haproxy deploys the front door: the proxies that users' browsers talk to and that bring every user of a room to
// the same shard. How they do that is in its pure subpackage config.
package haproxy

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args describes the front door.
type Args struct {
	Names naming.Names
	// Domain is the public DNS name of the meeting service.
	Domain    string
	FrontDoor environment.FrontDoor
	// Backends are the shards.
	Backends []Backend
	// ResourceGroup is the name of the resource group of the public address.
	ResourceGroup string
	// AddressName is the Azure name of the public address, Address the address itself.
	AddressName string
	Address     pulumi.StringInput
	// KeyVaultIdentityClientID is the client id of the cluster's Key Vault add-on, KeyVaultAccess its right to read the
	// certificate. Both are given exactly where FrontDoor names a certificate in a Key Vault.
	KeyVaultIdentityClientID pulumi.StringInput
	KeyVaultAccess           pulumi.Resource
}

// Backend is a shard's web service and Jicofo inside the cluster.
type Backend struct {
	// Shard is the shard's name.
	Shard string
	// Host and Port are the web service, which passes signalling on to Prosody.
	Host string
	Port int
	// JicofoHost and JicofoPort are Jicofo's REST interface, which counts the shard's bridges.
	JicofoHost string
	JicofoPort int
}

// Validate says everything that is wrong with the arguments that the configuration text does not check itself.
func (a Args) Validate() error {
	var problems []error
	refuse := func(wrong bool, format string, values ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	refuse(a.FrontDoor.Replicas < 2 || a.FrontDoor.Replicas > config.PeerSlots,
		"FrontDoor.Replicas is %d, allowed is 2 to %d", a.FrontDoor.Replicas, config.PeerSlots)
	refuse(a.FrontDoor.ImageTag == "", "FrontDoor.ImageTag is empty")
	refuse(a.ResourceGroup == "", "ResourceGroup is empty")
	refuse(a.AddressName == "", "AddressName is empty")
	refuse(a.Address == nil, "Address is nil")
	vault := a.FrontDoor.KeyVaultCertificate.Given()
	refuse(vault && a.FrontDoor.CertificateSecret != "", "FrontDoor names a TLS secret and a certificate in a Key Vault")
	refuse(vault != (a.KeyVaultIdentityClientID != nil), "KeyVaultIdentityClientID goes with FrontDoor.KeyVaultCertificate")
	refuse(vault != (a.KeyVaultAccess != nil), "KeyVaultAccess goes with FrontDoor.KeyVaultCertificate")
	if err := a.configuration().Validate(); err != nil {
		problems = append(problems, err)
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("the front door: %w", errors.Join(problems...))
}
