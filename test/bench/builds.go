package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
)

// programs are what the builds are measured with: the project, and a program that only imports the same packages.
var programs = [2]string{".", "./test/bench/imports"}

// warmBuilds measures builds that find everything in Go's cache and only link.
func (b *bench) warmBuilds(ctx context.Context) error {
	var samples [2][]sample
	for run := range b.runs + 1 {
		for i, program := range programs {
			took, err := b.build(ctx, program, filepath.Join(b.scratch, "linked"))
			if err != nil {
				return err
			}
			if run > 0 { // The first one fills the cache.
				samples[i] = append(samples[i], took)
			}
		}
	}
	return b.printBuilds("warm", "", medians(samples[0]), medians(samples[1]))
}

// coldBuilds compiles each program and everything below it once, with an empty cache.
func (b *bench) coldBuilds(ctx context.Context) error {
	var took [2]sample
	for i, program := range programs {
		cache := filepath.Join(b.scratch, "cache")
		if err := os.Mkdir(cache, 0o700); err != nil {
			return fmt.Errorf("making an empty build cache: %w", err)
		}
		var err error
		if took[i], err = b.build(ctx, program, filepath.Join(b.scratch, "linked"), "GOCACHE="+cache); err != nil {
			return err
		}
		if err := os.RemoveAll(cache); err != nil {
			return fmt.Errorf("removing the build cache: %w", err)
		}
	}
	return b.printBuilds("cold", "<= 1.1", took[0], took[1])
}

func (b *bench) printBuilds(name, aim string, project, imports sample) error {
	fmt.Fprintf(b.out, "\nA %s build against a program that only imports the same packages\n\n", name)
	table := tabwriter.NewWriter(b.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tproject\timports\tratio\taim\t")
	fmt.Fprintf(table, "time\t%.1f s\t%.1f s\t%.2f\t%s\t\n",
		project.wall.Seconds(), imports.wall.Seconds(), ratio(project.wall, imports.wall), aim)
	fmt.Fprintf(table, "processor\t%.1f s\t%.1f s\t%.2f\t%s\t\n",
		project.processor.Seconds(), imports.processor.Seconds(), ratio(project.processor, imports.processor), aim)
	return table.Flush()
}

// build compiles a package with the flags of the Makefile.
func (b *bench) build(ctx context.Context, program, target string, environment ...string) (sample, error) {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", target, program)
	command.Dir = b.root
	command.Env = append(os.Environ(), environment...)
	return clock(command)
}
