// Command frontdoorbench holds the front door's HAProxy, with the text that is deployed, against the same HAProxy with a bare
// round-robin configuration: requests per second, processor time per request, latency, and the memory of its table of rooms.
// Both run at the same time and are measured in turns, so that what else the machine does falls on both.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

// options are what the command line may change.
type options struct {
	rounds      int
	long, short time.Duration
	connections int
	rate        int
	answer      int
	rooms       int
}

func main() {
	var o options
	flag.IntVar(&o.rounds, "rounds", 10, "how often each measurement is repeated, in turns")
	flag.DurationVar(&o.long, "long", 3*time.Second, "length of a round with the mix of requests")
	flag.DurationVar(&o.short, "short", time.Second, "length of a round with one kind of request")
	flag.IntVar(&o.connections, "connections", 64, "connections of clients, each from an address of its own")
	flag.IntVar(&o.rate, "rate", 1000, "requests per second while the latency is measured")
	flag.IntVar(&o.answer, "answer", 1024, "bytes of an answer: the shorter, the more of the time goes into the rules")
	flag.IntVar(&o.rooms, "rooms", 100_000, "rooms that fill the table; 0: leave the memory out")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := measureAll(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) //nolint:gocritic // nothing is left to be done
	}
}

func measureAll(ctx context.Context, o options) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the proxies
	folder, err := os.MkdirTemp("", "frontdoorbench-")
	if err != nil {
		return fmt.Errorf("a folder: %w", err)
	}
	defer os.RemoveAll(folder)
	shards, err := startShards(ctx, o.answer, "a", "b")
	if err != nil {
		return err
	}
	d := &door{folder: folder, shards: shards}
	if err := measureSpeed(ctx, d, o); err != nil {
		return err
	}
	if o.rooms == 0 {
		return nil
	}
	for _, proxies := range []int{1, 3} {
		if err := measureMemory(ctx, d, o, proxies); err != nil {
			return err
		}
	}
	return nil
}

// measureSpeed starts the two proxies and prints what they can do.
func measureSpeed(ctx context.Context, d *door, o options) error {
	bare, err := d.start(ctx, kindBare, 1)
	if err != nil {
		return err
	}
	ours, err := d.start(ctx, kindDeployed, 1)
	if err != nil {
		return err
	}
	pair := []*proxy{bare[0], ours[0]}
	defer end(pair)
	if err := printIdle(ctx, pair); err != nil {
		return err
	}
	fmt.Println("requests per second, and microseconds of HAProxy's processor time for each; the ratios with their least and greatest")
	fmt.Printf("%-14s  %8s  %8s   %-20s  %7s  %7s   %-20s   %s\n",
		"", "bare", "ours", "ratio", "bare µs", "ours µs", "ratio", "ratio of the leasts")
	for _, class := range classes() {
		length := o.short
		if class.name == mixName {
			length = o.long
		}
		samples, err := alternate(pair, o.rounds, func(p *proxy) (sample, error) {
			return flood(ctx, p, class.requests, o.connections, length)
		})
		if err != nil {
			return err
		}
		printSpeed(class.name, samples[0], samples[1])
	}
	samples, err := alternate(pair, o.rounds, func(p *proxy) (sample, error) {
		return pace(ctx, p, mix(), o.connections, o.rate, o.long)
	})
	if err != nil {
		return err
	}
	printLatency(o.rate, samples[0], samples[1])
	return nil
}

// printIdle says what the proxies do when nobody asks: checks, agents, programs.
func printIdle(ctx context.Context, pair []*proxy) error {
	const length = 5 * time.Second
	before := []time.Duration{pair[0].cpu(), pair[1].cpu()}
	select {
	case <-time.After(length):
	case <-ctx.Done():
		return fmt.Errorf("waiting: %w", ctx.Err())
	}
	share := func(i int) float64 { return 100 * (pair[i].cpu() - before[i]).Seconds() / length.Seconds() }
	load, _ := os.ReadFile("/proc/loadavg")
	fmt.Printf("load of the machine: %s", load)
	fmt.Printf("idle: bare %.1f %%, ours %.1f %% of a processor\n", share(0), share(1))
	return nil
}
