package boot_test

import (
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
)

// The units.
const (
	bootUnit       = "jitsi-bridge-boot.service"
	bridgeUnit     = "jitsi-videobridge2.service"
	registeredUnit = "jitsi-bridge-registered.service"
)

// The tests whose names begin with TestSystemd put the units under a real systemd as process 1, with the scripts unchanged and
// in their places, real users, a real firewall and real network addresses, in namespaces of their own. Only times are shorter.

// Boot runs that fail are followed by others, and the first that succeeds brings everything up, once.
func TestSystemdTwoRunsFail(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	m.around.Set(standin.Vault, standin.Forbidden())
	m.install(t)
	require.Eventually(t, func() bool { return m.unit(t, bootUnit).restarts >= 2 }, soon, tick)
	assert.Equal(t, unitState{state: "inactive/dead", result: "success"}, m.unit(t, bridgeUnit))
	m.around.Set(standin.Vault)
	bridge := m.isUp(t)

	assert.Equal(t, 1, m.starts(t))
	assert.Zero(t, bridge.restarts)
	assert.Equal(t, "No jobs running.", m.do("systemctl", "list-jobs"))
	assert.Equal(t, "jvb", m.do("ps", "-o", "user=", strconv.Itoa(bridge.pid)))
	assert.Contains(t, m.do("nft", "list", "table", "inet", "jitsi_bridge"), "tcp dport 8080 drop")
	assert.Equal(t, "enabled", m.do("systemctl", "is-enabled", bootUnit), "a restart of the machine brings the bridge back")
	assert.True(t, m.has(registered))

	assert.Equal(t, "active", m.do("systemctl", "is-active", "jitsi-bridge-metrics.timer"))
	assert.Empty(t, m.do("systemctl", "start", "jitsi-bridge-metrics.service"))
	assert.Equal(t, 1, strings.Count(m.read(t, metricsFile), "\n"))
}

// Exit code 78 is the end.
func TestSystemdNeverAgain(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	m.deadlineIsOver(t)
	m.install(t)
	assert.Equal(t, unitState{state: "failed/failed", result: "exit-code", code: never}, m.ended(t, bootUnit))
	assert.Equal(t, "inactive/dead", m.unit(t, bridgeUnit).state)
	assert.Zero(t, m.starts(t))
}

// Whatever happens to boot, a videobridge that runs goes on.
func TestSystemdBootRunsAgain(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	m.install(t)
	before := m.isUp(t)
	assert.Empty(t, m.do("systemctl", "restart", bootUnit))
	assert.Equal(t, before, m.isUp(t), "after a run that succeeds")

	m.around.Set(standin.Vault, standin.Forbidden())
	m.do("systemctl", "restart", "--no-block", bootUnit)
	require.Eventually(t, func() bool { return m.unit(t, bootUnit).restarts >= 1 }, soon, tick)
	assert.Equal(t, before, m.unit(t, bridgeUnit), "after a run that fails")

	m.wasAway(t)
	m.until(t, bootUnit, "failed/failed")
	assert.Equal(t, never, m.unit(t, bootUnit).code)
	assert.Equal(t, before, m.unit(t, bridgeUnit), "after a run that says never")

	m.do("systemctl", "stop", bootUnit)
	assert.Equal(t, before, m.unit(t, bridgeUnit), "after boot was stopped")
	assert.Equal(t, 1, m.starts(t))
}

// A videobridge that crashed comes back.
func TestSystemdBridgeCrashes(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	m.install(t)
	before := m.isUp(t)
	m.exit(1)
	after := m.isBack(t, before)
	assert.Equal(t, 1, after.restarts)
	m.signal(syscall.SIGKILL, after)
	before = m.isBack(t, after)
	assert.Equal(t, 2, before.restarts)

	// A crash does not wait for a boot run that is under way.
	asked := m.around.Count(standin.Vault)
	m.around.Set(standin.Vault, standin.Reply{Hang: true})
	m.do("systemctl", "restart", "--no-block", bootUnit)
	require.Eventually(t, func() bool { return m.around.Count(standin.Vault) > asked }, soon, tick)
	run := m.unit(t, bootUnit)
	require.Equal(t, "activating/start", run.state)
	m.signal(syscall.SIGKILL, before)
	m.isBack(t, before)
	assert.Equal(t, run, m.unit(t, bootUnit), "the boot run is still the same")
	assert.False(t, m.has(retired))
}

