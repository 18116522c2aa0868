package signalling

import (
	"maps"
	"net"
	"strconv"
	"strings"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/internal/shardpool"
	"jitsi-meet-azure/signalling/names"
)

// prosodySize: Prosody runs in one thread, so that one processor is all it can use; the second is for its helpers.
// It is given all the memory that it may use: what uses more than it asked for is the first to go when a node runs short.
var prosodySize = size{cpu: "500m", memory: "4Gi", cpuLimit: "2", memoryLimit: "4Gi"}

func (b *builder) newProsody() error {
	if err := b.newProsodyServices(); err != nil {
		return err
	}
	container := &corev1.ContainerArgs{
		Name:          pulumi.String(names.Prosody),
		Image:         b.image(names.Prosody),
		Env:           variables(b.shared(b.prosodySettings()), jicofoPasswordKey, bridgePasswordKey, turnSecretKey),
		Ports:         ports(map[string]int{"xmpp-client": names.ClientPort, "http": names.HTTPPort}),
		Resources:     prosodySize.resources(),
		LivenessProbe: shardpool.Lenient("xmpp-client"),
		StartupProbe:  patient("http"),
		// Not /health: the image answers that to its own pod only.
		// Source: docker-jitsi-meet, mod_http_health and its default http_health_allow_ips.
		ReadinessProbe: answers("http", "/http-bind"),
		VolumeMounts: mounts(
			// Accounts and keys only, made anew at every start; rooms are in memory.
			mount("data", "/var/lib/prosody"),
			mount("config", "/config"),
			readOnlyMount("certificates", names.CertificateFolder),
		),
	}
	return b.newSingleton(names.Prosody, b.podSpec(container, 60, "",
		scratch("data", ""), scratch("config", ""), &corev1.VolumeArgs{
			Name: pulumi.String("certificates"),
			Secret: &corev1.SecretVolumeSourceArgs{
				SecretName: pulumi.String(names.CertificateSecret),
				// Owner and group may read; the pod's fsGroup makes Prosody the group.
				DefaultMode: pulumi.Int(0o440),
			},
		}))
}

func (b *builder) prosodySettings() map[string]string {
	settings := map[string]string{
		"ENABLE_IPV6":           "0",
		"ENABLE_XMPP_WEBSOCKET": "1",
		"JVB_AUTH_USER":         names.BridgeUser,
		"LOG_LEVEL":             "info",
		// Rate limits per client need the clients' addresses, which the web servers pass on.
		"PROSODY_TRUSTED_PROXIES": strings.Join([]string{"127.0.0.1", b.args.PodCIDR.String()}, ","),
	}
	maps.Copy(settings, b.announced())
	return settings
}

// turnPasswordSeconds is how long a password for the relays lasts: whoever joins gets a new one.
const turnPasswordSeconds = "86400"

// announced is what Prosody tells every client, by XEP-0215: the shard's TURN relays, and a STUN server. Clients use the first
// for their connection to a bridge, if nothing better works, as it is over TCP. They replace their own list of STUN servers by
// what is announced, so that without one two people behind NATs would never find a direct way to each other. Without TURN_HOST
// no relay over UDP is announced: whoever gets UDP out reaches the bridges themselves.
// Source: docker-jitsi-meet, prosody's jitsi-meet.cfg.lua; lib-jitsi-meet, strophe.jingle, onReceiveStunAndTurnCredentials.
func (b *builder) announced() map[string]string {
	services := map[string]string{
		"TURNS_HOST": b.args.TurnHost,
		"TURNS_PORT": strconv.Itoa(naming.TurnPort),
		"TURN_TTL":   turnPasswordSeconds,
	}
	if host, port, err := net.SplitHostPort(b.args.STUNServer); err == nil {
		services["STUN_HOST"], services["STUN_PORT"] = host, port
	}
	return services
}

// newProsodyServices makes Prosody reachable: inside the cluster for Jicofo and the web servers, and from the bridges'
// subnet, and only there, at a static address.
//
// Both services list Prosody also while its readiness probe fails. There is no second Prosody to fail over to, so taking
// a slow one out would only cut the meetings that it still carries.
func (b *builder) newProsodyServices() error {
	_, err := corev1.NewService(b.ctx, b.child("prosody-service"), &corev1.ServiceArgs{
		Metadata: b.meta(names.Prosody, names.Prosody, nil),
		Spec: &corev1.ServiceSpecArgs{
			// A virtual address rather than a headless service: nginx would hold on to the address of a replaced pod.
			Type:                     pulumi.String("ClusterIP"),
			Selector:                 pulumi.StringMap{names.NameLabel: pulumi.String(names.Prosody)},
			PublishNotReadyAddresses: pulumi.Bool(true),
			Ports:                    servicePorts(map[string]int{"xmpp-client": names.ClientPort, "http": names.HTTPPort}),
		},
	}, b.options()...)
	if err != nil {
		return err
	}
	b.bridges, err = corev1.NewService(b.ctx, b.child("prosody-bridges"), &corev1.ServiceArgs{
		Metadata: b.meta(names.Prosody, "prosody-bridges", b.atSignallingAddress()),
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("LoadBalancer"),
			Selector: pulumi.StringMap{names.NameLabel: pulumi.String(names.Prosody)},
			// Keeps the bridges' addresses, which the network policy judges by, and saves a hop.
			ExternalTrafficPolicy:    pulumi.String("Local"),
			PublishNotReadyAddresses: pulumi.Bool(true),
			Ports:                    servicePorts(map[string]int{"xmpp-client": names.ClientPort}),
		},
	}, b.options()...)
	return err
}

// atSignallingAddress are the annotations of a service at the shard's address in the network. Services may share an address
// as long as no port of theirs is the same.
// Source: cloud-provider-azure docs, "LoadBalancer" and "Multiple Services Sharing One IP Address".
func (b *builder) atSignallingAddress() pulumi.StringMap {
	const azure = "service.beta.kubernetes.io/azure-load-balancer-"
	return pulumi.StringMap{
		azure + "internal":        pulumi.String("true"),
		azure + "internal-subnet": pulumi.String(b.args.LoadBalancerSubnetName),
		azure + "ipv4":            pulumi.String(b.args.Shard.SignallingAddress.String()),
		azure + "resource-group":  pulumi.String(b.args.ResourceGroup),
		// Minutes; 30 is the most. The default of 4 would cut quiet bridges off.
		azure + "tcp-idle-timeout": pulumi.String("30"),
	}
}
