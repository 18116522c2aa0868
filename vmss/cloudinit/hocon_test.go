package cloudinit_test

import (
	"context"
	"net/netip"
	"os"
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gurkankaymak/hocon"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"jitsi-meet-azure/test/boot/standin"
	"jitsi-meet-azure/vmss/cloudinit"
)

// prepared is the videobridge's configuration before the machine's own lines are added, and complete the one with them.
const (
	prepared = "/etc/jitsi-bridge/jvb.conf"
	complete = "/etc/jitsi-bridge/videobridge/jvb.conf"
)

// knownKeys are patterns of the keys that a videobridge knows.
func knownKeys(tb testing.TB) []string {
	tb.Helper()
	content, err := os.ReadFile("testdata/videobridge-keys.txt")
	require.NoError(tb, err)
	var known []string
	for line := range strings.Lines(string(content)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
			known = append(known, line)
		}
	}
	return known
}

// leaves are the keys of a value that has no keys itself.
func leaves(prefix string, value hocon.Value) []string {
	var found []string
	switch value := value.(type) {
	case hocon.Object:
		for key, below := range value {
			found = append(found, leaves(strings.TrimPrefix(prefix+"."+key, "."), below)...)
		}
		return found
	case hocon.Array:
		for _, element := range value {
			if _, hasKeys := element.(hocon.Object); hasKeys {
				found = append(found, leaves(prefix+"[]", element)...)
			}
		}
	}
	if found == nil {
		found = []string{prefix}
	}
	return found
}

// unknown lists the keys of a configuration that no videobridge knows.
func unknown(tb testing.TB, text string) (keys, strangers []string) {
	tb.Helper()
	parsed, err := hocon.ParseString(text)
	require.NoError(tb, err, text)
	keys = leaves("", parsed.GetRoot())
	known := knownKeys(tb)
	for _, key := range keys {
		if !slices.ContainsFunc(known, func(pattern string) bool { return matches(pattern, key) }) {
			strangers = append(strangers, key)
		}
	}
	return keys, strangers
}

// matches compares part by part: a star is one name.
func matches(pattern, key string) bool {
	ok, err := path.Match(strings.ReplaceAll(escape(pattern), ".", "/"), strings.ReplaceAll(key, ".", "/"))
	return ok && err == nil
}

// escape takes the meaning of [] in a pattern from it.
func escape(pattern string) string { return strings.ReplaceAll(pattern, "[]", `\[\]`) }

func TestTheVideobridgeKnowsEveryKey(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*cloudinit.Config){
		"usual":         func(*cloudinit.Config) {},
		"other place":   func(c *cloudinit.Config) { c.Region, c.Shard, c.Zone = "francecentral", "c", 3 },
		"other numbers": func(c *cloudinit.Config) { c.RESTPort, c.HeapMiB, c.Signalling.Port = 9090, 3072, 5223 },
		"IPv6":          func(c *cloudinit.Config) { c.Signalling.Address = netip.MustParseAddr("fd00::8:10") },
		"no STUN":       func(c *cloudinit.Config) { c.STUNServers = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := usual()
			change(&cfg)
			files, err := cloudinit.Files(cfg)
			require.NoError(t, err)
			keys, strangers := unknown(t, content(t, files, prepared))
			assert.Greater(t, len(keys), 15)
			assert.Empty(t, strangers)
		})
	}
}

// The lines that the machine adds are keys of the videobridge as well.
func TestTheVideobridgeKnowsEveryKeyOfTheMachine(t *testing.T) {
	t.Parallel()
	around := standin.Start(t, standin.Options{})
	secret, err := cloudinit.Credentials{Password: "a password", CACertificate: certificate(t)}.Marshal()
	require.NoError(t, err)
	around.Change(func(facts *standin.Facts) { facts.Secret = secret })
	cfg, err := around.Config()
	require.NoError(t, err)
	machine, err := around.NewMachine(t.TempDir(), cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	said, err := machine.Command(ctx, "boot.sh").CombinedOutput()
	require.NoError(t, err, "%s\nif a program is missing: run `make deps`", said)

	written, err := os.ReadFile(machine.Path(complete))
	require.NoError(t, err)
	keys, strangers := unknown(t, string(written))
	assert.Empty(t, strangers)
	files, err := cloudinit.Files(cfg)
	require.NoError(t, err)
	before, _ := unknown(t, content(t, files, prepared))
	for _, key := range before {
		assert.Contains(t, keys, key, "the machine's lines took it away")
	}
	for _, key := range []string{
		"videobridge.apis.xmpp-client.configs.shard.PASSWORD", "videobridge.apis.xmpp-client.configs.shard.MUC_NICKNAME",
		"videobridge.http-servers.private.host", "ice4j.harvest.mapping.static-mappings[].public-address",
	} {
		assert.Contains(t, keys, key)
		assert.NotContains(t, before, key)
	}
}

// What a videobridge does not know must be found, or the tests above prove nothing.
func TestUnknownKeysAreFound(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"videobridge.ice.udp.port = 1":                                              nil,
		"videobridge.ice.tcp.enabled = false":                                       {"videobridge.ice.tcp.enabled"}, // gone since 2024
		"videobridge { octo { enabled = true }, initial-drain-mode = true }":        {"videobridge.octo.enabled"},
		"videobridge.apis.xmpp-client.configs.a.HOSTNAM = x":                        {"videobridge.apis.xmpp-client.configs.a.HOSTNAM"},
		"videobridge.apis.xmpp-client.configs.HOSTNAME = x":                         {"videobridge.apis.xmpp-client.configs.HOSTNAME"},
		"videobridge.apis.xmpp-client.configs.a.b.HOSTNAME = x":                     {"videobridge.apis.xmpp-client.configs.a.b.HOSTNAME"},
		"videobridge.health.interval { seconds = 5 }":                               {"videobridge.health.interval.seconds"},
		`ice4j.harvest.mapping.stun.addresses = [ "a:1", "b:2" ]`:                   nil,
		`ice4j.harvest.mapping.static-mappings = [ { localAddress = "192.0.2.1" }]`: {"ice4j.harvest.mapping.static-mappings[].localAddress"},
		"ice4j.harvest.mapping.static-mappings.local-address = x":                   {"ice4j.harvest.mapping.static-mappings.local-address"},
		"Videobridge.ice.udp.port = 1":                                              {"Videobridge.ice.udp.port"},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, strangers := unknown(t, text)
			assert.Equal(t, want, strangers)
		})
	}
}

// The list is what every test here is held against: it must have no mistake of its own.
func TestTheListOfKeys(t *testing.T) {
	t.Parallel()
	known := knownKeys(t)
	assert.Greater(t, len(known), 150)
	sorted := slices.Sorted(slices.Values(known))
	assert.Len(t, slices.Compact(sorted), len(known), "a key is there twice")
	for _, key := range known {
		assert.Regexp(t, `^(videobridge|ice4j|jmt)(\.([a-z0-9-]+|[A-Z_]+|\*)(\[\])?)+$`, key)
	}
}
