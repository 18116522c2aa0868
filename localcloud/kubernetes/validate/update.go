package validate

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// Update gives everything that is wrong with changing old to updated: what is wrong with updated itself, and changes of
// what cannot be changed.
func Update(kind object.Kind, updated, old object.Object) field.ErrorList {
	errs := append(nameChecks(kind, updated), rules(updated)...)
	return sorted(append(errs, immutable(updated, old)...))
}

// nameChecks is metadata without the rules on what the server has set itself by now.
func nameChecks(kind object.Kind, o object.Object) field.ErrorList {
	return apivalidation.ValidateObjectMetaAccessor(o, kind.Namespaced, nameRule(o), field.NewPath("metadata"))
}

func immutable(updated, old object.Object) field.ErrorList {
	spec := field.NewPath("spec")
	switch updated := updated.(type) {
	case *appsv1.StatefulSet:
		return statefulSetUpdate(updated, old, spec)
	case *appsv1.Deployment:
		if old, ok := old.(*appsv1.Deployment); ok {
			return fixed(updated.Spec.Selector, old.Spec.Selector, spec.Child("selector"))
		}
	case *appsv1.DaemonSet:
		if old, ok := old.(*appsv1.DaemonSet); ok {
			return fixed(updated.Spec.Selector, old.Spec.Selector, spec.Child("selector"))
		}
	case *batchv1.Job:
		if old, ok := old.(*batchv1.Job); ok {
			return append(fixed(updated.Spec.Template, old.Spec.Template, spec.Child("template")),
				fixed(updated.Spec.Selector, old.Spec.Selector, spec.Child("selector"))...)
		}
	case *corev1.Service:
		return serviceUpdate(updated, old, spec)
	default:
		return immutableSettings(updated, old)
	}
	return nil
}

func immutableSettings(updated, old object.Object) field.ErrorList {
	switch updated := updated.(type) {
	case *corev1.Secret:
		return secretUpdate(updated, old)
	case *corev1.ConfigMap:
		return configMapUpdate(updated, old)
	case *corev1.PersistentVolumeClaim:
		if old, ok := old.(*corev1.PersistentVolumeClaim); ok {
			return claimUpdate(&updated.Spec, &old.Spec)
		}
	default:
		return immutableClasses(updated, old)
	}
	return nil
}

func immutableClasses(updated, old object.Object) field.ErrorList {
	switch updated := updated.(type) {
	case *rbacv1.RoleBinding:
		if old, ok := old.(*rbacv1.RoleBinding); ok {
			return roleRefUpdate(updated.RoleRef, old.RoleRef)
		}
	case *rbacv1.ClusterRoleBinding:
		if old, ok := old.(*rbacv1.ClusterRoleBinding); ok {
			return roleRefUpdate(updated.RoleRef, old.RoleRef)
		}
	case *schedulingv1.PriorityClass:
		if old, ok := old.(*schedulingv1.PriorityClass); ok && updated.Value != old.Value {
			return field.ErrorList{field.Forbidden(field.NewPath("value"), "may not be changed in an update.")}
		}
	case *storagev1.StorageClass:
		if old, ok := old.(*storagev1.StorageClass); ok {
			return append(fixed(updated.Provisioner, old.Provisioner, field.NewPath("provisioner")),
				fixed(updated.Parameters, old.Parameters, field.NewPath("parameters"))...)
		}
	}
	return nil
}

func fixed(updated, old any, path *field.Path) field.ErrorList {
	return apivalidation.ValidateImmutableField(updated, old, path)
}

func roleRefUpdate(updated, old rbacv1.RoleRef) field.ErrorList {
	if updated == old {
		return nil
	}
	return field.ErrorList{field.Invalid(field.NewPath("roleRef"), updated, "cannot change roleRef")}
}

