package turn

import (
	"maps"
	"net/netip"
	"path"
	"slices"
	"time"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/publiccert"
	"jitsi-meet-azure/internal/shardpool"
	"jitsi-meet-azure/turn/coturn"
)

// relayUser is the user and group "nobody" of the official image. Source: coturn, docker/coturn.
const relayUser = 65534

// stopTime is how long a relay that is told to stop may go on for those who use it; it stops when the last of them has gone. It
// is what an operator waits for a shard to become empty, and more than most meetings last.
const stopTime = 12 * time.Hour

// memory is what a relay's container gets and may use. Twice what all its descriptors could take: beyond that the kernel kills it,
// and the image's version may need more than the one that was measured.
const memory = "1Gi"

const (
	portName = "turns"
	// secretKey is the key in the Secret, and so the name of the file.
	secretKey = "secret"

	certificateFolder = "/etc/turn-tls"
)

// configuration is what the relays are configured with. Only the text of the configuration depends on the prefix.
func (a Args) configuration(prefix netip.Prefix) coturn.Config {
	settings := coturn.Defaults(a.host(), prefix)
	source := publiccert.For(a.FrontDoor)
	settings.CertificateFile, settings.KeyFile = source.CertificateFile(certificateFolder), source.KeyFile(certificateFolder)
	return settings
}

func (b *builder) pod() *corev1.PodSpecArgs {
	return &corev1.PodSpecArgs{
		Containers:                    corev1.ContainerArray{b.container()},
		Volumes:                       b.volumes(),
		AutomountServiceAccountToken:  pulumi.Bool(false),
		EnableServiceLinks:            pulumi.Bool(false),
		TerminationGracePeriodSeconds: pulumi.Int(int(stopTime / time.Second)),
		PriorityClassName:             pulumi.String(b.object),
		SecurityContext: &corev1.PodSecurityContextArgs{
			RunAsNonRoot:   pulumi.Bool(true),
			FsGroup:        pulumi.Int(relayUser),
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		NodeSelector: shardpool.NodeSelector(),
		Tolerations:  shardpool.StayPut(),
		Affinity:     shardpool.InZone(b.args.Location, b.args.Shard.Zone),
		// A wish: a zone may have one node only.
		TopologySpreadConstraints: corev1.TopologySpreadConstraintArray{&corev1.TopologySpreadConstraintArgs{
			MaxSkew:           pulumi.Int(1),
			TopologyKey:       pulumi.String("kubernetes.io/hostname"),
			WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
			LabelSelector:     b.selector(),
		}},
	}
}

func (b *builder) container() *corev1.ContainerArgs {
	settings := b.args.configuration(netip.Prefix{})
	return &corev1.ContainerArgs{
		Name:            pulumi.String("coturn"),
		Image:           pulumi.String("docker.io/coturn/coturn:" + b.args.Turn.ImageTag),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Command:         pulumi.ToStringArray([]string{"/bin/sh", path.Join(settings.Folder, coturn.StartScript)}),
		Env:             variables(settings),
		Ports: corev1.ContainerPortArray{&corev1.ContainerPortArgs{
			Name: pulumi.String(portName), ContainerPort: pulumi.Int(settings.TLSPort), Protocol: pulumi.String("TCP"),
		}},
		// It is given all the memory that it may use: what uses more than it asked for is the first to go when a node runs short.
		// The runtime folder, which is in memory, counts.
		Resources: &corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": pulumi.String("250m"), "memory": pulumi.String(memory)},
			Limits:   pulumi.StringMap{"cpu": pulumi.String("2"), "memory": pulumi.String(memory)},
		},
		// No readiness probe: some versions of Cilium, AKS' data plane, forget a backend that is not ready together with its
		// connections, so that a slow answer would cut media. A relay has five minutes to start. Later it is told to stop only after
		// ten without an answer, and then still goes on for its users (stopTime). Source: cilium/cilium #17252, #41244, #42170.
		StartupProbe:  patient(),
		LivenessProbe: shardpool.Lenient(portName),
		SecurityContext: &corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false),
			ReadOnlyRootFilesystem:   pulumi.Bool(true),
			RunAsNonRoot:             pulumi.Bool(true),
			RunAsUser:                pulumi.Int(relayUser),
			RunAsGroup:               pulumi.Int(relayUser),
			Capabilities: &corev1.CapabilitiesArgs{
				Drop: pulumi.ToStringArray([]string{"ALL"}),
				// The image's program file claims this one, and Linux does not start a file that claims more than there is to
				// have. The relay listens above port 1024 and has no use for it; without privilege escalation it does not even
				// get it. Source: coturn, docker/coturn, setcap; capabilities(7), safety checking for capability-dumb binaries.
				Add: pulumi.ToStringArray([]string{"NET_BIND_SERVICE"}),
			},
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		VolumeMounts: corev1.VolumeMountArray{
			readOnly("config", settings.Folder),
			readOnly("secret", path.Dir(settings.SecretFile)),
			readOnly(publiccert.VolumeName, certificateFolder),
			&corev1.VolumeMountArgs{Name: pulumi.String("runtime"), MountPath: pulumi.String(settings.RuntimeFolder)},
		},
	}
}

func (b *builder) volumes() corev1.VolumeArray {
	return corev1.VolumeArray{
		&corev1.VolumeArgs{
			Name:      pulumi.String("config"),
			ConfigMap: &corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(b.object)},
		},
		&corev1.VolumeArgs{Name: pulumi.String("secret"), Secret: &corev1.SecretVolumeSourceArgs{
			SecretName: pulumi.String(b.object),
			// Owner and group may read; the pod's fsGroup makes the relay the group.
			DefaultMode: pulumi.Int(0o440),
		}},
		publiccert.For(b.args.FrontDoor).Volume(),
		// In memory, because the secret is written there. Without a limit of its own: kubelet would enforce one by killing the pod.
		&corev1.VolumeArgs{
			Name:     pulumi.String("runtime"),
			EmptyDir: &corev1.EmptyDirVolumeSourceArgs{Medium: pulumi.String("Memory")},
		},
	}
}

// variables are the environment of the relay, sorted by name.
func variables(settings coturn.Config) corev1.EnvVarArray {
	values := coturn.Environment(settings)
	made := corev1.EnvVarArray{&corev1.EnvVarArgs{
		Name: pulumi.String(coturn.AddressVariable),
		ValueFrom: &corev1.EnvVarSourceArgs{FieldRef: &corev1.ObjectFieldSelectorArgs{
			FieldPath: pulumi.String("status.podIP"),
		}},
	}}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		made = append(made, &corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(values[name])})
	}
	return made
}

// patient is a startup probe that gives a relay five minutes until it takes connections.
func patient() *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		TcpSocket:        &corev1.TCPSocketActionArgs{Port: pulumi.String(portName)},
		PeriodSeconds:    pulumi.Int(5),
		TimeoutSeconds:   pulumi.Int(10),
		FailureThreshold: pulumi.Int(60),
	}
}

func readOnly(name, at string) *corev1.VolumeMountArgs {
	return &corev1.VolumeMountArgs{Name: pulumi.String(name), MountPath: pulumi.String(at), ReadOnly: pulumi.Bool(true)}
}
