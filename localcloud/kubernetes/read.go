package kubernetes

import (
	"context"
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/rpcprovider"
	"jitsi-meet-azure/localcloud/store"
)

// splitID takes "namespace/name" or "name" apart.
func splitID(id string) (namespace, name string) {
	if before, after, ok := strings.Cut(id, "/"); ok {
		return before, after
	}
	return "", id
}

// Read gives an object as it is in the cluster. The inputs follow what has changed there, as far as the program sets
// those fields.
func (p *Provider) Read(_ context.Context, req plugin.ReadRequest) (plugin.ReadResponse, error) {
	op, err := p.operation(store.OpRead, req.Type, req.URN, req.Name)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	c, err := p.cluster(p.cfg.Store)
	if err != nil {
		return p.readUnreachable(req, err)
	}
	if err := op.strike(); err != nil {
		return plugin.ReadResponse{}, op.failed("", err)
	}
	namespace, name := splitID(string(req.ID))
	found, exists, err := c.get(p.cfg.Store, op.kind, namespace, name)
	if err != nil || !exists {
		return plugin.ReadResponse{}, err
	}
	inputs, err := liveInputs(found, req.Inputs)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	final, w, err := op.observe(found)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	answer, err := outputs(final, req.URN, inputs)
	if err != nil {
		return plugin.ReadResponse{}, err
	}
	if reason := op.unfinished(final, w); reason != "" {
		return plugin.ReadResponse{}, rpcprovider.InitFailed(string(req.ID), inputs, answer, reason)
	}
	return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: req.ID, Inputs: inputs, Outputs: answer}}, nil
}

// readUnreachable does what the provider is configured to do when the cluster is away. By default that is an error: an
// object that cannot be seen is not gone.
func (p *Provider) readUnreachable(req plugin.ReadRequest, err error) (plugin.ReadResponse, error) {
	switch c := p.connected(); {
	case c.deleteUnreachable:
		return plugin.ReadResponse{}, nil
	case c.skipUpdateUnreachable:
		return plugin.ReadResponse{ReadResult: plugin.ReadResult{ID: req.ID, Inputs: req.Inputs, Outputs: req.State}}, nil
	default:
		return plugin.ReadResponse{}, fmt.Errorf("failed to read resource state due to unreachable cluster. If the "+
			"cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "+
			"PULUMI_K8S_DELETE_UNREACHABLE environment variable set to \"true\": %w", err)
	}
}

// liveInputs gives the inputs that would make the object what it is: the old ones where they still hold, the live
// values where somebody has changed them, and everything where there are no old ones (an import).
func liveInputs(l live, olds resource.PropertyMap) (resource.PropertyMap, error) {
	plain, err := object.Plain(l.object)
	if err != nil {
		return nil, err
	}
	plain = withoutNulls(plain)
	if len(olds) == 0 {
		return imported(plain), nil
	}
	oldPlain, _ := known(olds)
	decoded, err := object.Decode(l.kind, oldPlain)
	if err != nil {
		return nil, fmt.Errorf("old inputs of %s: %w", l.name(), err)
	}
	normal, err := object.Plain(decoded)
	if err != nil {
		return nil, err
	}
	return adoptMap(olds, writable(l.kind.Kind, normal), plain, l.kind.Kind == "Secret"), nil
}

// imported drops what only the server sets.
func imported(plain map[string]any) resource.PropertyMap {
	delete(plain, "status")
	if metadata, ok := plain["metadata"].(map[string]any); ok {
		for _, key := range []string{"creationTimestamp", "generation", "managedFields", "resourceVersion", "uid"} {
			delete(metadata, key)
		}
	}
	return resource.NewPropertyMapFromMap(plain)
}

// adoptMap keeps old values that mean what is live, in the program's own writing ("0.5" for "500m"), and takes live
// ones elsewhere. Normal are the old values in the server's writing.
func adoptMap(olds resource.PropertyMap, normal, live map[string]any, isSecret bool) resource.PropertyMap {
	adopted := resource.PropertyMap{}
	for key, old := range olds {
		name := string(key)
		if isSecret && name == "stringData" {
			// Write-only: compare with data, and keep what still holds.
			adopted[key] = adoptStringData(old, normal["data"], live["data"])
			continue
		}
		current, ok := live[name]
		if !ok {
			if normal[name] == nil || reflect.ValueOf(normal[name]).IsZero() {
				adopted[key] = old // an empty value, which the server does not send
			}
			continue
		}
		adopted[key] = adopt(old, normal[name], current)
	}
	return adopted
}

func adopt(old resource.PropertyValue, normal, live any) resource.PropertyValue {
	if reflect.DeepEqual(normal, live) {
		return old
	}
	if old.IsSecret() {
		return resource.MakeSecret(adopt(old.SecretValue().Element, normal, live))
	}
	if normal == nil && old.IsArray() && len(old.ArrayValue()) == 0 {
		return old // the server takes an empty list as none and fills in its default
	}
	normalMap, _ := normal.(map[string]any) // the server leaves an empty map out
	if liveMap, isMap := live.(map[string]any); isMap && old.IsObject() {
		return resource.NewObjectProperty(adoptMap(old.ObjectValue(), normalMap, liveMap, false))
	}
	if old.IsArray() {
		return adoptItems(old.ArrayValue(), normal, live)
	}
	return resource.NewPropertyValue(live)
}

// adoptItems compares lists item by item as long as they have as many.
func adoptItems(olds []resource.PropertyValue, normal, live any) resource.PropertyValue {
	normalItems, _ := normal.([]any)
	liveItems, _ := live.([]any)
	if len(normalItems) != len(liveItems) || len(olds) != len(liveItems) {
		return resource.NewPropertyValue(live)
	}
	items := make([]resource.PropertyValue, len(liveItems))
	for i := range items {
		items[i] = adopt(olds[i], normalItems[i], liveItems[i])
	}
	return resource.NewArrayProperty(items)
}

func adoptStringData(old resource.PropertyValue, normal, live any) resource.PropertyValue {
	normalMap, _ := normal.(map[string]any)
	liveMap, _ := live.(map[string]any)
	values := opened(old)
	if !values.IsObject() {
		return old
	}
	adopted := resource.PropertyMap{}
	for key, value := range values.ObjectValue() {
		current, exists := liveMap[string(key)]
		switch {
		case !exists:
		case reflect.DeepEqual(normalMap[string(key)], current):
			adopted[key] = value
		default:
			adopted[key] = resource.MakeSecret(resource.NewPropertyValue(decoded64(current)))
		}
	}
	if old.IsSecret() {
		return resource.MakeSecret(resource.NewObjectProperty(adopted))
	}
	return resource.NewObjectProperty(adopted)
}

func decoded64(value any) string {
	text, _ := value.(string)
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return text
	}
	return string(raw)
}
