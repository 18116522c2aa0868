// Command simulate shows what an environment's settings do to days of its users, before anything is deployed: how many bridges there
// are, how full they get, what they cost, and how other ways of choosing their number compare:
//
//	simulate Pulumi.prod.yaml
//	simulate -day webinar -peak 3 -html webinar.html Pulumi.prod.yaml
//	simulate -trace week.csv -set autoscale.reservePercent=100 Pulumi.prod.yaml
//	simulate -day mix -days 20 Pulumi.prod.yaml
//
// It asks nobody. docs/simulation.md says what it takes for granted.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"

	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/internal/stackfile"
	"jitsi-meet-azure/internal/vmsize"
	"jitsi-meet-azure/simulation/capacity"
	"jitsi-meet-azure/simulation/policy"
	"jitsi-meet-azure/simulation/study"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	switch {
	case err == nil:
	case errors.Is(err, flag.ErrHelp) || errors.Is(err, errUsage):
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "simulate:", err)
		os.Exit(1)
	}
}

// errUsage is a mistake in the command line.
var errUsage = errors.New("usage")

// options are the command line.
type options struct {
	file, day, trace, set string
	seed                  uint64
	peak                  float64
	days, workers, shards int
	html, svg, capacity   string
	policies              string
	plain                 bool
	changes               []string
}

