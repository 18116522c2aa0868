package rpcprovider

import (
	"context"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// slow is a provider whose operations end with their context only.
type slow struct {
	echo

	began chan struct{}
}

func (s slow) wait(ctx context.Context) error {
	s.began <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

func (s slow) Create(ctx context.Context, _ plugin.CreateRequest) (plugin.CreateResponse, error) {
	return plugin.CreateResponse{}, s.wait(ctx)
}

func (s slow) Update(ctx context.Context, _ plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	return plugin.UpdateResponse{}, s.wait(ctx)
}

func (s slow) Delete(ctx context.Context, _ plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return plugin.DeleteResponse{}, s.wait(ctx)
}

// Whoever stops the engine waits for its providers.
func TestCancelEndsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, begin := range map[string]func(pulumirpc.ResourceProviderServer) error{
		"create": func(s pulumirpc.ResourceProviderServer) error {
			_, err := s.Create(ctx, &pulumirpc.CreateRequest{Urn: echoURN})
			return err
		},
		"update": func(s pulumirpc.ResourceProviderServer) error {
			_, err := s.Update(ctx, &pulumirpc.UpdateRequest{Urn: echoURN})
			return err
		},
		"delete": func(s pulumirpc.ResourceProviderServer) error {
			_, err := s.Delete(ctx, &pulumirpc.DeleteRequest{Urn: echoURN})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := slow{began: make(chan struct{})}
			server := echoServer(t, p)
			done := make(chan error, 1)
			go func() { done <- begin(server) }()
			<-p.began
			if _, err := server.Cancel(ctx, &emptypb.Empty{}); err != nil {
				t.Fatal(err)
			}
			if err := <-done; err == nil || !strings.Contains(err.Error(), "context canceled") {
				t.Errorf("ended with %v", err)
			}
		})
	}
}
