// Package coturn renders the configuration of one shard's TURN relay, a coturn, from typed values.
//
// The relay carries the media of users whose network lets only TLS on TCP port 443 out. It relays to the bridges of its shard
// and to nothing else. How it works, what it refuses and how that is proven: docs/turn.md; why the relay stands behind
// the cluster's NAT: docs/decisions/0014-turn-behind-nat.md. The package is pure.
package coturn

import (
	"net/netip"
	"time"
)

// What the relay's container and its pod have to agree on.
const (
	// ConfigurationFile is the name under which the text of [Render] is mounted in [Config.Folder].
	ConfigurationFile = "turnserver.conf"
	// StartScript is the one of [Files] that starts the relay: `/bin/sh <Folder>/start.sh`.
	StartScript = "start.sh"
	// AddressVariable is the environment variable that holds the pod's own IPv4 address, from Kubernetes' downward API
	// (status.podIP). It is not among [Environment], as nobody knows it before the pod runs.
	AddressVariable = "POD_IP"
	// DefaultTLSPort is where the relay listens in its pod; users reach it at port 443 of the relay's public address.
	DefaultTLSPort = 5349
)

const (
	// MemoryPerDescriptor is the most memory, in bytes, that a descriptor costs the relay: that of a TLS connection whose user says
	// nothing, which coturn closes after a minute. Measured with coturn 4.6.1: 44 to 52 KB for 2,000 and for 8,000 of them, rounded
	// up. An allocation with media costs about 57 KB, for its two descriptors.
	MemoryPerDescriptor = 64 << 10
	// OwnDescriptors is more than the relay has without any user: 31 on two processors (measured), and some for each further one.
	OwnDescriptors = 512
)

// Config is one shard's relay. See [Defaults].
type Config struct {
	// Realm is the relay's public DNS name, for example "turn-a.meet.example.org".
	Realm string
	// Prefix is the public range of the shard's bridges: the only peers that the relay sends to.
	Prefix netip.Prefix
	// TLSPort is where the relay listens in its pod.
	TLSPort int
	// RelayPorts are the UDP ports that it sends from, one for each allocation.
	RelayPorts Range
	// TotalQuota is the most allocations that it holds at a time; further ones are refused with error 486. Each that sends takes a
	// source port of its node's, of which there are 4,000 for all its pods (the aks package); two relays may share a node. There
	// is no quota for each user: users who ask Prosody in the same second have the same username (see [Credentials]).
	TotalQuota int
	// Descriptors is the most file descriptors that the relay's process may have: all that bounds connections of users who have not
	// said who they are, see [MemoryPerDescriptor]. An allocation takes two, its user's connection and its relay port.
	Descriptors int
	// MaxLifetime is the longest time for which an allocation is granted at once, in whole seconds. Clients refresh before.
	MaxLifetime time.Duration
	// StaleNonce is after how long a client has to prove anew that it knows its password, in whole seconds.
	StaleNonce time.Duration
	// ReloadEvery is how often the relay looks for a new certificate, in whole seconds.
	ReloadEvery time.Duration
	// Linger is how long a relay that is told to stop goes on at least, in whole seconds: users on their way to it get in.
	Linger time.Duration
	// Folder is where [ConfigurationFile] and [Files] are mounted, read only.
	Folder string
	// CertificateFile holds the certificate and its chain, KeyFile the key. They may be the same file.
	CertificateFile, KeyFile string
	// SecretFile holds the secret that the relay shares with Prosody, in one line.
	SecretFile string
	// RuntimeFolder is writable and in memory: the effective configuration, which has the secret in it, is written there.
	RuntimeFolder string
}

// Range is a range of ports, both ends included.
type Range struct{ Min, Max int }

// DefaultRelayPorts are the ports that IANA leaves for such use.
func DefaultRelayPorts() Range { return Range{Min: 49152, Max: 65535} }

// Defaults are the values of every relay that runs in a cluster.
func Defaults(realm string, prefix netip.Prefix) Config {
	return Config{
		Realm:           realm,
		Prefix:          prefix,
		TLSPort:         DefaultTLSPort,
		RelayPorts:      DefaultRelayPorts(),
		TotalQuota:      1800,
		Descriptors:     8192,
		MaxLifetime:     10 * time.Minute,
		StaleNonce:      10 * time.Minute,
		ReloadEvery:     30 * time.Second,
		Linger:          15 * time.Second,
		Folder:          "/etc/turn",
		CertificateFile: "/etc/turn-tls/tls.crt",
		KeyFile:         "/etc/turn-tls/tls.key",
		SecretFile:      "/etc/turn-secret/secret",
		RuntimeFolder:   "/run/turn",
	}
}
