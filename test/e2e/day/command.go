package day

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// kubectl runs the real kubectl.
func (w *World) kubectl(ctx context.Context, arguments ...string) (string, error) {
	return w.command(ctx, filepath.Join(w.options.Binaries, "kubernetes", "kubectl"), arguments...)
}

// shardctl runs the operator's command.
func (w *World) shardctl(ctx context.Context, arguments ...string) error {
	said, err := w.command(ctx, filepath.Join(w.options.Binaries, "shardctl"), append([]string{"-interval", "500ms"}, arguments...)...)
	for line := range strings.Lines(said) {
		w.note("shardctl %s: %s", strings.Join(arguments, " "), strings.TrimSpace(line))
	}
	return err
}

// command runs a program as an operator would: with the cluster's kubeconfig, and the project's programs on the path.
func (w *World) command(ctx context.Context, program string, arguments ...string) (string, error) {
	process := exec.CommandContext(ctx, program, arguments...)
	process.Env = append(os.Environ(), "KUBECONFIG="+w.plane.Kubeconfig(),
		"PATH="+filepath.Join(w.options.Binaries, "kubernetes")+string(os.PathListSeparator)+os.Getenv("PATH"))
	output, err := process.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s %s: %w: %s", filepath.Base(program), strings.Join(arguments, " "), err, strings.TrimSpace(string(output)))
	}
	return string(output), err
}

// wait looks several times a second in real time until nothing is missing.
func (w *World) wait(ctx context.Context, limit time.Duration, what string, look func() (missing string, err error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		missing, err := look()
		if err == nil && missing == "" {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, errors.Join(ctx.Err(), err, errors.New(missing)))
		case <-ticker.C:
		}
	}
}
