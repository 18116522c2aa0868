package config

import (
	"errors"
	"fmt"
	"regexp"
	"time"
)

var (
	shardName = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	hostName  = regexp.MustCompile(`^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$`)
	filePath  = regexp.MustCompile(`^/[a-zA-Z0-9._/-]*$`)
)

// Validate says everything that is wrong with the configuration.
func (c Config) Validate() error {
	return errors.Join(
		matches("the domain", c.Domain, hostName, "a host name"),
		matches("the certificate file", c.CertificateFile, filePath, "an absolute path"),
		matches("the folder", c.Folder, filePath, "an absolute path"),
		matches("the folder of drained shards", c.DrainedFolder, filePath, "an absolute path"),
		matches("the health path", c.HealthPath, filePath, "an absolute path"),
		matches("Jicofo's path", c.JicofoPath, filePath, "an absolute path"),
		c.validateBackends(),
		c.validatePeers(),
		c.validateSizes(),
		c.Ports.validate(),
	)
}

func (c Config) validateBackends() error {
	if len(c.Backends) == 0 {
		return errors.New("there is no shard to route to")
	}
	var problems []error
	byID := map[int]string{}
	for _, backend := range c.Backends {
		problems = append(problems,
			matches("the shard's name", backend.Shard, shardName, "lower-case letters and digits, starting with a letter"),
			matches("the host of shard "+backend.Shard, backend.Host, hostName, "a host name or an IPv4 address"),
			port("the port of shard "+backend.Shard, backend.Port),
			matches("the host of Jicofo of shard "+backend.Shard, backend.JicofoHost, hostName, "a host name or an IPv4 address"),
			port("the port of Jicofo of shard "+backend.Shard, backend.JicofoPort))
		id := ServerID(backend.Shard)
		if other, taken := byID[id]; taken {
			problems = append(problems, fmt.Errorf("shards %q and %q get the same server id %d: rename one of them",
				other, backend.Shard, id))
		}
		byID[id] = backend.Shard
	}
	return errors.Join(problems...)
}

func (c Config) validatePeers() error {
	if len(c.Peers) == 0 {
		return errors.New("there is no proxy among the peers")
	}
	var problems []error
	seen := map[string]bool{}
	for _, peer := range c.Peers {
		problems = append(problems,
			matches("the peer's name", peer.Name, hostName, "a host name"),
			matches("the host of peer "+peer.Name, peer.Host, hostName, "a host name or an IPv4 address"),
			port("the port of peer "+peer.Name, peer.Port),
			port("the metrics port of peer "+peer.Name, peer.MetricsPort))
		if seen[peer.Name] {
			problems = append(problems, fmt.Errorf("peer %q is named twice", peer.Name))
		}
		seen[peer.Name] = true
	}
	return errors.Join(problems...)
}

func (c Config) validateSizes() error {
	return errors.Join(
		atLeast("the room table's entries", c.Table.Entries, 1000),
		atLeast("the threads", c.Threads, 1),
		atLeast("the connections", c.MaxConnections, 100),
		atLeast("the connections of one address", c.PerAddress.Connections, 1),
		atLeast("the requests per second of one address", c.PerAddress.RequestsPerSecond, 1),
		longEnough("the time to settle", c.Settle, time.Second),
		longEnough("the patience", c.Patience, time.Second),
		longEnough("the room table's expiry", c.Table.Expiry, 3*time.Minute),
		longEnough("the time to stop", c.StopAfter, time.Second),
	)
}

func (p Ports) validate() error {
	var problems []error
	seen := map[int]string{}
	for _, listener := range []struct {
		name string
		port int
	}{
		{"HTTP", p.HTTP},
		{"HTTPS", p.HTTPS},
		{"metrics", p.Metrics},
		{"peers", p.Peers},
		{"admin", p.Admin},
		{"agent", p.Agent},
		{"pin", p.Pin},
	} {
		problems = append(problems, port("the "+listener.name+" port", listener.port))
		if other, taken := seen[listener.port]; taken {
			problems = append(problems, fmt.Errorf("the %s and the %s listener share port %d", other, listener.name, listener.port))
		}
		seen[listener.port] = listener.name
	}
	return errors.Join(problems...)
}

// matches guards the text of the configuration: whatever passes can neither end its line nor open a quotation.
func matches(what, value string, pattern *regexp.Regexp, allowed string) error {
	if pattern.MatchString(value) {
		return nil
	}
	return fmt.Errorf("%s is %q, allowed is %s", what, value, allowed)
}

func port(what string, value int) error {
	if value >= 1 && value <= 65535 {
		return nil
	}
	return fmt.Errorf("%s is %d, allowed is 1 to 65535", what, value)
}

func atLeast(what string, value, least int) error {
	if value >= least {
		return nil
	}
	return fmt.Errorf("%s are %d, allowed is %d or more", what, value, least)
}

func longEnough(what string, value, least time.Duration) error {
	if value >= least && value%time.Second == 0 {
		return nil
	}
	return fmt.Errorf("%s is %s, allowed are whole seconds from %s", what, value, least)
}
