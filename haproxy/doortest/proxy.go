package doortest

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/test/output"
)

// Proxy is one HAProxy, started as its pod starts it.
type Proxy struct {
	Name  string
	Ports config.Ports
	// Folder holds its files: certificate, programs, drained shards.
	Folder string

	index   int
	command *exec.Cmd
	ended   chan struct{}
	output  output.Buffer
}

// Output is what the proxy has printed so far.
func (p *Proxy) Output() string {
	return p.output.String()
}

// Binary finds HAProxy. A machine without it fails these tests rather than passing them unrun.
func Binary(tb testing.TB) string {
	tb.Helper()
	path, err := Find()
	require.NoError(tb, err)
	return path
}

// configure writes the files of the proxy's container.
func (p *Proxy) configure(tb testing.TB, settings config.Config) {
	tb.Helper()
	_, err := Install(settings, p.Ports, p.Folder)
	require.NoError(tb, err)
}

// Start starts the proxy and does not wait until it is ready.
func (p *Proxy) Start(tb testing.TB) {
	tb.Helper()
	command := exec.Command("/bin/sh", filepath.Join(p.Folder, config.StartScript))
	command.Env = []string{
		"PATH=" + filepath.Dir(Binary(tb)) + ":" + os.Getenv("PATH"),
		"PROXY_NAME=" + p.Name, "CONFIGURATION=" + filepath.Join(p.Folder, "haproxy.cfg"),
	}
	command.Stdout, command.Stderr = &p.output, &p.output
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	require.NoError(tb, command.Start())
	ended := make(chan struct{})
	p.command, p.ended = command, ended
	go func() {
		defer close(ended)
		_ = command.Wait()
	}()
	tb.Cleanup(p.Kill)
}

// Kill ends the proxy without any farewell.
func (p *Proxy) Kill() {
	if p.command == nil {
		return
	}
	_ = syscall.Kill(-p.command.Process.Pid, syscall.SIGKILL)
	<-p.ended
}

// Reload has the proxy read its configuration anew, in a new process.
func (p *Proxy) Reload(tb testing.TB) {
	tb.Helper()
	require.NoError(tb, p.command.Process.Signal(syscall.SIGUSR2))
}

// Stop runs the pod's stop script, which pretends for the given time that nothing happens, and returns when the proxy is
// gone.
func (p *Proxy) Stop(tb testing.TB, leave time.Duration) {
	tb.Helper()
	script := exec.Command("/bin/sh", filepath.Join(p.Folder, config.StopScript), strconv.Itoa(int(leave/time.Second)))
	script.Env = append(os.Environ(), fmt.Sprintf("PROXY_PID=%d", p.command.Process.Pid))
	output, err := script.CombinedOutput()
	require.NoError(tb, err, string(output))
	<-p.ended
}

// Drain writes the files that the ConfigMap of drained shards has in every proxy.
func (p *Proxy) Drain(tb testing.TB, shard string, drained bool) {
	tb.Helper()
	path := filepath.Join(p.Folder, "drained", shard)
	if !drained {
		require.NoError(tb, os.Remove(path))
		return
	}
	require.NoError(tb, os.WriteFile(path, nil, 0o600))
}

// Says asks one of the questions that the metrics port answers, such as /ready.
func (p *Proxy) Says(path string) bool {
	client := http.Client{Timeout: 2 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	answer, err := client.Get(fmt.Sprintf("http://127.0.0.1:%d%s", p.Ports.Metrics, path))
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// WaitReady waits until the proxy takes users.
func (p *Proxy) WaitReady(tb testing.TB) {
	tb.Helper()
	require.Eventually(tb, func() bool { return p.over() || p.Says("/ready") }, 90*time.Second, 100*time.Millisecond,
		"%s does not become ready:\n%s", p.Name, lazy(p.Output))
	require.False(tb, p.over(), "%s has ended:\n%s", p.Name, lazy(p.Output))
}

// over says whether the process has ended.
func (p *Proxy) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// lazy prints what a function returns when it is printed.
type lazy func() string

func (l lazy) String() string { return l() }

// Admin gives a command to the proxy's runtime interface. On a busy machine HAProxy at times resets such a connection instead of
// ending it, so a command is given again: each that tests use may be given twice.
func (p *Proxy) Admin(tb testing.TB, command string) string {
	tb.Helper()
	var answer string
	var err error
	for range 5 {
		if answer, err = p.tell(command); err == nil {
			return answer
		}
	}
	require.NoError(tb, err, "%s:\n%s", command, lazy(p.Output))
	return ""
}

func (p *Proxy) tell(command string) (string, error) {
	connection, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", p.Ports.Admin), 10*time.Second)
	if err != nil {
		return "", fmt.Errorf("the runtime interface of %s: %w", p.Name, err)
	}
	defer connection.Close()
	if _, err = fmt.Fprintln(connection, command); err != nil {
		return "", fmt.Errorf("telling %s: %w", p.Name, err)
	}
	answer, err := io.ReadAll(connection)
	if err != nil {
		return "", fmt.Errorf("the answer of %s: %w", p.Name, err)
	}
	return strings.TrimSpace(string(answer)), nil
}

var tableEntry = regexp.MustCompile(`key=(\S+) .*server_key=(\S+)`)

// Table is what the proxy remembers: shards by room key.
func (p *Proxy) Table(tb testing.TB) map[string]string {
	tb.Helper()
	entries := map[string]string{}
	for _, entry := range tableEntry.FindAllStringSubmatch(p.Admin(tb, "show table "+config.BackendName), -1) {
		entries[entry[1]] = entry[2]
	}
	return entries
}

// Servers are the shards as the proxy sees them: "down", "closed" to new rooms, or "open".
func (p *Proxy) Servers(tb testing.TB) map[string]string {
	tb.Helper()
	states := map[string]string{}
	for line := range strings.Lines(p.Admin(tb, "show servers state "+config.BackendName)) {
		fields := strings.Fields(line)
		if len(fields) < 9 || fields[0] == "#" {
			continue
		}
		switch name, operational, weight := fields[3], fields[5], fields[7]; {
		case operational != "2":
			states[name] = "down"
		case weight == "0" || fields[6] != "0":
			states[name] = "closed"
		default:
			states[name] = "open"
		}
	}
	return states
}

// WaitServers waits until the proxy sees the shards so.
func (p *Proxy) WaitServers(tb testing.TB, within time.Duration, want map[string]string) {
	tb.Helper()
	require.Eventually(tb, func() bool { return maps.Equal(want, p.Servers(tb)) }, within, 50*time.Millisecond,
		"%s does not come to see %v:\n%s", p.Name, slices.Sorted(maps.Keys(want)), lazy(p.Output))
}
