// Package tls is the local cloud's provider for keys and certificates: it stands for version 5.2.0 of the Pulumi tls
// provider and makes real ones.
package tls

import (
	"reflect"

	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/stateless"
)

const (
	// Package is the provider's name.
	Package = "tls"
	// Version is the version of the real provider that this one stands for.
	Version = "5.2.0"
)

// New makes the provider.
func New(cfg rpcprovider.Config) *stateless.Provider {
	return stateless.New(cfg, Package, []string{"proxy"},
		privateKey(), selfSignedCertificate(), certificateRequest(), locallySignedCertificate())
}

func args(a interface{ ElementType() reflect.Type }) reflect.Type { return a.ElementType() }
