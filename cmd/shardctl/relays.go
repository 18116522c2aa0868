package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"jitsi-meet-azure/internal/naming"
	"jitsi-meet-azure/signalling/names"
)

// relays is the state of a shard's TURN relays.
type relays struct {
	// wanted is how many there should be; 0 where the shard has none, as those that are older than the relays.
	wanted int
	// ready is how many take connections and are from the template that is deployed now.
	ready int
	// old are the pods that are from an older template.
	old []string
}

func (o *operator) relays(ctx context.Context, shard string) (relays, error) {
	selector := "--selector=" + names.NameLabel + "=" + naming.Names{}.Relay(shard)
	sets, err := get[appsv1.StatefulSetList](ctx, o.kubectl, in(frontDoor(), "statefulsets", selector)...)
	if err != nil || len(sets.Items) == 0 {
		return relays{}, err
	}
	pods, err := get[corev1.PodList](ctx, o.kubectl, in(frontDoor(), "pods", selector)...)
	if err != nil {
		return relays{}, err
	}
	set := sets.Items[0]
	found := relays{wanted: 1}
	if set.Spec.Replicas != nil {
		found.wanted = int(*set.Spec.Replicas)
	}
	for _, pod := range pods.Items {
		switch {
		case pod.Labels[appsv1.ControllerRevisionHashLabelKey] != set.Status.UpdateRevision:
			found.old = append(found.old, pod.Name)
		case isReady(&pod):
			found.ready++
		}
	}
	return found, nil
}

// missing says what the relays lack to serve as they are deployed; empty is nothing.
func (r relays) missing() string {
	if len(r.old) == 0 && r.ready >= r.wanted {
		return ""
	}
	return fmt.Sprintf("%d of %d relays are ready", r.ready, r.wanted)
}

func (r relays) String() string {
	switch {
	case r.wanted == 0:
		return "-"
	case len(r.old) > 0:
		return fmt.Sprintf("%d of %d, %d to be rolled", r.ready, r.wanted, len(r.old))
	default:
		return fmt.Sprintf("%d of %d", r.ready, r.wanted)
	}
}

// rollRelays lets the relays go that are from an older template. It is for a shard that is drained and empty. A relay to which
// somebody is still connected stops when they have gone, so that nothing is waited for here.
func (o *operator) rollRelays(ctx context.Context, shard string) error {
	found, err := o.relays(ctx, shard)
	if err != nil {
		return err
	}
	for _, pod := range found.old {
		o.say("restarting relay %s of shard %s", pod, shard)
		_, err := o.kubectl.run(ctx, "", in(frontDoor(), "delete", "pod", pod, "--ignore-not-found", "--wait=false")...)
		if err != nil {
			return err
		}
	}
	return nil
}
