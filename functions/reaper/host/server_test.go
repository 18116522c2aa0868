package host

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func call(t *testing.T, handler http.Handler, method, path, body string) (status int, kind, reply string) {
	t.Helper()
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body)))
	return recorder.Code, recorder.Header().Get("Content-Type"), recorder.Body.String()
}

func TestHandlerAnswersInTheFormOfTheHost(t *testing.T) {
	t.Parallel()
	ok := func(context.Context, Invocation) ([]string, error) { return []string{"done"}, nil }
	silent := func(context.Context, Invocation) ([]string, error) { return nil, nil }
	failing := func(context.Context, Invocation) ([]string, error) { return []string{"one"}, errors.New("no <table>") }
	for _, c := range []struct {
		name               string
		tick               Tick
		method, path, body string
		status             int
		want               string
	}{
		{"ready", ok, "GET", "/", "", 200, `{"Outputs":{},"Logs":[],"ReturnValue":null}`},
		{"a tick", ok, "POST", "/reaper", sent, 200, `{"Outputs":{},"Logs":["done"],"ReturnValue":null}`},
		{"a tick without a word", silent, "POST", "/reaper", "{}", 200, `{"Outputs":{},"Logs":[],"ReturnValue":null}`},
		{
			"a failed tick", failing, "POST", "/reaper", "{}", 500,
			`{"Outputs":{},"Logs":["one","the tick failed: no \u003ctable\u003e"],"ReturnValue":null}`,
		},
		{"no invocation", ok, "POST", "/reaper", "null", 400, `{"Outputs":{},"Logs":["the invocation is null"],"ReturnValue":null}`},
		{
			"a flood", ok, "POST", "/reaper", strings.Repeat(" ", maxBody+1), 413,
			`{"Outputs":{},"Logs":["reading the invocation: http: request body too large"],"ReturnValue":null}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			status, kind, reply := call(t, Handler("reaper", c.tick, quiet()), c.method, c.path, c.body)
			if status != c.status || kind != "application/json" || reply != c.want {
				t.Errorf("got %d %s %s\nwant %d application/json %s", status, kind, reply, c.status, c.want)
			}
		})
	}
}

func TestHandlerTellsTheTickWhatTheHostSaid(t *testing.T) {
	t.Parallel()
	var seen Invocation
	handler := Handler("reaper", func(_ context.Context, i Invocation) ([]string, error) { seen = i; return nil, nil }, quiet())
	if status, _, _ := call(t, handler, "POST", "/reaper", sent); status != http.StatusOK || seen.Method != "reaper" || !seen.PastDue {
		t.Errorf("the tick was told %+v (%d)", seen, status)
	}
}

func TestHandlerKnowsNothingElse(t *testing.T) {
	t.Parallel()
	never := func(context.Context, Invocation) ([]string, error) { t.Error("a tick ran"); return nil, nil }
	handler := Handler("reaper", never, quiet())
	for _, request := range [][2]string{
		{"GET", "/reaper"},
		{"POST", "/"},
		{"POST", "/reaper/x"},
		{"POST", "/other"},
		{"DELETE", "/reaper"},
		{"GET", "/admin/host/status"},
	} {
		if status, _, _ := call(t, handler, request[0], request[1], "{}"); status != 404 && status != 405 {
			t.Errorf("%v: status %d", request, status)
		}
	}
}

func TestHandlerRunsOneTickAtATime(t *testing.T) {
	t.Parallel()
	started, release := make(chan struct{}), make(chan struct{})
	handler := Handler("reaper", func(context.Context, Invocation) ([]string, error) {
		close(started)
		<-release
		return nil, nil
	}, quiet())
	first := make(chan int)
	go func() {
		recorder := httptest.NewRecorder()
		handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/reaper", strings.NewReader("{}")))
		first <- recorder.Code
	}()
	<-started
	status, _, reply := call(t, handler, "POST", "/reaper", "{}")
	if status != http.StatusConflict || !strings.Contains(reply, "still running") {
		t.Errorf("a second tick beside the first: %d %s", status, reply)
	}
	close(release)
	if status := <-first; status != 200 {
		t.Errorf("the first tick ended with %d", status)
	}
}

func TestHandlerGivesATickADeadline(t *testing.T) {
	t.Parallel()
	handler := Handler("reaper", func(ctx context.Context, _ Invocation) ([]string, error) {
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > TickLimit || left < TickLimit-time.Minute {
			t.Errorf("the tick has %v (%v)", left, ok)
		}
		return nil, nil
	}, quiet())
	if status, _, _ := call(t, handler, "POST", "/reaper", "{}"); status != 200 {
		t.Errorf("status %d", status)
	}
}

func TestListenTakesOnlyThePortOfTheHost(t *testing.T) {
	t.Parallel()
	for _, port := range []string{"", "0", "-1", "65536", "http", "80 ", "127.0.0.1:80"} {
		if _, err := Listen(t.Context(), port); err == nil || !strings.Contains(err.Error(), "FUNCTIONS_CUSTOMHANDLER_PORT") {
			t.Errorf("port %q: error %v", port, err)
		}
	}
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	if _, err := Listen(t.Context(), port); err == nil || !strings.Contains(err.Error(), "opening the port") {
		t.Errorf("a taken port: error %v", err)
	}
}

// A tick under way when the process is asked to end runs on to its reply.
func TestServeLetsATickFinish(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	tick := func(ctx context.Context, _ Invocation) ([]string, error) {
		stop()
		// Long enough for the server to have closed its port, which is the first thing it does.
		for closed := false; !closed; {
			connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", listener.Addr().String())
			if closed = err != nil; !closed {
				connection.Close()
			}
		}
		return []string{"finished"}, ctx.Err()
	}
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, "reaper", tick, quiet()) }()
	url := "http://" + listener.Addr().String() + "/reaper"
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader("{}"))
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !bytes.Contains(body, []byte("finished")) {
		t.Errorf("the tick under way answered %d %s (%v)", response.StatusCode, body, err)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestServeReportsABrokenListener(t *testing.T) {
	t.Parallel()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := Serve(t.Context(), listener, "reaper", nil, quiet()); err == nil {
		t.Error("no error")
	}
}
