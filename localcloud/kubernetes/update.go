package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"jitsi-meet-azure/localcloud/kubernetes/defaults"
	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/kubernetes/validate"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// Update applies new inputs to an object and waits until it is ready again.
func (p *Provider) Update(ctx context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	op, err := p.operation(store.OpUpdate, req.Type, req.URN, req.Name)
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if req.Preview {
		if err := op.previewed(ctx, string(req.ID), req.NewInputs); err != nil {
			return plugin.UpdateResponse{}, fmt.Errorf("preview of resource %q failed: %w", req.URN, err)
		}
		return plugin.UpdateResponse{Properties: planned(op.kind, req)}, nil
	}
	changed, err := op.update(ctx, string(req.ID), req.OldInputs, req.NewInputs)
	if err != nil {
		return plugin.UpdateResponse{}, op.failed("", fmt.Errorf("update of resource %q failed: %w", req.URN, err))
	}
	final, reason, err := op.complete(ctx, changed, req.Timeout)
	if err != nil {
		return plugin.UpdateResponse{}, op.failed(changed.id, err)
	}
	answer, err := outputs(final, req.URN, req.NewInputs)
	if err != nil {
		return plugin.UpdateResponse{}, op.failed(changed.id, err)
	}
	if reason != "" {
		reason = fmt.Sprintf("the Kubernetes API server reported that %q failed to fully initialize or become live: %s",
			req.ID, reason)
		if err := op.note(changed.id, reason); err != nil {
			return plugin.UpdateResponse{}, err
		}
		return plugin.UpdateResponse{}, rpcprovider.InitFailed(string(req.ID), req.NewInputs, answer, reason)
	}
	return plugin.UpdateResponse{Properties: answer}, nil
}

func (op *operation) update(ctx context.Context, id string, olds, news resource.PropertyMap) (live, error) {
	oldPlain, _ := known(olds)
	newPlain, unknown := known(news)
	if len(unknown) > 0 {
		return live{}, fmt.Errorf("the value of %s is not known", unknown[0])
	}
	// The inputs are decoded by themselves first: a mistake in them is not to be taken for one of the live object.
	if _, err := object.Decode(op.kind, newPlain); err != nil {
		return live{}, apierrors.NewBadRequest(err.Error())
	}
	namespace, name := splitID(id)
	var changed live
	err := op.change(func(tx *store.Tx, c *cluster) error {
		current, exists, err := c.get(tx, op.kind, namespace, name)
		if err != nil {
			return err
		}
		if !exists {
			return apierrors.NewNotFound(op.kind.GroupResource(), name)
		}
		changed = current
		changed.object, err = op.applied(current.object, oldPlain, newPlain)
		if err != nil {
			return err
		}
		return op.write(tx, c, changed, current.object, func() error { return op.mirrored(ctx, changed.object, news) })
	})
	return changed, err
}

// applied merges the inputs into the live object.
func (op *operation) applied(before object.Object, olds, news map[string]any) (object.Object, error) {
	plain, err := object.Plain(before)
	if err != nil {
		return nil, err
	}
	olds, news = writable(op.kind.Kind, olds), writable(op.kind.Kind, news)
	merged := merge(plain, keepMovedReplicas(plain, olds, news), news)
	decoded, err := object.Decode(op.kind, merged)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	defaults.Apply(decoded)
	return decoded, nil
}

// write checks the changed object against the server's rules and the other objects, and stores it where apply does not
// refuse it.
func (op *operation) write(tx *store.Tx, c *cluster, changed live, before object.Object, apply func() error) error {
	o := changed.object
	if service, ok := o.(*corev1.Service); ok {
		former, _ := before.(*corev1.Service)
		if err := invalidService(service, c.allocate(tx, service, former)); err != nil {
			return err
		}
	}
	if err := validate.Invalid(op.kind, o.GetName(), validate.Update(op.kind, o, before)); err != nil {
		return err
	}
	if err := apply(); err != nil {
		return err
	}
	now := op.p.cfg.Clock()
	if equality.Semantic.DeepEqual(o, before) {
		return nil
	}
	touch(o, before)
	tx.Log(changed.event(store.OpUpdate, op.urn, now))
	logPods(tx, changed, before, o, op.urn, now)
	if err := put(tx, changed); err != nil {
		return err
	}
	return c.clamp(tx, o, now)
}

// planned is what a preview can tell about an update: the old outputs with the new inputs applied.
func planned(kind object.Kind, req plugin.UpdateRequest) resource.PropertyMap {
	olds := writable(kind.Kind, rpcprovider.Plain(req.OldInputs))
	news := writable(kind.Kind, rpcprovider.Plain(req.NewInputs))
	before := rpcprovider.Plain(req.OldOutputs)
	delete(before, inputsKey)
	merged := resource.NewPropertyMapFromMap(merge(before, keepMovedReplicas(before, olds, news), news))
	marked := markSecrets(resource.NewObjectProperty(merged), resource.NewObjectProperty(req.OldOutputs))
	marked = markSecrets(marked, resource.NewObjectProperty(req.NewInputs))
	plannedMap := marked.ObjectValue()
	if kind.Kind == "Secret" {
		secretData(plannedMap)
	}
	plannedMap[inputsKey] = resource.NewObjectProperty(req.NewInputs)
	return plannedMap
}
