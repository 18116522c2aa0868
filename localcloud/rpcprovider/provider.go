// Package rpcprovider serves the local cloud's providers to the real Pulumi engine.
//
// A local provider implements [Provider], a small part of the engine's own provider interface, over
// resource.PropertyMap values in which secrets and unknowns are preserved. [Serve] turns it into the plug-in process
// that the engine starts; [NewServer] gives the same gRPC service to tests in the same process.
package rpcprovider

import (
	"context"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/store"
)

// Provider is what a local provider implements. Requests and responses are the engine's own types.
//
// Check, Diff, CheckConfig and DiffConfig must not touch the disk: a preview calls them for every resource. Create and
// Update are also called in previews, with Preview set; they then change nothing and answer with unknowns for what is
// not known before the operation.
type Provider interface {
	CheckConfig(context.Context, plugin.CheckConfigRequest) (plugin.CheckConfigResponse, error)
	DiffConfig(context.Context, plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error)
	Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error)

	Check(context.Context, plugin.CheckRequest) (plugin.CheckResponse, error)
	Diff(context.Context, plugin.DiffRequest) (plugin.DiffResponse, error)
	Create(context.Context, plugin.CreateRequest) (plugin.CreateResponse, error)
	// Read answers with an empty ID when the resource is gone.
	Read(context.Context, plugin.ReadRequest) (plugin.ReadResponse, error)
	Update(context.Context, plugin.UpdateRequest) (plugin.UpdateResponse, error)
	// Delete of a resource that is gone already is no error.
	Delete(context.Context, plugin.DeleteRequest) (plugin.DeleteResponse, error)
	Invoke(context.Context, plugin.InvokeRequest) (plugin.InvokeResponse, error)
}

// Config is what every local provider is made from.
type Config struct {
	// Store holds the local cloud's resources; all provider processes share its directory.
	Store *store.Store
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Clock is c.Now, or time.Now where that is nil.
func (c Config) Clock() time.Time {
	if c.Now == nil {
		return time.Now().UTC()
	}
	return c.Now().UTC()
}

// Info names a provider to the engine.
type Info struct {
	// Name is the package, for example "kubernetes".
	Name string
	// Version is the version of the SDK that the program uses; a lower one makes the engine warn on every run.
	Version string
}
