package signalling

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	autoscalingv2 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/autoscaling/v2"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/internal/shardpool"
	"jitsi-meet-azure/signalling/names"
)

var webSize = size{cpu: "100m", memory: "128Mi", cpuLimit: "1", memoryLimit: "512Mi"}

const (
	realAddressMap = "web-nginx"
	// scaleAtPercent is the processor use, of what web pods ask for, that the HPA keeps them around.
	scaleAtPercent = 60
)

// webFolders bounds each writable folder of a web server; one that outgrows it is replaced, which costs nobody a meeting.
const webFolders = "256Mi"

// newWeb registers the web servers. They hold nothing, so Kubernetes may replace them one by one; browsers reconnect
// their WebSockets through another one to the same Prosody.
func (b *builder) newWeb() error {
	realAddress := b.realAddress()
	_, err := corev1.NewConfigMap(b.ctx, b.child("web-nginx"), &corev1.ConfigMapArgs{
		Metadata: b.meta(names.Web, realAddressMap, nil),
		Data:     pulumi.StringMap{"real-address.conf": pulumi.String(realAddress)},
	}, b.options()...)
	if err != nil {
		return err
	}
	if err := b.newWebService(); err != nil {
		return err
	}
	hash := sha256.Sum256([]byte(realAddress))
	_, err = appsv1.NewDeployment(b.ctx, b.child("web"), &appsv1.DeploymentArgs{
		Metadata: b.meta(names.Web, names.Web, nil),
		Spec: &appsv1.DeploymentSpecArgs{
			// No replicas: the HPA owns them, and a deployment would set them back.
			Selector: selector(names.Web),
			Strategy: &appsv1.DeploymentStrategyArgs{
				Type: pulumi.String("RollingUpdate"),
				RollingUpdate: &appsv1.RollingUpdateDeploymentArgs{
					MaxUnavailable: pulumi.Int(0),
					MaxSurge:       pulumi.Int(1),
				},
			},
			MinReadySeconds: pulumi.Int(5),
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{
					Labels:      b.labels(names.Web),
					Annotations: pulumi.StringMap{"meet.jitsi/nginx-hash": pulumi.String(hex.EncodeToString(hash[:8]))},
				},
				Spec: b.webPods(),
			},
		},
	}, b.options()...)
	if err != nil {
		return err
	}
	if err := b.newWebScaler(); err != nil {
		return err
	}
	return b.newBudget(names.Web, 1)
}

// realAddress makes nginx believe the front door about the client's address, and so passes it on to Prosody. The network
// policy lets nobody else in the cluster speak to nginx.
func (b *builder) realAddress() string {
	return fmt.Sprintf("set_real_ip_from %s;\nreal_ip_header X-Forwarded-For;\n", b.args.PodCIDR)
}

