package image_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	packageVersion = "2.3-307-g4bb0aead1-1"
	// expectedKey is the fingerprint of testdata/keys/expected.asc.
	expectedKey = "DE0166CBC964F944E57F8AFE9EC331C20125D5D5"
)

// machine is a folder that the scripts take for the build machine's file system. What would change the real machine is a
// stand-in (testdata/machine); gpg, dpkg-query, systemctl and the rest are the real programs.
type machine struct {
	t    *testing.T
	root string
	env  map[string]string
}

// ubuntu is a machine as a marketplace image starts it.
func ubuntu(t *testing.T) *machine {
	t.Helper()
	for _, program := range []string{"dpkg-query", "gpg", "systemctl"} {
		_, err := exec.LookPath(program)
		require.NoError(t, err, "run make deps")
	}
	m := &machine{t: t, root: t.TempDir()}
	bin := t.TempDir()
	standIn, err := filepath.Abs(filepath.Join("testdata", "machine", "standin.sh"))
	require.NoError(t, err)
	for _, name := range []string{
		"apt-get", "apt-mark", "curl", "debconf-set-selections", "debconf-communicate", "cloud-init", "waagent",
	} {
		require.NoError(t, os.Symlink(standIn, filepath.Join(bin, name)))
	}
	keys, err := filepath.Abs(filepath.Join("testdata", "keys"))
	require.NoError(t, err)
	m.env = map[string]string{
		"ROOT": m.root, "PACKAGE_VERSION": packageVersion, "JITSI_KEY_FINGERPRINT": expectedKey,
		"KEY": filepath.Join(keys, "expected.asc"), "CALLS": filepath.Join(bin, "calls"),
		"PATH": bin + ":" + os.Getenv("PATH"),
	}
	for _, program := range []string{
		"bash", "ip", "flock", "timeout", "od", "dd", "awk", "systemctl", "cloud-init", "waagent", "systemd-socket-proxyd",
	} {
		m.program(program)
	}
	const installed = "Status: install ok installed\nVersion: 1\nArchitecture: all\nMaintainer: nobody\nDescription: none\n\n"
	m.write("var/lib/dpkg/status", "Package: needrestart\n"+installed+"Package: unattended-upgrades\n"+installed)
	for path, content := range map[string]string{
		"etc/group": "root:x:0:\n", "etc/passwd": "root:x:0:0::/root:/bin/bash\n", "etc/machine-id": "0123456789abcdef\n",
		"etc/ssh/ssh_host_ed25519_key":                   "-----BEGIN OPENSSH PRIVATE KEY-----\n",
		"etc/ssl/private/ssl-cert-snakeoil.key":          "-----BEGIN PRIVATE KEY-----\n",
		"root/.ssh/authorized_keys":                      "ssh-ed25519 AAAA packer\n",
		"root/.bash_history":                             "reboot\n",
		"var/lib/systemd/random-seed":                    "seed",
		"var/lib/cloud/instances/i/user-data.txt":        "#cloud-config\n",
		"var/lib/dbus/machine-id":                        "0123456789abcdef\n",
		"var/log/syslog":                                 "a line\n",
		"var/log/syslog.1":                               "an old line\n",
		"var/log/journal/0123/system.journal":            "journal",
		"usr/lib/systemd/system/apt-daily.timer":         "[Timer]\nOnBootSec=1h\n[Install]\nWantedBy=timers.target\n",
		"usr/lib/systemd/system/apt-daily-upgrade.timer": "[Timer]\nOnBootSec=1h\n[Install]\nWantedBy=timers.target\n",
	} {
		m.write(path, content)
	}
	return m
}

