package azurenative

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"jitsi-meet-azure/localcloud/rpcprovider"
)

var outputInterface = reflect.TypeFor[pulumi.Output]()

// outputsFrom gives the inputs in the shape in which Azure answers them, which is that of the SDK's resource struct:
// names become "name", what Azure never returns is dropped, lists of identities become maps.
func (d *definition) outputsFrom(inputs resource.PropertyMap) resource.PropertyMap {
	outputs := resource.PropertyMap{}
	fields := fieldsOf(d.outputs)
	for key, value := range inputs {
		field, known := fields[string(key)]
		switch {
		case d.silent[string(key)]:
		case known:
			if shaped, ok := shape(plainOf(field.Type), value); ok {
				outputs[key] = shaped
			}
		case d.loose && !d.isName(string(key)):
			outputs[key] = value
		}
	}
	return outputs
}

// plainOf is the plain type behind an SDK output type, for example *SkuResponse behind SkuResponsePtrOutput.
func plainOf(t reflect.Type) reflect.Type {
	if !t.Implements(outputInterface) {
		return t
	}
	output, ok := reflect.New(t).Elem().Interface().(pulumi.Output)
	if !ok {
		return t
	}
	return output.ElementType()
}

// shape fits a value into the plain type t and tells whether anything is left of it.
func shape(t reflect.Type, v resource.PropertyValue) (resource.PropertyValue, bool) {
	if v.IsSecret() {
		inner, ok := shape(t, v.SecretValue().Element)
		return resource.MakeSecret(inner), ok
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case v.IsNull():
		return v, false
	case v.IsObject():
		return shapeProperties(t, v), true
	case v.IsArray():
		return shapeArray(t, v), true
	default:
		return v, true
	}
}

// shapeProperties fits an object. Identities are a map in answers and a list in requests.
func shapeProperties(t reflect.Type, v resource.PropertyValue) resource.PropertyValue {
	switch t.Kind() {
	case reflect.Struct:
		return resource.NewObjectProperty(shapeObject(t, v.ObjectValue()))
	case reflect.Map:
		return resource.NewObjectProperty(shapeMap(t, v.ObjectValue()))
	case reflect.Slice:
		return identityList(v.ObjectValue())
	default:
		return v
	}
}

func shapeArray(t reflect.Type, v resource.PropertyValue) resource.PropertyValue {
	switch t.Kind() {
	case reflect.Slice:
		return resource.NewArrayProperty(shapeItems(t, v.ArrayValue()))
	case reflect.Map:
		return identityMap(v.ArrayValue())
	default:
		return v
	}
}

func shapeObject(t reflect.Type, properties resource.PropertyMap) resource.PropertyMap {
	shaped := resource.PropertyMap{}
	fields := fieldsOf(t)
	for key, value := range properties {
		field, known := fields[string(key)]
		if !known || neverReturned[string(key)] {
			continue
		}
		if inner, ok := shape(field.Type, value); ok {
			shaped[key] = inner
		}
	}
	return shaped
}

// neverReturned are properties that Azure takes and does not give back.
var neverReturned = map[string]bool{"customData": true, "adminPassword": true, "protectedSettings": true}

func shapeItems(t reflect.Type, items []resource.PropertyValue) []resource.PropertyValue {
	shaped := make([]resource.PropertyValue, 0, len(items))
	for _, item := range items {
		if inner, ok := shape(t.Elem(), item); ok {
			shaped = append(shaped, inner)
		}
	}
	return shaped
}

func shapeMap(t reflect.Type, properties resource.PropertyMap) resource.PropertyMap {
	shaped := resource.PropertyMap{}
	for key, value := range properties {
		if inner, ok := shape(t.Elem(), value); ok {
			shaped[key] = inner
		}
	}
	return shaped
}

func identityMap(ids []resource.PropertyValue) resource.PropertyValue {
	identities := resource.PropertyMap{}
	for _, id := range ids {
		id, known := bare(id)
		if !known || !id.IsString() {
			return resource.MakeComputed(resource.NewObjectProperty(resource.PropertyMap{}))
		}
		identities[resource.PropertyKey(id.StringValue())] = resource.NewObjectProperty(resource.PropertyMap{
			"clientId":    resource.NewStringProperty(identityClient(id.StringValue())),
			"principalId": resource.NewStringProperty(identityPrincipal(id.StringValue())),
		})
	}
	return resource.NewObjectProperty(identities)
}

func identityList(identities resource.PropertyMap) resource.PropertyValue {
	var ids []resource.PropertyValue
	for _, key := range identities.StableKeys() {
		ids = append(ids, resource.NewStringProperty(string(key)))
	}
	return resource.NewArrayProperty(ids)
}

// inputsFrom projects outputs to the shape of the inputs: what can be written, without the names of the id.
func (d *definition) inputsFrom(outputs resource.PropertyMap) resource.PropertyMap {
	inputs := resource.PropertyMap{}
	fields := fieldsOf(d.args)
	for key, value := range outputs {
		field, known := fields[string(key)]
		if !known || d.isName(string(key)) {
			continue
		}
		if shaped, ok := shape(field.Type, value); ok {
			inputs[key] = shaped
		}
	}
	return inputs
}

// refreshed is the real provider's way from a read to new inputs: the difference between the old and the new outputs,
// both projected to the inputs' shape, is applied property by property, at the top level only, to the inputs of the
// state. A nested change therefore brings its whole top-level property from the cloud into the inputs.
func (d *definition) refreshed(inputs, oldOutputs, newOutputs resource.PropertyMap) resource.PropertyMap {
	olds, news := d.inputsFrom(oldOutputs), d.inputsFrom(newOutputs)
	diff := rpcprovider.Open(olds).Diff(rpcprovider.Open(news))
	result := resource.PropertyMap{}
	for key, value := range inputs {
		if diff == nil || !diff.Deleted(key) {
			result[key] = value
		}
	}
	if diff == nil {
		return result
	}
	for key, value := range diff.Adds {
		result[key] = value
	}
	for key := range diff.Updates {
		result[key] = news[key]
	}
	return result
}
