package boot_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/vmss/cloudinit"
)

const (
	firstStart = "/var/lib/jitsi-bridge/first-start"
	secondBoot = "0a1b2c3d-0000-4000-8000-000000000002"
	// deadline is when the machines of these tests give up.
	deadline = 20*time.Minute - cloudinit.StartMargin
)

// restarted gives the machine another boot, which has been up for some time, and a first start that was so long ago by the
// clock. Then it writes files: paths and their contents.
func restarted(ago, uptime time.Duration, files ...string) func(*testing.T, machine) {
	return func(t *testing.T, m machine) {
		t.Helper()
		require.NoError(t, m.Reboot(secondBoot, uptime))
		require.NoError(t, m.Write(firstStart, fmt.Sprintf("an-earlier-boot %d\n", time.Now().Add(-ago).Unix()), 0o644))
		for i := 0; i < len(files); i += 2 {
			require.NoError(t, m.Write(files[i], files[i+1], 0o644))
		}
	}
}

// up gives the machine an uptime.
func up(uptime time.Duration) func(*testing.T, machine) {
	return func(t *testing.T, m machine) {
		t.Helper()
		require.NoError(t, m.SetUptime(uptime))
	}
}

// mayStart says whether systemd may start the videobridge.
func (m machine) mayStart(t *testing.T) (may bool, log string) {
	t.Helper()
	ended := m.run(t, "may-start.sh")
	// 255 would be a failure of the unit rather than a condition. Source: systemd.service(5), ExecCondition.
	require.Less(t, ended.code, 255)
	return ended.code == 0, ended.log
}

// After its boot deadline the reaper may delete the machine at any time. No bridge may come up then.
func TestDeadline(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(*testing.T, machine)
		code    int
	}{
		"just before it":      {up(deadline - time.Second), done},
		"at it":               {up(deadline), never},
		"a day later":         {up(24 * time.Hour), never},
		"restarted before it": {restarted(deadline-2*time.Minute, 10*time.Second), done},
		"restarted after it":  {restarted(deadline+time.Second, 10*time.Second), never},
		"restarted after it, but registered before":    {wasAlive(time.Minute), done},
		"registered before, and away for long":         {wasAlive(99 * time.Minute), done},
		"registered before, and away for too long":     {wasAlive(101 * time.Minute), never},
		"registered before, and alive in the future":   {wasAlive(-time.Hour), never},
		"registered before, and never seen since":      {restarted(30*24*time.Hour, 10*time.Second, registered, "1\n"), never},
		"restarted, with a clock that went backwards":  {restarted(-time.Hour, time.Minute), never},
		"restarted, with a first start before 1970":    {restarted(0, time.Minute, firstStart, "an-earlier-boot -40\n"), never},
		"restarted, and the first start is unreadable": {restarted(0, time.Minute, firstStart, "an-earlier-boot $(reboot)\n"), never},
		"an uptime that is none":                       {restarted(0, time.Minute, "/proc/uptime", "soon\n"), never},
		"an uptime that is missing":                    {restarted(0, time.Minute, "/proc/uptime", ""), tryAgain},
		"ended for good":                               {restarted(0, time.Minute, registered, "1\n", alive, "", retired, ""), never},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			c.prepare(t, m)
			if c.code == done {
				m.boot(t)
				may, log := m.mayStart(t)
				assert.True(t, may, log)
				return
			}
			m.refuse(t, c.code)
			assert.Empty(t, m.around.Requests(), "nothing is asked any more")
			require.NoError(t, m.Write(ready, "", 0o644)) // as if boot.sh had finished earlier
			may, log := m.mayStart(t)
			assert.False(t, may, log)
			assert.Contains(t, log, "the videobridge does not start")
		})
	}
}

// wasAlive gives the machine another boot, long after its first, and a bridge that was registered and last answered so long ago.
func wasAlive(ago time.Duration) func(*testing.T, machine) {
	return func(t *testing.T, m machine) {
		t.Helper()
		restarted(30*24*time.Hour, 10*time.Second, registered, "1\n", alive, "")(t, m)
		last := time.Now().Add(-ago)
		require.NoError(t, os.Chtimes(m.Path(alive), last, last))
	}
}