func (m *machine) write(path, content string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	require.NoError(m.t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(m.t, os.WriteFile(path, []byte(content), 0o600))
}

func (m *machine) program(name string) {
	m.t.Helper()
	m.write("usr/bin/"+name, "#!/bin/sh\n")
	require.NoError(m.t, os.Chmod(filepath.Join(m.root, "usr", "bin", name), 0o755))
}

func (m *machine) remove(path string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	_, err := os.Lstat(path)
	require.NoError(m.t, err, "a defect cannot be planted where nothing is")
	require.NoError(m.t, os.RemoveAll(path))
}

func (m *machine) read(path string) string {
	m.t.Helper()
	content, err := os.ReadFile(filepath.Join(m.root, path))
	require.NoError(m.t, err)
	return string(content)
}

// replace changes a file's text, which must have been there.
func (m *machine) replace(path, old, changed string) {
	m.t.Helper()
	before := m.read(path)
	require.Contains(m.t, before, old)
	m.write(path, strings.ReplaceAll(before, old, changed))
}

func (m *machine) exists(path string) bool {
	_, err := os.Lstat(filepath.Join(m.root, path))
	return err == nil
}

// copied is a machine like this one, for the test to change.
func (m *machine) copied(t *testing.T) *machine {
	t.Helper()
	another := &machine{t: t, root: t.TempDir(), env: maps.Clone(m.env)}
	require.NoError(t, os.CopyFS(another.root, os.DirFS(m.root)))
	another.env["ROOT"] = another.root
	return another
}

// run runs a script and returns all that it printed.
func (m *machine) run(script string) (string, error) {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), "bash", filepath.Join("scripts", script))
	cmd.Env = os.Environ()
	for _, name := range slices.Sorted(maps.Keys(m.env)) {
		cmd.Env = append(cmd.Env, name+"="+m.env[name])
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// built is a machine after the whole build.
func built(t *testing.T) *machine {
	t.Helper()
	m := ubuntu(t)
	for _, script := range []string{"build.sh", "finish.sh"} {
		out, err := m.run(script)
		require.NoError(t, err, out)
	}
	return m
}

func TestBuild(t *testing.T) {
	t.Parallel()
	m := built(t)
	out, err := m.run("verify.sh")
	require.NoError(t, err, out)
	assert.Equal(t, "image: nothing is wrong\n", out)

	assert.False(t, m.exists("started"), "the videobridge was started while it was installed")
	assert.False(t, m.exists("usr/sbin/policy-rc.d"))
	assert.Equal(t, "JVB_HOSTNAME=localhost\n", m.read("etc/jitsi/videobridge/config"))
	assert.NotContains(t, m.read("etc/jitsi/videobridge/jvb.conf"), "addresses")
	assert.Contains(t, m.read("etc/apt/preferences.d/jitsi"), "Package: jitsi-videobridge2\nPin: version "+packageVersion+"\n")

	calls, err := os.ReadFile(m.env["CALLS"])
	require.NoError(t, err)
	assert.Contains(t, string(calls), "install openjdk-17-jre-headless curl jq nftables iproute2 logrotate jitsi-videobridge2="+
		packageVersion+"\n", "exactly the pinned version is installed")
	assert.True(t, strings.HasSuffix(string(calls), "waagent -force -deprovision+user\n"), "deprovisioning is last:\n%s", calls)
}

// A build that is run again, as after an error, ends in the same machine.
func TestBuildTwice(t *testing.T) {
	t.Parallel()
	m := ubuntu(t)
	for _, script := range []string{"build.sh", "repository.sh", "tune.sh", "finish.sh", "clean.sh"} {
		out, err := m.run(script)
		require.NoError(t, err, out)
	}
	out, err := m.run("verify.sh")
	require.NoError(t, err, out)
}

func TestBuildStops(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script string
		env    map[string]string
		want   string
	}{
		"without a package version":     {"build.sh", map[string]string{"PACKAGE_VERSION": ""}, "PACKAGE_VERSION is ''"},
		"with a strange version":        {"build.sh", map[string]string{"PACKAGE_VERSION": "2.3-307-g4bb0aead1-1 x"}, "not such as"},
		"another key":                   {"build.sh", map[string]string{"KEY": "other.asc"}, "holds other keys than " + expectedKey},
		"another key beside the right":  {"build.sh", map[string]string{"KEY": "both.asc"}, "holds other keys than " + expectedKey},
		"no key":                        {"build.sh", map[string]string{"KEY": "none.asc"}, "holds other keys than " + expectedKey + ": none"},
		"the shipped fingerprint is it": {"build.sh", map[string]string{"JITSI_KEY_FINGERPRINT": ""}, "B4D2D216F1FD7806"},
		"cloud-init failed":             {"build.sh", map[string]string{"CLOUD_INIT_CODE": "1"}, "cloud-init ended with 1"},
		"a machine that was not built":  {"finish.sh", nil, "defects"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := ubuntu(t)
			keys := filepath.Dir(m.env["KEY"])
			maps.Copy(m.env, test.env)
			if !filepath.IsAbs(m.env["KEY"]) {
				m.env["KEY"] = filepath.Join(keys, m.env["KEY"])
			}
			out, err := m.run(test.script)
			require.Error(t, err, out)
			assert.Contains(t, out, test.want)
			assert.False(t, m.exists("usr/share/keyrings/jitsi-keyring.gpg"), "apt trusts the key")
		})
	}
}

func TestCloudInitMayWarn(t *testing.T) {
	t.Parallel()
	m := ubuntu(t)
	m.env["CLOUD_INIT_CODE"] = "2"
	out, err := m.run("build.sh")
	assert.NoError(t, err, out)
}
