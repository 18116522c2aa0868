package validate

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	pathvalidation "k8s.io/apimachinery/pkg/api/validation/path"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	metavalidation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

func metadata(kind object.Kind, o object.Object) field.ErrorList {
	path := field.NewPath("metadata")
	errs := apivalidation.ValidateObjectMetaAccessor(o, kind.Namespaced, nameRule(o), path)
	return append(errs, serverFields(o, path)...)
}

// nameRule is what names of the object's kind must look like.
func nameRule(o object.Object) apivalidation.ValidateNameFunc {
	switch o.(type) {
	case *corev1.Service:
		return apivalidation.NameIsDNS1035Label
	case *corev1.Namespace:
		return apivalidation.NameIsDNSLabel
	case *rbacv1.Role, *rbacv1.ClusterRole, *rbacv1.RoleBinding, *rbacv1.ClusterRoleBinding:
		return pathvalidation.ValidatePathSegmentName
	default:
		return apivalidation.NameIsDNSSubdomain
	}
}

// serverFields refuses what only the server may set. An API server ignores most of it, which would leave the program
// with a difference that never goes away.
func serverFields(o object.Object, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for name, given := range map[string]bool{
		"creationTimestamp": !o.GetCreationTimestamp().Time.IsZero(),
		"deletionTimestamp": o.GetDeletionTimestamp() != nil,
		"generation":        o.GetGeneration() != 0,
		"managedFields":     len(o.GetManagedFields()) > 0,
		"resourceVersion":   o.GetResourceVersion() != "",
		"uid":               o.GetUID() != "",
	} {
		if given {
			errs = append(errs, field.Forbidden(path.Child(name), "is set by the server"))
		}
	}
	return errs
}

func selector(s *metav1.LabelSelector, path *field.Path) field.ErrorList {
	if s == nil {
		return field.ErrorList{field.Required(path, "")}
	}
	errs := optionalSelector(s, path)
	if len(s.MatchLabels)+len(s.MatchExpressions) == 0 {
		errs = append(errs, field.Invalid(path, s, "empty selector is invalid"))
	}
	return errs
}

// optionalSelector checks a selector that may be absent, which selects nothing, or empty, which selects everything.
func optionalSelector(s *metav1.LabelSelector, path *field.Path) field.ErrorList {
	return metavalidation.ValidateLabelSelector(s, metavalidation.LabelSelectorValidationOptions{}, path)
}

// templateLabels refuses a template whose pods the selector would not find.
func templateLabels(s *metav1.LabelSelector, given map[string]string, path *field.Path) field.ErrorList {
	found, err := metav1.LabelSelectorAsSelector(s)
	if err != nil || s == nil || found.Empty() {
		return nil // reported at the selector
	}
	if !found.Matches(labels.Set(given)) {
		return field.ErrorList{field.Invalid(path.Child("metadata", "labels"), given,
			"`selector` does not match template `labels`")}
	}
	return nil
}

func dnsLabel(value string, path *field.Path) field.ErrorList {
	return complaints(validation.IsDNS1123Label(value), value, path)
}

func dnsSubdomain(value string, path *field.Path) field.ErrorList {
	return complaints(validation.IsDNS1123Subdomain(value), value, path)
}

func portNumber(value int32, path *field.Path) field.ErrorList {
	return complaints(validation.IsValidPortNum(int(value)), value, path)
}

func complaints(found []string, value any, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, complaint := range found {
		errs = append(errs, field.Invalid(path, value, complaint))
	}
	return errs
}

func notNegative(value int64, path *field.Path) field.ErrorList {
	return apivalidation.ValidateNonnegativeField(value, path)
}

// oneOf refuses a value outside an enumeration.
func oneOf[T ~string](value T, path *field.Path, allowed ...T) field.ErrorList {
	for _, a := range allowed {
		if value == a {
			return nil
		}
	}
	if value == "" {
		return field.ErrorList{field.Required(path, "")}
	}
	return field.ErrorList{field.NotSupported(path, value, allowed)}
}

// unique refuses a key that was seen before.
func unique(seen map[string]bool, key string, path *field.Path) field.ErrorList {
	if key == "" || !seen[key] {
		seen[key] = true
		return nil
	}
	return field.ErrorList{field.Duplicate(path, key)}
}

func between(value, lowest, highest int64, path *field.Path) field.ErrorList {
	if value < lowest || value > highest {
		return field.ErrorList{field.Invalid(path, value, fmt.Sprintf("must be between %d and %d, inclusive", lowest, highest))}
	}
	return nil
}
