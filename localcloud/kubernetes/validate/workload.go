package validate

import (
	"regexp"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func deployment(s *appsv1.DeploymentSpec, path *field.Path) field.ErrorList {
	errs := selector(s.Selector, path.Child("selector"))
	errs = append(errs, templateLabels(s.Selector, s.Template.Labels, path.Child("template"))...)
	errs = append(errs, alwaysRestarted(&s.Template, path.Child("template"))...)
	errs = append(errs, counts(path, map[string]*int32{
		"replicas": s.Replicas, "minReadySeconds": &s.MinReadySeconds, "revisionHistoryLimit": s.RevisionHistoryLimit,
		"progressDeadlineSeconds": s.ProgressDeadlineSeconds,
	})...)
	if d := s.ProgressDeadlineSeconds; d != nil && *d <= s.MinReadySeconds {
		errs = append(errs, field.Invalid(path.Child("progressDeadlineSeconds"), *d, "must be greater than minReadySeconds"))
	}
	return append(errs, deploymentStrategy(&s.Strategy, path.Child("strategy"))...)
}

func deploymentStrategy(s *appsv1.DeploymentStrategy, path *field.Path) field.ErrorList {
	errs := oneOf(s.Type, path.Child("type"), appsv1.RecreateDeploymentStrategyType, appsv1.RollingUpdateDeploymentStrategyType)
	if s.RollingUpdate == nil {
		return errs
	}
	at := path.Child("rollingUpdate")
	if s.Type == appsv1.RecreateDeploymentStrategyType {
		return append(errs, field.Forbidden(at, "may not be specified when strategy `type` is 'Recreate'"))
	}
	return append(errs, rolling(s.RollingUpdate.MaxUnavailable, s.RollingUpdate.MaxSurge, at)...)
}

// rolling refuses a rolling update that could never move: nothing may be missing and nothing added.
func rolling(unavailable, surge *intstr.IntOrString, path *field.Path) field.ErrorList {
	errs := amount(unavailable, path.Child("maxUnavailable"))
	errs = append(errs, amount(surge, path.Child("maxSurge"))...)
	if len(errs) == 0 && isZero(unavailable) && isZero(surge) {
		errs = append(errs, field.Invalid(path.Child("maxUnavailable"), unavailable, "may not be 0 when `maxSurge` is 0"))
	}
	return errs
}

// amount checks a count or percentage of pods.
func amount(v *intstr.IntOrString, path *field.Path) field.ErrorList {
	if v == nil {
		return nil
	}
	if v.Type == intstr.Int {
		return notNegative(int64(v.IntVal), path)
	}
	errs := complaints(validation.IsValidPercent(v.StrVal), v.StrVal, path)
	if len(errs) > 0 {
		return errs
	}
	if share, err := intstr.GetScaledValueFromIntOrPercent(v, 100, true); err != nil || share > 100 {
		errs = append(errs, field.Invalid(path, v.StrVal, "must not be greater than 100%"))
	}
	return errs
}

func isZero(v *intstr.IntOrString) bool {
	return v == nil || *v == intstr.FromInt32(0) || v.Type == intstr.String && (v.StrVal == "0%" || v.StrVal == "0")
}

func counts(path *field.Path, given map[string]*int32) field.ErrorList {
	var errs field.ErrorList
	for name, value := range given {
		if value != nil {
			errs = append(errs, notNegative(int64(*value), path.Child(name))...)
		}
	}
	return errs
}

func statefulSet(set *appsv1.StatefulSet, path *field.Path) field.ErrorList {
	s := &set.Spec
	// Every pod is named after the set with a number, and the name is its host name.
	errs := dnsLabel(set.Name, field.NewPath("metadata", "name"))
	errs = append(errs, selector(s.Selector, path.Child("selector"))...)
	errs = append(errs, templateLabels(s.Selector, s.Template.Labels, path.Child("template"))...)
	pods, mountable := s.Template.DeepCopy(), path.Child("template")
	for _, c := range s.VolumeClaimTemplates {
		// A claim template is a volume of that name in every pod.
		pods.Spec.Volumes = append(pods.Spec.Volumes, corev1.Volume{Name: c.Name, VolumeSource: corev1.VolumeSource{
			PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: c.Name},
		}})
	}
	errs = append(errs, alwaysRestarted(pods, mountable)...)
	errs = append(errs, counts(path, map[string]*int32{"replicas": s.Replicas, "minReadySeconds": &s.MinReadySeconds})...)
	errs = append(errs, oneOf(s.PodManagementPolicy, path.Child("podManagementPolicy"),
		appsv1.OrderedReadyPodManagement, appsv1.ParallelPodManagement)...)
	errs = append(errs, oneOf(s.UpdateStrategy.Type, path.Child("updateStrategy", "type"),
		appsv1.RollingUpdateStatefulSetStrategyType, appsv1.OnDeleteStatefulSetStrategyType)...)
	if s.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType && s.UpdateStrategy.RollingUpdate != nil {
		errs = append(errs, field.Invalid(path.Child("updateStrategy").Child("rollingUpdate"), s.UpdateStrategy.RollingUpdate,
			"only allowed for updateStrategy '"+string(appsv1.RollingUpdateStatefulSetStrategyType)+"'"))
	}
	for i := range s.VolumeClaimTemplates {
		at := path.Child("volumeClaimTemplates").Index(i)
		errs = append(errs, required(s.VolumeClaimTemplates[i].Name, at.Child("metadata", "name"))...)
		errs = append(errs, claim(&s.VolumeClaimTemplates[i].Spec, at.Child("spec"))...)
	}
	return errs
}

