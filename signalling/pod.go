package signalling

import (
	"fmt"
	"maps"
	"slices"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/shardpool"
	"jitsi-meet-azure/signalling/names"
)

// jitsiUser is the user and group of the Jitsi images. Source: docker-jitsi-meet, stable-11146.
const jitsiUser = 1000

func (b *builder) image(service string) pulumi.String {
	return pulumi.String(fmt.Sprintf("ghcr.io/jitsi/%s:%s", service, b.args.Jitsi.ImageTag))
}

// podSpec is what the pods of all services have in common: they run on the shard pool of the shard's zone, without any
// right.
//
// limit bounds each of the writable folders; empty is no bound.
func (b *builder) podSpec(
	container *corev1.ContainerArgs, grace int, limit string, volumes ...corev1.VolumeInput,
) *corev1.PodSpecArgs {
	container.ImagePullPolicy = pulumi.String("IfNotPresent")
	container.SecurityContext = &corev1.SecurityContextArgs{
		AllowPrivilegeEscalation: pulumi.Bool(false),
		ReadOnlyRootFilesystem:   pulumi.Bool(true),
		RunAsNonRoot:             pulumi.Bool(true),
		RunAsUser:                pulumi.Int(jitsiUser),
		RunAsGroup:               pulumi.Int(jitsiUser),
		Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
		SeccompProfile:           &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
	}
	return &corev1.PodSpecArgs{
		Containers: corev1.ContainerArray{container},
		Volumes:    append(corev1.VolumeArray{scratch("run", limit), scratch("tmp", limit)}, volumes...),
		SecurityContext: &corev1.PodSecurityContextArgs{
			RunAsNonRoot: pulumi.Bool(true),
			FsGroup:      pulumi.Int(jitsiUser),
			// Without it a large volume is walked through before every start.
			FsGroupChangePolicy: pulumi.String("OnRootMismatch"),
			SeccompProfile:      &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		AutomountServiceAccountToken: pulumi.Bool(false),
		// Service variables of the namespace would otherwise end up among the images' own settings.
		EnableServiceLinks:            pulumi.Bool(false),
		TerminationGracePeriodSeconds: pulumi.Int(grace),
		NodeSelector:                  shardpool.NodeSelector(),
		Tolerations:                   shardpool.Tolerations(),
		Affinity:                      shardpool.InZone(b.args.Location, b.args.Shard.Zone),
	}
}

// scratch is an empty, writable folder. The images unpack their configuration into /run and execute from it.
// A pod whose folder grows over its limit is killed on the spot, so that what must not be killed has none.
func scratch(name, limit string) *corev1.VolumeArgs {
	folder := &corev1.EmptyDirVolumeSourceArgs{}
	if limit != "" {
		folder.SizeLimit = pulumi.String(limit)
	}
	return &corev1.VolumeArgs{Name: pulumi.String(name), EmptyDir: folder}
}

func mount(name, path string) *corev1.VolumeMountArgs {
	return &corev1.VolumeMountArgs{Name: pulumi.String(name), MountPath: pulumi.String(path)}
}

func readOnlyMount(name, path string) *corev1.VolumeMountArgs {
	made := mount(name, path)
	made.ReadOnly = pulumi.Bool(true)
	return made
}

// mounts are the writable folders of every service, and more.
func mounts(more ...corev1.VolumeMountInput) corev1.VolumeMountArray {
	return append(corev1.VolumeMountArray{mount("run", "/run"), mount("tmp", "/tmp")}, more...)
}

// variables turns settings into environment variables, sorted by name.
func variables(settings map[string]string, secrets ...string) corev1.EnvVarArray {
	var made corev1.EnvVarArray
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		made = append(made, &corev1.EnvVarArgs{Name: pulumi.String(name), Value: pulumi.String(settings[name])})
	}
	for _, name := range secrets {
		made = append(made, &corev1.EnvVarArgs{
			Name: pulumi.String(name),
			ValueFrom: &corev1.EnvVarSourceArgs{SecretKeyRef: &corev1.SecretKeySelectorArgs{
				Name: pulumi.String(passwordSecret),
				Key:  pulumi.String(name),
			}},
		})
	}
	return made
}

// shared are the settings that all services of a shard have, with the service's own.
func (b *builder) shared(own map[string]string) map[string]string {
	settings := map[string]string{
		"PUBLIC_URL":               "https://" + b.args.Domain,
		"TZ":                       "UTC",
		"XMPP_AUTH_DOMAIN":         names.AuthDomain,
		"XMPP_DOMAIN":              names.XMPPDomain,
		"XMPP_INTERNAL_MUC_DOMAIN": names.InternalMUCDomain,
		"XMPP_MUC_DOMAIN":          names.MUCDomain,
		// The images' init system refuses a /run that others may write to, which every emptyDir is.
		"S6_YES_I_WANT_A_WORLD_WRITABLE_RUN_BECAUSE_KUBERNETES": "1",
	}
	maps.Copy(settings, own)
	return settings
}

// size is what a container asks for and what it may use at most.
type size struct{ cpu, memory, cpuLimit, memoryLimit string }

func (s size) resources() *corev1.ResourceRequirementsArgs {
	return &corev1.ResourceRequirementsArgs{
		Requests: pulumi.StringMap{"cpu": pulumi.String(s.cpu), "memory": pulumi.String(s.memory)},
		Limits:   pulumi.StringMap{"cpu": pulumi.String(s.cpuLimit), "memory": pulumi.String(s.memoryLimit)},
	}
}

func ports(ports map[string]int) corev1.ContainerPortArray {
	var made corev1.ContainerPortArray
	for _, name := range slices.Sorted(maps.Keys(ports)) {
		made = append(made, &corev1.ContainerPortArgs{
			Name: pulumi.String(name), ContainerPort: pulumi.Int(ports[name]), Protocol: pulumi.String("TCP"),
		})
	}
	return made
}

func servicePorts(ports map[string]int) corev1.ServicePortArray {
	var made corev1.ServicePortArray
	for _, name := range slices.Sorted(maps.Keys(ports)) {
		made = append(made, &corev1.ServicePortArgs{
			Name: pulumi.String(name), Port: pulumi.Int(ports[name]), TargetPort: pulumi.String(name), Protocol: pulumi.String("TCP"),
		})
	}
	return made
}