func (b *builder) webPods() *corev1.PodSpecArgs {
	caps := b.args.Jitsi
	container := &corev1.ContainerArgs{
		Name:  pulumi.String(names.Web),
		Image: b.image(names.Web),
		Env: variables(b.shared(map[string]string{
			// Clients compare this name, in config.js, with the header of their signalling, and reload when they differ.
			"DEPLOYMENTINFO_SHARD":          b.args.Shard.Name,
			"DEPLOYMENTINFO_REGION":         b.args.Location,
			"DESKTOP_SHARING_FRAMERATE_MIN": strconv.Itoa(min(5, caps.FrameRateCap)),
			"DESKTOP_SHARING_FRAMERATE_MAX": strconv.Itoa(caps.FrameRateCap),
			"RESOLUTION":                    strconv.Itoa(caps.ResolutionCap),
			"RESOLUTION_MIN":                strconv.Itoa(min(180, caps.ResolutionCap)),
			// Cameras are 16:9; a cap on the height alone still lets wide pictures through.
			"RESOLUTION_WIDTH":         strconv.Itoa(caps.ResolutionCap * 16 / 9),
			"RESOLUTION_WIDTH_MIN":     strconv.Itoa(min(320, caps.ResolutionCap*16/9)),
			"DISABLE_HTTPS":            "1", // the front door ends TLS
			"ENABLE_HTTP_REDIRECT":     "0",
			"ENABLE_XMPP_WEBSOCKET":    "1",
			"NGINX_WORKER_CONNECTIONS": "8192", // the image's 768 are two per WebSocket
			"NGINX_WORKER_PROCESSES":   "2",
			"XMPP_BOSH_URL_BASE":       fmt.Sprintf("http://%s:%d", b.host(names.Prosody), names.HTTPPort),
		})),
		Ports:          ports(map[string]int{"http": names.WebPort}),
		Resources:      webSize.resources(),
		LivenessProbe:  shardpool.Lenient("http"),
		StartupProbe:   patient("http"),
		ReadinessProbe: answers("http", "/"),
		Lifecycle: &corev1.LifecycleArgs{
			// The front door must have stopped sending requests here before nginx stops taking them.
			PreStop: &corev1.LifecycleHandlerArgs{Exec: &corev1.ExecActionArgs{
				Command: pulumi.ToStringArray([]string{"sleep", "15"}),
			}},
		},
		VolumeMounts: mounts(mount("config", "/config"), readOnlyMount("nginx", "/config/nginx-custom")),
	}
	spec := b.podSpec(container, 60, webFolders, scratch("config", webFolders), &corev1.VolumeArgs{
		Name:      pulumi.String("nginx"),
		ConfigMap: &corev1.ConfigMapVolumeSourceArgs{Name: pulumi.String(realAddressMap)},
	})
	spec.TopologySpreadConstraints = corev1.TopologySpreadConstraintArray{&corev1.TopologySpreadConstraintArgs{
		MaxSkew:           pulumi.Int(1),
		TopologyKey:       pulumi.String("kubernetes.io/hostname"),
		WhenUnsatisfiable: pulumi.String("ScheduleAnyway"),
		LabelSelector:     selector(names.Web),
	}}
	return spec
}

func (b *builder) newWebService() error {
	_, err := corev1.NewService(b.ctx, b.child("web-service"), &corev1.ServiceArgs{
		Metadata: b.meta(names.Web, names.Web, nil),
		Spec: &corev1.ServiceSpecArgs{
			Type:     pulumi.String("ClusterIP"),
			Selector: pulumi.StringMap{names.NameLabel: pulumi.String(names.Web)},
			Ports:    servicePorts(map[string]int{"http": names.WebPort}),
		},
	}, b.options()...)
	return err
}

func (b *builder) newWebScaler() error {
	replicas := b.args.Jitsi.WebReplicas
	_, err := autoscalingv2.NewHorizontalPodAutoscaler(b.ctx, b.child("web-scaler"), &autoscalingv2.HorizontalPodAutoscalerArgs{
		Metadata: b.meta(names.Web, names.Web, nil),
		Spec: &autoscalingv2.HorizontalPodAutoscalerSpecArgs{
			MinReplicas: pulumi.Int(replicas.Minimum),
			MaxReplicas: pulumi.Int(replicas.Maximum),
			ScaleTargetRef: &autoscalingv2.CrossVersionObjectReferenceArgs{
				ApiVersion: pulumi.String("apps/v1"), Kind: pulumi.String("Deployment"), Name: pulumi.String(names.Web),
			},
			Metrics: autoscalingv2.MetricSpecArray{&autoscalingv2.MetricSpecArgs{
				Type: pulumi.String("Resource"),
				Resource: &autoscalingv2.ResourceMetricSourceArgs{
					Name: pulumi.String("cpu"),
					Target: &autoscalingv2.MetricTargetArgs{
						Type: pulumi.String("Utilization"), AverageUtilization: pulumi.Int(scaleAtPercent),
					},
				},
			}},
			Behavior: &autoscalingv2.HorizontalPodAutoscalerBehaviorArgs{
				// Each pod that goes cuts the WebSockets through it: slowly, and only after a quiet quarter of an hour.
				ScaleDown: &autoscalingv2.HPAScalingRulesArgs{
					StabilizationWindowSeconds: pulumi.Int(900),
					Policies: autoscalingv2.HPAScalingPolicyArray{&autoscalingv2.HPAScalingPolicyArgs{
						Type: pulumi.String("Pods"), Value: pulumi.Int(1), PeriodSeconds: pulumi.Int(300),
					}},
				},
			},
		},
	}, b.options()...)
	return err
}
