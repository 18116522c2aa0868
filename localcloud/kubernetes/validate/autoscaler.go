package validate

import (
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

const (
	longestWindow = 3600 // seconds of stabilisation
	longestPeriod = 1800 // seconds of a scaling policy
)

func autoscaler(o *autoscalingv2.HorizontalPodAutoscaler, path *field.Path) field.ErrorList {
	s := &o.Spec
	var errs field.ErrorList
	if *orZero(s.MinReplicas) < 1 {
		errs = append(errs, field.Invalid(path.Child("minReplicas"), *orZero(s.MinReplicas),
			"must be greater than or equal to 1"))
	}
	if s.MaxReplicas < 1 {
		errs = append(errs, field.Invalid(path.Child("maxReplicas"), s.MaxReplicas, "must be greater than 0"))
	}
	if s.MaxReplicas < *orZero(s.MinReplicas) {
		errs = append(errs, field.Invalid(path.Child("maxReplicas"), s.MaxReplicas,
			"must be greater than or equal to `minReplicas`"))
	}
	errs = append(errs, required(s.ScaleTargetRef.Kind, path.Child("scaleTargetRef", "kind"))...)
	errs = append(errs, required(s.ScaleTargetRef.Name, path.Child("scaleTargetRef", "name"))...)
	for i := range s.Metrics {
		errs = append(errs, metric(&s.Metrics[i], path.Child("metrics").Index(i))...)
	}
	if b := s.Behavior; b != nil {
		errs = append(errs, scaling(b.ScaleUp, path.Child("behavior", "scaleUp"))...)
		errs = append(errs, scaling(b.ScaleDown, path.Child("behavior", "scaleDown"))...)
	}
	return errs
}

func orZero(v *int32) *int32 {
	if v == nil {
		return new(int32)
	}
	return v
}

func metric(m *autoscalingv2.MetricSpec, path *field.Path) field.ErrorList {
	given := map[autoscalingv2.MetricSourceType]bool{
		autoscalingv2.ObjectMetricSourceType:            m.Object != nil,
		autoscalingv2.PodsMetricSourceType:              m.Pods != nil,
		autoscalingv2.ResourceMetricSourceType:          m.Resource != nil,
		autoscalingv2.ContainerResourceMetricSourceType: m.ContainerResource != nil,
		autoscalingv2.ExternalMetricSourceType:          m.External != nil,
	}
	errs := oneOf(m.Type, path.Child("type"), autoscalingv2.ContainerResourceMetricSourceType,
		autoscalingv2.ExternalMetricSourceType, autoscalingv2.ObjectMetricSourceType,
		autoscalingv2.PodsMetricSourceType, autoscalingv2.ResourceMetricSourceType)
	for kind, set := range given {
		if set != (kind == m.Type) {
			errs = append(errs, field.Forbidden(path, "must populate exactly the source that `type` names"))
			break
		}
	}
	switch {
	case m.Resource != nil:
		errs = append(errs, required(string(m.Resource.Name), path.Child("resource", "name"))...)
		errs = append(errs, target(&m.Resource.Target, path.Child("resource", "target"))...)
	case m.ContainerResource != nil:
		errs = append(errs, required(m.ContainerResource.Container, path.Child("containerResource", "container"))...)
		errs = append(errs, target(&m.ContainerResource.Target, path.Child("containerResource", "target"))...)
	}
	return errs
}

func target(t *autoscalingv2.MetricTarget, path *field.Path) field.ErrorList {
	errs := oneOf(t.Type, path.Child("type"), autoscalingv2.AverageValueMetricType,
		autoscalingv2.UtilizationMetricType, autoscalingv2.ValueMetricType)
	switch {
	case t.Type == autoscalingv2.UtilizationMetricType && t.AverageUtilization == nil,
		t.Type == autoscalingv2.AverageValueMetricType && t.AverageValue == nil:
		errs = append(errs, field.Required(path.Child("averageUtilization"),
			"must set either a target raw value or a target utilization"))
	case t.AverageUtilization != nil && *t.AverageUtilization < 1:
		errs = append(errs, field.Invalid(path.Child("averageUtilization"), *t.AverageUtilization, "must be greater than 0"))
	case t.AverageUtilization != nil && t.AverageValue != nil:
		errs = append(errs, field.Forbidden(path.Child("averageValue"),
			"may not set both a target raw value and a target utilization"))
	}
	return errs
}

func scaling(r *autoscalingv2.HPAScalingRules, path *field.Path) field.ErrorList {
	if r == nil {
		return nil
	}
	var errs field.ErrorList
	if w := r.StabilizationWindowSeconds; w != nil {
		errs = append(errs, between(int64(*w), 0, longestWindow, path.Child("stabilizationWindowSeconds"))...)
	}
	if r.SelectPolicy != nil {
		errs = append(errs, oneOf(*r.SelectPolicy, path.Child("selectPolicy"), autoscalingv2.DisabledPolicySelect,
			autoscalingv2.MaxChangePolicySelect, autoscalingv2.MinChangePolicySelect)...)
	}
	for i, p := range r.Policies {
		at := path.Child("policies").Index(i)
		errs = append(errs, oneOf(p.Type, at.Child("type"),
			autoscalingv2.PercentScalingPolicy, autoscalingv2.PodsScalingPolicy)...)
		if p.Value <= 0 {
			errs = append(errs, field.Invalid(at.Child("value"), p.Value, "must be greater than zero"))
		}
		errs = append(errs, between(int64(p.PeriodSeconds), 1, longestPeriod, at.Child("periodSeconds"))...)
	}
	return errs
}
