package controlplane

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// program is one of the control plane's and how it is called.
type program struct {
	name      string
	arguments []string
}

// process is a running program.
type process struct {
	name string
	pid  int
	// ended is closed when the process is gone, also from the kernel's table.
	ended chan struct{}
}

// launch starts a program that lives as long as the context, with its output in a file of its name. Where it ends earlier, failed
// gets the reason.
func launch(ctx context.Context, o Options, p program, failed func(error)) (*process, error) {
	log, err := os.Create(filepath.Join(o.Folder, p.name+".log"))
	if err != nil {
		return nil, fmt.Errorf("the log of %s: %w", p.name, err)
	}
	command := exec.CommandContext(ctx, filepath.Join(o.Binaries, p.name), p.arguments...)
	command.Dir, command.Stdout, command.Stderr = o.Folder, log, log
	// kwok reads settings from the home folder where it finds some; the others must not find credentials there.
	command.Env = []string{"HOME=" + o.Folder, "PATH=" + os.Getenv("PATH")}
	// A group of its own keeps the terminal's Ctrl-C away from it, so that it ends in its turn.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	running := &process{name: p.name, ended: make(chan struct{})}
	started := make(chan error, 1)
	go func() {
		defer close(running.ended)
		defer log.Close()
		// The kernel sends Pdeathsig when the thread ends that started the process (prctl(2)), so this one stays.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		if err := command.Start(); err != nil {
			started <- err
			return
		}
		running.pid = command.Process.Pid
		started <- nil
		err := command.Wait()
		if ctx.Err() == nil {
			failed(fmt.Errorf("%s has ended (%w), its log %s closes with:\n%s", p.name, outcome(err), log.Name(), lastLines(log.Name())))
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.name, err)
	}
	return running, nil
}

// outcome is how a process ended.
func outcome(err error) error {
	if err == nil {
		return errEndedWell
	}
	return err
}

// lastLines is the end of a log, for an error's text.
func lastLines(path string) string {
	const most, longest = 15, 400
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
	lines = lines[max(0, len(lines)-most):]
	for i, line := range lines {
		if len(line) > longest {
			lines[i] = line[:longest] + "..."
		}
	}
	return strings.Join(lines, "\n")
}
