package cloudinit_test

import (
	"encoding/json"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"jitsi-meet-azure/internal/golden"
	"jitsi-meet-azure/vmss/cloudinit"
)

func usual() cloudinit.Config {
	return cloudinit.Config{
		Environment: "dev", Shard: "a", Region: "westeurope", Zone: 1,
		PublicPrefix: netip.MustParsePrefix("198.51.100.0/28"),
		Signalling:   cloudinit.Signalling{Address: netip.MustParseAddr("10.20.8.10"), Port: 5222},
		XMPP: cloudinit.XMPP{
			Domain: "meet.jitsi", AuthDomain: "auth.meet.jitsi", MUCDomain: "muc.meet.jitsi",
			InternalMUCDomain: "internal-muc.meet.jitsi", Brewery: "jvbbrewery", User: "jvb",
		},
		IdentityClientID: "0f6b1a52-1111-4222-8333-444455556666",
		Vault:            cloudinit.Vault{URL: "https://kv-meet-dev.vault.azure.net/", Secret: "bridge-a"},
		STUNServers:      []string{"stun.example.org:3478"},
		RESTClients:      []netip.Prefix{netip.MustParsePrefix("10.20.1.64/27")},
		BootDeadline:     20 * time.Minute,
		PackageVersion:   "2.3-307-g4bb0aead1-1",
		HeapMiB:          6144,
	}
}

func TestRenderIsAsInGit(t *testing.T) {
	t.Parallel()
	text, err := cloudinit.Render(usual())
	require.NoError(t, err)
	golden.Compare(t, "testdata/usual.golden.yaml", text)
}

// document is what cloud-init reads.
type document struct {
	WriteFiles     []cloudinit.File `json:"write_files"`
	RunCommands    [][]string       `json:"runcmd"`
	PackageUpdate  bool             `json:"package_update"`
	PackageUpgrade bool             `json:"package_upgrade"`
}

func rendered(tb rapid.TB, cfg cloudinit.Config) document {
	tb.Helper()
	text, err := cloudinit.Render(cfg)
	require.NoError(tb, err)
	var read document
	require.NoError(tb, yaml.UnmarshalStrict([]byte(strings.TrimPrefix(text, "#cloud-config\n")), &read))
	return read
}

func content(tb rapid.TB, files []cloudinit.File, path string) string {
	tb.Helper()
	for _, file := range files {
		if file.Path == path {
			return file.Content
		}
	}
	tb.Fatalf("there is no %s", path)
	return ""
}

