package main

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

// sample is what one round found.
type sample struct {
	rate       float64 // answered requests per second
	cost       float64 // the proxy's processor time per request, in microseconds
	half, most float64 // latency of the median and the 99th percentile, in milliseconds
}

// alternate measures the proxies in turns, each round in the opposite order, and returns each one's samples.
func alternate(proxies []*proxy, rounds int, one func(*proxy) (sample, error)) ([][]sample, error) {
	samples := make([][]sample, len(proxies))
	for round := range rounds {
		for turn := range proxies {
			index := turn
			if round%2 == 1 {
				index = len(proxies) - 1 - turn
			}
			found, err := one(proxies[index])
			if err != nil {
				return nil, err
			}
			samples[index] = append(samples[index], found)
		}
	}
	return samples, nil
}

// quantile of a list that is not empty.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1)+0.5)]
}

func pick(samples []sample, of func(sample) float64) []float64 {
	values := make([]float64, len(samples))
	for i, s := range samples {
		values[i] = of(s)
	}
	return values
}

// compare pairs the rounds of two proxies.
func compare(ours, bare []float64, how func(ours, bare float64) float64) []float64 {
	values := make([]float64, len(ours))
	for i := range ours {
		values[i] = how(ours[i], bare[i])
	}
	return values
}

func ratio(ours, bare float64) float64      { return ours / bare }
func difference(ours, bare float64) float64 { return ours - bare }

func median(values []float64) float64 { return quantile(values, 0.5) }

func spread(values []float64) string {
	return fmt.Sprintf("%.2f (%.2f to %.2f)", median(values), slices.Min(values), slices.Max(values))
}

func printSpeed(name string, bare, ours []sample) {
	rate, cost := func(s sample) float64 { return s.rate }, func(s sample) float64 { return s.cost }
	least := slices.Min(pick(ours, cost)) / slices.Min(pick(bare, cost))
	fmt.Printf("%-14s  %8.0f  %8.0f   %-20s  %7.1f  %7.1f   %-20s   %.2f\n", name,
		median(pick(bare, rate)), median(pick(ours, rate)), spread(compare(pick(ours, rate), pick(bare, rate), ratio)),
		median(pick(bare, cost)), median(pick(ours, cost)), spread(compare(pick(ours, cost), pick(bare, cost), ratio)), least)
}

func printLatency(rate int, bare, ours []sample) {
	fmt.Printf("latency of the mix at %d requests per second, ms\n", rate)
	for _, line := range []struct {
		name string
		of   func(sample) float64
	}{{"p50", func(s sample) float64 { return s.half }}, {"p99", func(s sample) float64 { return s.most }}} {
		before, after := pick(bare, line.of), pick(ours, line.of)
		fmt.Printf("%s: bare %s, ours %s, difference %s\n", line.name, spread(before), spread(after),
			spread(compare(after, before, difference)))
	}
}

// measureMemory fills the table of one proxy with rooms, has its peers learn them, and prints what that takes.
func measureMemory(ctx context.Context, d *door, o options, count int) error {
	proxies, err := d.start(ctx, kindDeployed, count)
	if err != nil {
		return err
	}
	defer end(proxies)
	before := make([]int, count)
	for i, p := range proxies { // first everything that is not rooms: buffers, connections, Lua
		if _, err := flood(ctx, p, append(many(foreign), many(file)...), o.connections, 2*time.Second); err != nil {
			return err
		}
		before[i] = p.resident()
	}
	if err := fill(ctx, proxies[0], o); err != nil {
		return err
	}
	for i, p := range proxies {
		known, err := learned(ctx, p, o.rooms)
		if err != nil {
			return err
		}
		after := p.resident()
		fmt.Printf("memory, %d of %d proxies: %d rooms, %.1f MiB before, %.1f MiB after: %.0f bytes per room\n", i+1, count, known,
			float64(before[i])/(1<<20), float64(after)/(1<<20), float64(after-before[i])/float64(max(known, 1)))
	}
	return nil
}

// fill sends signalling of so many rooms.
func fill(ctx context.Context, p *proxy, o options) error {
	var last atomic.Int64
	return together(ctx, p, o.connections, func(_ int, c *connection) error {
		for {
			next := int(last.Add(1))
			if next > o.rooms {
				return nil
			}
			if err := c.do(post("/http-bind?room=" + room(next))); err != nil {
				return err
			}
		}
	})
}

// learned waits until the proxy knows so many rooms, or a while.
func learned(ctx context.Context, p *proxy, rooms int) (int, error) {
	for began := time.Now(); ; <-time.After(200 * time.Millisecond) {
		known, err := p.remembered(ctx)
		if err != nil || known >= rooms || time.Since(began) > 20*time.Second {
			return known, err
		}
	}
}