// Where the reaper has no boot deadline the machine has none either.
func TestNoDeadline(t *testing.T) {
	t.Parallel()
	m := newMachine(t, func(c *cloudinit.Config) { c.BootDeadline = 0 })
	require.NoError(t, m.SetUptime(24*time.Hour))
	m.boot(t)
	may, log := m.mayStart(t)
	assert.True(t, may, log)
}

// The deadline may pass while a run waits for something.
func TestDeadlinePassesMeanwhile(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.around.Set(standin.Vault, append(standin.Late(3, standin.Forbidden()), standin.Reply{})...)
	over := make(chan error, 1)
	go func() {
		for m.around.Count(standin.Vault) == 0 && t.Context().Err() == nil {
			<-time.After(time.Millisecond)
		}
		over <- m.SetUptime(deadline)
	}()
	ended := m.run(t, "boot.sh", patient(300)...)
	require.NoError(t, <-over)
	assert.Equal(t, never, ended.code, ended.log)
	assert.Contains(t, ended.log, "FAILED: the machine was never registered and is past its boot deadline")
	assert.False(t, m.has(ready))
}

// A bridge that runs is nobody's to stop: a run after the deadline leaves everything as it is.
func TestPastTheDeadlineNothingIsRemoved(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.boot(t)
	before := m.read(t, configuration) + m.read(t, machineFile) + m.read(t, trustStore)
	require.NoError(t, m.SetUptime(deadline+time.Hour))
	ended := m.run(t, "boot.sh", patient(0)...)
	assert.Equal(t, never, ended.code, ended.log)
	assert.Equal(t, before, m.read(t, configuration)+m.read(t, machineFile)+m.read(t, trustStore))
	assert.True(t, m.has(ready))
}

// The first start is remembered once, and by nothing but the machine's own clock and uptime.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	about := time.Now().Add(-42 * time.Second).Unix()
	m.boot(t)
	var boot string
	var started int64
	first := m.read(t, firstStart)
	_, err := fmt.Sscan(first, &boot, &started)
	require.NoError(t, err)
	assert.InDelta(t, about, started, 20)
	assert.Equal(t, strings.TrimSpace(m.read(t, "/proc/sys/kernel/random/boot_id")), boot)

	require.NoError(t, m.Reboot(secondBoot, 10*time.Second))
	may, log := m.mayStart(t)
	assert.False(t, may, "after a restart boot.sh comes first: %s", log)
	m.boot(t)
	assert.Equal(t, first, m.read(t, firstStart))
}

// Only a process that ended by itself, with 0, has shut down gracefully. Source: systemd.exec(5), $SERVICE_RESULT.
func TestStopped(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	require.NoError(t, m.Write(ready, "", 0o644))
	require.NoError(t, m.Write(registered, "1\n", 0o644))
	require.NoError(t, m.Write(alive, "", 0o644))
	for _, c := range []struct{ result, code, status string }{
		{"success", "exited", "143"},
		{"success", "killed", "TERM"},
		{"exit-code", "exited", "1"},
		{"signal", "killed", "KILL"},
		{"oom-kill", "killed", "KILL"},
		{"exec-condition", "exited", "1"},
		{"timeout", "killed", "ABRT"},
		{"success", "dumped", "0"},
		{"", "", ""},
	} {
		ended := m.run(t, "stopped.sh", "SERVICE_RESULT="+c.result, "EXIT_CODE="+c.code, "EXIT_STATUS="+c.status)
		assert.Equal(t, done, ended.code, ended.log)
		assert.False(t, m.has(retired), "%+v", c)
	}
	may, log := m.mayStart(t)
	assert.True(t, may, log)
	m.run(t, "stopped.sh", "SERVICE_RESULT=success", "EXIT_CODE=exited", "EXIT_STATUS=0")
	assert.True(t, m.has(retired))
	may, log = m.mayStart(t)
	assert.False(t, may)
	assert.Contains(t, log, "it has ended for good")
}
