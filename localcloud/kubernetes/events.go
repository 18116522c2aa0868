package kubernetes

import (
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"

	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/store"
)

// Operations that this provider adds to the operations log. Detail lists the pods as "namespace/name", separated by
// ", "; the random part of a pod's name is a star.
const (
	// OpPodsRestarted: the template of a workload changed and its pods are replaced by new ones.
	OpPodsRestarted = "pods-restarted"
	// OpTemplatePending: the template changed, but the pods keep running as they are until somebody deletes them.
	OpTemplatePending = "template-pending"
	// OpPodsRemoved: pods end because their workload is deleted or scaled in.
	OpPodsRemoved = "pods-removed"
	// OpPodsAdded: a workload is scaled out.
	OpPodsAdded = "pods-added"
)

// event starts a line of the operations log.
func (l live) event(op, urn string, now time.Time) store.Event {
	return store.Event{Time: now, Op: op, Provider: Package, Type: l.kind.Token(), ID: l.id, URN: urn, Detail: l.name()}
}

// logPods tells what a change of a workload does to its pods. Before is nil for a new one, after for a deleted one.
func logPods(tx *store.Tx, l live, before, after object.Object, urn string, now time.Time) {
	add := func(op string, names []string) {
		if len(names) > 0 {
			e := l.event(op, urn, now)
			e.Detail = strings.Join(names, ", ")
			tx.Log(e)
		}
	}
	old, existed := podsOf(before)
	current, exists := podsOf(after)
	switch {
	case existed && !exists:
		add(OpPodsRemoved, old.names(before, 0))
	case existed && exists:
		if current.count < old.count {
			add(OpPodsRemoved, old.names(before, current.count))
		} else {
			add(OpPodsAdded, current.names(after, old.count))
		}
		if current.template == nil || equality.Semantic.DeepEqual(current.template, old.template) {
			return
		}
		kept := old
		kept.count = min(old.count, current.count)
		if current.held {
			add(OpTemplatePending, kept.names(before, 0))
		} else {
			add(OpPodsRestarted, kept.names(before, 0))
		}
	}
}
