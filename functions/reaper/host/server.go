package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

const (
	// PortName is the environment variable in which the host says on which port it expects the handler.
	PortName = "FUNCTIONS_CUSTOMHANDLER_PORT"
	// TickLimit is how long a tick may take. It lies under functionTimeout of host.json, five minutes, so that a slow
	// tick ends by its own decision, with a reply, and not by the host's killing the process.
	TickLimit = 4*time.Minute + 30*time.Second
	// shutdownLimit is how long a tick under way may go on after the process is asked to end.
	shutdownLimit = 10 * time.Second
)

// Tick is one run of the reaper. The lines it returns appear in the host's log of the invocation; an error makes the
// invocation a failed one.
type Tick func(context.Context, Invocation) (lines []string, err error)

// reply is the form that the host wants as an answer. Without a body, or with another content type, the host waits for
// the invocation until it times out.
type reply struct {
	Outputs     map[string]any
	Logs        []string
	ReturnValue any
}

// Listen opens the port that the host expects, on the loopback address alone: nobody but the host has business there.
func Listen(ctx context.Context, port string) (net.Listener, error) {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return nil, fmt.Errorf("%s: %q is not a port; the Functions host sets it when it starts the handler", PortName, port)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.FormatUint(number, 10)))
	if err != nil {
		return nil, fmt.Errorf("opening the port of the Functions host: %w", err)
	}
	return listener, nil
}

// Serve answers the host until ctx ends; a tick under way then has shutdownLimit to finish.
func Serve(ctx context.Context, listener net.Listener, function string, tick Tick, log *slog.Logger) error {
	server := &http.Server{
		Handler:           Handler(function, tick, log),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      TickLimit + shutdownLimit,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		// Ticks outlive the signal that ends the process by shutdownLimit, so they do not hang off ctx.
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	done := make(chan error, 1)
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownLimit)
		defer cancel()
		done <- server.Shutdown(grace)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the Functions host: %w", err)
	}
	if err := <-done; err != nil {
		return fmt.Errorf("waiting for the last tick: %w", err)
	}
	return nil
}

// Handler answers the host's question whether the handler is up (GET /) and its invocations (POST /<function>).
func Handler(function string, tick Tick, log *slog.Logger) http.Handler {
	invoke := &invoker{tick: tick, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { write(w, http.StatusOK, nil) })
	mux.Handle("POST /"+function, invoke)
	return mux
}

// invoker runs ticks, one at a time.
type invoker struct {
	tick Tick
	log  *slog.Logger
	busy sync.Mutex
}

func (i *invoker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// The host runs a timer's ticks one after the other. Should one it has given up on still be running, the next one
	// fails here rather than acting beside it.
	if !i.busy.TryLock() {
		i.fail(w, http.StatusConflict, errors.New("the tick before this one is still running"))
		return
	}
	defer i.busy.Unlock()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		i.fail(w, http.StatusRequestEntityTooLarge, fmt.Errorf("reading the invocation: %w", err))
		return
	}
	invocation, err := parseInvocation(body)
	if err != nil {
		i.fail(w, http.StatusBadRequest, err)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), TickLimit)
	defer cancel()
	lines, err := i.tick(ctx, invocation)
	if err != nil {
		i.fail(w, http.StatusInternalServerError, fmt.Errorf("the tick failed: %w", err), lines...)
		return
	}
	write(w, http.StatusOK, lines)
}

// fail makes the invocation a failed one, with the reason in the host's log and in ours.
func (i *invoker) fail(w http.ResponseWriter, status int, reason error, lines ...string) {
	i.log.Error("invocation failed", "status", status, "reason", reason.Error())
	write(w, status, append(lines, reason.Error()))
}

// write sends a reply. What it sends can always be encoded, and a host that is gone cannot be told about it.
func write(w http.ResponseWriter, status int, lines []string) {
	if lines == nil {
		lines = []string{}
	}
	body, _ := json.Marshal(reply{Outputs: map[string]any{}, Logs: lines})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
