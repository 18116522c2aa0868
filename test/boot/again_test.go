package boot_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
)

func TestAgain(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.boot(t)
	first := []string{m.read(t, configuration), m.read(t, machineFile)}
	m.boot(t)
	again := []string{m.read(t, configuration), m.read(t, machineFile)}
	assert.Equal(t, first, again, "the same answers make the same files")
	assert.Equal(t, []string{"prosody"}, m.trusted(t))

	m.around.Change(func(f *standin.Facts) { f.Secret = standin.Secret("changed", certificate(t, "changed")) })
	m.boot(t)
	assert.Equal(t, "changed", m.password(t))
	assert.Equal(t, []string{"changed"}, m.trusted(t))

	// A run that fails leaves what a finished one has made.
	finished := m.read(t, configuration)
	m.around.Change(func(f *standin.Facts) { f.Granted = false })
	assert.Equal(t, tryAgain, m.run(t, "boot.sh", patient(0)...).code)
	assert.Equal(t, finished, m.read(t, configuration))
	assert.Empty(t, m.leftovers(t))
}

// Two runs at a time, as when somebody starts one by hand, come one after the other.
func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	m.around.Set(standin.Vault, standin.Reply{After: 2 * time.Second}, standin.Reply{})
	first := m.Command(t.Context(), "boot.sh", patient(300)...)
	require.NoError(t, first.Start())
	require.Eventually(t, func() bool { return m.around.Count(standin.Vault) == 1 }, limit, 10*time.Millisecond)
	m.boot(t)
	require.NoError(t, first.Wait())
	for i, place := range []standin.Place{standin.Instance, standin.LoadBalancer, standin.Identity, standin.Vault} {
		assert.Equal(t, []standin.Place{place, place}, []standin.Place{m.around.Requests()[i].Place, m.around.Requests()[i+4].Place})
	}
	assert.Empty(t, m.leftovers(t))
}

// kill starts boot.sh, kills it with all its processes as soon as it has come to a point, and waits until it is gone.
func (m machine) kill(t *testing.T, there func() bool, settings ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	command := m.Command(ctx, "boot.sh", append(patient(300), settings...)...)
	require.NoError(t, command.Start())
	require.Eventually(t, there, limit, 5*time.Millisecond)
	cancel()
	require.Error(t, command.Wait())
	status, is := command.ProcessState.Sys().(syscall.WaitStatus)
	require.True(t, is)
	require.Equal(t, syscall.SIGKILL, status.Signal())
}

// A machine that loses power, or whose run is killed, while it asks: there is no configuration, and the next run makes one.
func TestKilledWhileItAsks(t *testing.T) {
	t.Parallel()
	for _, place := range []standin.Place{standin.LoadBalancer, standin.Identity, standin.Vault} {
		t.Run(string(place), func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			m.around.Set(place, standin.Reply{Hang: true}, standin.Reply{})
			m.kill(t, func() bool { return m.around.Count(place) == 1 })
			assert.False(t, m.has(configuration))
			assert.False(t, m.has(ready))
			m.boot(t)
			assert.Equal(t, standin.Password, m.password(t))
		})
	}
}

// stuck puts a program in front of the real one, which never comes back from its nth call; with after, the call is done first.
// It gives the setting that makes a script find it, and the file that says that the call has come.
func stuck(t *testing.T, program string, nth int, after bool) (setting, came string) {
	t.Helper()
	folder := t.TempDir()
	came = filepath.Join(folder, "came")
	text := "#!/bin/bash\nPATH=${PATH#*:}\n"
	if after {
		text += program + ` "$@"` + "\n"
	}
	text += fmt.Sprintf("echo >>%[1]s/calls\nif [ $(wc -l <%[1]s/calls) = %[2]d ]; then : >%[3]s; sleep 600; fi\n", folder, nth, came)
	if !after {
		text += "exec " + program + ` "$@"` + "\n"
	}
	require.NoError(t, os.WriteFile(filepath.Join(folder, program), []byte(text), 0o700))
	return "PATH=" + folder + ":" + os.Getenv("PATH"), came
}

