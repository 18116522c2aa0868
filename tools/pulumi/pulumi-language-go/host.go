package main

import (
	"context"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/common/version"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// host implements the language runtime. The embedded type answers "unimplemented" to what running a program does not
// need (code generation, packing, plugins written in Go).
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	engine string
	// ctx ends when the host shuts down: running programs must not outlive it.
	ctx    context.Context //nolint:containedctx // gRPC hands each method its own context; this one is the process's.
	cancel context.CancelFunc
}

func newHost(ctx context.Context, engine string) *host {
	ctx, cancel := context.WithCancel(ctx)
	return &host{engine: engine, ctx: ctx, cancel: cancel}
}

// Handshake learns the engine's address, which also arrives when the engine attached to a running host.
func (h *host) Handshake(
	context.Context, *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo reports the version of the Pulumi SDK that the host was built from, which equals the CLI's.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version.Version}, nil
}

// GetRequiredPackages names no package: providers are then loaded at their first registration, whose version the
// SDK states.
func (h *host) GetRequiredPackages(
	context.Context, *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// InstallDependencies does nothing: `go build` fetches modules on its own.
func (h *host) InstallDependencies(
	*pulumirpc.InstallDependenciesRequest, grpc.ServerStreamingServer[pulumirpc.InstallDependenciesResponse],
) error {
	return nil
}

// Cancel aborts the running program.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.cancel()
	return &emptypb.Empty{}, nil
}

// Run builds the program where needed and runs it to its end. A failed build or program is an answer, not an RPC
// error: the engine then prints it as a diagnostic of the stack.
func (h *host) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(h.ctx, cancel)()

	opts, err := parseOptions(req.GetInfo().GetOptions())
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	env, err := programEnv(h.engine, req)
	if err != nil {
		return nil, err
	}
	dir := programDirectory(req)
	program, cleanUp, err := prepare(ctx, dir, opts)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	defer cleanUp()
	return execute(ctx, program, dir, append(os.Environ(), env...), req.GetArgs()), nil
}

// programDirectory is the program's working directory: where Pulumi.yaml is, or what its `main` names.
func programDirectory(req *pulumirpc.RunRequest) string {
	if dir := req.GetInfo().GetProgramDirectory(); dir != "" {
		return dir
	}
	return req.GetPwd()
}