func daemonSet(s *appsv1.DaemonSetSpec, path *field.Path) field.ErrorList {
	errs := selector(s.Selector, path.Child("selector"))
	errs = append(errs, templateLabels(s.Selector, s.Template.Labels, path.Child("template"))...)
	errs = append(errs, alwaysRestarted(&s.Template, path.Child("template"))...)
	errs = append(errs, oneOf(s.UpdateStrategy.Type, path.Child("updateStrategy", "type"),
		appsv1.RollingUpdateDaemonSetStrategyType, appsv1.OnDeleteDaemonSetStrategyType)...)
	if r := s.UpdateStrategy.RollingUpdate; r != nil {
		errs = append(errs, rolling(r.MaxUnavailable, r.MaxSurge, path.Child("updateStrategy", "rollingUpdate"))...)
	}
	return errs
}

func job(s *batchv1.JobSpec, path *field.Path) field.ErrorList {
	errs := template(&s.Template, path.Child("template"))
	errs = append(errs, counts(path, map[string]*int32{
		"parallelism": s.Parallelism, "completions": s.Completions, "backoffLimit": s.BackoffLimit,
		"ttlSecondsAfterFinished": s.TTLSecondsAfterFinished,
	})...)
	if s.Template.Spec.RestartPolicy == corev1.RestartPolicyAlways {
		errs = append(errs, field.NotSupported(path.Child("template", "spec", "restartPolicy"), s.Template.Spec.RestartPolicy,
			[]corev1.RestartPolicy{corev1.RestartPolicyOnFailure, corev1.RestartPolicyNever}))
	}
	if s.Selector != nil && (s.ManualSelector == nil || !*s.ManualSelector) {
		errs = append(errs, field.Invalid(path.Child("selector"), s.Selector, "`selector` not auto-generated"))
	}
	return errs
}

// cronField is one of the five fields of a cron line.
var cronField = regexp.MustCompile(`^(\S+\s+){4}\S+$|^@(yearly|annually|monthly|weekly|daily|midnight|hourly)$`)

func cronJob(c *batchv1.CronJob, path *field.Path) field.ErrorList {
	errs := job(&c.Spec.JobTemplate.Spec, path.Child("jobTemplate", "spec"))
	if c.Spec.Schedule == "" {
		errs = append(errs, field.Required(path.Child("schedule"), ""))
	} else if !cronField.MatchString(c.Spec.Schedule) {
		errs = append(errs, field.Invalid(path.Child("schedule"), c.Spec.Schedule, "must be five cron fields"))
	}
	if c.Spec.TimeZone != nil {
		if _, err := time.LoadLocation(*c.Spec.TimeZone); err != nil {
			errs = append(errs, field.Invalid(path.Child("timeZone"), *c.Spec.TimeZone, "unknown time zone "+*c.Spec.TimeZone))
		}
	}
	return append(errs, oneOf(c.Spec.ConcurrencyPolicy, path.Child("concurrencyPolicy"),
		batchv1.AllowConcurrent, batchv1.ForbidConcurrent, batchv1.ReplaceConcurrent)...)
}
