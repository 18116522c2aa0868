// Package validate holds the rules by which an API server refuses an object that decodes but makes no sense.
//
// Rules look at one object alone (and, for updates, its former self), after defaults are applied. The messages are those
// of the API server. The rules of k8s.io/kubernetes itself cannot be imported reasonably; what the machinery modules
// offer (metadata, labels, selectors) is used, and the rest is written after the API reference.
//
// Source: Kubernetes API reference 1.34 and the API conventions.
package validate

import (
	"sort"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// Object gives everything that is wrong with a new object, sorted by field.
func Object(kind object.Kind, o object.Object) field.ErrorList {
	return sorted(append(metadata(kind, o), rules(o)...))
}

func rules(o object.Object) field.ErrorList {
	if found, ok := workload(o); ok {
		return found
	}
	if found, ok := access(o); ok {
		return found
	}
	return settings(o)
}

// sorted makes the order independent of how maps were walked.
func sorted(errs field.ErrorList) field.ErrorList {
	sort.SliceStable(errs, func(i, j int) bool {
		if errs[i].Field != errs[j].Field {
			return errs[i].Field < errs[j].Field
		}
		return errs[i].Error() < errs[j].Error()
	})
	return errs
}

// Invalid wraps what [Object] or [Update] found into the API server's error; nil when nothing was found.
func Invalid(kind object.Kind, name string, errs field.ErrorList) error {
	if len(errs) == 0 {
		return nil
	}
	return apierrors.NewInvalid(kind.GroupKind(), name, errs)
}

func workload(o object.Object) (field.ErrorList, bool) {
	spec := field.NewPath("spec")
	switch o := o.(type) {
	case *appsv1.Deployment:
		return deployment(&o.Spec, spec), true
	case *appsv1.StatefulSet:
		return statefulSet(o, spec), true
	case *appsv1.DaemonSet:
		return daemonSet(&o.Spec, spec), true
	case *batchv1.Job:
		return job(&o.Spec, spec), true
	case *batchv1.CronJob:
		return cronJob(o, spec), true
	case *corev1.Pod:
		return podSpec(&o.Spec, spec), true
	default:
		return nil, false
	}
}

func access(o object.Object) (field.ErrorList, bool) {
	switch o := o.(type) {
	case *rbacv1.Role:
		return policyRules(o.Rules, true), true
	case *rbacv1.ClusterRole:
		return policyRules(o.Rules, false), true
	case *rbacv1.RoleBinding:
		return binding(o.RoleRef, o.Subjects, true), true
	case *rbacv1.ClusterRoleBinding:
		return binding(o.RoleRef, o.Subjects, false), true
	case *networkingv1.NetworkPolicy:
		return networkPolicy(&o.Spec, field.NewPath("spec")), true
	case *corev1.ServiceAccount:
		return nil, true
	default:
		return nil, false
	}
}

func settings(o object.Object) field.ErrorList {
	spec := field.NewPath("spec")
	switch o := o.(type) {
	case *corev1.Service:
		return service(o, spec)
	case *corev1.ConfigMap:
		return configMap(o)
	case *corev1.Secret:
		return secret(o)
	case *corev1.Namespace:
		return namespace(o)
	case *corev1.PersistentVolumeClaim:
		return claim(&o.Spec, spec)
	case *autoscalingv2.HorizontalPodAutoscaler:
		return autoscaler(o, spec)
	case *policyv1.PodDisruptionBudget:
		return disruptionBudget(&o.Spec, spec)
	case *schedulingv1.PriorityClass:
		return priorityClass(o)
	case *storagev1.StorageClass:
		return storageClass(o)
	default:
		return nil
	}
}