// One that ended gracefully does not, whoever asks.
func TestSystemdBridgeRetires(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	m.install(t)
	m.isUp(t)
	m.exit(0)
	assert.Equal(t, unitState{state: "inactive/dead", result: "success"}, m.ended(t, bridgeUnit))
	assert.True(t, m.has(retired))

	refused := unitState{state: "inactive/dead", result: "exec-condition"}
	m.do("systemctl", "start", bridgeUnit)
	assert.Equal(t, refused, m.ended(t, bridgeUnit))
	m.do("systemctl", "restart", bootUnit)
	assert.Equal(t, never, m.ended(t, bootUnit).code)
	assert.Equal(t, refused, m.ended(t, bridgeUnit))
	assert.Equal(t, 1, m.starts(t))
}

// One that somebody stopped stays away until somebody starts it.
func TestSystemdBridgeIsTerminated(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	m.install(t)
	m.signal(syscall.SIGTERM, m.isUp(t))
	assert.Equal(t, unitState{state: "inactive/dead", result: "success", code: exitTerminated}, m.ended(t, bridgeUnit))
	assert.False(t, m.has(retired))
	assert.Empty(t, m.do("systemctl", "start", bridgeUnit))
	m.isUp(t)
	assert.Equal(t, 2, m.starts(t))
}

// Without its firewall there is no videobridge.
func TestSystemdNoFirewall(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	const firewall = "/etc/jitsi-bridge/firewall.nft"
	rules := m.read(t, firewall)
	require.NoError(t, m.Write(firewall, "no rules\n", 0o644))
	m.install(t)
	require.Eventually(t, func() bool { return m.unit(t, bootUnit).restarts >= 1 }, soon, tick)
	assert.Zero(t, m.starts(t))
	assert.Empty(t, m.around.Requests(), "nothing else is tried")
	require.NoError(t, m.Write(firewall, rules, 0o644))
	m.isUp(t)
}

// A bridge that is not registered keeps boot from nothing, but after a crash past the deadline it stays away.
func TestSystemdCrashAfterTheDeadline(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	require.NoError(t, m.Write(statistics, `{"muc_clients_connected":0,"mucs_joined":0}`, 0o644))
	m.install(t)
	m.until(t, bootUnit, "active/exited")
	before := m.until(t, bridgeUnit, "active/running")
	assert.Equal(t, "activating/auto-restart", m.ended(t, registeredUnit).state)
	assert.False(t, m.has(registered))

	m.deadlineIsOver(t)
	m.signal(syscall.SIGKILL, before)
	refused := m.until(t, bridgeUnit, "inactive/dead") // and no restart is due
	assert.Equal(t, unitState{state: "inactive/dead", result: "exec-condition", restarts: 1}, refused)
	assert.Equal(t, 1, m.starts(t))
	assert.False(t, m.has(retired))
}

// A registered bridge comes back past the boot deadline, unless it was away for so long that the reaper may take it for gone.
func TestSystemdAwayTooLong(t *testing.T) {
	t.Parallel()
	m := startUnits(t)
	m.install(t)
	before := m.isUp(t)
	m.deadlineIsOver(t)
	m.signal(syscall.SIGKILL, before)
	before = m.isBack(t, before) // the deadline does not bind a bridge that was registered
	m.wasAway(t)
	m.signal(syscall.SIGKILL, before)
	refused := m.until(t, bridgeUnit, "inactive/dead")
	assert.Equal(t, unitState{state: "inactive/dead", result: "exec-condition", restarts: 2}, refused)
	assert.Equal(t, 2, m.starts(t))
}
