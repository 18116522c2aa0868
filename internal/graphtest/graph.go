// Package graphtest records what a Pulumi program registers, without an engine or a cloud, so that tests can compare
// the whole resource graph with a golden file and state invariants over it.
package graphtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Resource is one registered resource.
type Resource struct {
	Type     string         `json:"type"`
	Name     string         `json:"name"`
	Parent   string         `json:"parent,omitempty"`
	Provider string         `json:"provider,omitempty"`
	Options  map[string]any `json:"options,omitempty"`
	Inputs   map[string]any `json:"inputs,omitempty"`

	// Custom says that a provider manages the resource; false for components.
	Custom bool `json:"-"`
	// ParentType is the type of the parent, empty where the stack itself is the parent.
	ParentType string `json:"-"`
	// Raw are the inputs with their secrets and unknowns.
	Raw resource.PropertyMap `json:"-"`
	// DependsOn names the resources that this one waits for, beyond its parent.
	DependsOn []string `json:"-"`
}

// Call is one provider function that the program invoked.
type Call struct {
	Token    string
	Provider string
}

// Graph is everything that a program registered, sorted by type and name.
type Graph struct {
	Resources []Resource
	Calls     []Call
	// Outputs are the stack's outputs by name.
	Outputs pulumi.Map
}

// Options change how a program is recorded.
type Options struct {
	// Stack is the stack's name.
	Stack string
	// Unknown makes every output of every resource unknown, as in a first preview, so that no Apply runs.
	Unknown bool
	// Known picks resources whose outputs stay known nevertheless; may be nil. The SDK's mocks cannot carry a secret that
	// is unknown, so whatever secrets are made from must be among them.
	Known func(pulumi.MockResourceArgs) bool
	// Outputs adds what a provider would compute to a resource's state; may be nil.
	Outputs func(pulumi.MockResourceArgs) resource.PropertyMap
	// Call answers provider functions; nil refuses them all.
	Call func(pulumi.MockCallArgs) (resource.PropertyMap, error)
}

// Run records the program. It returns the graph as far as it came together with the program's error.
func Run(options Options, program pulumi.RunFunc) (Graph, error) {
	recorder := &recorder{options: options}
	var outputs pulumi.Map
	err := pulumi.RunErr(func(ctx *pulumi.Context) error {
		if err := program(ctx); err != nil {
			return err
		}
		outputs = maps.Clone(pulumi.Map(ctx.GetCurrentExportMap()))
		return nil
	}, pulumi.WithMocks("meet", options.Stack, recorder), func(info *pulumi.RunInfo) {
		info.DryRun = options.Unknown
		info.Parallel = 16
	})
	slices.SortFunc(recorder.resources, func(a, b Resource) int {
		return strings.Compare(a.Type+"\x00"+a.Name, b.Type+"\x00"+b.Name)
	})
	slices.SortFunc(recorder.calls, func(a, b Call) int { return strings.Compare(a.Token, b.Token) })
	return Graph{Resources: recorder.resources, Calls: recorder.calls, Outputs: outputs}, err
}

// recorder is the mock monitor; the SDK calls it from many goroutines.
type recorder struct {
	options Options

	mutex     sync.Mutex
	resources []Resource
	calls     []Call
}

// Call records a provider function and answers it as the options say.
func (r *recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	r.mutex.Lock()
	r.calls = append(r.calls, Call{Token: args.Token, Provider: providerName(args.Provider)})
	r.mutex.Unlock()
	if r.options.Call == nil {
		return nil, fmt.Errorf("the recorder was not told how to answer %s", args.Token)
	}
	return r.options.Call(args)
}

// NewResource records a registration. The id is the resource's name in a form that reads well in a golden file.
func (r *recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	r.mutex.Lock()
	r.resources = append(r.resources, describe(args))
	r.mutex.Unlock()
	state := maps.Clone(args.Inputs)
	if state == nil {
		state = resource.PropertyMap{}
	}
	if r.options.Outputs != nil {
		maps.Copy(state, r.options.Outputs(args))
	}
	known := r.options.Known != nil && r.options.Known(args)
	if r.options.Unknown && args.Custom && !known {
		for key := range state {
			state[key] = resource.MakeComputed(resource.NewProperty(""))
		}
		return "", state, nil
	}
	return ID(args.Name), state, nil
}

// ID is the id that the recorder gives to the resource with the given logical name: enough of an Azure id for code that
// reads the subscription from it, and plain to read in a golden file.
func ID(name string) string { return "/subscriptions/recorded/${" + name + ".id}" }

func describe(args pulumi.MockResourceArgs) Resource {
	rpc := args.RegisterRPC
	parent := resource.URN(rpc.GetParent())
	described := Resource{
		Type:     args.TypeToken,
		Name:     args.Name,
		Custom:   args.Custom,
		Provider: providerName(args.Provider),
		Options:  optionsOf(args),
		Inputs:   plain(args.Inputs),
		Raw:      args.Inputs,
	}
	if parent != "" && parent.QualifiedType() != resource.RootStackType {
		described.Parent, described.ParentType = parent.Name(), string(parent.Type())
	}
	for _, dependency := range rpc.GetDependencies() {
		described.DependsOn = append(described.DependsOn, resource.URN(dependency).Name())
	}
	return described
}

// providerName is the logical name in a provider reference of the form urn::id.
func providerName(reference string) string {
	urn, _, found := cutLast(reference, "::")
	if !found {
		return ""
	}
	return resource.URN(urn).Name()
}

func cutLast(text, separator string) (before, after string, found bool) {
	index := strings.LastIndex(text, separator)
	if index < 0 {
		return text, "", false
	}
	return text[:index], text[index+len(separator):], true
}

// Of returns the resources of the given type.
func (g Graph) Of(token string) []Resource {
	var found []Resource
	for _, r := range g.Resources {
		if r.Type == token {
			found = append(found, r)
		}
	}
	return found
}

// Find returns the resource with the given logical name.
func (g Graph) Find(name string) (Resource, bool) {
	for _, r := range g.Resources {
		if r.Name == name {
			return r, true
		}
	}
	return Resource{}, false
}
