// Command reaper is the function that scales in. The Azure Functions host starts it as a custom handler and calls it once
// for every tick of its timer.
//
// This version only observes: it reads its settings, answers the host in the form that the host wants, and logs a
// heartbeat. It has no code that could delete, drain or change anything.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"jitsi-meet-azure/functions/reaper/host"
	"jitsi-meet-azure/functions/reaper/settings"
)

// function is the name of the function in the app, the folder of its function.json.
const function = "reaper"

// exitUsage tells "started wrongly", which starting again does not mend, from "failed".
const exitUsage = 2

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdout)
	stop()
	os.Exit(code)
}

// run is the program with its surroundings passed in. Its answer is the exit code.
func run(ctx context.Context, arguments, environ []string, out io.Writer) int {
	log := slog.New(slog.NewJSONHandler(out, nil))
	if len(arguments) > 0 {
		log.Error("the reaper takes no arguments", "arguments", arguments)
		return exitUsage
	}
	parsed, err := settings.Parse(environ)
	if err != nil {
		for _, problem := range problems(err) {
			log.Error("bad setting", "problem", problem.Error())
		}
		return exitUsage
	}
	log = log.With("environment", parsed.Environment)
	if err := serve(ctx, parsed, port(environ), log); err != nil {
		log.Error("stopped", "reason", err.Error())
		return 1
	}
	log.Info("stopped")
	return 0
}

// serve opens the port before anything else: the host gives the handler 30 seconds to answer.
func serve(ctx context.Context, parsed settings.Settings, port string, log *slog.Logger) error {
	listener, err := host.Listen(ctx, port)
	if err != nil {
		return err
	}
	log.Info("listening", "address", listener.Addr().String(), "mode", "observe-only",
		"note", "this version retires nothing")
	tick := observer{settings: parsed, log: log}.Tick
	if err := host.Serve(ctx, listener, function, tick, log); err != nil {
		return fmt.Errorf("%s: %w", function, err)
	}
	return nil
}

// port is where the Functions host expects the handler; empty where it did not say.
func port(environ []string) (found string) {
	for _, pair := range environ {
		if name, value, _ := strings.Cut(pair, "="); name == host.PortName {
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
