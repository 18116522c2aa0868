package config

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func backend(shard string) Backend {
	namespace := "shard-" + shard + ".svc.cluster.local"
	return Backend{Shard: shard, Host: "web." + namespace, Port: 8000, JicofoHost: "jicofo." + namespace, JicofoPort: 8888}
}

func peer(name string) Peer {
	return Peer{Name: name, Host: name + ".front-door.svc.cluster.local", Port: 10000, MetricsPort: 8404}
}

func valid() Config {
	return Defaults("meet.example.org", []Backend{backend("b"), backend("a")}, []Peer{peer("haproxy-0"), peer("haproxy-1")})
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
		for name, value := range map[string]*string{
			"domain": &c.Domain, "shard": &c.Backends[0].Shard, "host": &c.Backends[0].Host, "jicofo": &c.Backends[0].JicofoHost,
			"peer": &c.Peers[0].Name, "peer's host": &c.Peers[0].Host, "folder": &c.Folder, "drained": &c.DrainedFolder,
			"certificate": &c.CertificateFile, "health": &c.HealthPath, "stats": &c.JicofoPath,
		} {
			if rapid.Bool().Draw(t, "change "+name) {
				*value = rapid.StringMatching(`/?[a-z0-9.]{0,5}[ "'#\\{}$\n]?[a-z]{0,3}`).Draw(t, name)
			}
		}
		text, err := Render(c)
		if err == nil && len(strings.Fields(text)) != len(strings.Fields(reference)) {
			t.Fatalf("a value added words:\n%s", text)
		}
	})
}

func TestValidateNamesEveryProblem(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*Config)
		want  string
	}{
		"domain":          {func(c *Config) { c.Domain = "a b" }, `the domain is "a b", allowed is a host name`},
		"no shards":       {func(c *Config) { c.Backends = nil }, "there is no shard to route to"},
		"shard":           {func(c *Config) { c.Backends[0].Shard = "B-1" }, `the shard's name is "B-1", allowed is lower-case letters`},
		"twice":           {func(c *Config) { c.Backends[0].Shard = "a" }, `shards "a" and "a" get the same server id`},
		"shard's host":    {func(c *Config) { c.Backends[0].Host = "" }, `the host of shard b is "", allowed is a host name`},
		"shard's port":    {func(c *Config) { c.Backends[0].Port = 0 }, "the port of shard b is 0, allowed is 1 to 65535"},
		"Jicofo's host":   {func(c *Config) { c.Backends[0].JicofoHost = "-" }, `the host of Jicofo of shard b is "-", allowed is a host name`},
		"Jicofo's port":   {func(c *Config) { c.Backends[0].JicofoPort = 65536 }, "the port of Jicofo of shard b is 65536, allowed is 1 to"},
		"no peers":        {func(c *Config) { c.Peers = nil }, "there is no proxy among the peers"},
		"peer twice":      {func(c *Config) { c.Peers[0].Name = "haproxy-1" }, `peer "haproxy-1" is named twice`},
		"peer's host":     {func(c *Config) { c.Peers[0].Host = "a:b" }, `the host of peer haproxy-0 is "a:b", allowed is a host name`},
		"peer's port":     {func(c *Config) { c.Peers[0].Port = -1 }, "the port of peer haproxy-0 is -1, allowed is 1 to 65535"},
		"peer's metrics":  {func(c *Config) { c.Peers[0].MetricsPort = 0 }, "the metrics port of peer haproxy-0 is 0, allowed is 1 to"},
		"certificate":     {func(c *Config) { c.CertificateFile = "x" }, `the certificate file is "x", allowed is an absolute path`},
		"folder":          {func(c *Config) { c.Folder = "" }, `the folder is "", allowed is an absolute path`},
		"drained":         {func(c *Config) { c.DrainedFolder = "/a b" }, `the folder of drained shards is "/a b", allowed is an absolute path`},
		"health":          {func(c *Config) { c.HealthPath = "/?x" }, `the health path is "/?x", allowed is an absolute path`},
		"Jicofo's path":   {func(c *Config) { c.JicofoPath = "stats" }, `Jicofo's path is "stats", allowed is an absolute path`},
		"small table":     {func(c *Config) { c.Table.Entries = 10 }, "the room table's entries are 10, allowed is 1000 or more"},
		"no threads":      {func(c *Config) { c.Threads = 0 }, "the threads are 0, allowed is 1 or more"},
		"few connections": {func(c *Config) { c.MaxConnections = 99 }, "the connections are 99, allowed is 100 or more"},
		"nobody connects": {func(c *Config) { c.PerAddress.Connections = 0 }, "the connections of one address are 0, allowed is 1 or more"},
		"nobody asks":     {func(c *Config) { c.PerAddress.RequestsPerSecond = 0 }, "requests per second of one address are 0, allowed is 1 or"},
		"no settling":     {func(c *Config) { c.Settle = 0 }, "the time to settle is 0s, allowed are whole seconds from 1s"},
		"no patience":     {func(c *Config) { c.Patience = 0 }, "the patience is 0s, allowed are whole seconds from 1s"},
		"short memory":    {func(c *Config) { c.Table.Expiry = time.Minute }, "expiry is 1m0s, allowed are whole seconds from 3m0s"},
		"shared ports":    {func(c *Config) { c.Ports.HTTP = c.Ports.Admin }, "the HTTP and the admin listener share port 9999"},
		"agent and pin":   {func(c *Config) { c.Ports.Pin = c.Ports.Agent }, "the agent and the pin listener share port 9998"},
		"half a second":   {func(c *Config) { c.StopAfter = 1500 * time.Millisecond }, "stop is 1.5s, allowed are whole seconds from 1s"},
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

func TestFilesAreAllThatTheConfigurationLoads(t *testing.T) {
	t.Parallel()
	text, err := Render(valid())
	require.NoError(t, err)
	files, err := Files()
	require.NoError(t, err)
	loaded := 0
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) == 2 && strings.HasPrefix(fields[0], "lua-load") {
			loaded++
			assert.NotEmpty(t, files[strings.TrimPrefix(fields[1], valid().Folder+"/")], line)
		}
	}
	assert.Equal(t, 4, loaded)
	for _, script := range []string{StartScript, StopScript} {
		assert.NotEmpty(t, files[script])
	}
	assert.Len(t, files, loaded+2)
}

// The configuration relies on two things about time that no single value shows.
func TestTheDefaultsFitEachOther(t *testing.T) {
	t.Parallel()
	defaults := valid()
	const check, slowCheck = 2 * time.Second, 5 * time.Second // inter and timeout check in haproxy.cfg
	assert.Greater(t, defaults.Settle, 2*check+slowCheck, "proxies may differ by more in when they see that a shard is back")
	assert.Greater(t, defaults.Table.Expiry, 2*2*time.Minute, "a room in use is forgotten when one keep-alive is lost")
	assert.Less(t, defaults.PerAddress.Connections, defaults.MaxConnections, "one address can take all connections")
}
