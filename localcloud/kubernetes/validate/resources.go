package validate

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func resources(r *corev1.ResourceRequirements, path *field.Path) field.ErrorList {
	errs := quantities(r.Limits, path.Child("limits"))
	errs = append(errs, quantities(r.Requests, path.Child("requests"))...)
	for name, request := range r.Requests {
		limit, limited := r.Limits[name]
		if limited && request.Cmp(limit) > 0 {
			errs = append(errs, field.Invalid(path.Child("requests"), request.String(),
				"must be less than or equal to "+string(name)+" limit of "+limit.String()))
		}
	}
	return errs
}

func quantities(list corev1.ResourceList, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for name, quantity := range list {
		at := path.Key(string(name))
		errs = append(errs, resourceName(name, at)...)
		if quantity.Sign() < 0 {
			errs = append(errs, field.Invalid(at, quantity.String(), "must be greater than or equal to 0"))
		}
	}
	return errs
}

// resourceName refuses names without a domain that Kubernetes does not define, most often a misspelt "memory".
func resourceName(name corev1.ResourceName, path *field.Path) field.ErrorList {
	errs := complaints(validation.IsQualifiedName(string(name)), name, path)
	switch {
	case len(errs) > 0, strings.Contains(string(name), "/"),
		strings.HasPrefix(string(name), corev1.ResourceHugePagesPrefix):
		return errs
	case name == corev1.ResourceCPU, name == corev1.ResourceMemory, name == corev1.ResourceEphemeralStorage:
		return nil
	default:
		return field.ErrorList{field.Invalid(path, name, "must be a standard resource for containers")}
	}
}
