package rpcprovider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// adapter completes a Provider to the engine's whole interface. What it leaves to UnimplementedProvider (schema,
// components, methods) is never asked of a provider by a program that uses released SDKs.
type adapter struct {
	plugin.UnimplementedProvider
	Provider

	version semver.Version
	// cancel ends the context of all operations; running is that context.
	cancel  context.CancelFunc
	running context.Context //nolint:containedctx // the engine's requests do not share one
}

var _ plugin.GrpcProvider = (*adapter)(nil)

// NewServer gives p as the gRPC service that the engine talks to. When the engine asks the provider to stop, the contexts of
// the operations that are under way end, and cancel is called; it may be nil.
func NewServer(info Info, p Provider, cancel context.CancelFunc) (pulumirpc.ResourceProviderServer, error) {
	version, err := semver.ParseTolerant(info.Version)
	if err != nil {
		return nil, fmt.Errorf("version %q of provider %s: %w", info.Version, info.Name, err)
	}
	if cancel == nil {
		cancel = func() {}
	}
	running, stop := context.WithCancel(context.Background())
	inner := plugin.NewProviderServer(&adapter{Provider: p, version: version, running: running, cancel: func() {
		stop()
		cancel()
	}})
	return &server{ResourceProviderServer: inner}, nil
}

// server completes what the SDK's server leaves out of the answer to Diff (v3.250.0): without HasDetailedDiff the engine
// takes no notice of the detailed diff, a deletion that replaces is answered as one that does not, and the engine's
// display wants top-level names, not paths, in Diffs.
type server struct {
	pulumirpc.ResourceProviderServer
}

// Diff answers with the detailed diff announced.
func (s *server) Diff(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	answer, err := s.ResourceProviderServer.Diff(ctx, req)
	return detailed(answer), err
}

// DiffConfig answers with the detailed diff announced.
func (s *server) DiffConfig(ctx context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	answer, err := s.ResourceProviderServer.DiffConfig(ctx, req)
	return detailed(answer), err
}

func detailed(answer *pulumirpc.DiffResponse) *pulumirpc.DiffResponse {
	if answer == nil || len(answer.DetailedDiff) == 0 {
		return answer
	}
	answer.HasDetailedDiff = true
	for i, path := range answer.Diffs {
		if end := strings.IndexAny(path, ".["); end > 0 {
			answer.Diffs[i] = path[:end]
		}
	}
	slices.Sort(answer.Diffs)
	slices.Sort(answer.Replaces)
	answer.Diffs = slices.Compact(answer.Diffs)
	for _, path := range answer.Replaces {
		if change := answer.DetailedDiff[path]; change.GetKind() == pulumirpc.PropertyDiff_DELETE {
			change.Kind = pulumirpc.PropertyDiff_DELETE_REPLACE
		}
	}
	return answer
}

// Handshake accepts secrets as they are. Strongly typed resources and output values are not needed here: the engine
// then sends plain ids and plain values.
func (a *adapter) Handshake(
	context.Context, plugin.ProviderHandshakeRequest,
) (*plugin.ProviderHandshakeResponse, error) {
	return &plugin.ProviderHandshakeResponse{AcceptSecrets: true}, nil
}

// Attach is called instead of a start by the engine; there is nothing to connect back to.
func (a *adapter) Attach(string) error { return nil }

// Close is called when the server ends.
func (a *adapter) Close() error { return nil }

// SignalCancellation stops the operations under way.
func (a *adapter) SignalCancellation(context.Context) error {
	a.cancel()
	return nil
}

// GetPluginInfo says which version this provider stands for.
func (a *adapter) GetPluginInfo(context.Context) (plugin.PluginInfo, error) {
	version := a.version
	return plugin.PluginInfo{Version: &version}, nil
}

// GetMapping has nothing to map from other ecosystems.
func (a *adapter) GetMapping(context.Context, plugin.GetMappingRequest) (plugin.GetMappingResponse, error) {
	return plugin.GetMappingResponse{}, nil
}

// GetMappings has nothing to map from other ecosystems.
func (a *adapter) GetMappings(context.Context, plugin.GetMappingsRequest) (plugin.GetMappingsResponse, error) {
	return plugin.GetMappingsResponse{}, nil
}

func (a *adapter) CheckConfig(
	ctx context.Context, req plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	return a.Provider.CheckConfig(ctx, req)
}

func (a *adapter) DiffConfig(ctx context.Context, req plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return a.Provider.DiffConfig(ctx, req)
}

func (a *adapter) Configure(ctx context.Context, req plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return a.Provider.Configure(ctx, req)
}

func (a *adapter) Check(ctx context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	return a.Provider.Check(ctx, req)
}

func (a *adapter) Diff(ctx context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	return a.Provider.Diff(ctx, req)
}

func (a *adapter) Create(ctx context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	ctx, done := a.whileRunning(ctx)
	defer done()
	return a.Provider.Create(ctx, req)
}

func (a *adapter) Read(ctx context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	return a.Provider.Read(ctx, req)
}

func (a *adapter) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	ctx, done := a.whileRunning(ctx)
	defer done()
	return a.Provider.Update(ctx, req)
}

func (a *adapter) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	ctx, done := a.whileRunning(ctx)
	defer done()
	return a.Provider.Delete(ctx, req)
}

func (a *adapter) Invoke(ctx context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	return a.Provider.Invoke(ctx, req)
}

// whileRunning gives an operation a context that also ends when the engine asks the provider to stop.
func (a *adapter) whileRunning(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(a.running, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}
