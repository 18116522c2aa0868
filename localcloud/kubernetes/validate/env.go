package validate

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// environment checks variables. Two with one name are refused by server-side apply, which merges them by name.
func environment(vars []corev1.EnvVar, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	seen := map[string]bool{}
	for i, v := range vars {
		at := path.Index(i)
		if v.Name == "" {
			errs = append(errs, field.Required(at.Child("name"), ""))
		} else {
			errs = append(errs, complaints(validation.IsRelaxedEnvVarName(v.Name), v.Name, at.Child("name"))...)
			errs = append(errs, unique(seen, v.Name, at.Child("name"))...)
		}
		if v.ValueFrom != nil {
			errs = append(errs, environmentSource(v, at.Child("valueFrom"))...)
		}
	}
	return errs
}

func environmentSource(v corev1.EnvVar, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	source, sources := v.ValueFrom, 0
	if source.FieldRef != nil {
		sources++
		errs = append(errs, fieldRef(source.FieldRef, path.Child("fieldRef"))...)
	}
	if source.ResourceFieldRef != nil {
		sources++
		errs = append(errs, required(source.ResourceFieldRef.Resource, path.Child("resourceFieldRef", "resource"))...)
	}
	if ref := source.ConfigMapKeyRef; ref != nil {
		sources++
		errs = append(errs, keyRef(ref.Name, ref.Key, path.Child("configMapKeyRef"))...)
	}
	if ref := source.SecretKeyRef; ref != nil {
		sources++
		errs = append(errs, keyRef(ref.Name, ref.Key, path.Child("secretKeyRef"))...)
	}
	switch {
	case sources == 0:
		errs = append(errs, field.Invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, "+
			"`configMapKeyRef` or `secretKeyRef`"))
	case v.Value != "":
		errs = append(errs, field.Invalid(path, "", "may not be specified when `value` is not empty"))
	case sources > 1:
		errs = append(errs, field.Invalid(path, "", "may not have more than one field specified at a time"))
	}
	return errs
}

func keyRef(name, key string, path *field.Path) field.ErrorList {
	errs := required(name, path.Child("name"))
	if key == "" {
		return append(errs, field.Required(path.Child("key"), ""))
	}
	return append(errs, complaints(validation.IsConfigMapKey(key), key, path.Child("key"))...)
}

func required(value string, path *field.Path) field.ErrorList {
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return nil
}

func environmentFrom(sources []corev1.EnvFromSource, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, s := range sources {
		at := path.Index(i)
		switch {
		case s.ConfigMapRef != nil && s.SecretRef != nil:
			errs = append(errs, field.Invalid(at, "", "may not have more than one field specified at a time"))
		case s.ConfigMapRef != nil:
			errs = append(errs, required(s.ConfigMapRef.Name, at.Child("configMapRef", "name"))...)
		case s.SecretRef != nil:
			errs = append(errs, required(s.SecretRef.Name, at.Child("secretRef", "name"))...)
		default:
			errs = append(errs, field.Invalid(at, "", "must specify one of: `configMapRef` or `secretRef`"))
		}
	}
	return errs
}

// fieldRef checks a reference to the pod's own fields.
// Source: Kubernetes docs, "Downward API", available fields.
func fieldRef(ref *corev1.ObjectFieldSelector, path *field.Path) field.ErrorList {
	if ref.FieldPath == "" {
		return field.ErrorList{field.Required(path.Child("fieldPath"), "")}
	}
	known := []string{
		"metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid",
		"spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
	}
	base, _, _ := strings.Cut(ref.FieldPath, "[")
	for _, k := range known {
		if base == k {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path.Child("fieldPath"), ref.FieldPath, known)}
}
