package kubernetes

import (
	"crypto/sha256"
	"encoding/hex"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/kubernetes/object"
)

// Outputs that the real provider adds for itself.
const (
	initialVersionKey = "__initialApiVersion"
	fieldManagerKey   = "__fieldManager"
	inputsKey         = "__inputs"
)

// outputs gives a live object as the provider's answer: all its fields, with everything secret that the inputs keep
// secret and every value of a Secret.
func outputs(l live, urn resource.URN, inputs resource.PropertyMap) (resource.PropertyMap, error) {
	plain, err := object.Plain(l.object)
	if err != nil {
		return nil, err
	}
	properties := resource.NewPropertyMapFromMap(withoutNulls(plain))
	marked := markSecrets(resource.NewObjectProperty(properties), resource.NewObjectProperty(inputs)).ObjectValue()
	if l.kind.Kind == "Secret" {
		secretData(marked)
	}
	marked[initialVersionKey] = resource.NewStringProperty(l.kind.APIVersion())
	marked[fieldManagerKey] = resource.NewStringProperty(fieldManager(urn))
	marked[inputsKey] = resource.NewObjectProperty(inputs)
	return marked, nil
}

// fieldManager names the owner of the fields that the program sets. The real provider makes a random name.
func fieldManager(urn resource.URN) string {
	sum := sha256.Sum256([]byte(urn))
	return "pulumi-kubernetes-" + hex.EncodeToString(sum[:4])
}

// secretData makes the values of a Secret secret.
func secretData(properties resource.PropertyMap) {
	for _, key := range []resource.PropertyKey{"data", "stringData"} {
		if value, ok := properties[key]; ok && !value.IsSecret() {
			properties[key] = resource.MakeSecret(value)
		}
	}
}

// markSecrets makes everything in value secret that is secret at the same place in like.
func markSecrets(value, like resource.PropertyValue) resource.PropertyValue {
	switch {
	case like.IsSecret():
		if value.IsSecret() {
			return value
		}
		return resource.MakeSecret(value)
	case like.IsOutput() && like.OutputValue().Secret:
		return resource.MakeSecret(value)
	case value.IsObject() && like.IsObject():
		marked := make(resource.PropertyMap, len(value.ObjectValue()))
		for key, member := range value.ObjectValue() {
			marked[key] = markSecrets(member, like.ObjectValue()[key])
		}
		return resource.NewObjectProperty(marked)
	case value.IsArray() && like.IsArray():
		return markItems(value, like)
	default:
		return value
	}
}

func markItems(value, like resource.PropertyValue) resource.PropertyValue {
	items, likes := value.ArrayValue(), like.ArrayValue()
	if len(items) != len(likes) {
		if like.ContainsSecrets() {
			return resource.MakeSecret(value) // which item it is cannot be told
		}
		return value
	}
	marked := make([]resource.PropertyValue, len(items))
	for i := range items {
		marked[i] = markSecrets(items[i], likes[i])
	}
	return resource.NewArrayProperty(marked)
}

// withoutNulls drops null members, which Go's encoder writes for zero times.
func withoutNulls(values map[string]any) map[string]any {
	kept := make(map[string]any, len(values))
	for key, value := range values {
		switch v := value.(type) {
		case nil:
		case map[string]any:
			kept[key] = withoutNulls(v)
		case []any:
			kept[key] = itemsWithoutNulls(v)
		default:
			kept[key] = value
		}
	}
	return kept
}

func itemsWithoutNulls(items []any) []any {
	kept := make([]any, len(items))
	for i, item := range items {
		if inner, ok := item.(map[string]any); ok {
			kept[i] = withoutNulls(inner)
		} else {
			kept[i] = item
		}
	}
	return kept
}
