package azurenative

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// operation is one create, update, read or delete under way.
type operation struct {
	p   *Provider
	d   *definition
	tx  reader
	now time.Time
	id  string
	urn string

	// inputs are the resource's new inputs and in the same, opened for reading.
	inputs resource.PropertyMap
	in     object
	// old are the outputs before an update; nil when the resource is made.
	old object
	// outputs is what the resource answers.
	outputs resource.PropertyMap
	// live is what the cloud itself changes on the resource.
	live json.RawMessage
	// created is when the resource was made.
	created time.Time
	// write is the transaction of a create, update or delete; nil in a read.
	write *store.Tx
}

// reader is what both a store and a transaction can do.
type reader interface {
	Get(id string) (store.Resource, error)
	List(provider string) ([]store.Resource, error)
}

func (op *operation) out() object { return viewOf(op.outputs) }

func (op *operation) set(path string, value any) {
	op.outputs = withValue(op.outputs, path, resource.NewPropertyValue(value))
}

// group is the name of the resource group.
func (op *operation) group() string { return op.in.text("resourceGroupName") }

// other is another resource of the cloud, opened for reading.
type other struct {
	store.Resource

	in, out object
}

func open(r store.Resource) (other, error) {
	inputs, err := rpcprovider.Decode(r.Inputs)
	if err != nil {
		return other{}, fmt.Errorf("%s: %w", r.ID, err)
	}
	outputs, err := rpcprovider.Decode(r.Outputs)
	if err != nil {
		return other{}, fmt.Errorf("%s: %w", r.ID, err)
	}
	return other{Resource: r, in: viewOf(inputs), out: viewOf(outputs)}, nil
}

// find reads another resource; found is false where it does not exist.
func (op *operation) find(id string) (found other, exists bool, err error) {
	r, err := op.tx.Get(id)
	if errors.Is(err, store.ErrNotFound) {
		return other{}, false, nil
	}
	if err != nil {
		return other{}, false, err
	}
	found, err = open(r)
	return found, err == nil, err
}

// all reads every other resource of a type.
func (op *operation) all(token string) ([]other, error) {
	stored, err := op.tx.List(Package)
	if err != nil {
		return nil, err
	}
	var found []other
	for _, r := range stored {
		if r.Type != token || arm.Same(r.ID, op.id) {
			continue
		}
		o, err := open(r)
		if err != nil {
			return nil, err
		}
		found = append(found, o)
	}
	return found, nil
}

// record is the resource as the store keeps it.
func (op *operation) record() (store.Resource, error) {
	inputs, err := rpcprovider.Encode(op.inputs)
	if err != nil {
		return store.Resource{}, err
	}
	outputs, err := rpcprovider.Encode(op.outputs)
	if err != nil {
		return store.Resource{}, err
	}
	return store.Resource{
		ID: op.id, Provider: Package, Type: op.d.token, Created: op.created,
		Inputs: inputs, Outputs: outputs, Live: op.live,
	}, nil
}

func (op *operation) log(kind, detail string) {
	op.write.Log(store.Event{
		Time: op.now, Op: kind, Provider: Package, Type: op.d.token, ID: op.id, URN: op.urn, Detail: detail,
	})
}

// answer builds the outputs: the inputs as Azure gives them back, and what only the cloud knows.
func (op *operation) answer() error {
	op.outputs = op.d.outputsFrom(op.inputs)
	op.common()
	if op.d.complete == nil {
		return nil
	}
	return op.d.complete(op)
}

// common sets what every resource answers.
func (op *operation) common() {
	fields := fieldsOf(op.d.outputs)
	defaults := map[string]any{
		"name": arm.LastSegment(op.id), "type": arm.TypeOf(op.id), "provisioningState": "Succeeded",
		"location": op.p.groupLocation(op.group()), "timeCreated": op.created.Format(time.RFC3339),
		"createdOn": op.created.Format(time.RFC3339),
	}
	for _, name := range sortedKeys(defaults) {
		_, known := fields[name]
		if known && defaults[name] != "" && (absent(op.outputs, name) || name == "name" || name == "provisioningState") {
			op.set(name, defaults[name])
		}
	}
}
