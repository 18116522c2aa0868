// Command empty is the yardstick of the benchmarks: a Pulumi program that registers as many resources as the project,
// in a tree of the same form, and does nothing else. Its resources are cheap ones of the random provider, and it links
// no cloud's SDK. What the engine needs for it, it needs for every program of that size.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-random/sdk/v4/go/random"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/test/bench/shape"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		content, err := os.ReadFile(os.Getenv(shape.Variable))
		if err != nil {
			return fmt.Errorf("reading the form of the tree from the file in %s: %w", shape.Variable, err)
		}
		var tree shape.Tree
		if err := json.Unmarshal(content, &tree); err != nil {
			return fmt.Errorf("reading the form of the tree: %w", err)
		}
		return register(ctx, tree)
	})
}

// component is a node that has no provider.
type component struct{ pulumi.ResourceState }

// register makes one resource for each of the tree. A node's parent and provider come before it.
func register(ctx *pulumi.Context, tree shape.Tree) error {
	made := make([]pulumi.Resource, len(tree))
	for i, node := range tree {
		var options []pulumi.ResourceOption
		if node.Parent >= 0 {
			options = append(options, pulumi.Parent(made[node.Parent]))
		}
		if node.Kind == shape.Custom {
			provider, isProvider := made[node.Provider].(pulumi.ProviderResource)
			if !isProvider {
				return fmt.Errorf("resource %d is made by resource %d, which is no provider", i, node.Provider)
			}
			options = append(options, pulumi.Provider(provider))
		}
		var err error
		if made[i], err = newResource(ctx, node.Kind, fmt.Sprintf("resource-%d", i), options); err != nil {
			return fmt.Errorf("registering resource %d: %w", i, err)
		}
	}
	return nil
}

func newResource(ctx *pulumi.Context, kind shape.Kind, name string, options []pulumi.ResourceOption) (pulumi.Resource, error) {
	switch kind {
	case shape.Component:
		made := &component{}
		return made, ctx.RegisterComponentResource("bench:empty:Component", name, made, options...)
	case shape.Provider:
		return random.NewProvider(ctx, name, nil, options...)
	case shape.Custom:
		return random.NewRandomPet(ctx, name, nil, options...)
	default:
		return nil, fmt.Errorf("unknown kind of resource %q", kind)
	}
}
