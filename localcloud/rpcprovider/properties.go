package rpcprovider

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
)

var storedOptions = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, ComputeAssetHashes: true}

// Encode gives properties in the form in which the store keeps them: the engine's own JSON form, in which secrets,
// assets and archives are marked.
func Encode(properties resource.PropertyMap) (json.RawMessage, error) {
	message, err := plugin.MarshalProperties(properties, storedOptions)
	if err != nil {
		return nil, fmt.Errorf("encode properties: %w", err)
	}
	raw, err := protojson.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("encode properties: %w", err)
	}
	return raw, nil
}

// Decode reads what Encode gave.
func Decode(raw json.RawMessage) (resource.PropertyMap, error) {
	message := &structpb.Struct{}
	if err := protojson.Unmarshal(raw, message); err != nil {
		return nil, fmt.Errorf("decode properties: %w", err)
	}
	properties, err := plugin.UnmarshalProperties(message, storedOptions)
	if err != nil {
		return nil, fmt.Errorf("decode properties: %w", err)
	}
	return properties, nil
}

// Plain gives properties as plain Go values with secrets opened. Unknowns stay resource.Computed values; assets and
// archives stay as they are.
func Plain(properties resource.PropertyMap) map[string]any {
	return properties.MapRepl(nil, func(v resource.PropertyValue) (any, bool) {
		switch {
		case v.IsSecret():
			return plainValue(v.SecretValue().Element), true
		case v.IsOutput():
			return plainValue(v.OutputValue().Element), v.OutputValue().Known
		default:
			return nil, false
		}
	})
}

func plainValue(v resource.PropertyValue) any {
	return Plain(resource.PropertyMap{"v": v})["v"]
}

// Changes is the difference between two property maps as the engine's detailed diff, paths such as "tags.owner" or
// "subnets[0].name". Whether a value is secret is no difference.
func Changes(olds, news resource.PropertyMap) map[string]plugin.PropertyDiff {
	diff := Open(olds).Diff(Open(news))
	if diff == nil {
		return nil
	}
	return plugin.NewDetailedDiffFromObjectDiff(diff, true)
}

// Open takes the secret marks off, at any depth.
func Open(properties resource.PropertyMap) resource.PropertyMap {
	opened := make(resource.PropertyMap, len(properties))
	for key, value := range properties {
		opened[key] = openValue(value)
	}
	return opened
}

func openValue(value resource.PropertyValue) resource.PropertyValue {
	switch {
	case value.IsSecret():
		return openValue(value.SecretValue().Element)
	case value.IsOutput() && value.OutputValue().Known:
		return openValue(value.OutputValue().Element)
	case value.IsArray():
		items := make([]resource.PropertyValue, len(value.ArrayValue()))
		for i, item := range value.ArrayValue() {
			items[i] = openValue(item)
		}
		return resource.NewArrayProperty(items)
	case value.IsObject():
		return resource.NewObjectProperty(Open(value.ObjectValue()))
	default:
		return value
	}
}

// Replace turns the change at path into one that replaces the resource.
func Replace(change plugin.PropertyDiff) plugin.PropertyDiff {
	change.Kind = change.Kind.AsReplace()
	return change
}

// DiffOf wraps changes into the answer of Diff.
func DiffOf(changes map[string]plugin.PropertyDiff, deleteBeforeReplace bool) plugin.DiffResult {
	if len(changes) == 0 {
		return plugin.DiffResult{Changes: plugin.DiffNone}
	}
	return plugin.DiffResult{
		Changes: plugin.DiffSome, DetailedDiff: changes, DeleteBeforeReplace: deleteBeforeReplace,
	}
}

// InitFailed is the error of a Create or Update that made the resource but did not complete it. The engine then keeps
// the resource in its state and the next run takes it up again.
func InitFailed(id string, inputs, outputs resource.PropertyMap, reasons ...string) error {
	options := plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true}
	state, err := plugin.MarshalProperties(outputs, options)
	if err != nil {
		return fmt.Errorf("encode outputs of the half-made %s: %w", id, err)
	}
	given, err := plugin.MarshalProperties(inputs, options)
	if err != nil {
		return fmt.Errorf("encode inputs of the half-made %s: %w", id, err)
	}
	detailed, err := status.New(codes.Unknown, "resource was made but did not become ready").WithDetails(
		&pulumirpc.ErrorResourceInitFailed{Id: id, Properties: state, Inputs: given, Reasons: reasons})
	if err != nil {
		return fmt.Errorf("describe the half-made %s: %w", id, err)
	}
	return detailed.Err()
}
