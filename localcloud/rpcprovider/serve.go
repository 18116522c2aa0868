package rpcprovider

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// engineCheckInterval is how often a provider looks whether the engine that started it still lives. Without it a
// provider outlives an engine that was killed.
const engineCheckInterval = 2 * time.Second

// Serve runs p as a plug-in process: it prints its port as the first line on stdout and serves until the engine goes
// away, asks it to stop, or sends SIGINT or SIGTERM. Args are the process arguments; the engine gives its own address
// as the last one.
//
// The engine stops plug-ins with SIGINT and kills them 5 s later. A process started in the background of a shell
// inherits an ignored SIGINT, so it has to be caught here or every run would take those 5 s.
func Serve(ctx context.Context, args []string, stdout io.Writer, info Info, p Provider) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if len(args) == 0 {
		return errors.New("the engine's address is missing: this program is started by the Pulumi engine")
	}
	if err := rpcutil.Healthcheck(ctx, args[len(args)-1], engineCheckInterval, stop); err != nil {
		return fmt.Errorf("watch the engine: %w", err)
	}
	server, err := NewServer(info, p, nil)
	if err != nil {
		return err
	}
	cancel := make(chan bool)
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterResourceProviderServer(s, server)
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("serve %s: %w", info.Name, err)
	}
	if _, err := fmt.Fprintln(stdout, handle.Port); err != nil {
		return fmt.Errorf("tell the engine the port: %w", err)
	}
	select {
	case <-ctx.Done():
		close(cancel)
		return <-handle.Done
	case err := <-handle.Done:
		return err
	}
}
