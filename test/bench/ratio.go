package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"text/tabwriter"

	"jitsi-meet-azure/test/bench/shape"
)

// prodShards is the size of the prod environment.
const prodShards = 3

// againstEmpty measures preview and an up without changes against a program that only registers as many resources.
func (b *bench) againstEmpty(ctx context.Context) error {
	project, err := b.newSpace("project", "", prodShards)
	if err != nil {
		return err
	}
	if err := project.imagePhase(ctx); err != nil {
		return err
	}
	if err := project.deploy(ctx); err != nil {
		return err
	}
	_, exported, err := project.measure(ctx, "stack", "export", "--stack", stack)
	if err != nil {
		return err
	}
	tree, err := shape.FromState(exported)
	if err != nil {
		return err
	}
	empty, err := b.newEmpty(ctx, tree)
	if err != nil {
		return err
	}
	fmt.Fprintf(b.out, "%s (%d components, %d providers, %d other resources, %d levels) against an empty program of that form\n\n",
		stack, tree.Count(shape.Component), tree.Count(shape.Provider), tree.Count(shape.Custom), tree.Depth())
	return b.compare(ctx, project, empty)
}

// deploy brings the stack up, so that later runs have nothing to change.
func (s *space) deploy(ctx context.Context) error {
	_, _, err := s.measure(ctx, "up", "--stack", stack, "--yes", "--skip-preview")
	return err
}

// newEmpty deploys the empty program with a tree of the given form.
func (b *bench) newEmpty(ctx context.Context, tree shape.Tree) (*space, error) {
	program, form := filepath.Join(b.scratch, "empty"), filepath.Join(b.scratch, "shape.json")
	if _, err := b.build(ctx, "./test/bench/empty", program); err != nil {
		return nil, err
	}
	content, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("writing the form of the tree: %w", err)
	}
	if err := os.WriteFile(form, content, 0o600); err != nil {
		return nil, fmt.Errorf("writing the form of the tree: %w", err)
	}
	empty, err := b.newSpace("empty-program", program, prodShards, shape.Variable+"="+form)
	if err != nil {
		return nil, err
	}
	if _, _, err := empty.measure(ctx, "stack", "init", stack, "--no-select"); err != nil {
		return nil, err
	}
	if err := empty.deploy(ctx); err != nil {
		return nil, err
	}
	return empty, nil
}

// commands are what the two programs are compared by, with the least that can happen: nothing.
func commands() map[string][]string {
	return map[string][]string{
		"preview":            {"preview", "--stack", stack, "--expect-no-changes"},
		"up without changes": {"up", "--stack", stack, "--yes", "--skip-preview", "--expect-no-changes"},
	}
}

func (b *bench) compare(ctx context.Context, project, empty *space) error {
	table := tabwriter.NewWriter(b.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tproject\tempty\tratio\tproject, processor\tempty, processor\tratio\taim\t")
	for _, name := range slices.Sorted(maps.Keys(commands())) {
		p, e, err := b.inTurn(ctx, project, empty, commands()[name])
		if err != nil {
			return err
		}
		fmt.Fprintf(table, "%s\t%.2f s\t%.2f s\t%.2f\t%.2f s\t%.2f s\t%.2f\t<= 1.3\t\n", name,
			p.wall.Seconds(), e.wall.Seconds(), ratio(p.wall, e.wall),
			p.processor.Seconds(), e.processor.Seconds(), ratio(p.processor, e.processor))
	}
	return table.Flush()
}

// inTurn runs a command on the two alternately, so that what else the machine does meets both alike.
func (b *bench) inTurn(ctx context.Context, project, empty *space, arguments []string) (p, e sample, err error) {
	var samples [2][]sample
	for range b.runs {
		for i, s := range []*space{project, empty} {
			took, _, err := s.measure(ctx, arguments...)
			if err != nil {
				return sample{}, sample{}, err
			}
			samples[i] = append(samples[i], took)
		}
	}
	return medians(samples[0]), medians(samples[1]), nil
}
