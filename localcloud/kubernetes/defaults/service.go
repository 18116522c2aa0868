package defaults

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	affinityTimeout    = 10800 // seconds
	defaultUtilization = 80    // percent of the requested CPU
)

func service(s *corev1.Service) {
	spec := &s.Spec
	fill(&spec.Type, corev1.ServiceTypeClusterIP)
	fill(&spec.SessionAffinity, corev1.ServiceAffinityNone)
	if spec.SessionAffinity == corev1.ServiceAffinityClientIP {
		set(&spec.SessionAffinityConfig, corev1.SessionAffinityConfig{})
		set(&spec.SessionAffinityConfig.ClientIP, corev1.ClientIPConfig{})
		set(&spec.SessionAffinityConfig.ClientIP.TimeoutSeconds, affinityTimeout)
	}
	for i := range spec.Ports {
		port := &spec.Ports[i]
		fill(&port.Protocol, corev1.ProtocolTCP)
		if port.TargetPort == (intstr.IntOrString{}) || port.TargetPort == intstr.FromString("") {
			port.TargetPort = intstr.FromInt32(port.Port)
		}
	}
	if spec.Type == corev1.ServiceTypeExternalName {
		return
	}
	set(&spec.InternalTrafficPolicy, corev1.ServiceInternalTrafficPolicyCluster)
	set(&spec.IPFamilyPolicy, corev1.IPFamilyPolicySingleStack)
	if len(spec.IPFamilies) == 0 {
		spec.IPFamilies = []corev1.IPFamily{corev1.IPv4Protocol}
	}
	if spec.Type != corev1.ServiceTypeClusterIP {
		fill(&spec.ExternalTrafficPolicy, corev1.ServiceExternalTrafficPolicyCluster)
	}
	if spec.Type == corev1.ServiceTypeLoadBalancer {
		set(&spec.AllocateLoadBalancerNodePorts, true)
	}
}

func autoscaler(h *autoscalingv2.HorizontalPodAutoscaler) {
	set(&h.Spec.MinReplicas, 1)
	if len(h.Spec.Metrics) == 0 {
		percent := int32(defaultUtilization)
		h.Spec.Metrics = []autoscalingv2.MetricSpec{{
			Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{
				Name: corev1.ResourceCPU,
				Target: autoscalingv2.MetricTarget{
					Type: autoscalingv2.UtilizationMetricType, AverageUtilization: &percent,
				},
			},
		}}
	}
	if h.Spec.Behavior != nil {
		behaviour(h.Spec.Behavior)
	}
}

// behaviour fills the two directions in after the scaling rules that the autoscaler uses where none are given.
func behaviour(b *autoscalingv2.HorizontalPodAutoscalerBehavior) {
	most, none := autoscalingv2.MaxChangePolicySelect, int32(0)
	set(&b.ScaleUp, autoscalingv2.HPAScalingRules{})
	set(&b.ScaleUp.SelectPolicy, most)
	set(&b.ScaleUp.StabilizationWindowSeconds, none)
	if len(b.ScaleUp.Policies) == 0 {
		b.ScaleUp.Policies = []autoscalingv2.HPAScalingPolicy{
			{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: 15},
			{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 15},
		}
	}
	set(&b.ScaleDown, autoscalingv2.HPAScalingRules{})
	set(&b.ScaleDown.SelectPolicy, most)
	if len(b.ScaleDown.Policies) == 0 {
		b.ScaleDown.Policies = []autoscalingv2.HPAScalingPolicy{
			{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 15},
		}
	}
}
