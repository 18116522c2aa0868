package boot_test

import (
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/functions/reaper/decide"
	"jitsi-meet-azure/internal/environment"
	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/vmss/cloudinit"
)

// environments reads the stack files.
func environments(t *testing.T) map[string]environment.Environment {
	t.Helper()
	read := map[string]environment.Environment{}
	for _, stack := range []string{"dev", "prod"} {
		var file struct {
			Config map[string]any `json:"config"`
		}
		content, err := os.ReadFile("../../Pulumi." + stack + ".yaml")
		require.NoError(t, err)
		require.NoError(t, yaml.UnmarshalStrict(content, &file))
		raw, err := environment.EncodePulumiConfig(file.Config)
		require.NoError(t, err)
		env, problems, err := environment.Load(stack, raw, environment.Namespace)
		require.NoError(t, err)
		require.Empty(t, problems)
		read[stack] = env
	}
	return read
}

// deployed is what a shard's bridges are told, with values that only Azure knows made up.
func deployed(t *testing.T, stack string, env environment.Environment, shard environment.Shard) cloudinit.Config {
	t.Helper()
	cfg, err := standin.Start(t, standin.Options{}).Config()
	require.NoError(t, err)
	cfg.Environment, cfg.Shard, cfg.Region, cfg.Zone = stack, shard.Name, env.Location, shard.Zone
	cfg.Signalling.Address = shard.SignallingAddress
	cfg.Vault = cloudinit.Vault{URL: "https://kv-meet-" + stack + ".vault.azure.net", Secret: "bridge-" + shard.Name}
	cfg.STUNServers, cfg.PackageVersion, cfg.HeapMiB = env.Bridges.STUNServers, env.Bridges.PackageVersion, env.Bridges.HeapMiB
	cfg.RESTClients = []netip.Prefix{netip.MustParsePrefix("10.40.3.0/24"), netip.MustParsePrefix("10.40.0.0/22")}
	cfg.RESTPort, cfg.Endpoints, cfg.BootDeadline = 0, cloudinit.Endpoints{}, 20*time.Minute
	return cfg
}

// cloud-init itself accepts what the bridges of every shard are given, and it fits.
func TestCloudInitAccepts(t *testing.T) {
	t.Parallel()
	for stack, env := range environments(t) {
		for _, shard := range env.Shards {
			t.Run(stack+" "+shard.Name, func(t *testing.T) {
				t.Parallel()
				text, err := cloudinit.Render(deployed(t, stack, env, shard))
				require.NoError(t, err)
				assert.Less(t, len(text), cloudinit.Longest*3/4, "little room is left in the custom data")
				file := filepath.Join(t.TempDir(), "user-data")
				require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
				said, err := exec.CommandContext(t.Context(), "cloud-init", "schema", "--config-file", file).CombinedOutput()
				require.NoError(t, err, "%s", said)
				assert.Contains(t, string(said), "Valid")
				assert.NotContains(t, strings.ToLower(string(said)), "deprecat")
			})
		}
	}
}

// A document that cloud-init refuses is seen to be refused, or the test above would prove nothing.
func TestCloudInitRefuses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "user-data")
	require.NoError(t, os.WriteFile(file, []byte("#cloud-config\nwrite_files:\n- path: 7\n"), 0o600))
	said, err := exec.CommandContext(t.Context(), "cloud-init", "schema", "--config-file", file).CombinedOutput()
	require.Error(t, err, "%s", said)
}

// packagedUnit stands for what the videobridge's package brings.
const packagedUnit = `[Unit]
Description=Jitsi Videobridge
[Service]
ExecStart=/bin/true
Restart=on-failure
[Install]
WantedBy=multi-user.target
`

