package azurenative

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/azurenative/live"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// byHand opens a resource for a change from outside Pulumi.
func (p *Provider) byHand(tx *store.Tx, id string) (*operation, error) {
	stored, err := tx.Get(id)
	if err != nil {
		return nil, err
	}
	found, err := open(stored)
	if err != nil {
		return nil, err
	}
	d, err := p.definition(stored.Type)
	if err != nil {
		return nil, err
	}
	return &operation{
		p: p, d: d, tx: tx, write: tx, now: p.cfg.Clock(), id: stored.ID,
		in: found.in, old: found.out, live: stored.Live, created: stored.Created,
	}, nil
}

// Find gives the id of the one resource of a type with the given name, or id itself where it is an id already.
func (p *Provider) Find(token, nameOrID string) (string, error) {
	if arm.IsID(nameOrID) {
		return nameOrID, nil
	}
	all, err := p.cfg.Store.List(Package)
	if err != nil {
		return "", err
	}
	var found []string
	for _, r := range all {
		if r.Type == token && arm.Same(arm.LastSegment(r.ID), nameOrID) {
			found = append(found, r.ID)
		}
	}
	if len(found) != 1 {
		return "", fmt.Errorf("%d resources of type %s have the name %q; give the id where it is not one", len(found), token,
			nameOrID)
	}
	return found[0], nil
}

// SetCapacity changes the live count of a scale set, or of an agent pool, as its autoscaler would: the model stays.
func (p *Provider) SetCapacity(id string, count int) error {
	return p.cfg.Store.Update(func(tx *store.Tx) error {
		op, err := p.byHand(tx, id)
		if err != nil {
			return err
		}
		switch op.d.token {
		case scaleSetToken:
			set, err := live.ParseScaleSet(op.live)
			if err != nil {
				return err
			}
			if err := op.resize(&set, count, "autoscale"); err != nil {
				return err
			}
			return op.keep(set)
		case poolToken:
			return op.keep(live.Nodes{arm.LastSegment(op.id): count})
		default:
			return fmt.Errorf("%s has no capacity", id)
		}
	})
}

// DeleteMachine deletes one machine of a scale set, as the reaper does: the capacity falls with it.
func (p *Provider) DeleteMachine(scaleSet, instance string) error {
	return p.cfg.Store.Update(func(tx *store.Tx) error {
		op, err := p.byHand(tx, scaleSet)
		if err != nil {
			return err
		}
		set, err := live.ParseScaleSet(op.live)
		if err != nil {
			return err
		}
		for i, m := range set.Machines {
			if m.ID == instance {
				set.Machines = append(set.Machines[:i:i], set.Machines[i+1:]...)
				tx.Log(machineEvent(op.now, store.OpInstanceDeleted, op.id, m, "deleted by id"))
				return op.autoscaledByHand(set)
			}
		}
		return fmt.Errorf("scale set %s has no instance %s", scaleSet, instance)
	})
}

func (op *operation) autoscaledByHand(set live.ScaleSet) error {
	if err := op.autoscaled(&set); err != nil {
		return err
	}
	return op.keep(set)
}

// Instances are the live machines of a scale set, oldest first.
func (p *Provider) Instances(scaleSet string) ([]live.Machine, error) {
	stored, err := p.cfg.Store.Get(scaleSet)
	if err != nil {
		return nil, err
	}
	set, err := live.ParseScaleSet(stored.Live)
	return set.Machines, err
}

// ScaleSets are the ids of all scale sets.
func (p *Provider) ScaleSets() ([]string, error) {
	all, err := p.cfg.Store.List(Package)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, r := range all {
		if r.Type == scaleSetToken {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
}

// Drift changes a property of a resource in the cloud behind Pulumi's back. The value is JSON, or else text.
func (p *Provider) Drift(id, path, value string) error {
	var decoded any
	if json.Unmarshal([]byte(value), &decoded) != nil {
		decoded = value
	}
	return p.cfg.Store.Update(func(tx *store.Tx) error {
		stored, err := tx.Get(id)
		if err != nil {
			return err
		}
		outputs, err := rpcprovider.Decode(stored.Outputs)
		if err != nil {
			return err
		}
		drifted := withValue(outputs, path, resource.NewPropertyValue(decoded))
		if stored.Outputs, err = rpcprovider.Encode(drifted); err != nil {
			return err
		}
		tx.Put(stored)
		tx.Log(store.Event{
			Time: p.cfg.Clock(), Op: store.OpDrift, Provider: Package, Type: stored.Type, ID: id, Detail: path + "=" + value,
		})
		return nil
	})
}

// DeleteByHand removes a resource behind Pulumi's back, with everything below it.
func (p *Provider) DeleteByHand(id string) error {
	return p.cfg.Store.Update(func(tx *store.Tx) error {
		stored, err := tx.Get(id)
		if err != nil {
			return err
		}
		found, err := open(stored)
		if err != nil {
			return err
		}
		op := &operation{
			p: p, d: &definition{token: stored.Type}, tx: tx, write: tx, now: p.cfg.Clock(), id: stored.ID,
			in: found.in, old: found.out, live: stored.Live,
		}
		return op.removeAll()
	})
}
