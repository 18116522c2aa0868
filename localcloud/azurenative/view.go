package azurenative

import (
	"math"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/rpcprovider"
)

// object is a resource's properties, or a part of them, as plain values. Paths are dotted names without indexes; what is
// missing, unknown or of another type reads as nothing.
type object map[string]any

// viewOf opens properties for reading.
func viewOf(properties resource.PropertyMap) object { return rpcprovider.Plain(properties) }

func (o object) get(path string) any {
	name, rest, nested := strings.Cut(path, ".")
	value := o[name]
	if !nested {
		return value
	}
	inner, _ := value.(map[string]any)
	return object(inner).get(rest)
}

func (o object) text(path string) string {
	text, _ := o.get(path).(string)
	return text
}

func (o object) texts(path string) []string {
	items, _ := o.get(path).([]any)
	var texts []string
	for _, item := range items {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

func (o object) object(path string) object {
	inner, _ := o.get(path).(map[string]any)
	return inner
}

func (o object) objects(path string) []object {
	items, _ := o.get(path).([]any)
	var all []object
	for _, item := range items {
		if inner, ok := item.(map[string]any); ok {
			all = append(all, inner)
		}
	}
	return all
}

func (o object) flag(path string) bool {
	flag, _ := o.get(path).(bool)
	return flag
}

// number reads an integer; set is false where there is none.
func (o object) number(path string) (n int, set bool) {
	value, set := o.get(path).(float64)
	if !set || math.Abs(value) > math.MaxInt32 {
		return 0, false
	}
	return int(value), true
}

func (o object) has(path string) bool { return o.get(path) != nil }

// strings visits every string in the value, with its path.
func visitStrings(path string, value any, visit func(path, text string)) {
	switch v := value.(type) {
	case string:
		visit(path, v)
	case []any:
		for _, item := range v {
			visitStrings(path+"[]", item, visit)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			visitStrings(join(path, key), v[key], visit)
		}
	}
}

// withValue gives properties with the value at the dotted path set; what is on the way is copied, not changed.
func withValue(properties resource.PropertyMap, path string, value resource.PropertyValue) resource.PropertyMap {
	changed := make(resource.PropertyMap, len(properties)+1)
	for k, v := range properties {
		changed[k] = v
	}
	name, rest, nested := strings.Cut(path, ".")
	key := resource.PropertyKey(name)
	if !nested {
		changed[key] = value
		return changed
	}
	inner, _ := bare(changed[key])
	if !inner.IsObject() {
		inner = resource.NewObjectProperty(resource.PropertyMap{})
	}
	changed[key] = resource.NewObjectProperty(withValue(inner.ObjectValue(), rest, value))
	return changed
}

// topOf is the first name of a path.
func topOf(path string) string {
	if i := strings.IndexAny(path, ".["); i >= 0 {
		return path[:i]
	}
	return path
}
