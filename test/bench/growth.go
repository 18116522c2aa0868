package main

import (
	"context"
	"fmt"
	"text/tabwriter"
)

// sizes are the numbers of shards that growth is measured at.
var sizes = []int{2, 5, 10, 20, 30}

// growth measures how a preview that creates everything grows with the number of shards.
func (b *bench) growth(ctx context.Context) error {
	s, err := b.newSpace("growth", "", sizes[0])
	if err != nil {
		return err
	}
	if err := s.imagePhase(ctx); err != nil {
		return err
	}
	samples := make([][]sample, len(sizes))
	for range b.runs {
		for i, shards := range sizes {
			if err := s.resize(shards); err != nil {
				return err
			}
			took, _, err := s.measure(ctx, "preview", "--stack", stack)
			if err != nil {
				return err
			}
			samples[i] = append(samples[i], took)
		}
	}
	return b.printGrowth(samples)
}

func (b *bench) printGrowth(samples [][]sample) error {
	fmt.Fprintf(b.out, "\nPreview of a new environment by its size\n\n")
	table := tabwriter.NewWriter(b.out, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "shards\ttime\tprocessor\t")
	shards := make([]float64, len(sizes))
	wall, processor := make([]float64, len(sizes)), make([]float64, len(sizes))
	for i, n := range sizes {
		took := medians(samples[i])
		shards[i], wall[i], processor[i] = float64(n), took.wall.Seconds(), took.processor.Seconds()
		fmt.Fprintf(table, "%d\t%.2f s\t%.2f s\t\n", n, wall[i], processor[i])
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, of := range []struct {
		name   string
		values []float64
	}{{"time", wall}, {"processor", processor}} {
		early, late := marginal(shards, of.values)
		fmt.Fprintf(b.out, "%s: ~ shards^%.2f (aim: at most ^1.15); each more shard takes %.3f s below %.0f shards and %.3f s "+
			"above, ratio %.2f (linear: 1)\n", of.name, exponent(shards, of.values), early, shards[middle(shards)], late, late/early)
	}
	return nil
}
