package kubernetes

import (
	"time"

	autoscalingv2 "k8s.io/api/autoscaling/v2"

	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/store"
)

// clamp does what the pod autoscaler does at once when it meets a workload outside its limits: it scales it to the
// nearest one. O is the object that was just written, an autoscaler or a workload.
func (c *cluster) clamp(tx *store.Tx, o object.Object, now time.Time) error {
	autoscalers, err := c.list(tx, o.GetNamespace(), "HorizontalPodAutoscaler")
	if err != nil {
		return err
	}
	for _, l := range autoscalers {
		hpa, ok := l.object.(*autoscalingv2.HorizontalPodAutoscaler)
		if !ok || hpa.Name != o.GetName() && hpa.Spec.ScaleTargetRef.Name != o.GetName() {
			continue
		}
		if err := c.scaleInto(tx, hpa, now); err != nil {
			return err
		}
	}
	return nil
}

func (c *cluster) scaleInto(tx *store.Tx, hpa *autoscalingv2.HorizontalPodAutoscaler, now time.Time) error {
	kind, ok := object.ByGroupKind("apps", hpa.Spec.ScaleTargetRef.Kind)
	if !ok {
		return nil
	}
	target, exists, err := c.get(tx, kind, hpa.Namespace, hpa.Spec.ScaleTargetRef.Name)
	if err != nil || !exists {
		return err
	}
	current, ok := podsOf(target.object)
	if !ok {
		return nil
	}
	wanted := min(max(current.count, replicas(hpa.Spec.MinReplicas)), int(hpa.Spec.MaxReplicas))
	if wanted == current.count {
		return nil
	}
	return c.scale(tx, target, int32(wanted), now)
}

// scale sets the live number of replicas of a workload.
func (c *cluster) scale(tx *store.Tx, target live, count int32, now time.Time) error {
	before, ok := target.object.DeepCopyObject().(object.Object)
	if !ok {
		return nil
	}
	if _, scalable := setReplicas(target.object, count); !scalable {
		return nil
	}
	touch(target.object, before)
	settle(target.object)
	logPods(tx, target, before, target.object, "", now)
	return put(tx, target)
}
