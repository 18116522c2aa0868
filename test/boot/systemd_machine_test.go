package boot_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/vmss/cloudinit"
)

// soon is how long something that must happen may take, on a machine that has other things to do.
const soon = time.Minute

// role is the variable that switches these tests on; with videobridgeRole, any of them is the videobridge's stand-in instead.
const (
	role            = "BRIDGE_SYSTEMD"
	videobridgeRole = "videobridge"
)

// unitMachine is a machine with its own systemd, which is process 1 of its own namespaces. Its files are those of this
// machine, but what it writes is gone with it.
type unitMachine struct {
	machine

	init *exec.Cmd
	// commands are what cloud-init runs.
	commands [][]string
}

// startUnits starts systemd, with what cloud-init writes already there, and waits until it has nothing left to do. No unit of
// the bridge is started yet.
func startUnits(t *testing.T) *unitMachine {
	t.Helper()
	switch os.Getenv(role) {
	case "":
		t.Skip(role + " is not set")
	case videobridgeRole:
		playVideobridge(t)
	}
	require.Zero(t, os.Getuid(), "systemd as process 1 of its own namespaces needs root: run `make test-units`")
	m := &unitMachine{}
	folder, group := t.TempDir(), newControlGroup(t)
	t.Cleanup(func() {
		if m.around != nil {
			m.around.Close()
		}
	})
	isolated(t, func() error {
		link := exec.Command("bash", "-c", "ip link set lo up && ip address add "+standin.Private+"/32 dev lo")
		if output, err := link.CombinedOutput(); err != nil {
			return fmt.Errorf("loopback: %w: %s", err, output)
		}
		var err error
		if m.around, err = standin.New(standin.Options{Folder: folder}); err != nil {
			return err
		}
		if err := m.furnish(filepath.Join(folder, "files")); err != nil {
			return errors.Join(err, group.Close())
		}
		return m.start(folder, group)
	})
	m.Machine = &standin.Machine{Root: fmt.Sprintf("/proc/%d/root", m.init.Process.Pid)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(m.do("systemctl", "list-jobs", "--no-pager"), m.do("journalctl", "--no-pager", "--output=short-precise"))
		}
		// The kernel kills the rest of the namespace with its process 1, before Wait returns.
		assert.NoError(t, m.init.Process.Kill())
		_ = m.init.Wait()
	})
	require.Eventually(t, func() bool { return m.do("systemctl", "is-system-running") == "running" }, soon, tick, "systemd: %s", m.init.Stdout)
	return m
}

// tick is the pause between two looks.
const tick = 50 * time.Millisecond

func (m *unitMachine) start(folder string, group *os.File) error {
	defer func() { _ = group.Close() }()
	program, err := os.Executable()
	if err != nil {
		return err
	}
	var log strings.Builder
	m.init = exec.Command("unshare", "--cgroup", "bash", "-c", becomeMachine, "bash", folder, filepath.Join(folder, "files"), program)
	m.init.Stdout, m.init.Stderr = &log, &log
	m.init.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS,
		UseCgroupFD: true, CgroupFD: int(group.Fd()),
		Pdeathsig: syscall.SIGKILL,
	}
	return m.init.Start()
}

// furnish writes the files of a bridge into a folder: what cloud-init writes, and what the image and its packages bring.
func (m *unitMachine) furnish(folder string) error {
	cfg, err := m.around.Config()
	if err != nil {
		return err
	}
	cfg.RESTPort, cfg.BootDeadline = cloudinit.RESTPort, 0 // the clock is that of this machine
	text, err := cloudinit.Render(cfg)
	if err != nil {
		return err
	}
	var document struct {
		Files    []cloudinit.File `json:"write_files"`
		Commands [][]string       `json:"runcmd"`
	}
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return err
	}
	m.commands = document.Commands
	files := document.Files
	for path, content := range map[string]string{
		"/usr/lib/systemd/system/jitsi-videobridge2.service": standInUnit,
		// The videobridge's program is mounted over it.
		"/usr/share/jitsi-videobridge/videobridge": "",
		statistics: `{"muc_clients_connected":1,"mucs_joined":1}`,
		// Runs that must fail do so early, and are tried again early.
		"/etc/systemd/system.conf.d/50-patience.conf": "[Manager]\nDefaultEnvironment=BRIDGE_PATIENCE_SECONDS=1 BRIDGE_RETRY_SECONDS=0.1 " +
			`"JAVA_TOOL_OPTIONS=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"` + "\n",
		"/etc/systemd/system/jitsi-bridge-boot.service.d/50-patience.conf": "[Service]\nRestartSec=1\n",
	} {
		files = append(files, cloudinit.File{Path: path, Permissions: "0644", Content: content})
	}
	for path, more := range map[string]string{
		"/etc/passwd": "jvb:x:61000:61001::/nonexistent:/usr/sbin/nologin\n",
		"/etc/group":  "jitsi:x:61001:\n",
		// The vault's certificate is not in the bundle of this machine.
		m.around.Authorities: "",
	} {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if path == m.around.Authorities {
			path = "/etc/ssl/certs/ca-certificates.crt"
		}
		files = append(files, cloudinit.File{Path: path, Permissions: "0644", Content: string(content) + more})
	}
	for _, file := range files {
		mode, err := strconv.ParseUint(file.Permissions, 8, 32)
		path := filepath.Join(folder, file.Path)
		// cloud-init makes folders that everybody may enter, too.
		if err := errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(file.Content), os.FileMode(mode))); err != nil {
			return err
		}
	}
	return nil
}

// do runs a program on the machine, as root, and returns what it says.
func (m *unitMachine) do(program string, arguments ...string) string {
	arguments = append([]string{"--target", strconv.Itoa(m.init.Process.Pid), "--all", program}, arguments...)
	output, err := exec.Command("nsenter", arguments...).CombinedOutput()
	text := strings.TrimSpace(string(output))
	if err != nil && text == "" {
		return err.Error()
	}
	return text
}
