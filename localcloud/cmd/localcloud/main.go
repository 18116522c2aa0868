// Command localcloud is the local cloud: the providers that take the place of azure-native, kubernetes, random and tls,
// and the operator's commands.
//
// Started under the name of a provider's plug-in (pulumi-resource-azure-native, ...) it is that provider; under any other
// name it takes commands, see usage. The state of the cloud is in the directory $LOCALCLOUD_DIR, which all share.
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
	if err := run(context.Background(), os.Args, os.Getenv("LOCALCLOUD_DIR"), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "localcloud:", err)
		os.Exit(1)
	}
}

// run is main with everything from outside as arguments.
func run(ctx context.Context, args []string, dir string, stdout io.Writer) error {
	if len(args) == 2 && args[1] == "plugins" { // the installation asks before there is a cloud
		return plugins(stdout)
	}
	cloud, err := store.Open(dir)
	if err != nil {
		return err
	}
	cfg := rpcprovider.Config{Store: cloud}
	name := strings.TrimSuffix(filepath.Base(args[0]), ".exe")
	if plugin, isPlugin := strings.CutPrefix(name, pluginPrefix); isPlugin {
		return serve(ctx, plugin, args[1:], cfg, stdout)
	}
	return command(args[1:], cfg, stdout)
}

func serve(ctx context.Context, name string, args []string, cfg rpcprovider.Config, stdout io.Writer) error {
	for _, p := range providers() {
		if p.info.Name == name {
			return rpcprovider.Serve(ctx, args, stdout, p.info, p.make(cfg))
		}
	}
	return fmt.Errorf("there is no local provider %q", name)
}
