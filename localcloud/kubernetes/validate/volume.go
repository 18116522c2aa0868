package validate

import (
	"path"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// volumes gives the names of a pod's volumes and what is wrong with them.
func volumes(all []corev1.Volume, at *field.Path) (map[string]bool, field.ErrorList) {
	var errs field.ErrorList
	names := map[string]bool{}
	for i, v := range all {
		where := at.Index(i)
		if v.Name == "" {
			errs = append(errs, field.Required(where.Child("name"), ""))
		} else {
			errs = append(errs, dnsLabel(v.Name, where.Child("name"))...)
			errs = append(errs, unique(names, v.Name, where.Child("name"))...)
		}
		errs = append(errs, volumeSource(v.VolumeSource, where)...)
	}
	return names, errs
}

func volumeSource(s corev1.VolumeSource, at *field.Path) field.ErrorList {
	if sourceCount(s) != 1 {
		return field.ErrorList{field.Forbidden(at, "must specify exactly one volume type")}
	}
	switch {
	case s.ConfigMap != nil:
		return items(s.ConfigMap.Name, at.Child("configMap", "name"), s.ConfigMap.Items, s.ConfigMap.DefaultMode, at.Child("configMap"))
	case s.Secret != nil:
		return items(s.Secret.SecretName, at.Child("secret", "secretName"), s.Secret.Items, s.Secret.DefaultMode, at.Child("secret"))
	case s.PersistentVolumeClaim != nil:
		return required(s.PersistentVolumeClaim.ClaimName, at.Child("persistentVolumeClaim", "claimName"))
	case s.EmptyDir != nil:
		return emptyDir(s.EmptyDir, at.Child("emptyDir"))
	case s.HostPath != nil:
		return required(s.HostPath.Path, at.Child("hostPath", "path"))
	case s.Projected != nil:
		return projected(s.Projected, at.Child("projected"))
	case s.DownwardAPI != nil:
		return downward(s.DownwardAPI.Items, at.Child("downwardAPI", "items"))
	case s.CSI != nil:
		return csi(s.CSI, at.Child("csi"))
	default:
		return nil
	}
}

func csi(s *corev1.CSIVolumeSource, at *field.Path) field.ErrorList {
	errs := required(s.Driver, at.Child("driver"))
	if s.Driver != "" {
		errs = append(errs, dnsSubdomain(strings.ToLower(s.Driver), at.Child("driver"))...)
	}
	if s.NodePublishSecretRef != nil {
		errs = append(errs, required(s.NodePublishSecretRef.Name, at.Child("nodePublishSecretRef", "name"))...)
	}
	return errs
}

// sourceCount is how many of the pointers in a volume source are set: every source is one.
func sourceCount(s corev1.VolumeSource) int {
	count, fields := 0, reflect.ValueOf(s)
	for i := range fields.NumField() {
		if !fields.Field(i).IsNil() {
			count++
		}
	}
	return count
}

func emptyDir(e *corev1.EmptyDirVolumeSource, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	if e.SizeLimit != nil && e.SizeLimit.Sign() < 0 {
		errs = append(errs, field.Forbidden(at.Child("sizeLimit"), "SizeLimit field must be a valid resource quantity"))
	}
	if e.Medium != "" {
		errs = append(errs, oneOf(e.Medium, at.Child("medium"), corev1.StorageMediumMemory, corev1.StorageMediumHugePages)...)
	}
	return errs
}

func items(name string, nameAt *field.Path, keys []corev1.KeyToPath, mode *int32, at *field.Path) field.ErrorList {
	errs := append(required(name, nameAt), fileMode(mode, at.Child("defaultMode"))...)
	for i, k := range keys {
		where := at.Child("items").Index(i)
		errs = append(errs, required(k.Key, where.Child("key"))...)
		errs = append(errs, relative(k.Path, where.Child("path"))...)
		errs = append(errs, fileMode(k.Mode, where.Child("mode"))...)
	}
	return errs
}

func fileMode(mode *int32, at *field.Path) field.ErrorList {
	if mode != nil && (*mode < 0 || *mode > 0o777) {
		return field.ErrorList{field.Invalid(at, *mode, "must be a number between 0 and 0777 (octal), both inclusive")}
	}
	return nil
}

func relative(p string, at *field.Path) field.ErrorList {
	switch {
	case p == "":
		return field.ErrorList{field.Required(at, "")}
	case path.IsAbs(p):
		return field.ErrorList{field.Invalid(at, p, "must be a relative path")}
	case inParent(p):
		return field.ErrorList{field.Invalid(at, p, "must not contain '..'")}
	default:
		return nil
	}
}

func inParent(p string) bool {
	for _, part := range strings.Split(p, "/") {
		if part == ".." {
			return true
		}
	}
	return false
}

func projected(p *corev1.ProjectedVolumeSource, at *field.Path) field.ErrorList {
	errs := fileMode(p.DefaultMode, at.Child("defaultMode"))
	for i, s := range p.Sources {
		where := at.Child("sources").Index(i)
		switch {
		case s.ConfigMap != nil:
			at := where.Child("configMap")
			errs = append(errs, items(s.ConfigMap.Name, at.Child("name"), s.ConfigMap.Items, nil, at)...)
		case s.Secret != nil:
			at := where.Child("secret")
			errs = append(errs, items(s.Secret.Name, at.Child("name"), s.Secret.Items, nil, at)...)
		case s.DownwardAPI != nil:
			errs = append(errs, downward(s.DownwardAPI.Items, where.Child("downwardAPI", "items"))...)
		case s.ServiceAccountToken != nil:
			errs = append(errs, relative(s.ServiceAccountToken.Path, where.Child("serviceAccountToken", "path"))...)
		case s.ClusterTrustBundle == nil && s.PodCertificate == nil:
			errs = append(errs, field.Required(where, "must specify one volume source"))
		}
	}
	return errs
}

func downward(files []corev1.DownwardAPIVolumeFile, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	for i, f := range files {
		errs = append(errs, relative(f.Path, at.Index(i).Child("path"))...)
		switch {
		case f.FieldRef != nil:
			errs = append(errs, fieldRef(f.FieldRef, at.Index(i).Child("fieldRef"))...)
		case f.ResourceFieldRef == nil:
			errs = append(errs, field.Required(at.Index(i), "one of fieldRef and resourceFieldRef is required"))
		}
	}
	return errs
}

func mounts(all []corev1.VolumeMount, volumes map[string]bool, at *field.Path) field.ErrorList {
	var errs field.ErrorList
	paths := map[string]bool{}
	for i, m := range all {
		where := at.Index(i)
		switch {
		case m.Name == "":
			errs = append(errs, field.Required(where.Child("name"), ""))
		case !volumes[m.Name]:
			errs = append(errs, field.NotFound(where.Child("name"), m.Name))
		}
		errs = append(errs, required(m.MountPath, where.Child("mountPath"))...)
		if m.MountPath != "" && paths[m.MountPath] {
			errs = append(errs, field.Invalid(where.Child("mountPath"), m.MountPath, "must be unique"))
		}
		paths[m.MountPath] = true
		if m.SubPath != "" {
			errs = append(errs, relative(m.SubPath, where.Child("subPath"))...)
		}
		if m.SubPath != "" && m.SubPathExpr != "" {
			errs = append(errs, field.Invalid(where.Child("subPathExpr"), m.SubPathExpr, "subPathExpr and subPath are mutually exclusive"))
		}
	}
	return errs
}
