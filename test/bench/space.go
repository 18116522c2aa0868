package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"jitsi-meet-azure/tools/local/workspace"
)

// stack is the environment that is measured; only its size is changed.
const stack = "prod"

// space is a workspace on a local cloud of its own, for one program.
type space struct {
	workspace.Workspace

	bench    *bench
	config   string
	binaries workspace.Binaries
	// extra are more variables of the program.
	extra []string
}

// newSpace prepares a workspace with the environment at the given size. An empty program means the project's own.
func (b *bench) newSpace(name, program string, shards int, extra ...string) (*space, error) {
	if program == "" {
		program = filepath.Join(b.root, ".bin", "meet")
	}
	s := &space{
		bench: b, extra: extra,
		config:   filepath.Join(b.scratch, name+".yaml"),
		binaries: workspace.Binaries{Program: program, LocalCloud: filepath.Join(b.root, ".bin", "localcloud")},
	}
	var err error
	s.Workspace, err = workspace.New(workspace.Options{
		Root: b.root, Stack: stack, Local: filepath.Join(b.scratch, name), Config: s.config,
	})
	if err != nil {
		return nil, err
	}
	if err := s.resize(shards); err != nil {
		return nil, err
	}
	return s, nil
}

// resize writes the configuration with the given number of shards.
func (s *space) resize(shards int) error {
	original, err := os.ReadFile(filepath.Join(s.Root(), "Pulumi."+stack+".yaml"))
	if err != nil {
		return fmt.Errorf("reading the environment: %w", err)
	}
	sized, err := withShards(original, shards)
	if err != nil {
		return fmt.Errorf("making an environment of %d shards: %w", shards, err)
	}
	if err := os.WriteFile(s.config, sized, 0o600); err != nil {
		return fmt.Errorf("writing the environment: %w", err)
	}
	return s.Prepare(s.binaries, nil)
}

// imagePhase makes the stack, deploys the image gallery and publishes the image that bridges need.
func (s *space) imagePhase(ctx context.Context) error {
	if err := s.Prepare(s.binaries, map[string]string{"phase": "image"}); err != nil {
		return err
	}
	if _, _, err := s.measure(ctx, "stack", "init", stack, "--no-select"); err != nil {
		return err
	}
	if _, _, err := s.measure(ctx, "up", "--stack", stack, "--yes", "--skip-preview"); err != nil {
		return err
	}
	publish := s.command(ctx, s.binaries.LocalCloud, "image", "publish",
		"--gallery", "gal_meet_"+stack, "--definition", "jitsi-videobridge", "--version", "1.0.0")
	if _, err := clock(publish); err != nil {
		return err
	}
	return s.Prepare(s.binaries, nil)
}

// sample is how long one run took.
type sample struct {
	wall time.Duration
	// processor is what all processes of the run used together. It says more than wall on a machine with other work.
	processor time.Duration
}

// measure runs one pulumi command and returns what it printed.
func (s *space) measure(ctx context.Context, arguments ...string) (sample, []byte, error) {
	command := s.command(ctx, s.bench.pulumi, arguments...)
	var stdout bytes.Buffer
	command.Stdout = &stdout
	took, err := clock(command)
	return took, stdout.Bytes(), err
}

func (s *space) command(ctx context.Context, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir = s.Project()
	command.Env = append(s.Environ(os.Environ()), s.extra...)
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	return command
}

// clock runs a command to its end.
func clock(command *exec.Cmd) (sample, error) {
	var said bytes.Buffer
	if command.Stdout == nil {
		command.Stdout = &said
	}
	command.Stderr = &said
	start := time.Now()
	if err := command.Run(); err != nil {
		return sample{}, fmt.Errorf("running %q: %w\n%s%v", command.Args, err, said.Bytes(), command.Stdout)
	}
	state := command.ProcessState
	return sample{wall: time.Since(start), processor: state.UserTime() + state.SystemTime()}, nil
}
