// Command localcloud is the local cloud: the providers that take the place of azure-native, kubernetes, random and tls,
// and the operator's commands.
//
// Started under the name of a provider's plug-in (pulumi-resource-azure-native, ...) it is that provider; under any other
// name it takes commands, see usage. The state of the cloud is in the directory $LOCALCLOUD_DIR, which all share. Where
// $LOCALCLOUD_KUBECONFIG names a kubeconfig, a real API server on this machine takes every Kubernetes object too.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

const pluginPrefix = "pulumi-resource-"

func main() {
	from := outside{dir: os.Getenv("LOCALCLOUD_DIR"), kubeconfig: os.Getenv("LOCALCLOUD_KUBECONFIG")}
	if err := run(context.Background(), os.Args, from, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "localcloud:", err)
		os.Exit(1)
	}
}

// outside is what the environment says.
type outside struct {
	// dir is the directory of the cloud.
	dir string
	// kubeconfig leads to the API server that takes every Kubernetes object too; empty where there is none.
	kubeconfig string
}

// run is main with everything from outside as arguments.
func run(ctx context.Context, args []string, from outside, stdout io.Writer) error {
	if len(args) == 2 && args[1] == "plugins" { // the installation asks before there is a cloud
		return plugins(stdout)
	}
	cloud, err := store.Open(from.dir)
	if err != nil {
		return err
	}
	cfg := rpcprovider.Config{Store: cloud}
	name := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	if plugin, isPlugin := strings.CutPrefix(name, pluginPrefix); isPlugin {
		return serve(ctx, plugin, args[1:], cfg, from.kubeconfig, stdout)
	}
	return command(args[1:], cfg, stdout)
}

func serve(ctx context.Context, name string, args []string, cfg rpcprovider.Config, kubeconfig string, stdout io.Writer) error {
	for _, p := range providers() {
		if p.info.Name == name {
			return rpcprovider.Serve(ctx, args, stdout, p.info, p.make(cfg, kubeconfig))
		}
	}
	return fmt.Errorf("there is no local provider %q", name)
}
