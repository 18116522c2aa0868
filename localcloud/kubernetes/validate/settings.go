package validate

import (
	"crypto/tls"
	"encoding/json"
	"strings"

	corev1 "k8s.io/api/core/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// mostData is how much a ConfigMap or Secret may hold.
// Source: Kubernetes docs, "ConfigMaps": 1 MiB.
const mostData = corev1.MaxSecretSize

// highestPriority is the highest that users may give; above it are the system's own classes.
const highestPriority = 1_000_000_000

func configMap(c *corev1.ConfigMap) field.ErrorList {
	var errs field.ErrorList
	size := 0
	for key, value := range c.Data {
		errs = append(errs, dataKey(key, "data")...)
		if _, both := c.BinaryData[key]; both {
			errs = append(errs, field.Invalid(field.NewPath("data").Key(key), key, "duplicate of key present in binaryData"))
		}
		size += len(value)
	}
	for key, value := range c.BinaryData {
		errs = append(errs, dataKey(key, "binaryData")...)
		size += len(value)
	}
	if size > mostData {
		errs = append(errs, field.TooLong(field.NewPath(""), "", mostData))
	}
	return errs
}

func dataKey(key, parent string) field.ErrorList {
	return complaints(validation.IsConfigMapKey(key), key, field.NewPath(parent).Key(key))
}

func secret(s *corev1.Secret) field.ErrorList {
	var errs field.ErrorList
	size, data := 0, field.NewPath("data")
	for key, value := range s.Data {
		errs = append(errs, dataKey(key, "data")...)
		size += len(value)
	}
	if size > mostData {
		errs = append(errs, field.TooLong(data, "", mostData))
	}
	switch s.Type {
	case corev1.SecretTypeTLS:
		errs = append(errs, tlsPair(s, data)...)
	case corev1.SecretTypeDockerConfigJson:
		raw, ok := s.Data[corev1.DockerConfigJsonKey]
		if at := data.Key(corev1.DockerConfigJsonKey); !ok {
			errs = append(errs, field.Required(at, ""))
		} else if !json.Valid(raw) {
			errs = append(errs, field.Invalid(at, "<secret contents redacted>", "is no JSON"))
		}
	case corev1.SecretTypeSSHAuth:
		if len(s.Data[corev1.SSHAuthPrivateKey]) == 0 {
			errs = append(errs, field.Required(data.Key(corev1.SSHAuthPrivateKey), ""))
		}
	}
	return errs
}

// tlsPair goes further than an API server, which asks only for the two keys: a certificate with somebody else's private
// key keeps every pod that loads it from starting.
func tlsPair(s *corev1.Secret, data *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range []string{corev1.TLSCertKey, corev1.TLSPrivateKeyKey} {
		if _, ok := s.Data[key]; !ok {
			errs = append(errs, field.Required(data.Key(key), ""))
		}
	}
	if len(errs) > 0 {
		return errs
	}
	if _, err := tls.X509KeyPair(s.Data[corev1.TLSCertKey], s.Data[corev1.TLSPrivateKeyKey]); err != nil {
		errs = append(errs, field.Invalid(data.Key(corev1.TLSCertKey), "<secret contents redacted>", err.Error()))
	}
	return errs
}

func namespace(n *corev1.Namespace) field.ErrorList {
	var errs field.ErrorList
	path := field.NewPath("metadata", "labels")
	for _, mode := range []string{"enforce", "audit", "warn"} {
		key := "pod-security.kubernetes.io/" + mode
		if level, ok := n.Labels[key]; ok {
			errs = append(errs, oneOf(level, path.Key(key), "privileged", "baseline", "restricted")...)
		}
	}
	return errs
}

func claim(s *corev1.PersistentVolumeClaimSpec, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	if len(s.AccessModes) == 0 {
		errs = append(errs, field.Required(path.Child("accessModes"), "at least 1 access mode is required"))
	}
	for i, mode := range s.AccessModes {
		errs = append(errs, oneOf(mode, path.Child("accessModes").Index(i), corev1.ReadOnlyMany, corev1.ReadWriteMany,
			corev1.ReadWriteOnce, corev1.ReadWriteOncePod)...)
	}
	storage, ok := s.Resources.Requests[corev1.ResourceStorage]
	at := path.Child("resources").Key(string(corev1.ResourceStorage))
	switch {
	case !ok:
		errs = append(errs, field.Required(at, ""))
	case storage.Sign() <= 0:
		errs = append(errs, field.Invalid(at, storage.String(), "must be greater than zero"))
	}
	return errs
}

func priorityClass(p *schedulingv1.PriorityClass) field.ErrorList {
	var errs field.ErrorList
	if strings.HasPrefix(p.Name, "system-") {
		errs = append(errs, field.Forbidden(field.NewPath("metadata", "name"),
			"priority class names with 'system-' prefix are reserved for system use only"))
	}
	if p.Value > highestPriority {
		errs = append(errs, field.Forbidden(field.NewPath("value"), "maximum allowed value of a user defined priority is 1000000000"))
	}
	return append(errs, oneOf(*p.PreemptionPolicy, field.NewPath("preemptionPolicy"),
		corev1.PreemptLowerPriority, corev1.PreemptNever)...)
}

func storageClass(s *storagev1.StorageClass) field.ErrorList {
	errs := required(s.Provisioner, field.NewPath("provisioner"))
	errs = append(errs, oneOf(*s.ReclaimPolicy, field.NewPath("reclaimPolicy"),
		corev1.PersistentVolumeReclaimDelete, corev1.PersistentVolumeReclaimRetain)...)
	return append(errs, oneOf(*s.VolumeBindingMode, field.NewPath("volumeBindingMode"),
		storagev1.VolumeBindingImmediate, storagev1.VolumeBindingWaitForFirstConsumer)...)
}
