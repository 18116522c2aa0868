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
	"sync"
	"syscall"
	"testing"
	"time"

	"jitsi-meet-azure/functions/reaper/armtest"
	"jitsi-meet-azure/functions/reaper/bridgetest"
	"jitsi-meet-azure/functions/reaper/gauge"
	"jitsi-meet-azure/functions/reaper/metricstest"
	"jitsi-meet-azure/functions/reaper/remember/azuritetest"
	"jitsi-meet-azure/functions/reaper/settings"
	"jitsi-meet-azure/functions/reaper/standin"
)

// program is the built reaper, made once for all tests of this package.
var program string

func TestMain(m *testing.M) {
	os.Exit(withProgram(func() int { return azuritetest.Main(m) }))
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

// world makes surroundings for the program in a network of its own.
func world(t *testing.T, network byte, change func(*standin.World)) (*standin.World, []string) {
	t.Helper()
	azurite := azuritetest.Shared(t)
	if err := azurite.CreateTables(t.Context(), azuritetest.Account, settings.Tables()...); err != nil {
		t.Fatal(err)
	}
	w, err := standin.New(azurite, azuritetest.Account, network, armtest.Settings{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	for _, shard := range []string{shardOf(w), fmt.Sprintf("b%d", network)} {
		if err := w.AddShard(context.WithoutCancel(t.Context()), shard); err != nil {
			t.Fatal(err)
		}
	}
	if change != nil {
		change(w)
	}
	environ, err := w.Environ()
	if err != nil {
		t.Fatal(err)
	}
	return w, environ
}

// shardOf is the first shard of a world. Worlds share one storage account, so each has shards of its own.
func shardOf(w *standin.World) string { return fmt.Sprintf("a%d", w.Network) }

// add adds a bridge to the world's first shard.
func add(t *testing.T, w *standin.World, age time.Duration) *bridgetest.Bridge {
	t.Helper()
	bridge, err := w.AddBridge(context.WithoutCancel(t.Context()), shardOf(w), age)
	if err != nil {
		t.Fatal(err)
	}
	return bridge
}

// handler is a running reaper, driven as the Functions host would drive it.
type handler struct {
	url     string
	command *exec.Cmd
	log     *bytes.Buffer
}

func start(t *testing.T, environ []string) *handler {
	t.Helper()
	port := freePort(t)
	h := &handler{url: "http://127.0.0.1:" + port, log: &bytes.Buffer{}}
	h.command = exec.CommandContext(t.Context(), program)
	h.command.Env = slices.Concat(environ, []string{"FUNCTIONS_CUSTOMHANDLER_PORT=" + port})
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

const invocation = `{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-09-01T09:59:00+00:00",` +
	`"LastUpdated":"2026-09-01T09:59:00+00:00","Next":"2026-09-01T10:01:00+00:00"},"IsPastDue":false}},` +
	`"Metadata":{"sys":{"MethodName":"reaper","UtcNow":"2026-09-01T10:00:00.02Z","RandGuid":"5ca1ab1e-0000-4000-8000-000000000001"}}}`

// tick sends an invocation and gives the lines of the reply.
func (h *handler) tick(t *testing.T) (lines []string, status int) {
	t.Helper()
	response, err := send(t.Context(), http.MethodPost, h.url+"/reaper", invocation)
	if err != nil {
		t.Fatalf("%v\n%s", err, h.log)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "application/json" {
		t.Errorf("content type %q", kind)
	}
	var reply struct {
		Outputs     map[string]any
		Logs        []string
		ReturnValue any
	}
	decoder := json.NewDecoder(response.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&reply); err != nil || reply.Outputs == nil || reply.ReturnValue != nil {
		t.Errorf("the reply has not the form that the host wants: %v, %+v", err, reply)
	}
	return reply.Logs, response.StatusCode
}

// ticks sends an invocation that must succeed and say something.
func (h *handler) ticks(t *testing.T, want string) {
	t.Helper()
	lines, status := h.tick(t)
	if status != http.StatusOK || !strings.Contains(strings.Join(lines, "\n"), want) {
		t.Fatalf("answered %d %q, want 200 and %q\n%s", status, lines, want, h.log)
	}
}

func (h *handler) kill(t *testing.T) {
	t.Helper()
	if err := h.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = h.command.Wait()
}

func TestProgramKeepsTheContractOfTheHost(t *testing.T) {
	t.Parallel()
	w, environ := world(t, 101, nil)
	add(t, w, 2*time.Hour)
	h := start(t, environ)
	for range 3 {
		h.ticks(t, "shard a101: 1 bridges, 1 healthy, minimum 1")
	}
	beats := 0
	for _, line := range h.stop(t) {
		if line["msg"] != "heartbeat" {
			continue
		}
		beats++
		if line["failed"] != false || line["environment"] != "test" || line["invocation"] != "5ca1ab1e-0000-4000-8000-000000000001" {
			t.Errorf("heartbeat %v", line)
		}
	}
	if beats != 3 {
		t.Errorf("%d heartbeats, want 3", beats)
	}
	if calls := w.Cloud.Calls(); calls[armtest.ListMachines] != 6 || calls[armtest.ListInterfaces] != 6 || len(calls) != 2 {
		t.Errorf("3 ticks over 2 shards made the calls %v", calls)
	}
}

// The built program takes a bridge all the way, and is killed after every step but one. Everything around it is played over
// real sockets, and its memory is real tables.
func TestProgramRetiresABridgeThoughItIsKilledAfterEveryStep(t *testing.T) {
	t.Parallel()
	w, environ := world(t, 102, nil)
	old, young := add(t, w, 3*time.Hour), add(t, w, 2*time.Hour)
	step := func(want string) {
		t.Helper()
		h := start(t, environ)
		defer h.kill(t)
		h.ticks(t, want)
	}
	step("drain because idle-and-oldest")
	if !old.Draining() || young.Draining() {
		t.Fatal("the oldest bridge is not the drained one")
	}
	step("waits (tainting)")
	await(t, 16*time.Second)
	step("shutdown because still-idle")
	if graceful, _, _ := old.Stopping(); graceful.IsZero() {
		t.Fatal("no graceful shutdown")
	}
	if os.Getenv("REAPER_LONG") == "" {
		return // what follows takes a minute of real time
	}
	await(t, 5*time.Second)
	step("waits (stopping)")
	await(t, 46*time.Second)
	step("delete because process-gone")
	step("ended because gone")
	if deleted := w.Cloud.Deleted(); len(deleted) != 1 || deleted[0] != old.Nickname() {
		t.Errorf("deleted %v, want %s", deleted, old.Nickname())
	}
	step("shard a102: 1 bridges, 1 healthy, minimum 1")
}

func await(t *testing.T, span time.Duration) {
	t.Helper()
	select {
	case <-time.After(span):
	case <-t.Context().Done():
		t.Fatal("the test ended")
	}
}

// Two instances that the host starts by mistake drain one bridge between them.
func TestTwoInstancesAtOnce(t *testing.T) {
	t.Parallel()
	w, environ := world(t, 103, nil)
	bridges := []*bridgetest.Bridge{add(t, w, 3*time.Hour), add(t, w, 2*time.Hour), add(t, w, time.Hour)}
	one, other := start(t, environ), start(t, environ)
	var both sync.WaitGroup
	for _, h := range []*handler{one, other} {
		both.Go(func() { h.tick(t) })
	}
	both.Wait()
	drained := 0
	for _, bridge := range bridges {
		if bridge.Draining() {
			drained++
		}
	}
	if drained != 1 {
		t.Errorf("%d bridges are drained, want 1", drained)
	}
	one.stop(t)
	other.stop(t)
}

// What cannot be looked at is not decided upon, and the next tick looks again.
func TestProgramSurvivesWhatIsBroken(t *testing.T) {
	t.Parallel()
	w, environ := world(t, 104, nil)
	add(t, w, 3*time.Hour)
	h := start(t, environ)
	w.Cloud.Break(armtest.ListMachines, armtest.Fault{Kind: armtest.Refuse, Status: http.StatusForbidden, Code: "AuthorizationFailed"})
	lines, status := h.tick(t)
	if text := strings.Join(lines, "\n"); status != http.StatusInternalServerError || !strings.Contains(text, "not looked at") ||
		!strings.Contains(text, "AuthorizationFailed") {
		t.Errorf("answered %d %q", status, lines)
	}
	w.Cloud.Mend()
	h.ticks(t, "shard a104: 1 bridges")
	h.stop(t)
}

// An operator sees the plan, and nothing is written.
func TestPlanPrintsAndWritesNothing(t *testing.T) {
	t.Parallel()
	w, environ := world(t, 105, nil)
	old := add(t, w, 3*time.Hour)
	_, err := add(t, w, 2*time.Hour).StartConference(5)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, "plan")
	command.Env = environ
	said, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, want := range []string{"idle-and-oldest", "not-oldest", "minimum in force 1"} {
		if !strings.Contains(string(said), want) {
			t.Errorf("the plan does not say %q:\n%s", want, said)
		}
	}
	t.Logf("\n%s", said)
	if old.Draining() {
		t.Error("reaper plan drained a bridge")
	}
	command = exec.CommandContext(t.Context(), program, "once")
	command.Env = environ
	if said, err := command.CombinedOutput(); err != nil || !old.Draining() {
		t.Errorf("reaper once did not drain the bridge (%v)\n%s", err, said)
	}
}

// The built program publishes over TLS, with a token of its identity for metrics. That Azure takes none is a warning.
func TestProgramPublishesWhatBridgesReport(t *testing.T) {
	t.Parallel()
	w, environ := world(t, 111, func(w *standin.World) { w.Settings.Reserve = 2 })
	add(t, w, 3*time.Hour)
	_, err := add(t, w, 2*time.Hour).StartConference(5)
	if err != nil {
		t.Fatal(err)
	}
	await(t, 6*time.Second) // a bridge makes its statistics every five
	h := start(t, environ)
	before := time.Now()
	h.ticks(t, "shard a111: 2 bridges, 2 healthy, minimum 1")
	var stress, spare metricstest.Value
	for minute := before; !minute.After(time.Now().Add(time.Minute)); minute = minute.Add(time.Minute) { // it may have ended meanwhile
		if value, found := w.Metrics.Minute(standin.ScaleSet("a111"), gauge.Stress, minute); found {
			stress = value
			spare, _ = w.Metrics.Minute(standin.ScaleSet("a111"), gauge.Spare, minute)
			break
		}
	}
	if stress.Count != 2 || stress.Min != 0 || stress.Max <= 0 || spare.Count != 1 || spare.Sum != 2-stress.Sum {
		t.Errorf("published stress %+v and spare %+v", stress, spare)
	}
	w.Metrics.Break(http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusForbidden) }))
	h.ticks(t, "shard a111: 2 bridges")
	warned, kept := 0, 0
	for _, line := range h.stop(t) {
		if line["msg"] == "the stress of the bridges was not published" && line["level"] == "WARN" {
			warned++
		}
		if line["msg"] == "decision" && line["reason"] == "warm-reserve" {
			kept++
		}
	}
	if warned != 1 || kept != 1 {
		t.Errorf("%d warnings, want 1; %d bridges kept for the reserve, want 1", warned, kept)
	}
}

// A dry run decides and reports, and leaves every bridge as it is.
func TestDryRun(t *testing.T) {
	t.Parallel()
	w, environ := world(t, 106, func(w *standin.World) { w.Settings.DryRun = true })
	old := add(t, w, 3*time.Hour)
	add(t, w, 2*time.Hour)
	h := start(t, environ)
	h.ticks(t, "drain because idle-and-oldest")
	h.stop(t)
	if old.Draining() {
		t.Error("a dry run drained a bridge")
	}
}

func TestProgramListensOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	_, environ := world(t, 107, nil)
	h := start(t, environ)
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
	_, configured := world(t, 108, nil)
	without := func(setting string) []string {
		return slices.DeleteFunc(slices.Clone(configured), func(pair string) bool { return strings.HasPrefix(pair, setting+"=") })
	}
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
		{"an unknown argument", configured, []string{"plot"}, exitUsage, []string{"usage:"}},
		{
			"profiles that nobody understands", append(without("REAPER_PROFILES"), `REAPER_PROFILES=[{"version":2,"profiles":[]}]`), nil,
			exitUsage,
			[]string{"shard a108: reading autoscale profiles", "shard b108: reading autoscale profiles"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			if code := run(t.Context(), c.arguments, c.environ, &log, &log); code != c.code {
				t.Errorf("exit code %d, want %d", code, c.code)
			}
			for _, want := range c.want {
				if !strings.Contains(log.String(), want) {
					t.Errorf("the log does not say %q:\n%s", want, &log)
				}
			}
			if c.arguments == nil {
				lines(t, &log)
			}
		})
	}
}
