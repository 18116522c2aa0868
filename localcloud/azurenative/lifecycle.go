package azurenative

import (
	"context"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// Create makes a resource.
func (p *Provider) Create(_ context.Context, req plugin.CreateRequest) (plugin.CreateResponse, error) {
	d, err := p.definition(string(req.Type))
	if err != nil {
		return plugin.CreateResponse{}, err
	}
	if req.Preview {
		return plugin.CreateResponse{Properties: d.planned(req.Properties, nil)}, nil
	}
	id, err := arm.Expand(d.path, p.subscription, viewOf(req.Properties).text)
	if err != nil {
		return plugin.CreateResponse{}, fmt.Errorf("%s: %w", req.Type, err)
	}
	fault, err := p.strike(store.OpCreate, d, id, req.Name)
	if err != nil || fault.Error != "" && !fault.HalfWay {
		return plugin.CreateResponse{}, p.failed(store.OpCreate, d, "", string(req.URN), errors.Join(err, fault.err()))
	}
	op, err := p.create(d, id, string(req.URN), req.Properties)
	if err != nil {
		return plugin.CreateResponse{}, p.failed(store.OpCreate, d, "", string(req.URN), err)
	}
	if fault.HalfWay {
		return plugin.CreateResponse{}, rpcprovider.InitFailed(id, op.inputs, op.outputs, fault.Error)
	}
	return plugin.CreateResponse{ID: resource.ID(id), Properties: op.outputs}, nil
}

func (p *Provider) create(d *definition, id, urn string, inputs resource.PropertyMap) (*operation, error) {
	now := p.cfg.Clock()
	op := &operation{p: p, d: d, now: now, id: id, urn: urn, inputs: inputs, in: viewOf(inputs), created: now}
	err := p.cfg.Store.Update(func(tx *store.Tx) error {
		op.tx, op.write = tx, tx
		if _, err := tx.Get(id); err == nil {
			return conflict("ResourceAlreadyExists", "cannot create already existing resource '%s'", id)
		} else if !errors.Is(err, store.ErrNotFound) {
			return err
		}
		op.log(store.OpCreate, "")
		return op.put()
	})
	return op, err
}

// put does what a PUT does, for a new resource and for an update.
func (op *operation) put() error {
	for _, step := range []func() error{op.parentExists, op.referencesExist, op.accept, op.settle, op.answer} {
		if err := step(); err != nil {
			return err
		}
	}
	record, err := op.record()
	if err != nil {
		return err
	}
	op.write.Put(record)
	return nil
}

func (op *operation) accept() error {
	if op.d.accept == nil {
		return nil
	}
	return op.d.accept(op)
}

func (op *operation) settle() error {
	if op.d.settle == nil {
		return nil
	}
	return op.d.settle(op)
}

// Update changes a resource: the whole model is written, as the real provider does.
func (p *Provider) Update(_ context.Context, req plugin.UpdateRequest) (plugin.UpdateResponse, error) {
	d, err := p.definition(string(req.Type))
	if err != nil {
		return plugin.UpdateResponse{}, err
	}
	if req.Preview {
		return plugin.UpdateResponse{Properties: d.planned(req.NewInputs, req.OldOutputs)}, nil
	}
	id := string(req.ID)
	fault, err := p.strike(store.OpUpdate, d, id, req.Name)
	if err := errors.Join(err, fault.err()); err != nil {
		return plugin.UpdateResponse{}, p.failed(store.OpUpdate, d, id, string(req.URN), err)
	}
	outputs, err := p.update(d, id, string(req.URN), req.NewInputs)
	if err != nil {
		return plugin.UpdateResponse{}, p.failed(store.OpUpdate, d, id, string(req.URN), err)
	}
	return plugin.UpdateResponse{Properties: outputs}, nil
}

func (p *Provider) update(d *definition, id, urn string, inputs resource.PropertyMap) (resource.PropertyMap, error) {
	op := &operation{p: p, d: d, now: p.cfg.Clock(), id: id, urn: urn, inputs: inputs, in: viewOf(inputs)}
	err := p.cfg.Store.Update(func(tx *store.Tx) error {
		op.tx, op.write = tx, tx
		stored, err := tx.Get(id)
		if errors.Is(err, store.ErrNotFound) {
			return resourceMissing(id)
		}
		if err != nil {
			return err
		}
		before, err := open(stored)
		if err != nil {
			return err
		}
		op.old, op.live, op.created = before.out, stored.Live, stored.Created
		op.log(store.OpUpdate, changed(stored, inputs))
		return op.put()
	})
	return op.outputs, err
}

// Read gives the resource as it is in the cloud now.
func (p *Provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	d, err := p.definition(string(req.Type))
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	id := string(req.ID)
	fault, err := p.strike(store.OpRead, d, id, req.Name)
	if err := errors.Join(err, fault.err()); err != nil {
		return plugin.ReadResponse{}, err
	}
	stored, err := p.cfg.Store.Get(id)
	if errors.Is(err, store.ErrNotFound) {
		return plugin.ReadResponse{}, nil
	}
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	outputs, err := p.read(d, stored)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	inputs := d.refreshed(req.Inputs, req.State, outputs)
	if len(req.Inputs) == 0 { // an import: everything comes from the cloud
		if inputs, err = d.imported(id, outputs); err != nil {
			return plugin.ReadResponse{}, err
		}
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: req.ID, Inputs: inputs, Outputs: outputs}}, nil
}

// read gives the stored outputs with what lives in the cloud.
func (p *Provider) read(d *definition, stored store.Resource) (resource.PropertyMap, error) {
	inputs, err := rpcprovider.Decode(stored.Inputs)
	if err != nil {
		return nil, err
	}
	outputs, err := rpcprovider.Decode(stored.Outputs)
	if err != nil {
		return nil, err
	}
	op := &operation{
		p: p, d: d, tx: p.cfg.Store, now: p.cfg.Clock(), id: stored.ID, inputs: inputs, in: viewOf(inputs),
		old: viewOf(outputs), outputs: outputs, live: stored.Live, created: stored.Created,
	}
	if d.complete != nil {
		if err := d.complete(op); err != nil {
			return nil, err
		}
	}
	return op.outputs, nil
}

func (d *definition) imported(id string, outputs resource.PropertyMap) (resource.PropertyMap, error) {
	names, err := arm.Parse(d.path, id)
	if err != nil {
		return nil, err
	}
	inputs := resource.PropertyMap{}
	for name, value := range names {
		inputs[resource.PropertyKey(name)] = resource.NewStringProperty(value)
	}
	for key, value := range d.inputsFrom(outputs) {
		inputs[key] = value
	}
	return inputs, nil
}

// Delete removes a resource and everything below it.
func (p *Provider) Delete(_ context.Context, req plugin.DeleteRequest) (plugin.DeleteResponse, error) {
	d, err := p.definition(string(req.Type))
	if err != nil {
		return plugin.DeleteResponse{}, err
	}
	id := string(req.ID)
	fault, err := p.strike(store.OpDelete, d, id, req.Name)
	if err := errors.Join(err, fault.err()); err != nil {
		return plugin.DeleteResponse{}, p.failed(store.OpDelete, d, id, string(req.URN), err)
	}
	op := &operation{p: p, d: d, now: p.cfg.Clock(), id: id, urn: string(req.URN)}
	err = p.cfg.Store.Update(func(tx *store.Tx) error {
		op.tx, op.write = tx, tx
		return op.remove()
	})
	if err != nil {
		return plugin.DeleteResponse{}, p.failed(store.OpDelete, d, id, string(req.URN), err)
	}
	return plugin.DeleteResponse{}, nil
}
