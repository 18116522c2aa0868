package azurenative

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/azurenative/live"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// remove deletes the resource with everything below it, unless Azure would not.
func (op *operation) remove() error {
	stored, err := op.tx.Get(op.id)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	before, err := open(stored)
	if err != nil {
		return err
	}
	op.in, op.old, op.live = before.in, before.out, stored.Live
	if err := op.notReferenced(); err != nil {
		return err
	}
	if op.d.release != nil {
		if err := op.d.release(op); err != nil {
			return err
		}
	}
	return op.removeAll()
}

// removeAll removes the resource, what lies below it, and the group that a cluster keeps its nodes in.
func (op *operation) removeAll() error {
	roots := []string{op.id}
	if group := op.old.text("nodeResourceGroup"); op.d.token == clusterToken && group != "" {
		roots = append(roots, "/subscriptions/"+op.p.subscription+"/resourceGroups/"+group)
	}
	all, err := op.tx.List(Package)
	if err != nil {
		return err
	}
	for _, r := range all {
		if !slices.ContainsFunc(roots, func(root string) bool { return arm.Within(r.ID, root) }) {
			continue
		}
		if err := op.logMachines(r); err != nil {
			return err
		}
		op.write.Delete(r.ID)
		if err := op.softDelete(r); err != nil {
			return err
		}
		op.write.Log(store.Event{
			Time: op.now, Op: store.OpDelete, Provider: Package, Type: r.Type, ID: r.ID, URN: op.urn,
		})
	}
	return nil
}

// logMachines writes the end of a scale set's machines, so that a test sees every machine that was lost.
func (op *operation) logMachines(r store.Resource) error {
	if r.Type != scaleSetToken {
		return nil
	}
	set, err := live.ParseScaleSet(r.Live)
	if err != nil {
		return err
	}
	for _, m := range set.Machines {
		op.write.Log(machineEvent(op.now, store.OpInstanceDeleted, r.ID, m, "scale set deleted"))
	}
	return nil
}

// notReferenced refuses to delete what others use, where Azure does.
func (op *operation) notReferenced() error {
	if op.d.inUse == "" {
		return nil
	}
	user, err := op.user(op.id)
	if err != nil || user == "" {
		return err
	}
	return invalid(op.d.inUse, "%s %s is in use by %s and cannot be deleted.", kindName(op.id), arm.LastSegment(op.id), user)
}

// user is the id of a resource outside id that refers to id or to something below it.
func (op *operation) user(id string) (string, error) {
	all, err := op.tx.List(Package)
	if err != nil {
		return "", err
	}
	for _, r := range all {
		if !arm.Within(r.ID, id) && !arm.Within(id, r.ID) && refersTo(r.Inputs, id) && r.Type != grantToken {
			return r.ID, nil
		}
	}
	return "", nil
}

// refersTo looks for an id in encoded properties, without decoding each of them.
func refersTo(encoded []byte, id string) bool {
	text, wanted := bytes.ToLower(encoded), []byte(strings.ToLower(id))
	for {
		at := bytes.Index(text, wanted)
		if at < 0 {
			return false
		}
		text = text[at+len(wanted):]
		if len(text) > 0 && (text[0] == '"' || text[0] == '/') {
			return true
		}
	}
}

func kindName(id string) string {
	kind := arm.TypeOf(id)
	return kind[strings.LastIndex(kind, "/")+1:]
}

// releaseWithChildren refuses to delete what still has resources below it, as Compute does.
func releaseWithChildren(op *operation) error {
	all, err := op.tx.List(Package)
	if err != nil {
		return err
	}
	var nested []string
	for _, r := range all {
		if arm.Within(r.ID, op.id) && !arm.Same(r.ID, op.id) {
			nested = append(nested, r.ID)
		}
	}
	if len(nested) == 0 {
		return nil
	}
	return conflict("CannotDeleteResource", "Cannot delete resource while nested resources exist. Some existing nested "+
		"resource IDs include: '%s'. Please delete all nested resources before deleting this resource.",
		strings.Join(nested, ", "))
}

// changed names the top-level properties that an update writes differently.
func changed(stored store.Resource, inputs resource.PropertyMap) string {
	olds, err := rpcprovider.Decode(stored.Inputs)
	if err != nil {
		return ""
	}
	return strings.Join(sortedKeys(rpcprovider.Changes(olds, inputs)), ", ")
}

func resourceMissing(id string) error {
	return notFound("ResourceNotFound", "The Resource '%s/%s' under resource group '%s' was not found. For more details "+
		"please go to https://aka.ms/ARMResourceNotFoundFix", arm.TypeOf(id), arm.LastSegment(id), arm.LastSegment(arm.GroupOf(id)))
}

// failed notes a failure in the operations log and passes it on.
func (p *Provider) failed(op string, d *definition, id, urn string, failure error) error {
	err := p.cfg.Store.Update(func(tx *store.Tx) error {
		tx.Log(store.Event{
			Time: p.cfg.Clock(), Op: op, Provider: Package, Type: d.token, ID: id, URN: urn, Error: failure.Error(),
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w (and the operations log could not be written: %w)", failure, err)
	}
	return failure
}
