package haproxy

import (
	"path"
	"strconv"
	"time"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	policyv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/policy/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/haproxy/config"
	"jitsi-meet-azure/internal/content"
	"jitsi-meet-azure/internal/publiccert"
)

// haproxyUser is the user and group of the official image. Source: docker-library/haproxy.
const haproxyUser = 99

// leaveBalancer is how long a stopping proxy goes on as if nothing were, so that Azure's load balancer stops choosing it
// first: two failed probes five seconds apart, and the time until Kubernetes fails them.
const leaveBalancer = 20 * time.Second

// newProxies registers the proxies. A StatefulSet, for the fixed names that peers know each other by, and because it
// replaces them one by one and waits for each to be ready, so that a table of rooms is always left to learn from.
func (b *builder) newProxies(files map[string]string, needed []pulumi.Resource) error {
	_, err := appsv1.NewStatefulSet(b.ctx, b.child("proxies"), &appsv1.StatefulSetArgs{
		Metadata: b.meta(config.StatefulSetName, nil),
		Spec: &appsv1.StatefulSetSpecArgs{
			Replicas:            pulumi.Int(b.args.FrontDoor.Replicas),
			ServiceName:         pulumi.String(peersService),
			PodManagementPolicy: pulumi.String("Parallel"),
			Selector:            selector(),
			UpdateStrategy:      &appsv1.StatefulSetUpdateStrategyArgs{Type: pulumi.String("RollingUpdate")},
			// Time for the load balancer to find the restarted proxy before the next one goes.
			MinReadySeconds: pulumi.Int(15),
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{
					Labels: labels(),
					Annotations: pulumi.StringMap{
						"meet.jitsi/config-hash": pulumi.String(content.Hash(files)),
					},
				},
				Spec: b.pod(),
			},
		},
	}, b.options(needed...)...)
	if err != nil {
		return err
	}
	_, err = policyv1.NewPodDisruptionBudget(b.ctx, b.child("budget"), &policyv1.PodDisruptionBudgetArgs{
		Metadata: b.meta(config.StatefulSetName, nil),
		Spec: &policyv1.PodDisruptionBudgetSpecArgs{
			MaxUnavailable: pulumi.Int(1),
			Selector:       selector(),
			// A proxy that does not work must not keep its node from being upgraded.
			UnhealthyPodEvictionPolicy: pulumi.String("AlwaysAllow"),
		},
	}, b.options()...)
	return err
}

