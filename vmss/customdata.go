package vmss

import (
	"encoding/base64"
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/signalling/names"
	"jitsi-meet-azure/vmss/cloudinit"
)

// xmpp are Prosody's names, the same in every shard.
func xmpp() cloudinit.XMPP {
	return cloudinit.XMPP{
		Domain:            names.XMPPDomain,
		AuthDomain:        names.AuthDomain,
		MUCDomain:         names.MUCDomain,
		InternalMUCDomain: names.InternalMUCDomain,
		Brewery:           names.Brewery,
		User:              names.BridgeUser,
	}
}

// customData is cloud-init's document in base64. Azure gives it to a machine once, when it is made. Whoever may read the scale
// set may read it, so it is no secret and holds none: it says where the secret is.
func customData(args Args, identity *managedidentity.UserAssignedIdentity) pulumi.StringOutput {
	known := pulumi.All(args.PrefixCIDR, args.VaultURL, identity.ClientId, args.secretName())
	return known.ApplyT(render(args)).(pulumi.StringOutput)
}

// render makes the document once the prefix's range, the vault's address and the identity are known.
func render(args Args) func([]any) (string, error) {
	return func(known []any) (string, error) {
		prefix, err := netip.ParsePrefix(fmt.Sprint(known[0]))
		if err != nil {
			return "", fmt.Errorf("reading the public IP prefix of shard %s: %w", args.Shard.Name, err)
		}
		text, err := cloudinit.Render(cloudinit.Config{
			Environment:      args.Names.Environment(),
			Shard:            args.Shard.Name,
			Region:           args.Location,
			Zone:             args.Shard.Zone,
			PublicPrefix:     prefix,
			Signalling:       cloudinit.Signalling{Address: args.Shard.SignallingAddress, Port: names.ClientPort},
			XMPP:             xmpp(),
			IdentityClientID: fmt.Sprint(known[2]),
			Vault:            cloudinit.Vault{URL: fmt.Sprint(known[1]), Secret: fmt.Sprint(known[3])},
			STUNServers:      args.Bridges.STUNServers,
			RESTClients:      args.RESTClients,
			BootDeadline:     args.BootDeadline,
			PackageVersion:   args.Bridges.PackageVersion,
			HeapMiB:          args.Bridges.HeapMiB,
		})
		if err != nil {
			return "", fmt.Errorf("custom data of shard %s: %w", args.Shard.Name, err)
		}
		return base64.StdEncoding.EncodeToString([]byte(text)), nil
	}
}
