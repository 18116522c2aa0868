package config

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func valid() Config {
	return Defaults("meet.example.org",
		[]Backend{{"b", "web.shard-b.svc.cluster.local", 8000}, {"a", "web.shard-a.svc.cluster.local", 8000}},
		[]Peer{
			{"haproxy-0", "haproxy-0.front-door.svc.cluster.local", 10000},
			{"haproxy-1", "haproxy-1.front-door.svc.cluster.local", 10000},
		})
}

func TestRenderDoesNotDependOnTheOrderOfShards(t *testing.T) {
	t.Parallel()
	first, second := valid(), valid()
	second.Backends[0], second.Backends[1] = second.Backends[1], second.Backends[0]
	one, err := Render(first)
	require.NoError(t, err)
	other, err := Render(second)
	require.NoError(t, err)
	assert.Equal(t, one, other)
}

// A shard's place on the hash ring is part of what proxies of different ages agree on: these numbers must never change.
func TestServerIDsNeverChange(t *testing.T) {
	t.Parallel()
	for shard, id := range map[string]int{"a": 800621, "b": 801878, "c": 801459, "west1": 977937} {
		assert.Equal(t, id, ServerID(shard), shard)
	}
}

func TestServerIDFitsHAProxysRing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := ServerID(rapid.StringMatching(`[a-z][a-z0-9]{0,7}`).Draw(t, "shard"))
		if id < 1 || id >= ringPositions {
			t.Fatalf("id %d is outside the ring", id)
		}
	})
}

// Whatever the values are, they are either refused or cannot add a line to the configuration.
func TestValuesCannotChangeTheConfiguration(t *testing.T) {
	t.Parallel()
	reference, err := Render(valid())
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		c := valid()
		c.Domain = rapid.String().Draw(t, "domain")
		c.Backends[0].Host = rapid.String().Draw(t, "host")
		c.Backends[0].Shard = rapid.String().Draw(t, "shard")
		c.Peers[0].Name = rapid.String().Draw(t, "peer")
		text, err := Render(c)
		if err == nil && strings.Count(text, "\n") != strings.Count(reference, "\n") {
			t.Fatalf("a value added lines:\n%s", text)
		}
	})
}

func TestValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*Config)
		want  string
	}{
		"domain":        {func(c *Config) { c.Domain = "a b" }, `the domain is "a b", allowed is a host name`},
		"no shards":     {func(c *Config) { c.Backends = nil }, "there is no shard to route to"},
		"shard":         {func(c *Config) { c.Backends[0].Shard = "B-1" }, `the shard's name is "B-1", allowed is lower-case letters`},
		"twice":         {func(c *Config) { c.Backends[0].Shard = "a" }, `shards "a" and "a" get the same server id`},
		"shard's host":  {func(c *Config) { c.Backends[0].Host = "" }, `the host of shard b is "", allowed is a host name`},
		"shard's port":  {func(c *Config) { c.Backends[0].Port = 0 }, "the port of shard b is 0, allowed is 1 to 65535"},
		"no peers":      {func(c *Config) { c.Peers = nil }, "there is no proxy among the peers"},
		"peer twice":    {func(c *Config) { c.Peers[0].Name = "haproxy-1" }, `peer "haproxy-1" is named twice`},
		"certificate":   {func(c *Config) { c.CertificateFile = "x" }, `the certificate file is "x", allowed is an absolute path`},
		"small table":   {func(c *Config) { c.Table.Entries = 10 }, "the room table's entries are 10, allowed is 1000 or more"},
		"short memory":  {func(c *Config) { c.Table.Expiry = time.Minute }, "expiry is 1m0s, allowed are whole seconds from 3m0s"},
		"shared ports":  {func(c *Config) { c.Ports.HTTP = c.Ports.Admin }, "the HTTP and the admin listener share port 9999"},
		"half a second": {func(c *Config) { c.StopAfter = 1500 * time.Millisecond }, "stop is 1.5s, allowed are whole seconds from 1s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := valid()
			test.spoil(&c)
			_, err := Render(c)
			require.ErrorContains(t, err, test.want)
		})
	}
}

var clusterName = regexp.MustCompile(`[a-z0-9.-]+\.svc\.cluster\.local`)

// The text that is deployed, as the golden files hold it, is valid for HAProxy; only the certificate's place and the names
// of the cluster are replaced.
func TestHAProxyAcceptsTheDeployedConfiguration(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			text, err := os.ReadFile("testdata/" + stack + ".cfg")
			require.NoError(t, err)
			certificate := newCertificate(t, folder)
			local := strings.NewReplacer(valid().CertificateFile, certificate, valid().FoldFile, newFoldFile(t, folder)).
				Replace(clusterName.ReplaceAllString(string(text), "127.0.0.1"))
			configuration := filepath.Join(folder, "haproxy.cfg")
			require.NoError(t, os.WriteFile(configuration, []byte(local), 0o600))
			for _, name := range []string{"haproxy-0", "haproxy-1"} {
				command := exec.Command(binary(t), "-c", "-f", configuration, "-L", name)
				command.Env = append(os.Environ(), "PROXY_NAME="+name)
				output, err := command.CombinedOutput()
				require.NoError(t, err, "%s", output)
				assert.NotContains(t, string(output), "[WARNING]", "as %s", name)
			}
		})
	}
}