// systemd reads the units without a complaint.
func TestUnits(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	const folder = "/etc/systemd/system"
	require.NoError(t, m.Write("/lib/systemd/system/jitsi-videobridge2.service", packagedUnit, 0o644))
	for _, program := range []string{"/usr/sbin/nft", "/usr/bin/systemctl", "/usr/lib/systemd/systemd-socket-proxyd", "/bin/true"} {
		require.NoError(t, m.Write(program, "#!/bin/sh\n", 0o755))
	}
	for _, target := range []string{"sysinit", "basic", "shutdown", "multi-user", "sockets", "timers", "network-online", "network-pre"} {
		require.NoError(t, m.Write("/lib/systemd/system/"+target+".target", "[Unit]\nDescription="+target+"\n", 0o644))
	}
	units, err := filepath.Glob(m.Path(folder) + "/*.*")
	require.NoError(t, err)
	require.NotEmpty(t, units)
	arguments := []string{"verify", "--man=no", "--root=" + m.Root}
	for _, unit := range append(units, "jitsi-videobridge2.service") {
		if !strings.HasSuffix(unit, ".d") {
			arguments = append(arguments, filepath.Base(unit))
		}
	}
	said, err := exec.CommandContext(t.Context(), "systemd-analyze", arguments...).CombinedOutput()
	require.NoError(t, err, "%s", said)
	assert.NotContains(t, string(said), "jitsi", "a complaint about a unit")

	// It would see one that is wrong.
	require.NoError(t, m.Write(folder+"/jitsi-bridge-wrong.service", "[Service]\nType=never\nExecStart=/nowhere\n", 0o644))
	said, err = exec.CommandContext(t.Context(), "systemd-analyze", "verify", "--man=no", "--root="+m.Root, "jitsi-bridge-wrong.service").CombinedOutput()
	require.Error(t, err, "%s", said)
}

// A run that failed is followed by the next until one says that none should, and what it says goes where it can be read of a
// machine that nobody can log in to. A failure stops nothing that runs.
func TestUnitsKeepTrying(t *testing.T) {
	t.Parallel()
	m := newMachine(t, nil)
	for _, unit := range []string{"boot", "registered"} {
		text := m.read(t, "/etc/systemd/system/jitsi-bridge-"+unit+".service")
		for _, line := range []string{"StandardError=journal+console", "Restart=on-failure", "StartLimitIntervalSec=0", "TimeoutStartSec=infinity"} {
			assert.Contains(t, text, "\n"+line+"\n", unit)
		}
		assert.NotContains(t, text, "OnFailure", unit)
	}
	assert.Contains(t, m.read(t, "/etc/systemd/system/jitsi-bridge-boot.service"), "\nRestartPreventExitStatus=78\n")
	own := m.read(t, "/etc/systemd/system/jitsi-videobridge2.service.d/10-bridge.conf")
	for _, bond := range []string{"Requires", "BindsTo", "PartOf"} {
		assert.NotContains(t, own, bond, "a unit that fails or is restarted would stop the videobridge")
	}
}

// A bridge comes back on its own for less than the time after which the reaper takes it for gone and may be about to delete it:
// less by the time that a start, a login and two looks of the reaper take.
func TestABridgeIsNotAwayForLongerThanTheReaperWaits(t *testing.T) {
	t.Parallel()
	text := newMachine(t, nil).read(t, "/usr/local/lib/jitsi-bridge/lib.sh")
	found := regexp.MustCompile(`(?m)^readonly longest_absence=(\d+)$`).FindStringSubmatch(text)
	require.Len(t, found, 2)
	longest, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	assert.LessOrEqual(t, time.Duration(longest)*time.Second, decide.Default().GoneFor-15*time.Minute)
}

// nftables takes the firewall, in a network of its own, and what it then has closes the port to everybody else.
func TestFirewall(t *testing.T) {
	t.Parallel()
	m := newMachine(t, func(c *cloudinit.Config) {
		c.RESTPort, c.RESTClients = 8080, []netip.Prefix{netip.MustParsePrefix("10.1.2.0/27"), netip.MustParsePrefix("10.1.3.0/24")}
	})
	file := m.Path("/etc/jitsi-bridge/firewall.nft")
	isolated := []string{"--net"}
	if os.Geteuid() != 0 {
		isolated = []string{"--net", "--map-root-user"}
		if err := exec.CommandContext(t.Context(), "unshare", append(isolated, "true")...).Run(); err != nil {
			t.Skip("this system gives its users no network namespaces")
		}
	}
	// Twice: boot.sh's unit may run again.
	output, err := exec.CommandContext(t.Context(), "unshare", append(isolated, "sh", "-c",
		"PATH=$PATH:/usr/sbin; nft --file "+file+" && nft --file "+file+" && nft list ruleset")...).CombinedOutput()
	require.NoError(t, err, "%s (nft missing? run `make deps`)", output)
	rules := string(output)
	assert.Equal(t, 1, strings.Count(rules, "chain input"), rules)
	accepted := strings.Index(rules, "tcp dport 8080 ip saddr { 10.1.2.0/27, 10.1.3.0/24 } accept")
	assert.Positive(t, accepted, rules)
	assert.Greater(t, strings.Index(rules, "tcp dport 8080 drop"), accepted, rules)
	assert.NotContains(t, rules, "ct ", "media would fill the table of connections")
}