// What a machine reads must be what was meant, whatever the values are.
func TestRenderRoundTrip(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-z][a-z0-9._+~-]{0,20}`)
	rapid.Check(t, func(t *rapid.T) {
		cfg := usual()
		cfg.Environment, cfg.Shard, cfg.Region = word.Draw(t, "environment"), word.Draw(t, "shard"), word.Draw(t, "region")
		cfg.PublicPrefix = netip.PrefixFrom(netip.AddrFrom4([4]byte{20, 1, 2, 16}), rapid.IntRange(28, 31).Draw(t, "bits"))
		cfg.Signalling.Port = rapid.IntRange(1, 65535).Draw(t, "port")
		cfg.HeapMiB = rapid.IntRange(1, 1<<20).Draw(t, "heap")
		cfg.BootDeadline = time.Duration(rapid.SampledFrom([]int{0, 6, 20, 1000}).Draw(t, "deadline")) * time.Minute
		files := rendered(t, cfg).WriteFiles
		again, err := cloudinit.Files(cfg)
		require.NoError(t, err)
		assert.Equal(t, again, files)
		var settings map[string]any
		require.NoError(t, json.Unmarshal([]byte(content(t, files, cloudinit.Path)), &settings))
		assert.Equal(t, cfg.Shard, settings["shard"])
		assert.Equal(t, cfg.PublicPrefix.String(), settings["publicPrefix"])
		if cfg.BootDeadline == 0 {
			cfg.BootDeadline = cloudinit.StartMargin
		}
		assert.InDelta(t, (cfg.BootDeadline - cloudinit.StartMargin).Seconds(), settings["bootDeadlineSeconds"], 0)
		assert.Equal(t, map[string]any{"metadata": "http://169.254.169.254"}, settings["endpoints"])
	})
}

func TestFilesAreInTheirPlaces(t *testing.T) {
	t.Parallel()
	read := rendered(t, usual())
	assert.False(t, read.PackageUpdate || read.PackageUpgrade, "an upgrade could restart Java under a conference")
	started := strings.Join(read.RunCommands[len(read.RunCommands)-1], " ")
	for _, file := range read.WriteFiles {
		unit, isUnit := strings.CutPrefix(file.Path, "/etc/systemd/system/")
		assert.Equal(t, "root:root", file.Owner, file.Path)
		assert.Equal(t, strings.HasPrefix(file.Content, "#!/usr/bin/env bash"), file.Permissions == "0755", file.Path)
		assert.NotContains(t, file.Content, "{{", file.Path)
		assert.NotContains(t, file.Content, "<no value>", file.Path)
		// Everything that is installed at boot must also be started then.
		if isUnit && strings.Contains(file.Content, "[Install]") {
			assert.Contains(t, started, unit)
		}
		for line := range strings.Lines(file.Content) {
			program, found := strings.CutPrefix(strings.TrimSpace(line), "ExecStart=/usr/local/lib/jitsi-bridge/")
			if found {
				assert.NotEmpty(t, content(t, read.WriteFiles, "/usr/local/lib/jitsi-bridge/"+program))
			}
		}
	}
}

// Each of these lines keeps a bridge from cutting a conference, or from coming up where it must not.
func TestUnitsSayWhatSafetyNeeds(t *testing.T) {
	t.Parallel()
	files := rendered(t, usual()).WriteFiles
	for path, lines := range map[string][]string{
		"jitsi-videobridge2.service.d/10-bridge.conf": {
			"EnvironmentFile=\nEnvironmentFile=/etc/jitsi-bridge/videobridge/config",
			"ExecCondition=+/usr/local/lib/jitsi-bridge/may-start.sh", "ExecStopPost=+/usr/local/lib/jitsi-bridge/stopped.sh",
			"Restart=on-failure", "RestartSec=2", "StartLimitIntervalSec=0",
		},
		"jitsi-bridge-boot.service": {
			"Type=oneshot", "RemainAfterExit=yes", "RestartPreventExitStatus=78", "RestartSec=10", "Restart=on-failure",
			"ExecStartPre=/usr/sbin/nft --file /etc/jitsi-bridge/firewall.nft",
			"ExecStartPost=/usr/bin/systemctl start --no-block jitsi-videobridge2.service jitsi-bridge-loopback.socket " +
				"jitsi-bridge-registered.service jitsi-bridge-metrics.timer",
		},
	} {
		text := content(t, files, "/etc/systemd/system/"+path)
		for _, line := range lines {
			assert.Contains(t, text, "\n"+line+"\n", path)
		}
	}
	// A unit bound to boot, or ordered after it, would be stopped with it, or wait for it when it has to come back.
	own := content(t, files, "/etc/systemd/system/jitsi-videobridge2.service.d/10-bridge.conf")
	for _, bond := range []string{"\nAfter=", "\nRequires=", "\nBindsTo=", "\nPartOf=", "\nRequisite="} {
		assert.NotContains(t, own, bond)
	}
}

func TestConfigurationOfTheBridge(t *testing.T) {
	t.Parallel()
	cfg := usual()
	cfg.RESTPort = 18080
	cfg.RESTClients = append(cfg.RESTClients, netip.MustParsePrefix("10.20.2.0/24"))
	files := rendered(t, cfg).WriteFiles
	bridge := content(t, files, "/etc/jitsi-bridge/jvb.conf")
	for _, want := range []string{
		`HOSTNAME = "10.20.8.10"`, `PORT = "5222"`, `DOMAIN = "auth.meet.jitsi"`, `MUC_JIDS = "jvbbrewery@internal-muc.meet.jitsi"`,
		`DISABLE_CERTIFICATE_VERIFICATION = "false"`, `private.port = 18080`, `region = "westeurope"`,
		`graceful-shutdown-max-duration = 3650 days`, `aws.enabled = false`,
	} {
		assert.Contains(t, bridge, want)
	}
	assert.NotContains(t, bridge, "PASSWORD")
	assert.Contains(t, content(t, files, "/etc/jitsi-bridge/firewall.nft"),
		"tcp dport 18080 ip saddr { 10.20.1.64/27, 10.20.2.0/24 } accept\n\t\ttcp dport 18080 drop")
	assert.Contains(t, content(t, files, "/etc/systemd/system/jitsi-bridge-loopback.socket"), "ListenStream=127.0.0.1:18080")
	assert.Contains(t, content(t, files, "/etc/jitsi-bridge/videobridge/config"), "VIDEOBRIDGE_MAX_MEMORY=6144m")
}

func TestRenderRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*cloudinit.Config)
		want   string
	}{
		"no shard":        {func(c *cloudinit.Config) { c.Shard = "" }, `the shard ""`},
		"no environment":  {func(c *cloudinit.Config) { c.Environment = "" }, `the environment ""`},
		"no region":       {func(c *cloudinit.Config) { c.Region = "" }, `the region ""`},
		"white space":     {func(c *cloudinit.Config) { c.PackageVersion = "2.3\n" }, "package version"},
		"quotes":          {func(c *cloudinit.Config) { c.XMPP.User = `jvb"` }, "XMPP user"},
		"no domain":       {func(c *cloudinit.Config) { c.XMPP.AuthDomain = "" }, "XMPP authentication domain"},
		"no brewery":      {func(c *cloudinit.Config) { c.XMPP.Brewery = "" }, "brewery room"},
		"no identity":     {func(c *cloudinit.Config) { c.IdentityClientID = "" }, "client id of the identity"},
		"no secret":       {func(c *cloudinit.Config) { c.Vault.Secret = "" }, "name of the secret"},
		"no vault":        {func(c *cloudinit.Config) { c.Vault.URL = "" }, `"" is no URL of a Key Vault`},
		"vault with user": {func(c *cloudinit.Config) { c.Vault.URL = "https://a:b@c" }, "no URL of a Key Vault"},
		"no metadata":     {func(c *cloudinit.Config) { c.Endpoints.Metadata = "here" }, `"here" is no URL of a metadata service`},
		"STUN":            {func(c *cloudinit.Config) { c.STUNServers = []string{"a b:1"} }, `STUN server "a b:1"`},
		"no clients":      {func(c *cloudinit.Config) { c.RESTClients = nil }, "the reaper must"},
		"IPv6 clients":    {func(c *cloudinit.Config) { c.RESTClients = []netip.Prefix{netip.MustParsePrefix("fd00::/8")} }, "no IPv4 range"},
		"zone 0":          {func(c *cloudinit.Config) { c.Zone = 0 }, "zone 0"},
		"zone 4":          {func(c *cloudinit.Config) { c.Zone = 4 }, "zone 4"},
		"no prefix":       {func(c *cloudinit.Config) { c.PublicPrefix = netip.Prefix{} }, "no public IPv4 prefix"},
		"host bits":       {func(c *cloudinit.Config) { c.PublicPrefix = netip.MustParsePrefix("198.51.100.1/28") }, "198.51.100.1/28"},
		"IPv6 prefix":     {func(c *cloudinit.Config) { c.PublicPrefix = netip.MustParsePrefix("2001:db8::/124") }, "no public IPv4 prefix"},
		"no address":      {func(c *cloudinit.Config) { c.Signalling.Address = netip.Addr{} }, "no place to find signalling"},
		"no port":         {func(c *cloudinit.Config) { c.Signalling.Port = 0 }, "port 0"},
		"no heap":         {func(c *cloudinit.Config) { c.HeapMiB = 0 }, "heap of 0 MiB"},
		"no time":         {func(c *cloudinit.Config) { c.BootDeadline = cloudinit.StartMargin }, "boot deadline of 5m0s"},
		"too long": {func(c *cloudinit.Config) {
			for range 4000 {
				c.RESTClients = append(c.RESTClients, netip.MustParsePrefix("10.20.1.64/27"))
			}
		}, "bytes are more than 65535"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := usual()
			c.change(&cfg)
			_, err := cloudinit.Render(cfg)
			assert.ErrorContains(t, err, c.want)
		})
	}
}

func certificate(tb testing.TB) string {
	tb.Helper()
	text, err := os.ReadFile("testdata/ca.pem")
	require.NoError(tb, err)
	return string(text)
}
