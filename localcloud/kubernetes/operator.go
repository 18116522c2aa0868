package kubernetes

import (
	"errors"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"jitsi-meet-azure/localcloud/kubernetes/kubeconfig"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// Operator does to a cluster's objects what its controllers and its operators do behind the program's back.
type Operator struct {
	cfg  rpcprovider.Config
	host string
}

// NewOperator gives the operator of the cluster whose API server has the given host name.
func NewOperator(cfg rpcprovider.Config, host string) *Operator {
	return &Operator{cfg: cfg, host: host}
}

// Scale sets the live number of replicas of a workload ("Deployment" or "StatefulSet"), as the pod autoscaler does.
func (o *Operator) Scale(kind, namespace, name string, replicas int32) error {
	return o.change(kind, namespace, name, func(tx *store.Tx, c *cluster, l live) error {
		return c.scale(tx, l, replicas, o.cfg.Clock())
	})
}

// Roll deletes the pods of a StatefulSet, which come back with its current template.
func (o *Operator) Roll(namespace, name string) error {
	return o.change("StatefulSet", namespace, name, func(tx *store.Tx, _ *cluster, l live) error {
		set, ok := l.object.(*appsv1.StatefulSet)
		if !ok {
			return fmt.Errorf("%s is no StatefulSet", l.name())
		}
		p, _ := podsOf(set)
		set.Status.CurrentRevision = ""
		settle(set)
		for _, pod := range p.names(set, 0) {
			e := l.event(OpPodsRestarted, "", o.cfg.Clock())
			e.Detail = pod
			tx.Log(e)
		}
		return put(tx, l)
	})
}

// Delete removes an object behind the program's back.
func (o *Operator) Delete(kind, namespace, name string) error {
	return o.change(kind, namespace, name, func(tx *store.Tx, _ *cluster, l live) error {
		remove(tx, l, "", o.cfg.Clock())
		return nil
	})
}

func (o *Operator) change(kind, namespace, name string, f func(*store.Tx, *cluster, live) error) error {
	return o.cfg.Store.Update(func(tx *store.Tx) error {
		c, err := o.cluster(tx)
		if err != nil {
			return err
		}
		found, err := c.list(tx, namespace, kind)
		if err != nil {
			return err
		}
		for _, l := range found {
			if l.object.GetName() == name {
				return f(tx, c, l)
			}
		}
		return fmt.Errorf("%s %s not found", kind, qualified(namespace, name))
	})
}

func (o *Operator) cluster(r reader) (*cluster, error) {
	return findCluster(r, kubeconfig.Access{Host: o.host, Server: "https://" + o.host})
}

// Audit looks at everything in the cluster at once and gives what is wrong with it: pods that would not run, Services
// without pods or without the address they ask for, autoscalers without a target, disruption budgets without pods. In a
// cluster that was deployed completely it finds nothing.
func (o *Operator) Audit() ([]string, error) {
	c, err := o.cluster(o.cfg.Store)
	if err != nil {
		return nil, err
	}
	all, err := c.list(o.cfg.Store, "")
	if err != nil {
		return nil, err
	}
	var problems []string
	var errs []error
	for _, l := range all {
		found, err := c.audit(o.cfg.Store, l)
		errs = append(errs, err)
		for _, problem := range found {
			problems = append(problems, fmt.Sprintf("%s %s: %s", l.kind.Kind, l.name(), problem))
		}
	}
	return problems, errors.Join(errs...)
}

func (c *cluster) audit(r reader, l live) ([]string, error) {
	switch o := l.object.(type) {
	case *autoscalingv2.HorizontalPodAutoscaler:
		target := o.Spec.ScaleTargetRef
		exists, err := c.has(r, "apps", target.Kind, o.Namespace, target.Name)
		if err == nil && !exists {
			return []string{fmt.Sprintf("the target %s %q does not exist", target.Kind, target.Name)}, nil
		}
		return nil, err
	case *policyv1.PodDisruptionBudget:
		matched, err := c.selects(r, o.Namespace, o.Spec.Selector)
		if err == nil && !matched {
			return []string{"the selector matches no pods"}, nil
		}
		return nil, err
	default:
		w, err := c.observe(r, l.object)
		return w.reasons(), err
	}
}

// selects tells whether a selector matches the pods of any workload.
func (c *cluster) selects(r reader, namespace string, s *metav1.LabelSelector) (bool, error) {
	selector, err := metav1.LabelSelectorAsSelector(s)
	if err != nil {
		return false, fmt.Errorf("selector: %w", err)
	}
	all, err := c.list(r, namespace)
	if err != nil {
		return false, err
	}
	for _, l := range all {
		if p, ok := podsOf(l.object); ok && selector.Matches(labels.Set(p.labels)) {
			return true, nil
		}
	}
	return false, nil
}
