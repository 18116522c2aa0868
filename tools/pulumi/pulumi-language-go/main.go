// Command pulumi-language-go is the language host through which the Pulumi engine runs the Go program of this
// repository.
//
// Pulumi's own host is not part of the modules that a build of the CLI from source brings along. This one serves the
// part of the LanguageRuntime protocol that running a program needs, with the same options (`binary`, `buildTarget`)
// and the same exit conventions, so that Pulumi.yaml works unchanged with either host. Installed next to `pulumi` it
// is found without being on the PATH.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// healthInterval is how often the host looks whether its engine is alive. A killed CLI cannot tell its plugins to
// stop, and an orphaned host would keep a program running.
const healthInterval = 2 * time.Second

func main() {
	// The engine stops plugins with SIGINT and kills them five seconds later. Installing a handler also undoes an
	// ignored SIGINT that background jobs of shells and CI wrappers hand down.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := serve(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-go:", err)
		os.Exit(1)
	}
}

// serve answers the engine until the context ends or the engine is gone.
func serve(ctx context.Context, args []string) error {
	engine, err := engineAddress(args)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if err := rpcutil.Healthcheck(ctx, engine, healthInterval, cancel); err != nil {
		return fmt.Errorf("watch the engine at %s: %w", engine, err)
	}

	stopServing := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: stopServing,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, newHost(ctx, engine))
			return nil
		},
		Options: rpcutil.TracingServerInterceptorOptions(nil),
	})
	if err != nil {
		return fmt.Errorf("serve the language runtime: %w", err)
	}

	// The protocol: the port is the first line on stdout.
	fmt.Println(handle.Port)

	go func() {
		<-ctx.Done()
		close(stopServing)
	}()
	return <-handle.Done
}

// engineAddress returns the engine's gRPC address, which the engine passes as the last argument.
func engineAddress(args []string) (string, error) {
	if len(args) == 0 || args[len(args)-1] == "" {
		return "", errors.New("the engine's address is missing: this program is started by the Pulumi engine")
	}
	return args[len(args)-1], nil
}
