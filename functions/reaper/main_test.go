package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// program is the built reaper, made once for all tests of this package.
var program string

func TestMain(m *testing.M) {
	os.Exit(withProgram(m.Run))
}

func withProgram(tests func() int) int {
	dir, err := os.MkdirTemp("", "reaper-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "handler")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if said, err := build.CombinedOutput(); err != nil {
		os.Stderr.Write(said)
		return 1
	}
	return tests()
}

const scaleSet = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachineScaleSets/vmss-"

// configured is an environment in which the reaper starts, but for its port.
var configured = []string{
	"REAPER_ENVIRONMENT=dev",
	"REAPER_SCHEDULE=0 * * * * *",
	"REAPER_MINIMUM_UPTIME=55m0s",
	"REAPER_DRY_RUN=false",
	"REAPER_TABLE_ENDPOINT=https://stmeetdevstate.table.core.windows.net/",
	"AZURE_CLIENT_ID=11111111-2222-3333-4444-555555555555",
	`REAPER_PROFILES=[[{"name":"default"}]]`,
	`REAPER_TARGETS=[{"shard":"a","scaleSetId":"` + scaleSet + `a","profiles":0},` +
		`{"shard":"b","scaleSetId":"` + scaleSet + `b","profiles":0}]`,
}

// handler is a running reaper, driven as the Functions host would drive it.
type handler struct {
	url     string
	command *exec.Cmd
	log     *bytes.Buffer
}

func start(t *testing.T) *handler {
	t.Helper()
	port := freePort(t)
	h := &handler{url: "http://127.0.0.1:" + port, log: &bytes.Buffer{}}
	h.command = exec.CommandContext(t.Context(), program)
	h.command.Env = slices.Concat(configured, []string{"FUNCTIONS_CUSTOMHANDLER_PORT=" + port})
	h.command.Stdout, h.command.Stderr = h.log, h.log
	began := time.Now()
	if err := h.command.Start(); err != nil {
		t.Fatal(err)
	}
	for {
		response, err := send(t.Context(), http.MethodGet, h.url+"/", "")
		if err == nil {
			response.Body.Close()
			t.Logf("ready after %v", time.Since(began))
			return h
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("not ready within the host's 30 seconds: %v\n%s", err, h.log)
		}
		<-time.After(5 * time.Millisecond)
	}
}

// stop ends the handler as App Service does and returns what it logged.
func (h *handler) stop(t *testing.T) []map[string]any {
	t.Helper()
	if err := h.command.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := h.command.Wait(); err != nil {
		t.Errorf("ended with %v\n%s", err, h.log)
	}
	return lines(t, h.log)
}

// lines reads a log, every line of which must be a JSON object with a level and a message.
func lines(t *testing.T, log io.Reader) []map[string]any {
	t.Helper()
	var all []map[string]any
	scanner := bufio.NewScanner(log)
	for scanner.Scan() {
		var line map[string]any
		if err := json.Unmarshal(scanner.Bytes(), &line); err != nil || line["msg"] == "" || line["level"] == "" {
			t.Errorf("unstructured line %q (%v)", scanner.Text(), err)
		}
		all = append(all, line)
	}
	return all
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func send(ctx context.Context, method, url, body string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	return http.DefaultClient.Do(request)
}

const tick = `{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-09-01T09:59:00+00:00",` +
	`"LastUpdated":"2026-09-01T09:59:00+00:00","Next":"2026-09-01T10:01:00+00:00"},"IsPastDue":false}},` +
	`"Metadata":{"sys":{"MethodName":"reaper","UtcNow":"2026-09-01T10:00:00.02Z","RandGuid":"5ca1ab1e-0000-4000-8000-000000000001"}}}`

func TestProgramKeepsTheContractOfTheHost(t *testing.T) {
	t.Parallel()
	h := start(t)
	const want = `{"Outputs":{},"Logs":["heartbeat: observing 2 shards; this version retires nothing"],"ReturnValue":null}`
	for range 3 {
		h.invoke(t, want)
	}
	beats := 0
	for _, line := range h.stop(t) {
		if line["msg"] != "heartbeat" {
			continue
		}
		beats++
		if line["mode"] != "observe-only" || line["retired"] != 0.0 || line["environment"] != "dev" ||
			line["invocation"] != "5ca1ab1e-0000-4000-8000-000000000001" {
			t.Errorf("heartbeat %v", line)
		}
	}
	if beats != 3 {
		t.Errorf("%d heartbeats, want 3", beats)
	}
}

// invoke sends a tick and wants the given reply.
func (h *handler) invoke(t *testing.T, want string) {
	t.Helper()
	response, err := send(t.Context(), http.MethodPost, h.url+"/reaper", tick)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || string(body) != want {
		t.Errorf("answered %d %s (%v)\nwant 200 %s", response.StatusCode, body, err, want)
	}
	if kind := response.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("content type %q", kind)
	}
}

func TestProgramListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	h := start(t)
	_, port, _ := strings.Cut(strings.TrimPrefix(h.url, "http://"), ":")
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		network, ok := address.(*net.IPNet)
		if !ok || network.IP.IsLoopback() || network.IP.IsLinkLocalUnicast() {
			continue
		}
		dialer := net.Dialer{Timeout: time.Second}
		connection, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(network.IP.String(), port))
		if err == nil {
			connection.Close()
			t.Errorf("the handler answers on %s", network.IP)
		}
	}
	h.stop(t)
}

func TestProgramRefusesToStartWronglyConfigured(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		environ   []string
		arguments []string
		code      int
		want      []string
	}{
		{"no settings", nil, nil, exitUsage, []string{"REAPER_TARGETS: is missing", "AZURE_CLIENT_ID: is missing"}},
		{
			"a misspelt setting", append([]string{"REAPER_DRYRUN=true"}, configured...), nil,
			exitUsage,
			[]string{"REAPER_DRYRUN: is not a setting"},
		},
		{"no port", configured, nil, 1, []string{"FUNCTIONS_CUSTOMHANDLER_PORT"}},
		{"an argument", configured, []string{"plan"}, exitUsage, []string{"takes no arguments"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			if code := run(t.Context(), c.arguments, c.environ, &log); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log does not say %q:\n%s", want, &log)
				}
			}
			lines(t, &log)
		})
	}
}

// What this version promises: it cannot retire anything, because it can speak to nobody.
func TestProgramCarriesNoClient(t *testing.T) {
	t.Parallel()
	said, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, dependency := range strings.Fields(string(said)) {
		if !strings.HasPrefix(dependency, "jitsi-meet-azure/functions/reaper") {
			t.Errorf("the reaper depends on %s", dependency)
		}
	}
}
