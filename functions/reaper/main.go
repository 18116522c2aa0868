// Command reaper is the function that scales in. The Azure Functions host starts it as a custom handler and calls it once
// for every tick of its timer; then it discovers the bridges, probes them, decides, acts and remembers. Package tick holds
// the order of these, and each is a package of its own.
//
// The same program is an operator's command: "reaper plan" prints what a tick would do and writes nothing, "reaper once"
// runs one tick.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"

	"jitsi-meet-azure/functions/reaper/host"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/functions/reaper/tick"
)

// function is the name of the function in the app, the folder of its function.json.
const function = "reaper"

// exitUsage tells "started wrongly", which starting again does not mend, from "failed".
const exitUsage = 2

// memoryLimit is what the Go runtime tries to stay below, in bytes.
const memoryLimit = 32 << 20

const usage = `usage:
  reaper         serve the Azure Functions host
  reaper plan    print every bridge with what a tick would do and why; changes nothing
  reaper once    run one tick
The settings are the app's own (REAPER_..., AZURE_CLIENT_ID). On the app's machine the commands act as its identity,
elsewhere as whoever is signed in to the Azure CLI. They must run where the bridges can be reached.
`

func main() {
	// A tick is a second of work a minute on a machine that is shared with the Functions host: memory matters more than the
	// time that collecting it takes.
	debug.SetMemoryLimit(memoryLimit)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program with its surroundings passed in. Its answer is the exit code.
func run(ctx context.Context, arguments, environ []string, stdout, stderr io.Writer) int {
	switch strings.Join(arguments, " ") {
	case "":
		log := slog.New(slog.NewJSONHandler(stdout, nil))
		return prepared(environ, log, "reaper", func(reaper *tick.Reaper) error {
			return serve(ctx, reaper, port(environ))
		})
	case "plan":
		log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
		return prepared(environ, log, "reaper plan", func(reaper *tick.Reaper) error {
			reaper.Mode = tick.Look
			return once(ctx, reaper, stdout)
		})
	case "once":
		log := slog.New(slog.NewTextHandler(stderr, nil))
		return prepared(environ, log, "reaper once", func(reaper *tick.Reaper) error {
			return once(ctx, reaper, stdout)
		})
	default:
		fmt.Fprint(stderr, usage)
		return exitUsage
	}
}

// prepared makes the reaper that the settings describe and lets it do something.
func prepared(environ []string, log *slog.Logger, actor string, do func(*tick.Reaper) error) int {
	parsed, err := settings.Parse(environ)
	var reaper *tick.Reaper
	if err == nil {
		log = onClock(log, parsed.Clock).With("environment", parsed.Environment)
		reaper, err = assemble(parsed, actor, environ, log)
	}
	if err != nil {
		for _, problem := range problems(err) {
			log.Error("bad setting", "problem", problem.Error())
		}
		return exitUsage
	}
	if err := do(reaper); err != nil {
		log.Error("stopped", "reason", err.Error())
		return 1
	}
	log.Info("stopped")
	return 0
}

// serve opens the port before anything else: the host gives the handler 30 seconds to answer.
func serve(ctx context.Context, reaper *tick.Reaper, port string) error {
	listener, err := host.Listen(ctx, port)
	if err != nil {
		return err
	}
	reaper.Log.Info("listening", "address", listener.Addr().String(), "shards", len(reaper.Shards), "dry_run", reaper.Mode == tick.DryRun)
	if err := host.Serve(ctx, listener, function, invoked(reaper), reaper.Log); err != nil {
		return fmt.Errorf("%s: %w", function, err)
	}
	return nil
}

// invoked is a tick that the host asks for. Its last act is the heartbeat: an alert watches for its absence.
func invoked(reaper *tick.Reaper) host.Tick {
	return func(ctx context.Context, invocation host.Invocation) ([]string, error) {
		began := reaper.Now()
		outcomes, err := reaper.Tick(ctx, invocation.ID)
		reaper.Log.Info("heartbeat", "invocation", invocation.ID, "past_due", invocation.PastDue,
			"milliseconds", reaper.Now().Sub(began).Milliseconds(), "shards", len(outcomes), "failed", err != nil)
		return tick.Lines(outcomes), err
	}
}

// once runs a single tick for an operator and prints what it saw and decided.
func once(ctx context.Context, reaper *tick.Reaper, out io.Writer) error {
	outcomes, err := reaper.Tick(ctx, fmt.Sprintf("by-hand-%d", reaper.Now().Unix()))
	return errors.Join(tick.Table(out, outcomes, reaper.Now()), err)
}

// port is where the Functions host expects the handler; empty where it did not say.
func port(environ []string) string { return value(environ, host.PortName) }

// value is the last value of a variable in a process environment.
func value(environ []string, wanted string) (found string) {
	for _, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); name == wanted {
			found = value
		}
	}
	return found
}

// problems takes a joined error apart, so that each problem is a line of the log.
func problems(err error) []error {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		return joined.Unwrap()
	}
	return []error{err}
}
