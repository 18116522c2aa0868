package azurenative

import (
	"errors"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/store"
)

// planned is what a preview knows of the outputs: the inputs as Azure gives them back, the old outputs where there are
// some, and unknowns for the rest. A new resource's name is among the unknowns although the inputs tell it under another
// property: what asks for the resource by its name must wait until it exists.
func (d *definition) planned(inputs, old resource.PropertyMap) resource.PropertyMap {
	outputs := d.outputsFrom(inputs)
	if name, ok := inputs[resource.PropertyKey(d.name())]; ok && old != nil {
		outputs["name"] = name
	}
	for name := range fieldsOf(d.outputs) {
		key := resource.PropertyKey(name)
		if _, known := outputs[key]; known {
			continue
		}
		before, had := old[key]
		_, writable := fieldsOf(d.args)[name]
		switch {
		case had && !writable:
			outputs[key] = before
		case old == nil && (!writable || name == "location"):
			outputs[key] = resource.MakeComputed(resource.NewStringProperty(""))
		}
	}
	for _, path := range d.late {
		outputs = plannedInside(outputs, old, path)
	}
	return outputs
}

// plannedInside does the same for one output inside an object, where the inputs give that.
func plannedInside(outputs, old resource.PropertyMap, path string) resource.PropertyMap {
	_, missing := lookUp(outputs, path)
	if end := strings.LastIndex(path, "."); missing && end >= 0 {
		_, without := lookUp(outputs, path[:end])
		missing = !without
	}
	if !missing {
		return outputs
	}
	before, missing := lookUp(old, path)
	if missing {
		before = resource.MakeComputed(resource.NewStringProperty(""))
	}
	return withValue(outputs, path, before)
}

// blow is what faults do to one operation.
type blow struct {
	store.Fault
}

func (b blow) err() error {
	if b.Error == "" {
		return nil
	}
	return errors.New(b.Error)
}

// strike lets the ordered faults happen: capacities move now, an error is for the caller to return.
func (p *Provider) strike(op string, d *definition, id, name string) (blow, error) {
	faults, err := p.cfg.Store.TakeFaults(op, d.token, name, arm.LastSegment(id))
	if err != nil {
		return blow{}, err
	}
	var struck blow
	for _, fault := range faults {
		if fault.SetCapacity != nil {
			if err := p.SetCapacity(id, *fault.SetCapacity); err != nil {
				return blow{}, err
			}
			continue
		}
		struck.Fault = fault
	}
	return struck, nil
}
