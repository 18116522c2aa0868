// Package names holds the names and ports inside a shard's namespace that the deployment and the operators' commands must
// agree on. The package is pure.
package names

import "fmt"

// The services of a shard. Each is at once the name of the workload, of its container and of its Service.
const (
	Prosody = "prosody"
	Jicofo  = "jicofo"
	Web     = "web"
)

// Singletons are the services that keep all rooms of the shard in memory: exactly one pod each, and whoever restarts one
// ends every meeting of the shard.
func Singletons() []string { return []string{Prosody, Jicofo} }

// SingletonPod is the one pod of a singleton's StatefulSet.
func SingletonPod(service string) string { return service + "-0" }

// Ports of the services. Source: docker-jitsi-meet, stable-11146.
const (
	// ClientPort is where Jicofo and the bridges speak XMPP to Prosody.
	ClientPort = 5222
	// HTTPPort is Prosody's BOSH, WebSocket and health port.
	HTTPPort = 5280
	// JicofoPort is Jicofo's REST port; it knows no authentication.
	JicofoPort = 8888
	// WebPort is the web server's port without TLS.
	WebPort = 8000
)

// NameLabel is the label that tells a service's pods from the others in the namespace.
const NameLabel = "app.kubernetes.io/name"

// XMPPDomain is the XMPP domain of every shard, and part of all its others: they never leave the shard. Conferences are in
// muc.meet.jitsi.
const XMPPDomain = "meet.jitsi"

// AuthDomain is the XMPP domain that Jicofo and the bridges log in to, and the name that bridges verify.
const AuthDomain = "auth." + XMPPDomain

// MUCDomain is the XMPP domain of conferences, InternalMUCDomain that of the rooms which only the shard's own services enter.
const (
	MUCDomain         = "muc." + XMPPDomain
	InternalMUCDomain = "internal-muc." + XMPPDomain
)

// Brewery is the room, in InternalMUCDomain, in which bridges meet Jicofo. BridgeUser is their user in AuthDomain.
const (
	Brewery    = "jvbbrewery"
	BridgeUser = "jvb"
)

// CertificateSecret is the Secret with Prosody's certificates.
const CertificateSecret = "prosody-certificates" //nolint:gosec // the name of a Secret, not a secret

// CertificateFolder is where the Secret with Prosody's certificates is mounted.
const CertificateFolder = "/config/certs"

// runtimeFolder is where the image copies its configuration when it starts, and what Prosody reads.
const runtimeFolder = "/run/prosody/config"

// ReloadCommand makes a running Prosody use the certificates that the Secret holds now. The image copies the Secret's
// files when it starts, so a reload alone would read the old ones again. Meetings do not notice.
func ReloadCommand() []string {
	return []string{"/bin/sh", "-c", fmt.Sprintf(
		"cp --dereference --remove-destination %[1]s/*.crt %[1]s/*.key %[2]s/certs/ && "+
			"prosodyctl --config %[2]s/prosody.cfg.lua shell 'config:reload()'",
		CertificateFolder, runtimeFolder)}
}