// Whatever is being written: what the videobridge would read is the old file or the new one.
func TestKilledWhileItWrites(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		// again says that a run before has finished, with another password.
		again   bool
		program string
		nth     int
		after   bool
	}{
		"while the trust store is made":             {false, "keytool", 1, false},
		"between a new trust store and the rest":    {true, "mv", 1, true},
		"while the first configuration is written":  {false, "cat", 3, false},
		"while a new configuration is written":      {true, "cat", 2, false},
		"between a new configuration and what else": {true, "mv", 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			before := ""
			if c.again {
				before = passwordPath + " = \"before\"\n[\n]\n"
				require.NoError(t, m.Write(configuration, before, 0o640))
				require.NoError(t, m.Write(firstStart, firstStarted(t, m), 0o644))
			}
			setting, came := stuck(t, c.program, c.nth, c.after)
			m.kill(t, func() bool { _, err := os.Stat(came); return err == nil }, setting)
			m.halfWritten(t, before)
			m.boot(t)
			assert.Equal(t, standin.Password, m.password(t))
			assert.Empty(t, m.leftovers(t), "what the killed run left is still there")
		})
	}
}

// firstStarted is what a machine remembers of its first start while it is in its first boot.
func firstStarted(t *testing.T, m machine) string {
	t.Helper()
	return strings.TrimSpace(m.read(t, "/proc/sys/kernel/random/boot_id")) + " 1700000000\n"
}

// halfWritten checks that the configuration is the one before, which is empty for none, or a whole new one.
func (m machine) halfWritten(t *testing.T, before string) {
	t.Helper()
	if before == "" {
		assert.False(t, m.has(ready))
	}
	if !m.has(configuration) {
		assert.Empty(t, before, "the configuration is gone")
		return
	}
	if now := m.read(t, configuration); before == "" || now != before {
		assert.True(t, strings.HasSuffix(now, "]\n"), now)
		m.password(t)
	}
}

// What cannot be written ends the run: it must not count as done.
func TestNothingToWriteTo(t *testing.T) {
	t.Parallel()
	for _, path := range []string{configuration, machineFile} {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			require.NoError(t, m.Write(path+".new/full", "", 0o600))
			ended := m.run(t, "boot.sh", patient(0)...)
			assert.Equal(t, tryAgain, ended.code, ended.log)
			assert.Contains(t, ended.log, "FAILED: cannot write "+m.Path(path))
			assert.False(t, m.has(ready))
		})
	}
	t.Run("without a group for it", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t, nil)
		m.Environ = append(m.Environ, "BRIDGE_OWNER=:no-such-group")
		m.refuse(t, tryAgain, "cannot close")
	})
}

// A deployment that left something out cannot be mended by trying again.
func TestDeployedWrongly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ path, content, cause string }{
		{"/etc/jitsi-bridge/shard.json", "{}", "has no .bootDeadlineSeconds"},
		{"/etc/jitsi-bridge/shard.json", `{"bootDeadlineSeconds":900}`, "has no .endpoints.metadata"},
		{"/etc/jitsi-bridge/shard.json", "rubbish", "has no .bootDeadlineSeconds"},
		{"/etc/jitsi-bridge/jvb.conf", "", "the shard's part of the configuration is not there"},
	} {
		t.Run(c.cause, func(t *testing.T) {
			t.Parallel()
			m := newMachine(t, nil)
			require.NoError(t, os.Remove(m.Path(c.path)))
			if c.content != "" {
				require.NoError(t, m.Write(c.path, c.content, 0o644))
			}
			ended := m.run(t, "boot.sh", patient(0)...)
			assert.Equal(t, never, ended.code, ended.log)
			assert.Contains(t, ended.log, c.cause)
			assert.False(t, m.has(configuration))
			assert.False(t, m.has(ready))
		})
	}
}
