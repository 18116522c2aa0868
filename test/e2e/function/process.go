package function

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"

	"jitsi-meet-azure/functions/reaper/host"
)

const (
	// readyLimit is how long the handler may take until it answers, in real time.
	// Source: Azure docs, functions-custom-handlers.
	readyLimit = 30 * time.Second
	// look is how often it is asked meanwhile.
	look = 5 * time.Millisecond
	// stopLimit is how long it may take to end, in real time. It lets a tick under way finish for ten seconds.
	stopLimit = 15 * time.Second
	// maxReply bounds an answer of the handler, in bytes.
	maxReply = 1 << 20
)

// process is a running handler.
type process struct {
	command *exec.Cmd
	url     string
	client  *http.Client
	// ended is closed when it has ended and all that it wrote has been taken.
	ended chan struct{}
}

// startProcess starts the handler and waits until it answers. It is asked to end when ctx ends. Every line that it writes is
// handed over. After an error no handler runs.
func startProcess(ctx context.Context, program app, environ []string, take func(LogLine)) (*process, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a free port for the handler: %w", err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		return nil, fmt.Errorf("a free port for the handler: %w", err)
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("a free port for the handler: %w", err)
	}
	p := &process{
		url: "http://" + address, client: &http.Client{Transport: &http.Transport{}}, ended: make(chan struct{}),
		command: exec.CommandContext(ctx, program.program),
	}
	p.command.Dir = program.folder
	p.command.Env = append(slices.Clone(environ), host.PortName+"="+port)
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = stopLimit
	// The handler goes where this process goes, however that ends.
	p.command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	reader, writer := io.Pipe()
	p.command.Stdout, p.command.Stderr = writer, writer
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the handler: %w", err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { readLines(reader, take) })
	go func() {
		_ = p.command.Wait() // How it ended is in its log, or it was killed.
		_ = writer.Close()
		reading.Wait()
		p.client.CloseIdleConnections()
		close(p.ended)
	}()
	if err := p.await(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

// await asks the handler until it answers. One that does not is killed.
func (p *process) await(ctx context.Context) error {
	limited, cancel := context.WithTimeout(ctx, readyLimit)
	defer cancel()
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	for {
		if status, _, err := p.send(limited, http.MethodGet, "/", nil); err == nil && status == http.StatusOK {
			return nil
		}
		select {
		case <-ticker.C:
		case <-p.ended:
			return errEnded
		case <-limited.Done():
			p.kill()
			return fmt.Errorf("the handler does not answer: %w", limited.Err())
		}
	}
}

// errEnded is a handler that has ended by itself.
var errEnded = errors.New("the handler ended before it answered; what it wrote says why")

// send sends a request and gives the whole answer.
func (p *process) send(ctx context.Context, method, path string, body []byte) (status int, reply []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, p.url+path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	reply, err = io.ReadAll(io.LimitReader(response.Body, maxReply))
	return response.StatusCode, reply, errors.Join(err, response.Body.Close())
}

// gone says that the handler has ended.
func (p *process) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill ends the handler at once, and waits for its end.
func (p *process) kill() {
	_ = p.command.Process.Kill() // It may have ended by itself.
	<-p.ended
}
