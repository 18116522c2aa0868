package proxy

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"

	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/test/e2e/pod"
)

// logFile takes what the proxy prints, over all its lives.
const logFile = "haproxy.log"

// process is a running proxy.
type process struct {
	where     place
	folder    string
	variables []string
	pid       int
	done      chan struct{}
}

func start(sandbox pod.Sandbox, where place, container *corev1.Container, variables []string) (*process, error) {
	log, err := os.OpenFile(filepath.Join(sandbox.Folder, logFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("the log of the proxy: %w", err)
	}
	defer log.Close()
	words := where.adaptAll(append(container.Command[:len(container.Command):len(container.Command)], container.Args...))
	command := exec.Command(words[0], words[1:]...) //nolint:noctx // Kill ends it, and the pod's keeper sees to that
	command.Dir, command.Env = sandbox.Folder, variables
	command.Stdout, command.Stderr = log, log
	// A worker of HAProxy ends when its master has ended.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", words[0], err)
	}
	p := &process{
		where: where, folder: sandbox.Folder, pid: command.Process.Pid, done: make(chan struct{}),
		variables: append(variables[:len(variables):len(variables)], "PROXY_PID="+strconv.Itoa(command.Process.Pid)),
	}
	go func() {
		defer close(p.done)
		_ = command.Wait()
	}()
	return p, nil
}

func (p place) adaptAll(words []string) []string {
	adapted := make([]string, 0, len(words))
	for _, word := range words {
		adapted = append(adapted, p.adapt(word))
	}
	return adapted
}

// Exec runs a command with the pod's paths and loopback put into its place. It ends with the proxy, as in its container.
func (p *process) Exec(
	ctx context.Context, _ string, words []string, input io.Reader, output, problems io.Writer,
) (code int, err error) {
	if len(words) == 0 {
		return 0, errors.New("no command to execute in the proxy")
	}
	words = p.where.adaptAll(words)
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Dir, command.Env, command.Stdout, command.Stderr = p.folder, p.variables, output, problems
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	// Not given as it is: then the end of the command would be waited for until its caller has nothing more to say.
	var pipe io.WriteCloser
	if input != nil {
		if pipe, err = command.StdinPipe(); err != nil {
			return 0, fmt.Errorf("the input of a command: %w", err)
		}
	}
	if err := command.Start(); err != nil {
		return 0, fmt.Errorf("executing %s: %w", words[0], err)
	}
	if input != nil {
		go func() {
			_, _ = io.Copy(pipe, input)
			_ = pipe.Close()
		}()
	}
	ended := make(chan struct{})
	defer close(ended)
	go p.endWithProxy(ended, command)
	var exit *exec.ExitError
	if err := command.Wait(); err != nil && !errors.As(err, &exit) {
		return 0, fmt.Errorf("executing %s: %w", words[0], err)
	}
	if exit != nil {
		return exitCode(exit), nil
	}
	return 0, nil
}

// endWithProxy kills a command that outlives the proxy. The stop script sees by itself that the proxy has ended.
func (p *process) endWithProxy(ended <-chan struct{}, command *exec.Cmd) {
	select {
	case <-ended:
	case <-p.done:
		_ = command.Cancel()
	}
}

// exitCode is 128 and the signal for a command that was killed, as shells have it.
func exitCode(exit *exec.ExitError) int {
	if status, is := exit.Sys().(syscall.WaitStatus); is && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}

// Logs is what the proxy has printed.
func (p *process) Logs(string) (io.ReadCloser, error) {
	log, err := os.Open(filepath.Join(p.folder, logFile))
	if err != nil {
		return nil, fmt.Errorf("the log of the proxy: %w", err)
	}
	return log, nil
}

// Stop sends what the image declares as its signal to stop: the proxy takes no new connections and lets open ones end.
// Source: docker-library/haproxy, STOPSIGNAL.
func (p *process) Stop() { _ = syscall.Kill(p.pid, syscall.SIGUSR1) }

// Kill ends the proxy with its workers.
func (p *process) Kill() {
	select {
	case <-p.done: // its number may be another's
	default:
		_ = syscall.Kill(-p.pid, syscall.SIGKILL)
	}
}

// Done is closed when the proxy has ended.
func (p *process) Done() <-chan struct{} { return p.done }
