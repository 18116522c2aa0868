package main

import (
	"jitsi-meet-azure/localcloud/azurenative"
	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/rpcprovider"
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
			rpcprovider.Info{Name: "kubernetes", Version: "4.23.0"},
			func(c rpcprovider.Config) rpcprovider.Provider { return kubernetes.New(c) },
		},
	}
}
