// Package config renders the configuration of the front door's HAProxy from typed values.
//
// The front door has one promise to keep: every request of a room reaches the same shard, whichever proxy carries it. The
// text that keeps it is haproxy.cfg.tmpl; this package checks the values that go into it, so that no value can change the
// meaning of the text. The decision behind it is docs/decisions/0004-room-routing.md. The package is pure.
package config

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What operators' commands and the proxies have to agree on.
const (
	// BackendName is the HAProxy backend that holds one server per shard; the server's name is the shard's.
	BackendName = "shards"
	// Weight is the weight of a shard that gets new rooms, out of 256. It is large because HAProxy puts 16 points per unit of
	// weight on the hash ring: with the default of 1, three shards would get quite unequal shares of the rooms.
	Weight = 100
	// DrainedConfigMap is the ConfigMap, in the front door's namespace, whose keys are the drained shards. Operators'
	// commands write it and every proxy has it mounted and obeys it within about two minutes; the deployment program knows
	// nothing of it, so that no deployment ends a drain.
	DrainedConfigMap = "haproxy-drained"
	// PeerSlots is how many proxies every proxy knows by name, whether they exist or not.
	PeerSlots = 8
	// StatefulSetName is the name of the proxies' StatefulSet and the prefix of their pods' names.
	StatefulSetName = "haproxy"
)

// Config is everything that differs between one front door and another. See [Defaults].
type Config struct {
	// Domain is the public DNS name of the meeting service.
	Domain string
	// Backends are the shards; their order means nothing.
	Backends []Backend
	// Peers are all proxies, this one included. Every proxy runs the same text and finds itself by its name.
	Peers []Peer
	// Table bounds the memory of which shard a room is on.
	Table Table
	// CertificateFile is the PEM file of the public certificate; its key lies beside it with the extension ".key".
	CertificateFile string
	// Folder holds the files of [Files].
	Folder string
	// DrainedFolder holds a file for each drained shard: see [DrainedConfigMap].
	DrainedFolder string
	// HealthPath is asked of every shard's web service; 200 means that web and Prosody answer.
	HealthPath string
	// JicofoPath is asked of every shard's Jicofo; the answer counts its bridges.
	JicofoPath string
	// Settle is how long a shard must have been well before it gets new rooms. It has to be longer than proxies may differ in
	// when they notice that a shard is back: two checks, and one that times out.
	Settle time.Duration
	// Patience is how long a shard may lack bridges, or a Jicofo that answers, before its rooms move to other shards.
	Patience time.Duration
	// PerAddress bounds what one address may do.
	PerAddress PerAddress
	// Threads is the number of HAProxy's threads: the processors that the container may use.
	Threads int
	// MaxConnections is the most connections of users that one proxy carries at a time; each takes 30 to 70 KiB.
	MaxConnections int
	// StopAfter is how long a stopping proxy lets open connections run on before it cuts them.
	StopAfter time.Duration
	// Ports are the proxy's own listeners.
	Ports Ports
}

// Backend is one shard as the proxies see it.
type Backend struct {
	// Shard is the shard's name: lower-case letters and digits, starting with a letter.
	Shard string
	// Host and Port are the shard's web service.
	Host string
	Port int
	// JicofoHost and JicofoPort are the REST interface of the shard's Jicofo.
	JicofoHost string
	JicofoPort int
}

// PerAddress bounds what one address may do to one proxy. An address may be a whole office.
type PerAddress struct {
	// Connections is the most that are open at a time; more are refused.
	Connections int
	// RequestsPerSecond is an average over ten seconds; what exceeds it is answered with 429.
	RequestsPerSecond int
}

// Peer is one proxy.
type Peer struct {
	// Name is the proxy's host name, in Kubernetes its pod's name.
	Name string
	// Host and Port are where the other proxies reach it. The host must resolve even while the proxy is down: HAProxy
	// resolves it once, when it starts, and does not start if it cannot.
	Host string
	Port int
	// MetricsPort is where it says at the same host whether it is ready.
	MetricsPort int
}

// Table is the size of the room table.
type Table struct {
	// Entries is the number of rooms remembered. One takes about 200 bytes. A full table takes no more.
	Entries int
	// Expiry is how long a room is remembered after its last request. A client in a meeting sends one at least every two
	// minutes. Source: lib-jitsi-meet, websocketKeepAlive (60 s plus up to 60 s at random).
	Expiry time.Duration
}

// Ports are the proxy's listeners. All are above 1024, so that the proxy needs no privilege.
type Ports struct {
	// HTTP only redirects to HTTPS.
	HTTP int
	// HTTPS serves the users.
	HTTPS int
	// Metrics serves Prometheus and the health probes.
	Metrics int
	// Admin is HAProxy's runtime interface. It listens on loopback only: whoever reaches it owns the proxy.
	Admin int
	// Agent answers HAProxy's own question which shards get new rooms. Loopback only.
	Agent int
	// Pin puts a room onto a shard. Loopback only.
	Pin int
	// Peers takes the other proxies' room tables.
	Peers int
}

// Defaults are the values of every front door that runs in a cluster.
func Defaults(domain string, backends []Backend, peers []Peer) Config {
	return Config{
		Domain:          domain,
		Backends:        backends,
		Peers:           peers,
		Table:           Table{Entries: 100_000, Expiry: 5 * time.Minute},
		CertificateFile: "/etc/haproxy-tls/tls.crt",
		Folder:          "/etc/haproxy",
		DrainedFolder:   "/etc/haproxy-drained",
		HealthPath:      "/http-bind",
		JicofoPath:      "/stats",
		Settle:          15 * time.Second,
		Patience:        30 * time.Second,
		PerAddress:      PerAddress{Connections: 4000, RequestsPerSecond: 1000},
		Threads:         2,
		MaxConnections:  20_000,
		StopAfter:       time.Minute,
		Ports:           DefaultPorts(),
	}
}

// DefaultPorts are the listeners of a proxy in a cluster.
func DefaultPorts() Ports {
	return Ports{HTTP: 8080, HTTPS: 8443, Metrics: 8404, Admin: 9999, Agent: 9998, Pin: 9997, Peers: 10000}
}

// ringPositions is how many server ids HAProxy's hash ring can tell apart: a server's points on the ring start at
// id × 4096 in 32 bits. Source: HAProxy 2.6, src/lb_chash.c, and SRV_EWGHT_RANGE.
const ringPositions = 1 << 20

// ServerID is a shard's fixed server id. It decides which rooms hash to the shard, so it must be the same in every proxy
// and must not change when other shards come or go; hence it depends on the shard's name alone.
func ServerID(shard string) int {
	sum := fnv.New32a()
	_, _ = sum.Write([]byte(shard)) // never fails
	return 1 + int(sum.Sum32()%(ringPositions-1))
}

// server is a backend with its derived values, as the template takes it.
type server struct {
	Backend
	ID int
}

func (c Config) servers() []server {
	servers := make([]server, 0, len(c.Backends))
	for _, backend := range c.Backends {
		servers = append(servers, server{Backend: backend, ID: ServerID(backend.Shard)})
	}
	slices.SortFunc(servers, func(a, b server) int { return strings.Compare(a.Shard, b.Shard) })
	return servers
}

// inSeconds writes a duration in HAProxy's notation.
func inSeconds(d time.Duration) string { return strconv.Itoa(seconds(d)) + "s" }

func seconds(d time.Duration) int { return int(d / time.Second) }