func (b *builder) pod() *corev1.PodSpecArgs {
	stop := leaveBalancer + b.args.configuration().StopAfter + 10*time.Second
	return &corev1.PodSpecArgs{
		Containers:                    corev1.ContainerArray{b.container()},
		Volumes:                       b.args.volumes(),
		AutomountServiceAccountToken:  pulumi.Bool(false),
		EnableServiceLinks:            pulumi.Bool(false),
		TerminationGracePeriodSeconds: pulumi.Int(int(stop / time.Second)),
		SecurityContext: &corev1.PodSecurityContextArgs{
			RunAsNonRoot:   pulumi.Bool(true),
			FsGroup:        pulumi.Int(haproxyUser),
			SeccompProfile: &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		// The system pool is the one that spans all zones.
		NodeSelector: pulumi.StringMap{"kubernetes.azure.com/mode": pulumi.String("system")},
		Tolerations: corev1.TolerationArray{&corev1.TolerationArgs{
			Key:      pulumi.String("CriticalAddonsOnly"),
			Operator: pulumi.String("Equal"),
			Value:    pulumi.String("true"),
			Effect:   pulumi.String("NoSchedule"),
		}},
		TopologySpreadConstraints: corev1.TopologySpreadConstraintArray{
			// Zones are a must: the front door has to survive the loss of any. Nodes are a wish.
			spread("topology.kubernetes.io/zone", "DoNotSchedule"),
			spread("kubernetes.io/hostname", "ScheduleAnyway"),
		},
	}
}

func spread(over, otherwise string) *corev1.TopologySpreadConstraintArgs {
	return &corev1.TopologySpreadConstraintArgs{
		MaxSkew:           pulumi.Int(1),
		TopologyKey:       pulumi.String(over),
		WhenUnsatisfiable: pulumi.String(otherwise),
		LabelSelector:     selector(),
	}
}

func (b *builder) container() *corev1.ContainerArgs {
	settings := b.args.configuration()
	ports := settings.Ports
	return &corev1.ContainerArgs{
		Name:            pulumi.String(config.StatefulSetName),
		Image:           pulumi.String("docker.io/library/haproxy:" + b.args.FrontDoor.ImageTag),
		ImagePullPolicy: pulumi.String("IfNotPresent"),
		Command:         pulumi.ToStringArray([]string{"/bin/sh", path.Join(settings.Folder, config.StartScript)}),
		Env: corev1.EnvVarArray{&corev1.EnvVarArgs{
			// The configuration finds its own entry among the peers by this name.
			Name: pulumi.String("PROXY_NAME"),
			ValueFrom: &corev1.EnvVarSourceArgs{FieldRef: &corev1.ObjectFieldSelectorArgs{
				FieldPath: pulumi.String("metadata.name"),
			}},
		}},
		Ports: corev1.ContainerPortArray{
			containerPort("http", ports.HTTP), containerPort("https", ports.HTTPS),
			containerPort("metrics", ports.Metrics), containerPort("peers", ports.Peers),
		},
		Resources: &corev1.ResourceRequirementsArgs{
			Requests: pulumi.StringMap{"cpu": pulumi.String("250m"), "memory": pulumi.String("512Mi")},
			Limits:   pulumi.StringMap{"cpu": pulumi.String("2"), "memory": pulumi.String("2Gi")},
		},
		// A proxy that cannot learn the others' rooms starts again, and asks again.
		StartupProbe:   probe("/synced", 2, 45),
		LivenessProbe:  probe("/live", 10, 6),
		ReadinessProbe: probe("/ready", 5, 2),
		Lifecycle: &corev1.LifecycleArgs{PreStop: &corev1.LifecycleHandlerArgs{Exec: &corev1.ExecActionArgs{
			Command: pulumi.ToStringArray([]string{
				"/bin/sh", path.Join(settings.Folder, config.StopScript), strconv.Itoa(int(leaveBalancer / time.Second)),
			}),
		}}},
		SecurityContext: &corev1.SecurityContextArgs{
			AllowPrivilegeEscalation: pulumi.Bool(false),
			ReadOnlyRootFilesystem:   pulumi.Bool(true),
			RunAsNonRoot:             pulumi.Bool(true),
			RunAsUser:                pulumi.Int(haproxyUser),
			RunAsGroup:               pulumi.Int(haproxyUser),
			Capabilities:             &corev1.CapabilitiesArgs{Drop: pulumi.ToStringArray([]string{"ALL"})},
			SeccompProfile:           &corev1.SeccompProfileArgs{Type: pulumi.String("RuntimeDefault")},
		},
		VolumeMounts: corev1.VolumeMountArray{
			mount("config", settings.Folder), mount(publiccert.VolumeName, certificateFolder), mount("drained", settings.DrainedFolder),
		},
	}
}

func containerPort(name string, port int) *corev1.ContainerPortArgs {
	return &corev1.ContainerPortArgs{Name: pulumi.String(name), ContainerPort: pulumi.Int(port), Protocol: pulumi.String("TCP")}
}

func probe(path string, period, failures int) *corev1.ProbeArgs {
	return &corev1.ProbeArgs{
		HttpGet:          &corev1.HTTPGetActionArgs{Path: pulumi.String(path), Port: pulumi.String("metrics")},
		PeriodSeconds:    pulumi.Int(period),
		TimeoutSeconds:   pulumi.Int(3),
		FailureThreshold: pulumi.Int(failures),
	}
}

func mount(name, path string) *corev1.VolumeMountArgs {
	return &corev1.VolumeMountArgs{Name: pulumi.String(name), MountPath: pulumi.String(path), ReadOnly: pulumi.Bool(true)}
}

func (a Args) volumes() corev1.VolumeArray {
	return corev1.VolumeArray{
		&corev1.VolumeArgs{
			Name:      pulumi.String("config"),
			ConfigMap: &corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(configMap)},
		},
		a.certificate().Volume(),
		&corev1.VolumeArgs{
			Name: pulumi.String("drained"),
			// Operators' commands make it when they first drain a shard.
			ConfigMap: &corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(config.DrainedConfigMap), Optional: pulumi.Bool(true)},
		},
	}
}
