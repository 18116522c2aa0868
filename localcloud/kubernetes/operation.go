package kubernetes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/store"
)

const (
	timePrecision = time.Second // of times in Kubernetes objects
	pollInterval  = 50 * time.Millisecond
)

// operation is one create, update, read or delete under way.
type operation struct {
	p    *Provider
	op   string
	kind object.Kind
	urn  string
	name string
	// half is the fault that leaves the object behind, not ready.
	half string
}

func (p *Provider) operation(op string, token tokens.Type, urn resource.URN, name string) (*operation, error) {
	kind, err := object.ByToken(string(token))
	if err != nil {
		return nil, err
	}
	return &operation{p: p, op: op, kind: kind, urn: string(urn), name: name}, nil
}

// unreachable wraps why the cluster cannot be reached, in the real provider's words.
func unreachable(err error) error {
	return fmt.Errorf("configured Kubernetes cluster is unreachable: %w", err)
}

// cluster finds the configured cluster.
func (p *Provider) cluster(r reader) (*cluster, error) {
	c := p.connected()
	if c.unreachable != nil {
		return nil, unreachable(c.unreachable)
	}
	if c.access.Host == "" {
		return nil, unreachable(errors.New("the provider is not configured"))
	}
	found, err := findCluster(r, c.access)
	if err != nil {
		return nil, unreachable(err)
	}
	return found, nil
}

// change runs one transaction on the cluster, after the faults that were ordered for the operation have struck.
func (op *operation) change(f func(*store.Tx, *cluster) error) error {
	if err := op.strike(); err != nil {
		return err
	}
	return op.commit(f)
}

// commit runs one transaction on the cluster.
func (op *operation) commit(f func(*store.Tx, *cluster) error) error {
	return op.p.cfg.Store.Update(func(tx *store.Tx) error {
		c, err := op.p.cluster(tx)
		if err != nil {
			return err
		}
		return f(tx, c)
	})
}

func (op *operation) strike() error {
	faults, err := op.p.cfg.Store.TakeFaults(op.op, op.kind.Token(), op.name)
	if err != nil {
		return err
	}
	for _, f := range faults {
		switch {
		case f.Error != "" && f.HalfWay:
			op.half = f.Error
		case f.Error != "":
			return errors.New(f.Error)
		}
	}
	return nil
}

// failed logs an error and gives it back.
func (op *operation) failed(id string, err error) error {
	return errors.Join(err, op.note(id, err.Error()))
}

// note logs that an operation failed.
func (op *operation) note(id, problem string) error {
	return op.p.cfg.Store.Update(func(tx *store.Tx) error {
		tx.Log(store.Event{
			Time: op.p.cfg.Clock(), Op: op.op, Provider: Package, Type: op.kind.Token(), ID: id, URN: op.urn,
			Detail: op.name, Error: problem,
		})
		return nil
	})
}

// unfinished is why the object is not complete; empty when it is.
func (op *operation) unfinished(l live, w waiting) string {
	if op.half != "" {
		return op.half
	}
	if w.ready() {
		return ""
	}
	return notReady(l, w)
}

// await watches an object until it is ready, or until the provider loses patience, and gives it as it is then.
func (op *operation) await(ctx context.Context, l live) (live, waiting, error) {
	start := time.Now()
	for {
		final, w, err := op.observe(l)
		if err != nil || w.ready() {
			return final, w, err
		}
		waited := time.Since(start)
		if waited >= op.p.patience.Pods || w.address != "" && waited >= op.p.patience.Address {
			return final, w, nil
		}
		select {
		case <-ctx.Done():
			return final, w, ctx.Err()
		case <-time.After(pollInterval):
		}
	}
}

// observe looks at an object once and writes its status when it is ready.
func (op *operation) observe(l live) (live, waiting, error) {
	var w waiting
	err := op.p.cfg.Store.Update(func(tx *store.Tx) error {
		c, err := op.p.cluster(tx)
		if err != nil {
			return err
		}
		current, exists, err := c.get(tx, l.kind, l.object.GetNamespace(), l.object.GetName())
		if err != nil {
			return err
		}
		if !exists {
			return errGone
		}
		l = current
		if w, err = c.observe(tx, l.object); err != nil {
			return err
		}
		if w.ready() {
			settle(l.object)
		}
		return put(tx, l)
	})
	return l, w, err
}
