package kubernetes

import (
	"context"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/store"
)

// Delete removes an object; one that is gone already is no error. With a namespace goes everything in it.
func (p *Provider) Delete(ctx context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	op, err := p.operation(store.OpDelete, req.Type, req.URN, req.Name)
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	if _, err := p.cluster(p.cfg.Store); err != nil {
		if p.connected().deleteUnreachable {
			return plugin.DeleteResponse{}, nil
		}
		return plugin.DeleteResponse{}, op.failed("", fmt.Errorf("%w. If the cluster was deleted, you can remove this "+
			"resource from Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment "+
			"variable set to \"true\"", err))
	}
	namespace, name := splitID(string(req.ID))
	err = op.strike()
	if err == nil {
		err = op.unmirrored(ctx, namespace, name)
	}
	if err == nil {
		err = op.remove(namespace, name)
	}
	if err != nil {
		return plugin.DeleteResponse{}, op.failed("", err)
	}
	return plugin.DeleteResponse{}, nil
}

// remove takes the object out of the local cloud.
func (op *operation) remove(namespace, name string) error {
	return op.commit(func(tx *store.Tx, c *cluster) error {
		found, exists, err := c.get(tx, op.kind, namespace, name)
		if err != nil || !exists {
			return err
		}
		now := op.p.cfg.Clock()
		if op.kind.Kind == "Namespace" {
			if err := c.empty(tx, name, op.urn, now); err != nil {
				return err
			}
		}
		remove(tx, found, op.urn, now)
		return nil
	})
}

// empty removes everything in a namespace.
func (c *cluster) empty(tx *store.Tx, namespace, urn string, now time.Time) error {
	inside, err := c.list(tx, namespace)
	if err != nil {
		return err
	}
	for _, l := range inside {
		remove(tx, l, urn, now)
	}
	return nil
}

func remove(tx *store.Tx, l live, urn string, now time.Time) {
	tx.Log(l.event(store.OpDelete, urn, now))
	logPods(tx, l, l.object, nil, urn, now)
	tx.Delete(l.id)
}