func parse(arguments []string, problems io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("simulate", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.StringVar(&o.day, "day", "office", "what kind of day: office, school, webinar, weekend, shop, flash; or mix for all of them")
	flags.StringVar(&o.trace, "trace", "", "a trace of joins and leaves, instead of a day: docs/simulation.md")
	flags.Uint64Var(&o.seed, "seed", 1, "what the day is drawn by")
	flags.Float64Var(&o.peak, "peak", 2, "the load at the day's peak, in full bridges a shard")
	flags.StringVar(&o.set, "seeds", heldOut, "whose seeds a mix is drawn by: tuning or heldOut")
	flags.IntVar(&o.days, "days", 0, "how many days of each cell a mix has; 0 for as many as are agreed")
	flags.IntVar(&o.shards, "shards", 0, "how many shards the day is spread over; 0 for the environment's")
	flags.IntVar(&o.workers, "workers", 0, "how many days are simulated at once; 0 for one a processor")
	flags.StringVar(&o.html, "html", "", "where to write the page")
	flags.StringVar(&o.svg, "svg", "", "where to write the picture")
	flags.StringVar(&o.capacity, "capacity", "", "figures of your own in place of simulation/capacity/capacity.json")
	flags.StringVar(&o.policies, "policies", "", "only these policies, by name and with commas between them")
	flags.BoolVar(&o.plain, "plain-image", false, "machines install their bridge as they boot")
	flags.Func("set", "another value for a setting, such as autoscale.maximum=8; may be given again", func(change string) error {
		o.changes = append(o.changes, change)
		return nil
	})
	flags.Usage = func() {
		fmt.Fprintln(problems, "simulate [options] Pulumi.STACK.yaml")
		flags.PrintDefaults()
	}
	if err := flags.Parse(arguments); err != nil {
		return o, err
	}
	if flags.NArg() != 1 {
		flags.Usage()
		return o, errUsage
	}
	o.file = flags.Arg(0)
	return o, nil
}

func run(ctx context.Context, arguments []string, out, problems io.Writer) error {
	o, err := parse(arguments, problems)
	if err != nil {
		return err
	}
	env, warnings, err := stackfile.Read(o.file, o.changes...)
	if err != nil {
		return err
	}
	for _, warning := range warnings {
		fmt.Fprintln(problems, "warning:", warning)
	}
	s, err := prepare(o, env)
	if err != nil {
		return err
	}
	s.plan.Progress = (&progress{out: problems}).tell
	results, err := study.Run(ctx, s.plan)
	if err != nil {
		return explain(err, o)
	}
	page, err := s.page(results)
	if err != nil {
		return err
	}
	if err := page.Table(out); err != nil {
		return err
	}
	return errors.Join(write(o.html, page.HTML), write(o.svg, page.SVG))
}

// prepare reads everything that the simulation needs.
func prepare(o options, env environment.Environment) (*simulation, error) {
	model, err := readModel(o.capacity)
	if err != nil {
		return nil, err
	}
	policies, err := policy.Standard(env)
	if err != nil {
		return nil, err
	}
	if policies, err = choose(policies, o.policies); err != nil {
		return nil, err
	}
	if o.shards > 0 && o.shards < len(env.Shards) {
		env.Shards = env.Shards[:o.shards]
	}
	if err := o.check(env); err != nil {
		return nil, err
	}
	if size, known := vmsize.Find(env.Bridges.VMSize); known {
		model = model.On(size.VCPUs)
	}
	s := &simulation{options: o, env: env, model: model}
	s.plan.Policies, s.plan.Workers = policies, o.workers
	s.plan.Assumptions = policy.Assumptions{
		Model: model, Plain: o.plain, Recycle: recycle(env.Autoscale.Recycle), Keep: o.day != mix || o.trace != "",
	}
	if err := s.days(); err != nil {
		return nil, err
	}
	return s, nil
}

// check holds the options against the shards that are simulated.
func (o options) check(env environment.Environment) error {
	if o.shards < 0 || o.shards > len(env.Shards) {
		return fmt.Errorf("-shards: %d is not 1 to %d, which the environment has", o.shards, len(env.Shards))
	}
	most := mostPeak / float64(len(env.Shards))
	if o.trace == "" && o.day != mix && !(o.peak > 0 && o.peak <= most) {
		return fmt.Errorf("-peak: %g is not above 0 and at most %.3g bridges a shard, with %d shards", o.peak, most, len(env.Shards))
	}
	return nil
}

// mostPeak is how many bridges all shards together may need at the peak of a day.
const mostPeak = 100

func readModel(file string) (capacity.Model, error) {
	if file == "" {
		return capacity.Load()
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return capacity.Model{}, fmt.Errorf("reading the figures: %w", err)
	}
	return capacity.Parse(text)
}

// choose keeps the policies with the given names.
func choose(all []policy.Policy, names string) ([]policy.Policy, error) {
	if names == "" {
		return all, nil
	}
	var chosen []policy.Policy
	for name := range strings.SplitSeq(names, ",") {
		found := false
		for _, p := range all {
			if p.Name == name {
				chosen, found = append(chosen, p), true
			}
		}
		if !found {
			known := make([]string, 0, len(all))
			for _, p := range all {
				known = append(known, p.Name)
			}
			return nil, fmt.Errorf("-policies: there is no %q; there are %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

// explain adds to a failure how to see it again.
func explain(err error, o options) error {
	var failure *study.Failure
	if !errors.As(err, &failure) {
		return err
	}
	again := "simulate " + failure.Again + " -policies " + failure.Policy
	if o.shards > 0 && o.day != mix {
		again += fmt.Sprintf(" -shards %d", o.shards)
	}
	if o.capacity != "" {
		again += " -capacity " + quoted(o.capacity)
	}
	if o.plain {
		again += " -plain-image"
	}
	for _, change := range o.changes {
		again += " -set " + quoted(change)
	}
	return fmt.Errorf("%w\nto see it again: %s %s", err, again, o.file)
}

// quoted is an argument as a shell takes it for one.
func quoted(argument string) string {
	if strings.ContainsAny(argument, " \t\"'`$&|;<>*?[]{}()\\") {
		return strconv.Quote(argument)
	}
	return argument
}

// write writes one of the report's forms into a file, if it is asked for.
func write(file string, form func(io.Writer) error) error {
	if file == "" {
		return nil
	}
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return errors.Join(form(out), out.Close())
}
