// Command gotest runs `go test ./...` in several modules and closes with one summary: a line for each package and the
// number of tests that passed, failed and were skipped.
//
// With the environment variable CI=true a skipped test is an error unless the list of allowed skips names it with a
// reason: a test that silently stops running proves nothing.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ok, err := run(ctx, os.Args[1:], os.Stdout, os.Getenv("CI") == "true")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

type arguments struct {
	allowed  string
	summary  string
	packages string
	testArgs string
	modules  []string
}

func parse(args []string) (arguments, error) {
	var a arguments
	flags := flag.NewFlagSet("gotest", flag.ContinueOnError)
	flags.StringVar(&a.allowed, "allow-skips", "", "file that lists the tests that may be skipped under CI=true")
	flags.StringVar(&a.summary, "summary", "", "file to write the summary to, besides printing it")
	flags.StringVar(&a.packages, "packages", "./...", "package patterns, separated by spaces")
	flags.StringVar(&a.testArgs, "args", "", "more arguments for go test, separated by spaces")
	if err := flags.Parse(args); err != nil {
		return arguments{}, err
	}
	a.modules = flags.Args()
	if len(a.modules) == 0 {
		a.modules = []string{"."}
	}
	return a, nil
}

func run(ctx context.Context, args []string, out io.Writer, strict bool) (ok bool, err error) {
	a, err := parse(args)
	if err != nil {
		return false, err
	}
	allowed, err := readSkips(a.allowed)
	if err != nil {
		return false, err
	}
	all := newCollector(out)
	for _, module := range a.modules {
		if err := testModule(ctx, module, a, all); err != nil {
			return false, err
		}
	}
	report := all.report()
	if strict {
		report.refuseSkips(allowed)
	}
	fmt.Fprintf(out, "\n%s", report)
	if a.summary != "" {
		if err := os.WriteFile(a.summary, []byte(report.String()), 0o600); err != nil {
			return false, fmt.Errorf("write the summary: %w", err)
		}
	}
	return report.ok(), nil
}

// testModule runs the tests of one module. A failing test is not an error here: the collector knows of it.
func testModule(ctx context.Context, module string, a arguments, all *collector) error {
	args := append([]string{"test", "-json", "-timeout", "40m"}, strings.Fields(a.testArgs)...)
	cmd := exec.CommandContext(ctx, "go", append(args, strings.Fields(a.packages)...)...)
	cmd.Dir = filepath.Clean(module)
	cmd.Stderr = os.Stderr
	// An interrupted go test stops its tests; a killed one leaves them behind.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	stream, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("read from go test: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start go test in %s: %w", module, err)
	}
	readErr := decode(stream, all)
	waitErr := cmd.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("go test in %s: %w", module, ctx.Err())
	}
	var exit *exec.ExitError
	if waitErr != nil && !errors.As(waitErr, &exit) {
		return fmt.Errorf("go test in %s: %w", module, waitErr)
	}
	if waitErr != nil {
		all.runFailed(module)
	}
	return readErr
}

// decode reads the events of go test -json. Lines that are no events, such as warnings of the go command, are passed on.
func decode(stream io.Reader, all *collector) error {
	lines := bufio.NewReader(stream)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil && e.Action != "" {
				all.add(e)
			} else {
				all.passOn(string(line))
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read from go test: %w", err)
		}
	}
}
