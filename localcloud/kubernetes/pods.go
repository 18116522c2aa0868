package kubernetes

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// pods describes the pods that a workload runs.
type pods struct {
	spec   *corev1.PodSpec
	labels map[string]string
	count  int
	// template is nil for a bare pod, which cannot be changed.
	template *corev1.PodTemplateSpec
	// claims are the volumes that a StatefulSet makes for each pod itself.
	claims map[string]bool
	// ordered pods have numbers for names; others have random ones.
	ordered bool
	// held is set where pods are replaced only when somebody deletes them.
	held bool
	// lasting is false for pods that end by themselves.
	lasting bool
}

// podsOf reads a workload; ok is false for other objects.
func podsOf(o object.Object) (p pods, ok bool) {
	switch o := o.(type) {
	case *appsv1.Deployment:
		return fromTemplate(&o.Spec.Template, replicas(o.Spec.Replicas)), true
	case *appsv1.StatefulSet:
		p = fromTemplate(&o.Spec.Template, replicas(o.Spec.Replicas))
		p.ordered, p.held = true, o.Spec.UpdateStrategy.Type == appsv1.OnDeleteStatefulSetStrategyType
		p.claims = map[string]bool{}
		for _, c := range o.Spec.VolumeClaimTemplates {
			p.claims[c.Name] = true
		}
		return p, true
	case *appsv1.DaemonSet:
		p = fromTemplate(&o.Spec.Template, 1)
		p.held = o.Spec.UpdateStrategy.Type == appsv1.OnDeleteDaemonSetStrategyType
		return p, true
	case *batchv1.Job:
		p = fromTemplate(&o.Spec.Template, replicas(o.Spec.Parallelism))
		p.lasting = false
		return p, true
	case *corev1.Pod:
		return pods{spec: &o.Spec, labels: o.Labels, count: 1, lasting: true}, true
	default:
		return pods{}, false
	}
}

func fromTemplate(t *corev1.PodTemplateSpec, count int) pods {
	return pods{spec: &t.Spec, labels: t.Labels, count: count, template: t, lasting: true}
}

func replicas(count *int32) int {
	if count == nil {
		return 1
	}
	return int(*count)
}

// names lists the pods from the given number on as "namespace/name". Random parts of names are shown as a star.
func (p pods) names(workload object.Object, from int) []string {
	var all []string
	for i := from; i < p.count; i++ {
		name := workload.GetName()
		switch {
		case p.ordered:
			name = fmt.Sprintf("%s-%d", name, i)
		case p.template != nil:
			name += "-*"
		}
		all = append(all, qualified(workload.GetNamespace(), name))
	}
	return all
}

// setReplicas changes a workload that an autoscaler can scale and gives the old number.
func setReplicas(o object.Object, count int32) (before int32, ok bool) {
	var field **int32
	switch o := o.(type) {
	case *appsv1.Deployment:
		field = &o.Spec.Replicas
	case *appsv1.StatefulSet:
		field = &o.Spec.Replicas
	default:
		return 0, false
	}
	before = int32(replicas(*field))
	*field = &count
	return before, true
}
