// Package shape is the form of a program's resource tree without its content: how many resources there are, of which
// kind, below which parent and by which provider.
package shape

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Variable names the environment variable with the path of the file that holds a [Tree] in JSON.
const Variable = "MEET_BENCH_SHAPE"

// Kind is what the engine does with a resource.
type Kind string

// The engine keeps a component in its state only, starts a process for a provider, and calls that for a custom resource.
const (
	Component Kind = "component"
	Provider  Kind = "provider"
	Custom    Kind = "custom"
)

// Node is one resource.
type Node struct {
	Kind Kind `json:"kind"`
	// Parent is the index of the parent in the tree; -1 for a child of the stack.
	Parent int `json:"parent"`
	// Provider is the index of a custom resource's provider; -1 for the other kinds.
	Provider int `json:"provider"`
}

// Tree lists resources in an order in which parents and providers come first. The stack itself is left out: every
// program has it.
type Tree []Node

// state is the part of Pulumi's exported state that tells the form.
type state struct {
	Deployment struct {
		Resources []resource `json:"resources"`
	} `json:"deployment"`
}

type resource struct {
	URN      string `json:"urn"`
	Type     string `json:"type"`
	Custom   bool   `json:"custom"`
	Parent   string `json:"parent"`
	Provider string `json:"provider"`
}

const stackType = "pulumi:pulumi:Stack"

// FromState reads the form of the program behind what `pulumi stack export` prints.
func FromState(exported []byte) (Tree, error) {
	var read state
	if err := json.Unmarshal(exported, &read); err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	var tree Tree
	index := map[string]int{}
	for _, r := range read.Deployment.Resources {
		if r.Type == stackType {
			index[r.URN] = -1
			continue
		}
		node, err := r.node(index)
		if err != nil {
			return nil, err
		}
		index[r.URN] = len(tree)
		tree = append(tree, node)
	}
	if len(tree) == 0 {
		return nil, errors.New("the state has no resources")
	}
	return tree, nil
}

func (r resource) node(index map[string]int) (Node, error) {
	node := Node{Kind: Component, Parent: -1, Provider: -1}
	if r.Parent != "" {
		parent, known := index[r.Parent]
		if !known {
			return Node{}, fmt.Errorf("%s comes before its parent", r.URN)
		}
		node.Parent = parent
	}
	switch {
	case strings.HasPrefix(r.Type, "pulumi:providers:"):
		node.Kind = Provider
	case r.Custom:
		node.Kind = Custom
		urn := r.Provider[:max(0, strings.LastIndex(r.Provider, "::"))] // The rest is the provider's id.
		provider, known := index[urn]
		if !known {
			return Node{}, fmt.Errorf("%s comes before its provider", r.URN)
		}
		node.Provider = provider
	}
	return node, nil
}

// Count is the number of nodes of a kind.
func (t Tree) Count(kind Kind) int {
	count := 0
	for _, node := range t {
		if node.Kind == kind {
			count++
		}
	}
	return count
}

// Depth is the number of parents above the deepest node, the stack included.
func (t Tree) Depth() int {
	depths, deepest := make([]int, len(t)), 0
	for i, node := range t {
		depths[i] = 1
		if node.Parent >= 0 {
			depths[i] += depths[node.Parent]
		}
		deepest = max(deepest, depths[i])
	}
	return deepest
}
