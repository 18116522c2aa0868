// Package boot_test runs the scripts that a bridge machine boots with, unchanged and under the real bash, curl, jq and
// keytool, in surroundings that fail in every way that is known of the real ones.
package boot_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gurkankaymak/hocon"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/vmss/cloudinit"
)

// Files that boot.sh writes.
const (
	configuration = "/etc/jitsi-bridge/videobridge/jvb.conf"
	trustStore    = "/etc/jitsi-bridge/videobridge/trust.p12"
	machineFile   = "/run/jitsi-bridge/machine.env"
	ready         = "/run/jitsi-bridge/ready"
	registered    = "/var/lib/jitsi-bridge/registered"
	retired       = "/var/lib/jitsi-bridge/retired"
	alive         = "/var/lib/jitsi-bridge/alive"
)

// Exit codes of boot.sh.
const (
	done = iota
	tryAgain
	never = 78
)

// limit is how long a run may take at the very most.
const limit = 5 * time.Minute

func TestMain(m *testing.M) {
	for _, program := range []string{"bash", "curl", "jq", "keytool", "cloud-init", "systemd-analyze"} {
		if _, err := exec.LookPath(program); err != nil {
			_, _ = os.Stderr.WriteString(program + " is missing: run `make deps`\n")
			os.Exit(1)
		}
	}
	// Most of a run is waiting, for answers that do not come.
	if flag.Set("test.parallel", "12") != nil {
		os.Exit(2)
	}
	os.Exit(m.Run())
}

// machine is a bridge machine and its surroundings.
type machine struct {
	*standin.Machine
	around *standin.Surroundings
}

// newMachine makes a machine; change changes what the deployment told it, nil changes nothing.
func newMachine(t *testing.T, change func(*cloudinit.Config)) machine {
	t.Helper()
	around := standin.Start(t, standin.Options{})
	cfg, err := around.Config()
	require.NoError(t, err)
	if change != nil {
		change(&cfg)
	}
	m, err := around.NewMachine(t.TempDir(), cfg)
	require.NoError(t, err)
	// keytool is a Java program, and half of its time is for a speed that it does not live to see.
	m.Environ = append(m.Environ, "JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
	return machine{m, around}
}

// result is how a run ended.
type result struct {
	code int
	log  string
}

// patient gives a run so many seconds to look for each thing.
func patient(seconds int) []string {
	return []string{"BRIDGE_PATIENCE_SECONDS=" + strconv.Itoa(seconds), "BRIDGE_RETRY_SECONDS=0.05"}
}

// run runs a script to its end.
func (m machine) run(t *testing.T, script string, settings ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	command := m.Command(ctx, script, settings...)
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	err := command.Run()
	require.NoError(t, ctx.Err(), "%s does not end:\n%s", script, &log)
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return result{command.ProcessState.ExitCode(), log.String()}
}

// boot runs boot.sh, which is expected to succeed.
func (m machine) boot(t *testing.T) result {
	t.Helper()
	ended := m.run(t, "boot.sh", patient(300)...)
	require.Equal(t, done, ended.code, ended.log)
	require.True(t, m.has(ready))
	return ended
}

// refuse runs boot.sh, which is expected to end in a failure that names its cause, and to leave nothing to start from.
func (m machine) refuse(t *testing.T, code int, causes ...string) result {
	t.Helper()
	ended := m.run(t, "boot.sh", patient(0)...)
	require.Equal(t, code, ended.code, ended.log)
	_, last, found := strings.Cut(ended.log, "FAILED: ")
	require.True(t, found, ended.log)
	for _, cause := range causes {
		require.Contains(t, last, cause)
	}
	require.False(t, m.has(configuration), "a configuration was written:\n%s", ended.log)
	require.False(t, m.has(ready), "the machine counts as ready:\n%s", ended.log)
	return ended
}

func (m machine) has(path string) bool {
	_, err := os.Lstat(m.Path(path))
	return err == nil
}

func (m machine) read(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(m.Path(path))
	require.NoError(t, err)
	return string(content)
}

// setting reads one value of the videobridge's configuration, as the videobridge would.
func (m machine) setting(t *testing.T, path string) string {
	t.Helper()
	parsed, err := hocon.ParseString(m.read(t, configuration))
	require.NoError(t, err)
	return unquoted(parsed.GetString(path))
}

// unquoted is the value of a HOCON string, which the parser leaves in quotes.
func unquoted(text string) string {
	if value, err := strconv.Unquote(text); err == nil {
		return value
	}
	return text
}

// public is the address that the configuration tells clients.
func (m machine) public(t *testing.T) string {
	t.Helper()
	const mark = `public-address = "`
	_, rest, found := strings.Cut(m.read(t, configuration), mark)
	require.True(t, found)
	address, _, _ := strings.Cut(rest, `"`)
	return address
}

// leftovers lists files of the machine that a finished run should have taken away.
func (m machine) leftovers(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, folder := range []string{"/etc/jitsi-bridge/videobridge", "/run/jitsi-bridge", "/var/lib/jitsi-bridge"} {
		err := filepath.WalkDir(m.Path(folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if name := entry.Name(); strings.HasSuffix(name, ".new") || strings.HasPrefix(name, "boot.") {
				found = append(found, path)
			}
			return nil
		})
		require.NoError(t, err)
	}
	return found
}
