package boot_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/vmss/cloudinit"
)

// unitState is what systemd says of a service.
type unitState struct {
	// state is its ActiveState and its SubState.
	state  string
	result string
	// pid is the main process as the machine itself counts; 0 for none. code is the exit code of the last one that ended.
	pid, code int
	// restarts counts what systemd started by itself since somebody last did.
	restarts int
}

// unit asks systemd for the state of a service.
func (m *unitMachine) unit(t *testing.T, name string) unitState {
	t.Helper()
	properties := map[string]string{}
	for line := range strings.Lines(m.do("systemctl", "show", name)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		properties[key] = value
	}
	number := func(property string) int {
		value, err := strconv.Atoi(properties[property])
		require.NoError(t, err, "%s of %s", property, name)
		return value
	}
	return unitState{
		state:  properties["ActiveState"] + "/" + properties["SubState"],
		result: properties["Result"],
		pid:    number("MainPID"), code: number("ExecMainStatus"), restarts: number("NRestarts"),
	}
}

// wait waits until a service is in one of these states.
func (m *unitMachine) wait(t *testing.T, name string, states ...string) unitState {
	t.Helper()
	var last unitState
	for end := time.Now().Add(soon); time.Now().Before(end); <-time.After(tick) {
		if last = m.unit(t, name); slices.Contains(states, last.state) {
			return last
		}
	}
	require.Contains(t, states, last.state, name)
	return last
}

// until waits until a service is in a state.
func (m *unitMachine) until(t *testing.T, name, state string) unitState {
	t.Helper()
	return m.wait(t, name, state)
}

// ended waits until a service has ended: for good, or until systemd starts it again.
func (m *unitMachine) ended(t *testing.T, name string) unitState {
	t.Helper()
	return m.wait(t, name, "inactive/dead", "failed/failed", "activating/auto-restart")
}

// isUp waits until everything has come up, asks through loopback whether the videobridge answers, and returns its state.
func (m *unitMachine) isUp(t *testing.T) unitState {
	t.Helper()
	m.until(t, bootUnit, "active/exited")
	bridge := m.until(t, bridgeUnit, "active/running")
	m.until(t, registeredUnit, "active/exited")
	m.answers(t)
	return bridge
}

// answers has the videobridge asked as Azure's health extension asks.
func (m *unitMachine) answers(t *testing.T) {
	t.Helper()
	url := fmt.Sprintf("http://127.0.0.1:%d/about/health", cloudinit.RESTPort)
	require.Eventually(t, func() bool {
		return m.do("curl", "--silent", "--max-time", "5", "--write-out", "%{http_code}", url) == "200"
	}, soon, tick)
}

// isBack waits until another process of the videobridge than that one runs and answers.
func (m *unitMachine) isBack(t *testing.T, before unitState) unitState {
	t.Helper()
	var after unitState
	require.Eventually(t, func() bool {
		after = m.unit(t, bridgeUnit)
		return after.state == "active/running" && after.pid != before.pid
	}, soon, tick)
	m.answers(t)
	return after
}

// install does what cloud-init does once the files are written.
func (m *unitMachine) install(t *testing.T) {
	t.Helper()
	require.NotEmpty(t, m.commands)
	for _, command := range m.commands {
		t.Log(command, m.do(command[0], command[1:]...))
	}
}

// starts counts how often the videobridge was started.
func (m *unitMachine) starts(t *testing.T) int {
	t.Helper()
	assert.Empty(t, m.do("journalctl", "--sync"))
	return strings.Count(m.do("journalctl", "--output=cat", "--no-pager", "--unit="+bridgeUnit), started)
}

// exit has the videobridge end by itself.
func (m *unitMachine) exit(code int) {
	m.do("curl", "--silent", fmt.Sprintf("http://%s:%d/exit/%d", standin.Private, cloudinit.RESTPort, code))
}

// signal sends a signal to the videobridge.
func (m *unitMachine) signal(signal syscall.Signal, bridge unitState) {
	m.do("bash", "-c", fmt.Sprintf("kill -%d %d", signal, bridge.pid))
}

// deadlineIsOver gives the machine a boot deadline that lies behind it.
func (m *unitMachine) deadlineIsOver(t *testing.T) {
	t.Helper()
	var settings map[string]any
	require.NoError(t, json.Unmarshal([]byte(m.read(t, cloudinit.Path)), &settings))
	require.Contains(t, settings, "bootDeadlineSeconds")
	settings["bootDeadlineSeconds"] = 1
	content, err := json.Marshal(settings)
	require.NoError(t, err)
	require.NoError(t, m.Write(cloudinit.Path, string(content), 0o644))
}

// wasAway makes it three hours since a registered bridge was last seen.
func (m *unitMachine) wasAway(t *testing.T) {
	t.Helper()
	last := time.Now().Add(-3 * time.Hour)
	require.NoError(t, os.Chtimes(m.Path(alive), last, last))
}
