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
	fmt.Fprintln(table, "shards\tpreview\teach more shard\tprocessor\teach more shard\t")
	var shards, wall, processor []float64
	for i, n := range sizes {
		took := medians(samples[i])
		shards, wall, processor = append(shards, float64(n)), append(wall, took.wall.Seconds()), append(processor, took.processor.Seconds())
		if i == 0 {
			fmt.Fprintf(table, "%d\t%.2f s\t\t%.2f s\t\t\n", n, wall[i], processor[i])
			continue
		}
		more := shards[i] - shards[i-1]
		fmt.Fprintf(table, "%d\t%.2f s\t%.3f s\t%.2f s\t%.3f s\t\n", n,
			wall[i], (wall[i]-wall[i-1])/more, processor[i], (processor[i]-processor[i-1])/more)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(b.out, "time ~ shards^%.2f, processor time ~ shards^%.2f (aim: linear, at most ^1.15)\n",
		exponent(shards, wall), exponent(shards, processor))
	return err
}
