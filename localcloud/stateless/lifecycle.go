package stateless

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/rpcprovider"
)

// Read gives the state back: nothing but time can have changed it.
func (p *Provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	k, err := p.kind(string(req.Type))
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	if len(req.State) == 0 {
		return plugin.ReadResponse{}, fmt.Errorf("%s cannot be imported in the local cloud", req.Type)
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{
		ID: req.ID, Inputs: req.Inputs, Outputs: p.aged(k, req.State),
	}}, nil
}

// aged gives the outputs as they are now.
func (p *Provider) aged(k Kind, outputs resource.PropertyMap) resource.PropertyMap {
	if k.Age == nil {
		return outputs
	}
	now := outputs.Copy()
	for name, value := range k.Age(Values(rpcprovider.Plain(outputs)), p.cfg.Clock()) {
		now[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
	}
	return now
}

// Update takes over the inputs that change in place.
func (p *Provider) Update(_ context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	k, err := p.kind(string(req.Type))
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	outputs := req.OldOutputs.Copy()
	given := k.outputs(req.NewInputs, nil)
	for _, name := range k.InPlace {
		key := resource.PropertyKey(name)
		outputs[key] = given[key]
	}
	return plugin.UpdateResponse{Properties: p.aged(k, outputs)}, nil
}

// Delete has nothing to do.
func (p *Provider) Delete(context.Context, plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	return plugin.DeleteResponse{}, nil
}

// Invoke refuses every function.
func (p *Provider) Invoke(_ context.Context, req plugin.InvokeRequest) (plugin.InvokeResponse, error) {
	return plugin.InvokeResponse{}, fmt.Errorf("the local cloud serves no function %q", req.Tok)
}

// CheckConfig refuses unknown keys.
func (p *Provider) CheckConfig(
	_ context.Context, req plugin.CheckConfigRequest,
) (plugin.CheckConfigResponse, error) {
	var failures []plugin.CheckFailure
	for _, key := range req.News.StableKeys() {
		if !strings.HasPrefix(string(key), "__") && !slices.Contains(p.config, string(key)) {
			failures = append(failures, plugin.CheckFailure{Property: key, Reason: fmt.Sprintf(
				"the provider %s has no configuration key %q", p.name, key)})
		}
	}
	return plugin.CheckConfigResponse{Properties: req.News, Failures: failures}, nil
}

// DiffConfig never replaces: the configuration has no part in what was made.
func (p *Provider) DiffConfig(_ context.Context, req plugin.DiffConfigRequest) (plugin.DiffConfigResponse, error) {
	return rpcprovider.DiffOf(rpcprovider.Changes(req.OldInputs, req.NewInputs), false), nil
}

// Configure has nothing to keep.
func (p *Provider) Configure(context.Context, plugin.ConfigureRequest) (plugin.ConfigureResponse, error) {
	return plugin.ConfigureResponse{}, nil
}
