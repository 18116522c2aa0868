// Command shardctl does what only an operator may do: drain a shard at the front door, restart its Prosody and Jicofo when
// nobody meets on it any more, reload its certificates, find where a room is, and bring a room together that is in two
// places. docs/front-door.md describes the commands.
//
// Nothing else restarts Prosody or Jicofo; docs/decisions/0003-singletons-never-restart-by-themselves.md says why. Every
// command may be repeated and, after an interruption, continued by giving it again. It reaches the cluster through
// kubectl, with the rights of whoever calls it.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const usage = `shardctl [flags] COMMAND

  status                     every shard: front door, pods, meetings, bridges
  drain SHARD                send no new room to the shard; rooms on it stay
  undrain SHARD              send new rooms again
  wait-empty SHARD           wait until nobody meets on the shard
  roll SHARD                 drain, wait until empty, restart Prosody and Jicofo, wait until they serve, undrain
  reload-certificates SHARD  make Prosody use the certificates that its Secret holds now; meetings go on
  room ROOM                  the shard that a room is on
  rooms [--watch]            how many rooms are on each shard; --watch: again after every interval
  splits                     rooms that are on more than one shard; fails if there are any
  repair ROOM [SHARD]        put a room onto one shard: by default where most proxies have it, or where Jicofo has it

ROOM is a room's path, for example Daily or tenant/Daily, or its key as the other commands print it: key=4A44DC...

flags:
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errUsage is a mistake in the command line.
var errUsage = errors.New("usage")

func run(ctx context.Context, arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("shardctl", flag.ContinueOnError)
	flags.SetOutput(problems)
	flags.Usage = func() {
		fmt.Fprint(problems, usage)
		flags.PrintDefaults()
	}
	cluster := flags.String("context", "", "the kubeconfig context of the cluster; empty is the current one")
	timeout := flags.Duration("timeout", 12*time.Hour, "how long to try, of which waiting for meetings to end is the most")
	interval := flags.Duration("interval", 10*time.Second, "the pause between two looks at the cluster")
	if err := flags.Parse(arguments); err != nil {
		return 2
	}
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	operator := &operator{kubectl: &command{context: *cluster}, out: out, pause: pauseFor(*interval), now: time.Now, late: lateAnswers}
	switch err := operator.do(ctx, flags.Args()); {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		flags.Usage()
		return 2
	default:
		fmt.Fprintf(problems, "shardctl: %v\n", err)
		return 1
	}
}

// pauseFor returns a function that waits, or fails when the context ends first.
func pauseFor(interval time.Duration) func(context.Context) error {
	return func(ctx context.Context) error {
		timer := time.NewTimer(interval)
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// operator carries out commands.
type operator struct {
	kubectl kubectl
	out     io.Writer
	pause   func(context.Context) error
	now     func() time.Time
	// late is how long a repaired room is watched: lateAnswers.
	late time.Duration
}

// task is a command: how many arguments it takes, and what it does with them.
type task struct {
	least, most int
	do          func(context.Context, []string) error
}

func (o *operator) tasks() map[string]task {
	return map[string]task{
		"status":              {0, 0, func(ctx context.Context, _ []string) error { return o.status(ctx) }},
		"room":                {1, 1, func(ctx context.Context, arguments []string) error { return o.room(ctx, arguments[0]) }},
		"rooms":               {0, 1, o.rooms},
		"splits":              {0, 0, func(ctx context.Context, _ []string) error { return o.splits(ctx) }},
		"repair":              {1, 2, o.repair},
		"drain":               o.onShard("drain", o.drain),
		"undrain":             o.onShard("undrain", o.undrain),
		"wait-empty":          o.onShard("wait-empty", o.waitEmpty),
		"roll":                o.onShard("roll", o.roll),
		"reload-certificates": o.onShard("reload-certificates", o.reloadCertificates),
	}
}

// onShard is a command about one shard, which has to exist.
func (o *operator) onShard(name string, do func(context.Context, string) error) task {
	return task{1, 1, func(ctx context.Context, arguments []string) error {
		shard := arguments[0]
		if err := o.requireShard(ctx, shard); err != nil {
			return err
		}
		if err := do(ctx, shard); err != nil {
			return fmt.Errorf("%s %s: %w", name, shard, err)
		}
		return nil
	}}
}

func (o *operator) do(ctx context.Context, arguments []string) error {
	if len(arguments) == 0 {
		return errUsage
	}
	task, known := o.tasks()[arguments[0]]
	arguments = arguments[1:]
	if !known || len(arguments) < task.least || len(arguments) > task.most {
		return errUsage
	}
	return task.do(ctx, arguments)
}

func (o *operator) say(format string, values ...any) {
	fmt.Fprintf(o.out, "%s "+format+"\n", append([]any{o.now().UTC().Format(time.TimeOnly)}, values...)...)
}
