package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/equality"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// touch counts a change of an object: every change gives it a new resource version, a change of its spec a new
// generation.
func touch(o, before object.Object) {
	version, err := strconv.ParseInt(before.GetResourceVersion(), 10, 64)
	if err != nil {
		version = 0
	}
	o.SetResourceVersion(strconv.FormatInt(version+1, 10))
	o.SetGeneration(before.GetGeneration())
	if before.GetGeneration() > 0 && !equality.Semantic.DeepEqual(specOf(o), specOf(before)) {
		o.SetGeneration(before.GetGeneration() + 1)
	}
}

// specOf is the Spec field of an object, or nil.
func specOf(o object.Object) any {
	spec := reflect.ValueOf(o).Elem().FieldByName("Spec")
	if !spec.IsValid() {
		return nil
	}
	return spec.Interface()
}

// settle writes the status of an object whose pods run.
func settle(o object.Object) {
	switch o := o.(type) {
	case *corev1.Namespace:
		o.Status.Phase = corev1.NamespaceActive
	case *appsv1.Deployment:
		n := *o.Spec.Replicas
		o.Status = appsv1.DeploymentStatus{
			ObservedGeneration: o.Generation, Replicas: n, UpdatedReplicas: n, ReadyReplicas: n, AvailableReplicas: n,
			Conditions: []appsv1.DeploymentCondition{
				{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue, Reason: "MinimumReplicasAvailable"},
				{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable"},
			},
		}
	case *appsv1.StatefulSet:
		settleStatefulSet(o)
	case *appsv1.DaemonSet:
		o.Status = appsv1.DaemonSetStatus{
			ObservedGeneration: o.Generation, CurrentNumberScheduled: 1, DesiredNumberScheduled: 1, NumberReady: 1,
			NumberAvailable: 1, UpdatedNumberScheduled: 1,
		}
	case *batchv1.Job:
		o.Status.Succeeded = int32(replicas(o.Spec.Parallelism))
		o.Status.Conditions = []batchv1.JobCondition{{Type: batchv1.JobComplete, Status: corev1.ConditionTrue}}
	case *corev1.Pod:
		o.Status.Phase = corev1.PodRunning
		o.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	case *corev1.PersistentVolumeClaim:
		o.Status.Phase = corev1.ClaimBound
	case *policyv1.PodDisruptionBudget:
		o.Status.ObservedGeneration = o.Generation
	}
}

// settleStatefulSet keeps the revision that the pods run when they are replaced only by hand.
func settleStatefulSet(s *appsv1.StatefulSet) {
	n, revision := *s.Spec.Replicas, revisionOf(s)
	current := revision
	if s.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType && s.Status.CurrentRevision != "" {
		current = s.Status.CurrentRevision
	}
	s.Status = appsv1.StatefulSetStatus{
		ObservedGeneration: s.Generation, Replicas: n, ReadyReplicas: n, AvailableReplicas: n,
		CurrentRevision: current, UpdateRevision: revision, CurrentReplicas: n, UpdatedReplicas: n,
	}
	if current != revision {
		s.Status.UpdatedReplicas = 0
	}
}

// revisionOf names a version of the template.
func revisionOf(s *appsv1.StatefulSet) string {
	raw, err := json.Marshal(s.Spec.Template)
	if err != nil {
		return s.Name
	}
	sum := sha256.Sum256(raw)
	return s.Name + "-" + hex.EncodeToString(sum[:5])
}
