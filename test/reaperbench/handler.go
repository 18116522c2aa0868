package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
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

// cpu is the processor time that the program has used. Source: proc(5), /proc/pid/stat, in hundredths of a second.
func (h *handler) cpu() time.Duration {
	text, _ := os.ReadFile(h.proc("stat"))
	_, after, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(after)
	const userTime, systemTime = 11, 12
	if len(fields) <= systemTime {
		return 0
	}
	user, _ := strconv.Atoi(fields[userTime])
	system, _ := strconv.Atoi(fields[systemTime])
	return time.Duration(user+system) * 10 * time.Millisecond
}

// peak is the most memory that the program has had, in MiB. Source: proc(5), VmHWM of /proc/pid/status.
func (h *handler) peak() float64 {
	text, _ := os.ReadFile(h.proc("status"))
	for _, line := range strings.Split(string(text), "\n") {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kibibytes, _ := strconv.ParseFloat(strings.Fields(value)[0], 64)
			return kibibytes / 1024
		}
	}
	return 0
}

func (h *handler) proc(name string) string {
	return fmt.Sprintf("/proc/%d/%s", h.command.Process.Pid, name)
}
