package main

import (
	"jitsi-meet-azure/localcloud/azurenative"
	"jitsi-meet-azure/localcloud/kubernetes"
	"jitsi-meet-azure/localcloud/kubernetes/mirror"
	"jitsi-meet-azure/localcloud/random"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/tls"
)

// local is a provider that this program can be.
type local struct {
	info rpcprovider.Info
	// make takes the path of the kubeconfig whose API server the Kubernetes provider mirrors to; empty for none.
	make func(cfg rpcprovider.Config, kubeconfig string) rpcprovider.Provider
}

func providers() []local {
	return []local{
		{azurenative.Info(), func(c rpcprovider.Config, _ string) rpcprovider.Provider { return azurenative.New(c) }},
		{
			rpcprovider.Info{Name: "kubernetes", Version: kubernetes.Version},
			mirrored,
		},
		{
			rpcprovider.Info{Name: "random", Version: random.Version},
			func(c rpcprovider.Config, _ string) rpcprovider.Provider { return random.New(c) },
		},
		{
			rpcprovider.Info{Name: "tls", Version: tls.Version},
			func(c rpcprovider.Config, _ string) rpcprovider.Provider { return tls.New(c) },
		},
	}
}

// mirrored is the Kubernetes provider. It reads the kubeconfig only when it is first needed.
func mirrored(c rpcprovider.Config, kubeconfig string) rpcprovider.Provider {
	p := kubernetes.New(c)
	if kubeconfig == "" {
		return p
	}
	return p.Mirrored(func() (*mirror.Mirror, error) { return mirror.Open(kubeconfig) })
}
