package main

import (
	"jitsi-meet-azure/localcloud/azurenative"
	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/random"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/tls"
)

// local is a provider that this program can be.
type local struct {
	info rpcprovider.Info
	make func(rpcprovider.Config) rpcprovider.Provider
}

func providers() []local {
	return []local{
		{azurenative.Info(), func(c rpcprovider.Config) rpcprovider.Provider { return azurenative.New(c) }},
		{
			rpcprovider.Info{Name: "kubernetes", Version: kubernetes.Version},
			func(c rpcprovider.Config) rpcprovider.Provider { return kubernetes.New(c) },
		},
		{
			rpcprovider.Info{Name: "random", Version: random.Version},
			func(c rpcprovider.Config) rpcprovider.Provider { return random.New(c) },
		},
		{
			rpcprovider.Info{Name: "tls", Version: tls.Version},
			func(c rpcprovider.Config) rpcprovider.Provider { return tls.New(c) },
		},
	}
}
