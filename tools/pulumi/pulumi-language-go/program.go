package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// killDelay is how long an interrupted program may take to end before it is killed. The engine itself kills the host
// after five seconds, so this must be shorter.
const killDelay = 3 * time.Second

// prepare returns the path of the program to run and a function that removes what was built for this run only.
func prepare(ctx context.Context, dir string, opts options) (program string, cleanUp func(), err error) {
	keep := func() {}
	switch {
	case opts.Binary != "":
		program, err = findBinary(dir, opts.Binary)
		return program, keep, err
	case opts.BuildTarget != "":
		program = inDirectory(dir, opts.BuildTarget)
		return program, keep, build(ctx, dir, program)
	}

	scratch, err := os.MkdirTemp("", "pulumi-go-")
	if err != nil {
		return "", nil, fmt.Errorf("make a directory for the program: %w", err)
	}
	remove := func() { _ = os.RemoveAll(scratch) } // Best effort: a leftover in the temporary directory does no harm.
	program = filepath.Join(scratch, "program")
	if err := build(ctx, dir, program); err != nil {
		remove()
		return "", nil, err
	}
	return program, remove, nil
}

// findBinary resolves the `binary` option.
func findBinary(dir, binary string) (string, error) {
	path := inDirectory(dir, binary)
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return path, nil
	}
	if !strings.ContainsRune(binary, filepath.Separator) {
		if path, err := exec.LookPath(binary); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("runtime option binary: there is no program %s; build it first", path)
}

func inDirectory(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

// build compiles the program. The compiler's output goes to stderr, which the engine shows under the stack.
func build(ctx context.Context, dir, target string) error {
	// -trimpath is part of the keys of Go's build cache: every build of the project has to agree on it, or the cloud
	// SDKs are compiled twice.
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", target, ".")
	cmd.Dir = dir
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("unable to build the program in %s: %w", dir, err)
	}
	return nil
}

// execute runs the program and translates how it ended.
func execute(ctx context.Context, program, dir string, env, args []string) *pulumirpc.RunResponse {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir, cmd.Env = dir, env
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = killDelay
	return response(cmd.Run())
}

// response translates the end of a program. The SDK exits with 32 when it already reported the error, so nothing
// more may be printed.
func response(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: "unable to run the program: " + err.Error()}
	case exit.ExitCode() == constant.ExitStatusLoggedError:
		return &pulumirpc.RunResponse{Bail: true}
	case exit.ExitCode() < 0:
		return &pulumirpc.RunResponse{Error: "the program was ended by a " + exit.String()}
	default:
		return &pulumirpc.RunResponse{
			Error: fmt.Sprintf("the program exited with non-zero exit code: %d", exit.ExitCode()),
		}
	}
}
