// Package turn deploys the TURN relays of one shard: they take the media of users whose network lets nothing out but TLS on TCP
// port 443, and pass them on to the bridges of their shard. What they are configured with is in the pure subpackage coturn.
//
// A relay that stops cuts the media of everybody who uses it. Nothing in this package therefore stops a running one, as with
// Prosody and Jicofo: see docs/decisions/0003-singletons-never-restart-by-themselves.md.
package turn

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/naming"
)

// Args describes the relays of one shard.
type Args struct {
	Names naming.Names
	// Location is the Azure region; together with the shard's zone it names the Kubernetes zone.
	Location string
	Shard    environment.Shard
	// Domain is the public DNS name of the meeting service; that of the relays is made from it.
	Domain string
	Turn   environment.Turn
	// FrontDoor says where the public certificate is. The relays serve the front door's, which must have their name in it.
	FrontDoor environment.FrontDoor
	// Protect makes Pulumi refuse to delete the relays, and with them the media of their users.
	Protect bool
	// NodePool is the pool that the relays run on; they wait for it. Optional.
	NodePool pulumi.Resource
	// Ready are the front door's namespace, in which the relays run, and what the certificate in it comes from.
	Ready []pulumi.Resource
	// ResourceGroup is the name of the resource group of the public address.
	ResourceGroup string
	// AddressName is the Azure name of the public address, Address the address itself.
	AddressName string
	Address     pulumi.StringInput
	// PrefixCIDR is the public range of the shard's bridges, for example "203.0.113.0/28": all that the relays send to.
	PrefixCIDR pulumi.StringInput
	// Secret is what Prosody makes the users' passwords from; it must be a secret.
	Secret pulumi.StringInput
}

// Validate says everything that is wrong with the arguments.
func (a Args) Validate() error {
	var problems []error
	refuse := func(wrong bool, format string, values ...any) {
		if wrong {
			problems = append(problems, fmt.Errorf(format, values...))
		}
	}
	for _, text := range []struct{ name, value string }{
		{"Location", a.Location},
		{"Shard.Name", a.Shard.Name},
		{"Domain", a.Domain},
		{"Turn.ImageTag", a.Turn.ImageTag},
		{"ResourceGroup", a.ResourceGroup},
		{"AddressName", a.AddressName},
	} {
		refuse(text.value == "", "%s is empty", text.name)
	}
	refuse(a.Shard.Zone < 1 || a.Shard.Zone > 3, "Shard.Zone is %d, allowed is 1, 2 or 3", a.Shard.Zone)
	refuse(a.Turn.Replicas < 1 || a.Turn.Replicas > 3, "Turn.Replicas is %d, allowed is 1 to 3", a.Turn.Replicas)
	refuse(len(a.Ready) == 0, "Ready is empty: it is the front door's")
	refuse(a.Address == nil, "Address is nil")
	refuse(a.PrefixCIDR == nil, "PrefixCIDR is nil")
	refuse(a.Secret == nil, "Secret is nil")
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("the relays of shard %q: %w", a.Shard.Name, errors.Join(problems...))
}
