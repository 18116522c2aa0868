// Package defaults fills in what an API server fills in where an object leaves it out.
//
// Source: Kubernetes API reference 1.34, the "defaults to" notes of the fields.
package defaults

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// Apply changes the object in place. Objects of kinds without defaults stay as they are.
func Apply(o object.Object) {
	if workload(o) || settings(o) {
		return
	}
	switch o := o.(type) {
	case *corev1.Service:
		service(o)
	case *autoscalingv2.HorizontalPodAutoscaler:
		autoscaler(o)
	case *networkingv1.NetworkPolicy:
		networkPolicy(o)
	case *discoveryv1.EndpointSlice:
		for i := range o.Ports {
			set(&o.Ports[i].Protocol, corev1.ProtocolTCP)
			set(&o.Ports[i].Name, "")
		}
	case *rbacv1.RoleBinding:
		roleRef(&o.RoleRef)
		subjects(o.Subjects)
	case *rbacv1.ClusterRoleBinding:
		roleRef(&o.RoleRef)
		subjects(o.Subjects)
	}
}

func workload(o object.Object) bool {
	switch o := o.(type) {
	case *appsv1.Deployment:
		deployment(o)
	case *appsv1.StatefulSet:
		statefulSet(o)
	case *appsv1.DaemonSet:
		daemonSet(o)
	case *batchv1.Job:
		job(&o.Spec)
	case *batchv1.CronJob:
		cronJob(o)
	case *corev1.Pod:
		pod(&o.Spec)
	default:
		return false
	}
	return true
}

func settings(o object.Object) bool {
	switch o := o.(type) {
	case *corev1.Namespace:
		namespace(o)
	case *corev1.Secret:
		secret(o)
	case *corev1.PersistentVolumeClaim:
		set(&o.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
	case *schedulingv1.PriorityClass:
		set(&o.PreemptionPolicy, corev1.PreemptLowerPriority)
	case *storagev1.StorageClass:
		set(&o.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete)
		set(&o.VolumeBindingMode, storagev1.VolumeBindingImmediate)
	default:
		return false
	}
	return true
}

// namespace adds what the API server adds: the label that network policies select namespaces by, and the finalizer
// that empties the namespace when it is deleted.
func namespace(n *corev1.Namespace) {
	if n.Labels == nil {
		n.Labels = map[string]string{}
	}
	n.Labels[corev1.LabelMetadataName] = n.Name
	if len(n.Spec.Finalizers) == 0 {
		n.Spec.Finalizers = []corev1.FinalizerName{corev1.FinalizerKubernetes}
	}
}

// secret moves stringData, which is write-only, into data.
func secret(s *corev1.Secret) {
	if s.Type == "" {
		s.Type = corev1.SecretTypeOpaque
	}
	if len(s.StringData) > 0 && s.Data == nil {
		s.Data = map[string][]byte{}
	}
	for key, value := range s.StringData {
		s.Data[key] = []byte(value)
	}
	s.StringData = nil
}

func roleRef(ref *rbacv1.RoleRef) {
	if ref.APIGroup == "" {
		ref.APIGroup = rbacv1.GroupName
	}
}

func subjects(all []rbacv1.Subject) {
	for i := range all {
		if all[i].APIGroup == "" && all[i].Kind != rbacv1.ServiceAccountKind {
			all[i].APIGroup = rbacv1.GroupName
		}
	}
}

func networkPolicy(p *networkingv1.NetworkPolicy) {
	if len(p.Spec.PolicyTypes) == 0 {
		p.Spec.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
		if len(p.Spec.Egress) > 0 {
			p.Spec.PolicyTypes = append(p.Spec.PolicyTypes, networkingv1.PolicyTypeEgress)
		}
	}
	for _, rule := range p.Spec.Ingress {
		policyPorts(rule.Ports)
	}
	for _, rule := range p.Spec.Egress {
		policyPorts(rule.Ports)
	}
}

func policyPorts(ports []networkingv1.NetworkPolicyPort) {
	for i := range ports {
		set(&ports[i].Protocol, corev1.ProtocolTCP)
	}
}

// set gives an optional field its default.
func set[T any](field **T, value T) {
	if *field == nil {
		*field = &value
	}
}

// fill gives a field that has no "absent" its default.
func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}
