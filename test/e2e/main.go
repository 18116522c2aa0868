// Command e2e brings the complete system to life on one machine and plays a day of it: `make e2e`. What is real and what is played is
// in docs/system-test.md.
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
	"strconv"
	"strings"
	"syscall"
	"time"

	"jitsi-meet-azure/test/e2e/day"
	"jitsi-meet-azure/test/e2e/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

const exitUsage = 2

func run(ctx context.Context, arguments []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("e2e", flag.ContinueOnError)
	flags.SetOutput(problems)
	stack := flags.String("stack", "dev", "the environment: dev or prod")
	name := flags.String("day", "whole", "whole, or brief: a short morning in which most of it happens")
	factor := flags.Float64("factor", 0, "how many seconds pass on the clock in one real second; 0 is the day's own")
	seed := flags.Uint64("seed", 1, "decides who meets when")
	folder := flags.String("folder", filepath.Join(".local", "e2e"), "takes everything that the day leaves behind; emptied first")
	changes := map[string]any{}
	flags.Func("set", "a setting to change for the day, as path=value: autoscale.reservePercent=80; may be given several times",
		func(text string) error { return setting(changes, text) })
	if err := flags.Parse(arguments); err != nil {
		return exitUsage
	}
	script, err := day.Named(*name)
	if err == nil {
		err = play(ctx, day.Options{
			Stack: *stack, Script: script, Factor: *factor, Seed: *seed, Folder: *folder, Binaries: ".bin",
			Changes: changes, Progress: out,
		}, out)
	}
	if err != nil {
		fmt.Fprintf(problems, "e2e: %v\n", err)
		return 1
	}
	return 0
}

// setting reads a change of a setting.
func setting(changes map[string]any, text string) error {
	path, value, found := strings.Cut(text, "=")
	if !found || path == "" {
		return fmt.Errorf("%q is not path=value", text)
	}
	changes[path] = value
	if number, err := strconv.Atoi(value); err == nil {
		changes[path] = number
	}
	return nil
}

// play plays a day, writes its report, and prints what held.
func play(ctx context.Context, o day.Options, out io.Writer) error {
	began := time.Now()
	result, err := day.Play(ctx, o)
	if result == nil {
		return err
	}
	for _, check := range result.Day.Checks {
		word := "ok    "
		if !check.OK {
			word = "FAILED"
		}
		fmt.Fprintf(out, "%s %s: %s\n", word, check.Name, check.Detail)
	}
	failed := len(result.Failed())
	page, picture := filepath.Join(o.Folder, "day.html"), filepath.Join(o.Folder, "day.svg")
	err = errors.Join(err,
		write(page, result.Day, report.HTML),
		write(picture, result.Day, report.Picture))
	fmt.Fprintf(out, "%d checks passed, %d failed, in %s; the day is told in %s\n",
		len(result.Day.Checks)-failed, failed, time.Since(began).Round(time.Second), page)
	if failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d checks failed", failed))
	}
	return err
}

func write(file string, d report.Day, render func(io.Writer, report.Day) error) error {
	out, err := os.Create(file)
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return errors.Join(render(out, d), out.Close())
}
