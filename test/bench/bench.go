// Command bench measures how long the engine takes for the project, and holds it against programs that do nothing. It
// prints ratios, which mean the same on every machine, beside the times, which do not. `make bench` runs it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// bench is one run of the benchmarks.
type bench struct {
	// root is the repository.
	root string
	// scratch is a folder for this run.
	scratch string
	pulumi  string
	runs    int
	out     io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	root := flags.String("root", ".", "the repository")
	pulumi := flags.String("pulumi", "", "the pulumi command (default: .bin/pulumi in the repository)")
	runs := flags.Int("runs", 5, "how often everything is measured; the median counts")
	cold := flags.Bool("cold", false, "also compile everything twice from nothing, which takes many minutes")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *runs < 1 {
		return fmt.Errorf("runs is %d: at least one is needed", *runs)
	}
	b := &bench{pulumi: *pulumi, runs: *runs, out: out}
	if b.root, err = filepath.Abs(*root); err != nil {
		return fmt.Errorf("finding the repository: %w", err)
	}
	if b.pulumi == "" {
		b.pulumi = filepath.Join(b.root, ".bin", "pulumi")
	}
	if b.scratch, err = os.MkdirTemp("", "bench-"); err != nil {
		return fmt.Errorf("making a folder for the benchmarks: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(b.scratch)) }()
	return b.all(ctx, *cold)
}

func (b *bench) all(ctx context.Context, cold bool) error {
	for _, part := range []func(context.Context) error{b.againstEmpty, b.growth, b.warmBuilds} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	if !cold {
		fmt.Fprintln(b.out, "\nCold builds were not measured: make bench COLD=1 does it, in many minutes.")
		return nil
	}
	return b.coldBuilds(ctx)
}
