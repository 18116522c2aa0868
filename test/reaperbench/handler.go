package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"time"

	"jitsi-meet-azure/test/procfs"
)

// handler is a running reaper, called as the Functions host calls it.
type handler struct {
	url     string
	command *exec.Cmd
	// ready is how long the program took until it answered.
	ready time.Duration
}

func start(ctx context.Context, program string, environ []string) (*handler, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("a free port: %w", err)
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	if err := listener.Close(); err != nil {
		return nil, fmt.Errorf("a free port: %w", err)
	}
	h := &handler{url: "http://" + address, command: exec.CommandContext(ctx, program)}
	h.command.Env = slices.Concat(environ, []string{"FUNCTIONS_CUSTOMHANDLER_PORT=" + port})
	began := time.Now()
	if err := h.command.Start(); err != nil {
		return nil, fmt.Errorf("starting the reaper: %w", err)
	}
	for time.Since(began) < 30*time.Second {
		if err := h.ask(ctx, http.MethodGet, "/"); err == nil {
			h.ready = time.Since(began)
			return h, nil
		}
		<-time.After(time.Millisecond)
	}
	return nil, errEnded
}

func (h *handler) end() {
	_ = h.command.Process.Kill()
	_ = h.command.Wait()
}

func (h *handler) ask(ctx context.Context, method, path string) error {
	request, err := http.NewRequestWithContext(ctx, method, h.url+path, strings.NewReader(`{"Data":{},"Metadata":{}}`))
	if err != nil {
		return fmt.Errorf("asking the reaper: %w", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("asking the reaper: %w", err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		return fmt.Errorf("the reaper answers %d %s (%w)", response.StatusCode, body, err)
	}
	return nil
}

// tick runs one tick and says how long it took.
func (h *handler) tick(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	err := h.ask(ctx, http.MethodPost, "/reaper")
	return time.Since(began), err
}

// cpu is the processor time that the program has used.
func (h *handler) cpu() time.Duration { return procfs.Processor(h.command.Process.Pid) }

// peak is the most memory that the program has had, in MiB.
func (h *handler) peak() float64 {
	return float64(procfs.Memory(h.command.Process.Pid, procfs.PeakResident)) / (1 << 20)
}