// statefulSetUpdate compares what remains when everything that may change is made equal.
func statefulSetUpdate(updated *appsv1.StatefulSet, before object.Object, path *field.Path) field.ErrorList {
	old, ok := before.(*appsv1.StatefulSet)
	if !ok {
		return nil
	}
	masked := updated.Spec.DeepCopy()
	masked.Replicas = old.Spec.Replicas
	masked.Template = old.Spec.Template
	masked.UpdateStrategy = old.Spec.UpdateStrategy
	masked.MinReadySeconds = old.Spec.MinReadySeconds
	masked.Ordinals = old.Spec.Ordinals
	masked.RevisionHistoryLimit = old.Spec.RevisionHistoryLimit
	masked.PersistentVolumeClaimRetentionPolicy = old.Spec.PersistentVolumeClaimRetentionPolicy
	if equality.Semantic.DeepEqual(masked, &old.Spec) {
		return nil
	}
	return field.ErrorList{field.Forbidden(path, "updates to statefulset spec for fields other than 'replicas', "+
		"'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and "+
		"'minReadySeconds' are forbidden")}
}

func serviceUpdate(updated *corev1.Service, before object.Object, path *field.Path) field.ErrorList {
	old, ok := before.(*corev1.Service)
	external := corev1.ServiceTypeExternalName
	if !ok || old.Spec.Type == external || updated.Spec.Type == external || old.Spec.ClusterIP == "" {
		return nil
	}
	if updated.Spec.ClusterIP != old.Spec.ClusterIP {
		return field.ErrorList{field.Invalid(path.Child("clusterIPs").Index(0), updated.Spec.ClusterIP,
			"may not change once set")}
	}
	return nil
}

func claimUpdate(updated, old *corev1.PersistentVolumeClaimSpec) field.ErrorList {
	masked := updated.DeepCopy()
	masked.Resources.Requests = old.Resources.Requests
	path := field.NewPath("spec")
	if !equality.Semantic.DeepEqual(masked, old) {
		return field.ErrorList{field.Forbidden(path,
			"spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims")}
	}
	size, before := updated.Resources.Requests[corev1.ResourceStorage], old.Resources.Requests[corev1.ResourceStorage]
	if size.Cmp(before) < 0 {
		return field.ErrorList{field.Forbidden(path.Child("resources", "requests", "storage"),
			"field can not be less than status.capacity")}
	}
	return nil
}

func secretUpdate(updated *corev1.Secret, before object.Object) field.ErrorList {
	old, ok := before.(*corev1.Secret)
	if !ok {
		return nil
	}
	errs := fixed(updated.Type, old.Type, field.NewPath("type"))
	if old.Immutable == nil || !*old.Immutable {
		return errs
	}
	if updated.Immutable == nil || !*updated.Immutable {
		errs = append(errs, field.Forbidden(field.NewPath("immutable"), "field is immutable when `immutable` is set"))
	}
	if !equality.Semantic.DeepEqual(updated.Data, old.Data) {
		errs = append(errs, field.Forbidden(field.NewPath("data"), "field is immutable when `immutable` is set"))
	}
	return errs
}

func configMapUpdate(updated *corev1.ConfigMap, before object.Object) field.ErrorList {
	old, ok := before.(*corev1.ConfigMap)
	if !ok || old.Immutable == nil || !*old.Immutable {
		return nil
	}
	var errs field.ErrorList
	if updated.Immutable == nil || !*updated.Immutable {
		errs = append(errs, field.Forbidden(field.NewPath("immutable"), "field is immutable when `immutable` is set"))
	}
	if !equality.Semantic.DeepEqual(updated.Data, old.Data) {
		errs = append(errs, field.Forbidden(field.NewPath("data"), "field is immutable when `immutable` is set"))
	}
	if !equality.Semantic.DeepEqual(updated.BinaryData, old.BinaryData) {
		errs = append(errs, field.Forbidden(field.NewPath("binaryData"), "field is immutable when `immutable` is set"))
	}
	return errs
}
