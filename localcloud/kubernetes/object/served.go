package object

import (
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// kinds lists every served type. Beta versions are left out on purpose: AKS removes them with a cluster upgrade.
func kinds() []Kind {
	return []Kind{
		namespaced(appsv1.SchemeGroupVersion, "DaemonSet", "daemonsets", func() Object { return &appsv1.DaemonSet{} }),
		namespaced(appsv1.SchemeGroupVersion, "Deployment", "deployments", func() Object { return &appsv1.Deployment{} }),
		namespaced(appsv1.SchemeGroupVersion, "StatefulSet", "statefulsets", func() Object { return &appsv1.StatefulSet{} }),
		namespaced(autoscalingv2.SchemeGroupVersion, "HorizontalPodAutoscaler", "horizontalpodautoscalers",
			func() Object { return &autoscalingv2.HorizontalPodAutoscaler{} }),
		namespaced(batchv1.SchemeGroupVersion, "CronJob", "cronjobs", func() Object { return &batchv1.CronJob{} }),
		namespaced(batchv1.SchemeGroupVersion, "Job", "jobs", func() Object { return &batchv1.Job{} }),
		namespaced(corev1.SchemeGroupVersion, "ConfigMap", "configmaps", func() Object { return &corev1.ConfigMap{} }),
		namespaced(corev1.SchemeGroupVersion, "LimitRange", "limitranges", func() Object { return &corev1.LimitRange{} }),
		wide(corev1.SchemeGroupVersion, "Namespace", "namespaces", func() Object { return &corev1.Namespace{} }),
		namespaced(corev1.SchemeGroupVersion, "PersistentVolumeClaim", "persistentvolumeclaims",
			func() Object { return &corev1.PersistentVolumeClaim{} }),
		namespaced(corev1.SchemeGroupVersion, "Pod", "pods", func() Object { return &corev1.Pod{} }),
		namespaced(corev1.SchemeGroupVersion, "ResourceQuota", "resourcequotas",
			func() Object { return &corev1.ResourceQuota{} }),
		namespaced(corev1.SchemeGroupVersion, "Secret", "secrets", func() Object { return &corev1.Secret{} }),
		namespaced(corev1.SchemeGroupVersion, "Service", "services", func() Object { return &corev1.Service{} }),
		namespaced(corev1.SchemeGroupVersion, "ServiceAccount", "serviceaccounts",
			func() Object { return &corev1.ServiceAccount{} }),
		namespaced(discoveryv1.SchemeGroupVersion, "EndpointSlice", "endpointslices",
			func() Object { return &discoveryv1.EndpointSlice{} }),
		namespaced(networkingv1.SchemeGroupVersion, "NetworkPolicy", "networkpolicies",
			func() Object { return &networkingv1.NetworkPolicy{} }),
		namespaced(policyv1.SchemeGroupVersion, "PodDisruptionBudget", "poddisruptionbudgets",
			func() Object { return &policyv1.PodDisruptionBudget{} }),
		wide(rbacv1.SchemeGroupVersion, "ClusterRole", "clusterroles", func() Object { return &rbacv1.ClusterRole{} }),
		wide(rbacv1.SchemeGroupVersion, "ClusterRoleBinding", "clusterrolebindings",
			func() Object { return &rbacv1.ClusterRoleBinding{} }),
		namespaced(rbacv1.SchemeGroupVersion, "Role", "roles", func() Object { return &rbacv1.Role{} }),
		namespaced(rbacv1.SchemeGroupVersion, "RoleBinding", "rolebindings", func() Object { return &rbacv1.RoleBinding{} }),
		wide(schedulingv1.SchemeGroupVersion, "PriorityClass", "priorityclasses",
			func() Object { return &schedulingv1.PriorityClass{} }),
		providerClasses(),
		wide(storagev1.SchemeGroupVersion, "StorageClass", "storageclasses",
			func() Object { return &storagev1.StorageClass{} }),
	}
}

func namespaced(version schema.GroupVersion, kind, resource string, empty func() Object) Kind {
	return Kind{GroupVersionKind: version.WithKind(kind), Resource: resource, Namespaced: true, empty: empty}
}

func wide(version schema.GroupVersion, kind, resource string, empty func() Object) Kind {
	return Kind{GroupVersionKind: version.WithKind(kind), Resource: resource, empty: empty}
}
