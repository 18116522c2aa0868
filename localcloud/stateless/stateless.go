// Package stateless serves providers whose resources exist nowhere but in the program's state: random values, keys and
// certificates. It does for them what the bridge to their Terraform originals does: strict inputs, and replacement where
// an input changes.
package stateless

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/schema"
	"jitsi-meet-azure/localcloud/store"
)

// Kind is one resource type.
type Kind struct {
	Token string
	// Args is the SDK's plain argument struct, Required its slices and maps that may not be left out.
	Args     reflect.Type
	Required []string
	// Defaults are the values of inputs that are left out; they appear in the outputs.
	Defaults map[string]any
	// Secret are outputs that are always secret.
	Secret []string
	// InPlace are inputs whose change does not replace the resource.
	InPlace []string
	// Validate gives what else is wrong with the inputs. Unknown values are missing from them; defaults are filled in.
	Validate func(Values) []schema.Problem
	// Make gives the id and the outputs that are no inputs.
	Make func(Values, time.Time) (id string, outputs map[string]any, err error)
	// Age gives the outputs that change with time; nil where none does. A true value under Expired asks for a new
	// resource.
	Age func(outputs Values, now time.Time) map[string]any
	// Expired is the name of a boolean output that Age gives.
	Expired string
}

// Provider serves a set of kinds.
type Provider struct {
	cfg    rpcprovider.Config
	name   string
	config []string
	kinds  map[string]Kind
}

var _ rpcprovider.Provider = (*Provider)(nil)

// New makes the provider of the given name. Config lists its configuration keys.
func New(cfg rpcprovider.Config, name string, config []string, kinds ...Kind) *Provider {
	p := &Provider{cfg: cfg, name: name, config: append([]string{"version"}, config...), kinds: map[string]Kind{}}
	for _, k := range kinds {
		p.kinds[k.Token] = k
	}
	return p
}

func (p *Provider) kind(token string) (Kind, error) {
	if k, ok := p.kinds[token]; ok {
		return k, nil
	}
	known := make([]string, 0, len(p.kinds))
	for t := range p.kinds {
		known = append(known, t)
	}
	sort.Strings(known)
	return Kind{}, fmt.Errorf("the local cloud serves no type %q; it serves %s", token, strings.Join(known, ", "))
}

// Check refuses inputs that do not fit the type.
func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	k, err := p.kind(string(req.Type))
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	problems := schema.Check(k.Args, req.News, k.Required...)
	if len(problems) == 0 && k.Validate != nil {
		problems = k.Validate(k.values(req.News))
	}
	var failures []plugin.CheckFailure
	for _, problem := range problems {
		key, _, _ := strings.Cut(problem.Path, ".")
		key, _, _ = strings.Cut(key, "[")
		failures = append(failures, plugin.CheckFailure{
			Property: resource.PropertyKey(key), Reason: problem.Text + ". Examine values at '" + req.Name + "." + problem.Path + "'.",
		})
	}
	return plugin.CheckResponse{Properties: req.News, Failures: failures}, nil
}

// values are the known inputs with defaults.
func (k Kind) values(inputs resource.PropertyMap) Values {
	all := Values{}
	for name, value := range k.Defaults {
		all[name] = value
	}
	for name, value := range rpcprovider.Plain(inputs) {
		if value != nil {
			all[name] = known(value)
		}
	}
	for name, value := range all {
		if value == nil {
			delete(all, name)
		}
	}
	return all
}

// known drops a value that is unknown, or contains something unknown.
func known(value any) any {
	switch v := value.(type) {
	case resource.Computed, resource.Output:
		return nil
	case []any:
		for _, item := range v {
			if known(item) == nil {
				return nil
			}
		}
	case map[string]any:
		for _, item := range v {
			if known(item) == nil {
				return nil
			}
		}
	}
	return value
}

// Diff replaces the resource for every change but of the inputs that change in place, and when it has expired.
func (p *Provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	k, err := p.kind(string(req.Type))
	if err != nil {
		return plugin.DiffResult{}, err
	}
	changes := rpcprovider.Changes(req.OldInputs, req.NewInputs)
	for path, change := range changes {
		if !slices.Contains(k.InPlace, path) {
			changes[path] = rpcprovider.Replace(change)
		}
	}
	if k.Age != nil {
		if aged := Values(k.Age(Values(rpcprovider.Plain(req.OldOutputs)), p.cfg.Clock())); aged.Flag(k.Expired) {
			if changes == nil {
				changes = map[string]plugin.PropertyDiff{}
			}
			changes[k.Expired] = plugin.PropertyDiff{Kind: plugin.DiffUpdateReplace}
		}
	}
	return rpcprovider.DiffOf(changes, false), nil
}

// Create makes the value.
func (p *Provider) Create(_ context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	k, err := p.kind(string(req.Type))
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if req.Preview {
		return plugin.CreateResponse{Properties: k.outputs(req.Properties, nil)}, nil
	}
	if err := p.strike(k, req.Name); err != nil {
		return plugin.CreateResponse{}, err
	}
	in := k.values(req.Properties)
	id, made, err := k.Make(in, p.cfg.Clock())
	if err != nil {
		return plugin.CreateResponse{}, fmt.Errorf("%s: %w", req.Name, err)
	}
	return plugin.CreateResponse{ID: resource.ID(id), Properties: k.outputs(req.Properties, made)}, nil
}

// strike lets the faults fail that an operator or a test ordered for creates.
func (p *Provider) strike(k Kind, name string) error {
	faults, err := p.cfg.Store.TakeFaults(store.OpCreate, k.Token, name)
	for _, f := range faults {
		if f.Error != "" {
			err = errors.Join(err, errors.New(f.Error))
		}
	}
	return err
}

// outputs are the inputs with defaults and what was made.
func (k Kind) outputs(inputs resource.PropertyMap, made map[string]any) resource.PropertyMap {
	all := resource.PropertyMap{}
	for name, value := range k.Defaults {
		all[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
	}
	for key, value := range inputs {
		if inner, _ := schema.Open(value); !inner.IsNull() {
			all[key] = value
		}
	}
	for name, value := range made {
		all[resource.PropertyKey(name)] = resource.NewPropertyValue(value)
	}
	for _, name := range k.Secret {
		key := resource.PropertyKey(name)
		if value, ok := all[key]; ok && !value.IsSecret() {
			all[key] = resource.MakeSecret(value)
		}
	}
	return all
}
