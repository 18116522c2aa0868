// Package study simulates many days under several policies, on all processors, and adds the results up. What comes out depends on the
// plan alone, never on how the work was shared.
package study

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"jitsi-meet-azure/simulation/demand"
	"jitsi-meet-azure/simulation/policy"
	"jitsi-meet-azure/simulation/shard"
)

// Day is one day to simulate under every policy.
type Day struct {
	// Name says which day it is, for people.
	Name string
	// Again is what simulates it again, in the words of whoever made the plan. [Failure] hands it on.
	Again string
	// Cell is what the results are counted under, Weight how much they count for.
	Cell   int
	Weight float64
	// Make draws the day, or hands it out. It is called by several goroutines at once.
	Make func() (demand.Day, error)
}

// Plan is what to simulate.
type Plan struct {
	Policies    []policy.Policy
	Days        []Day
	Assumptions policy.Assumptions
	// Workers is how many goroutines simulate; zero for as many as there are processors.
	Workers int
	// Progress is told how many of all simulations are done; nil for nobody. It is called by several goroutines.
	Progress func(done, total int)
}

// Failure is the first simulation that went wrong: an error, or a conference that a policy cut which promises to cut none.
type Failure struct {
	Policy, Day, Again string
	Err                error
}

// Error implements error.
func (f *Failure) Error() string { return fmt.Sprintf("policy %s, %s: %v", f.Policy, f.Day, f.Err) }

// Unwrap leads to what went wrong.
func (f *Failure) Unwrap() error { return f.Err }

// ErrCut is a conference that was cut.
var ErrCut = errors.New("a conference was cut")

// Run simulates every day of a plan under every policy, and returns the results of each day in the plan's order of days and
// policies. It stops at the first [Failure].
func Run(ctx context.Context, plan Plan) ([][]shard.Result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	results := make([][]shard.Result, len(plan.Days))
	total := len(plan.Days) * len(plan.Policies)
	var next, done atomic.Int64
	var working sync.WaitGroup
	for range plan.workers() {
		working.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(plan.Days) {
					return
				}
				made, err := plan.day(ctx, i, func() {
					if plan.Progress != nil {
						plan.Progress(int(done.Add(1)), total)
					}
				})
				if err != nil {
					stop(err)
					return
				}
				results[i] = made
			}
		})
	}
	working.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return results, nil
}

func (p Plan) workers() int {
	if p.Workers > 0 {
		return p.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// day simulates one day under every policy.
func (p Plan) day(ctx context.Context, i int, done func()) ([]shard.Result, error) {
	made, err := p.Days[i].Make()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.Days[i].Name, err)
	}
	results := make([]shard.Result, 0, len(p.Policies))
	for _, pol := range p.Policies {
		result, err := p.simulate(ctx, pol, made)
		if err == nil && pol.Safe && result.Cut > 0 {
			err = fmt.Errorf("%w: %d of them", ErrCut, result.Cut)
		}
		if err != nil {
			return nil, &Failure{Policy: pol.Name, Day: p.Days[i].Name, Again: p.Days[i].Again, Err: err}
		}
		results = append(results, result)
		done()
	}
	return results, nil
}

func (p Plan) simulate(ctx context.Context, pol policy.Policy, d demand.Day) (shard.Result, error) {
	in, err := pol.Input(d, p.Assumptions)
	if err != nil {
		return shard.Result{}, err
	}
	return shard.Run(ctx, in)
}
