package object

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	kjson "sigs.k8s.io/json"
)

// Decode reads an object of the given kind from plain values. A field that the type does not have, a value of the
// wrong type and a wrong apiVersion or kind are errors; field names are compared with their case.
func Decode(kind Kind, values map[string]any) (Object, error) {
	raw, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kind.Kind, err)
	}
	return DecodeJSON(kind, raw)
}

// DecodeJSON is Decode for JSON text, where a field given twice is an error too.
func DecodeJSON(kind Kind, raw []byte) (Object, error) {
	into := kind.New()
	strict, err := kjson.UnmarshalStrict(raw, into)
	if err != nil {
		return nil, fmt.Errorf("%s in version %q cannot be handled as a %s: %w", kind.Kind, kind.Version, kind.Kind, err)
	}
	if len(strict) > 0 {
		texts := make([]string, len(strict))
		for i, problem := range strict {
			texts[i] = problem.Error()
		}
		return nil, errors.New("strict decoding error: " + strings.Join(texts, ", "))
	}
	if err := sameType(kind, into); err != nil {
		return nil, err
	}
	return into, nil
}

func sameType(kind Kind, decoded Object) error {
	found := decoded.GetObjectKind().GroupVersionKind()
	if version := found.GroupVersion().String(); version != kind.APIVersion() {
		return fmt.Errorf("the API version in the data (%s) does not match the expected API version (%s)",
			version, kind.APIVersion())
	}
	if found.Kind != kind.Kind {
		return fmt.Errorf("the kind in the data (%s) does not match the expected kind (%s)", found.Kind, kind.Kind)
	}
	return nil
}

// Plain gives an object as plain values, as the API server would send it.
func Plain(o Object) (map[string]any, error) {
	raw, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", o.GetName(), err)
	}
	return PlainJSON(raw)
}

// PlainJSON reads JSON text as plain values.
func PlainJSON(raw []byte) (map[string]any, error) {
	var values map[string]any
	if err := json.Unmarshal(raw, &values); err != nil {
		return nil, fmt.Errorf("decode object: %w", err)
	}
	return values, nil
}
