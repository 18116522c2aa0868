package standin

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"jitsi-meet-azure/vmss/cloudinit"
)

// scripts is where cloud-init puts the scripts.
const scripts = "/usr/local/lib/jitsi-bridge"

// folderMode is that of the folders that a machine begins with.
const folderMode = 0o750

// firstBoot is the kernel's id of a machine's first boot.
const firstBoot = "6b1f0c54-5d0a-4f0e-9c3e-1d2f3a4b5c6d"

// Machine is a folder that the scripts take for the root of a bridge machine: with what cloud-init has written, with what the
// image brings, and with a kernel's clock.
type Machine struct {
	// Root is the folder.
	Root string
	// Environ is the environment of the scripts.
	Environ []string
}

// Config is that of a bridge in these surroundings: everything that it asks is there, and nothing else is.
func (s *Surroundings) Config() (cloudinit.Config, error) {
	bridge, err := url.Parse(s.Bridge)
	if err != nil {
		return cloudinit.Config{}, fmt.Errorf("the URL of the bridge: %w", err)
	}
	port, err := strconv.Atoi(bridge.Port())
	if err != nil {
		return cloudinit.Config{}, fmt.Errorf("the port of the bridge: %w", err)
	}
	return cloudinit.Config{
		Environment: "dev", Shard: "a", Region: "westeurope", Zone: 1,
		PublicPrefix: netip.MustParsePrefix(Prefix),
		Signalling:   cloudinit.Signalling{Address: netip.MustParseAddr("10.20.8.10"), Port: 5222},
		XMPP: cloudinit.XMPP{
			Domain: "meet.jitsi", AuthDomain: "auth.meet.jitsi", MUCDomain: "muc.meet.jitsi",
			InternalMUCDomain: "internal-muc.meet.jitsi", Brewery: "jvbbrewery", User: "jvb",
		},
		IdentityClientID: ClientID,
		Vault:            cloudinit.Vault{URL: s.Vault, Secret: SecretName},
		STUNServers:      []string{s.STUN},
		RESTClients:      []netip.Prefix{netip.MustParsePrefix("10.20.4.0/24")},
		RESTPort:         port,
		BootDeadline:     20 * time.Minute,
		PackageVersion:   "2.3-307-g4bb0aead1-1", HeapMiB: 6144,
		Endpoints: cloudinit.Endpoints{Metadata: s.Metadata},
	}, nil
}

// NewMachine makes a machine that has just started for the first time in an empty folder.
func (s *Surroundings) NewMachine(root string, cfg cloudinit.Config) (*Machine, error) {
	files, err := cloudinit.Files(cfg)
	if err != nil {
		return nil, fmt.Errorf("what cloud-init writes: %w", err)
	}
	// Nobody listens at a proxy's port 9: a question that went through one would fail.
	const proxy = "http://127.0.0.1:9"
	m := &Machine{Root: root, Environ: []string{
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "BRIDGE_ROOT=" + root,
		fmt.Sprintf("BRIDGE_OWNER=%d:%d", os.Getuid(), os.Getgid()),
		"CURL_CA_BUNDLE=" + s.Authorities, "http_proxy=" + proxy, "https_proxy=" + proxy, "ALL_PROXY=" + proxy,
	}}
	problems := []error{m.Reboot(firstBoot, 42*time.Second), os.MkdirAll(m.Path("/etc/jitsi-bridge/videobridge"), folderMode)}
	for _, file := range files {
		mode, err := strconv.ParseUint(file.Permissions, 8, 32)
		problems = append(problems, err, m.Write(file.Path, file.Content, os.FileMode(mode)))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("a machine: %w", err)
	}
	return m, nil
}

// Path is where a path of the machine is outside of it.
func (m *Machine) Path(path string) string { return filepath.Join(m.Root, path) }

// Write writes a file of the machine, and its folders.
func (m *Machine) Write(path, content string, mode os.FileMode) error {
	path = m.Path(path)
	if err := os.MkdirAll(filepath.Dir(path), folderMode); err != nil {
		return fmt.Errorf("a folder of the machine: %w", err)
	}
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		return fmt.Errorf("a file of the machine: %w", err)
	}
	return nil
}

// Reboot gives the machine the kernel of another boot, which has been up for some time. What is in /run goes.
func (m *Machine) Reboot(boot string, uptime time.Duration) error {
	return errors.Join(
		os.RemoveAll(m.Path("/run")),
		m.Write("/proc/sys/kernel/random/boot_id", boot+"\n", 0o644),
		m.SetUptime(uptime),
	)
}

// SetUptime sets how long ago the kernel started. Source: proc(5), /proc/uptime.
func (m *Machine) SetUptime(uptime time.Duration) error {
	return m.Write("/proc/uptime", fmt.Sprintf("%.2f %.2f\n", uptime.Seconds(), 2*uptime.Seconds()), 0o644)
}

// Command is a run of one of the machine's scripts, as systemd starts it; settings come on top of Environ. When the context
// ends, all processes of the run are killed.
func (m *Machine) Command(ctx context.Context, script string, settings ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, m.Path(filepath.Join(scripts, script)))
	command.Env = append(append([]string{}, m.Environ...), settings...)
	command.Dir = "/"
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	command.Cancel = func() error { return syscall.Kill(-command.Process.Pid, syscall.SIGKILL) }
	return command
}
