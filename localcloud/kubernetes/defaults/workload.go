package defaults

import (
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	historyLimit           = 10
	progressDeadline       = 600 // seconds
	backoffLimit           = 6
	successfulJobsHistory  = 3
	failedJobsHistory      = 1
	defaultRollingFraction = "25%"
)

func deployment(d *appsv1.Deployment) {
	set(&d.Spec.Replicas, 1)
	set(&d.Spec.RevisionHistoryLimit, historyLimit)
	set(&d.Spec.ProgressDeadlineSeconds, progressDeadline)
	fill(&d.Spec.Strategy.Type, appsv1.RollingUpdateDeploymentStrategyType)
	if d.Spec.Strategy.Type == appsv1.RollingUpdateDeploymentStrategyType {
		set(&d.Spec.Strategy.RollingUpdate, appsv1.RollingUpdateDeployment{})
		set(&d.Spec.Strategy.RollingUpdate.MaxUnavailable, intstr.FromString(defaultRollingFraction))
		set(&d.Spec.Strategy.RollingUpdate.MaxSurge, intstr.FromString(defaultRollingFraction))
	}
	pod(&d.Spec.Template.Spec)
}

func statefulSet(s *appsv1.StatefulSet) {
	set(&s.Spec.Replicas, 1)
	set(&s.Spec.RevisionHistoryLimit, historyLimit)
	fill(&s.Spec.PodManagementPolicy, appsv1.OrderedReadyPodManagement)
	// A strategy that is named gets no settings, other than one that is left out.
	if s.Spec.UpdateStrategy.Type == "" {
		s.Spec.UpdateStrategy.Type = appsv1.RollingUpdateStatefulSetStrategyType
		set(&s.Spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateStatefulSetStrategy{})
	}
	if s.Spec.UpdateStrategy.RollingUpdate != nil && s.Spec.UpdateStrategy.Type == appsv1.RollingUpdateStatefulSetStrategyType {
		set(&s.Spec.UpdateStrategy.RollingUpdate.Partition, 0)
	}
	set(&s.Spec.PersistentVolumeClaimRetentionPolicy, appsv1.StatefulSetPersistentVolumeClaimRetentionPolicy{})
	fill(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	fill(&s.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled, appsv1.RetainPersistentVolumeClaimRetentionPolicyType)
	for i := range s.Spec.VolumeClaimTemplates {
		claim := &s.Spec.VolumeClaimTemplates[i]
		claim.APIVersion, claim.Kind = "v1", "PersistentVolumeClaim"
		set(&claim.Spec.VolumeMode, corev1.PersistentVolumeFilesystem)
		fill(&claim.Status.Phase, corev1.ClaimPending)
	}
	pod(&s.Spec.Template.Spec)
}

func daemonSet(d *appsv1.DaemonSet) {
	set(&d.Spec.RevisionHistoryLimit, historyLimit)
	fill(&d.Spec.UpdateStrategy.Type, appsv1.RollingUpdateDaemonSetStrategyType)
	if d.Spec.UpdateStrategy.Type == appsv1.RollingUpdateDaemonSetStrategyType {
		set(&d.Spec.UpdateStrategy.RollingUpdate, appsv1.RollingUpdateDaemonSet{})
		set(&d.Spec.UpdateStrategy.RollingUpdate.MaxUnavailable, intstr.FromInt32(1))
		set(&d.Spec.UpdateStrategy.RollingUpdate.MaxSurge, intstr.FromInt32(0))
	}
	pod(&d.Spec.Template.Spec)
}

func job(s *batchv1.JobSpec) {
	if s.Completions == nil && s.Parallelism == nil {
		set(&s.Completions, 1)
	}
	set(&s.Parallelism, 1)
	set(&s.BackoffLimit, backoffLimit)
	set(&s.CompletionMode, batchv1.NonIndexedCompletion)
	set(&s.Suspend, false)
	pod(&s.Template.Spec)
}

func cronJob(c *batchv1.CronJob) {
	fill(&c.Spec.ConcurrencyPolicy, batchv1.AllowConcurrent)
	set(&c.Spec.Suspend, false)
	set(&c.Spec.SuccessfulJobsHistoryLimit, successfulJobsHistory)
	set(&c.Spec.FailedJobsHistoryLimit, failedJobsHistory)
	job(&c.Spec.JobTemplate.Spec)
}
