package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"jitsi-meet-azure/tools/local/workspace"
)

// engine runs pulumi in a workspace.
type engine struct {
	workspace.Workspace

	pulumi    string
	unprotect bool
	stdout    io.Writer
	stderr    io.Writer
}

func (e *engine) bin(name string) string { return filepath.Join(e.Root(), ".bin", name) }

// prepare refreshes the workspace and makes the stack where it does not exist yet.
func (e *engine) prepare(ctx context.Context, config map[string]string) error {
	binaries := workspace.Binaries{Program: e.bin("meet"), LocalCloud: e.bin("localcloud")}
	if err := e.Prepare(binaries, config); err != nil {
		return err
	}
	cancelled, err := e.CancelDead()
	if err != nil {
		return err
	}
	if cancelled > 0 {
		e.tell("an earlier run on %s was killed: its lock is removed", e.Stack())
	}
	exists, err := e.Initialised()
	if err != nil || exists {
		return err
	}
	create := e.command(ctx, e.pulumi, "stack", "init", e.Stack(), "--no-select")
	create.Stdout = e.stderr // stdout may be read as JSON.
	return create.Run()
}

// on runs a pulumi command that takes a stack, in a prepared workspace.
func (e *engine) on(ctx context.Context, command string, args ...string) error {
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	return e.run(ctx, command, args...)
}

func (e *engine) run(ctx context.Context, command string, args ...string) error {
	return e.command(ctx, e.pulumi, append([]string{command, "--stack", e.Stack()}, args...)...).Run()
}

// command is a program that works in the workspace and speaks to the user's terminal.
func (e *engine) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Dir = e.Project()
	if _, err := os.Stat(cmd.Dir); err != nil {
		cmd.Dir = e.Root() // Nothing is deployed yet.
	}
	cmd.Env = e.Environ(os.Environ())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, e.stdout, e.stderr
	// A killed pulumi would leave the stack locked.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	return cmd
}

// any runs a pulumi command as the user gave it. PULUMI_STACK selects the stack, because not every command has a flag
// for it.
func (e *engine) any(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("pulumi: which command?")
	}
	if editsConfig(args) {
		return fmt.Errorf("edit %s instead: the local cloud runs on a copy of it", e.ConfigFile())
	}
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	cmd := e.command(ctx, e.pulumi, args...)
	cmd.Env = append(cmd.Env, "PULUMI_STACK="+e.Stack())
	return cmd.Run()
}

// editsConfig tells whether a pulumi command would write to the configuration. Flags may stand anywhere, so the first
// word that names a subcommand of config decides.
func editsConfig(args []string) bool {
	config := slices.Index(args, "config")
	if config < 0 {
		return false
	}
	for _, word := range args[config+1:] {
		switch word {
		case "set", "set-all", "rm", "rm-all", "cp", "refresh":
			return true
		case "get", "env":
			return false
		}
	}
	return false
}

// export writes the state to a file, whose path counts from the caller's directory.
func (e *engine) export(ctx context.Context, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return errors.New("export: name the file to write")
	}
	file, err := filepath.Abs(args[0])
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	return e.on(ctx, "stack", append([]string{"export", "--file", file}, args[1:]...)...)
}

func (e *engine) printEnvironment(ctx context.Context) error {
	if err := e.prepare(ctx, nil); err != nil {
		return err
	}
	for _, setting := range append(e.Settings(), "PULUMI_STACK="+e.Stack()) {
		name, value, _ := strings.Cut(setting, "=")
		if _, err := fmt.Fprintf(e.stdout, "export %s=%s\n", name, quote(value)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(e.stdout, "cd %s\n", quote(e.Project()))
	return err
}

// quote makes value one word for a POSIX shell.
func quote(value string) string {
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}
