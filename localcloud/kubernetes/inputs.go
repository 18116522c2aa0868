package kubernetes

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"jitsi-meet-azure/localcloud/rpcprovider"
)

// known gives properties as plain values with null for what only the deployment will tell, and the paths of these, in
// the notation of the API server's messages. A null fits every type, but not every name.
func known(properties resource.PropertyMap) (plain map[string]any, unknown []string) {
	value := strip(rpcprovider.Plain(properties), "", &unknown)
	plain, _ = value.(map[string]any)
	return plain, append(unknown, unknownData(unknown)...)
}

// unknownData are the entries of a Secret's data that the API server would make from unknown ones of stringData. Only
// Secrets have such a field.
func unknownData(unknown []string) []string {
	var paths []string
	for _, path := range unknown {
		if rest, found := strings.CutPrefix(path, "stringData"); found {
			paths = append(paths, "data"+rest)
		}
	}
	return paths
}

// strip puts null in the place of unknown values and drops the nulls that the program gives.
func strip(value any, path string, unknown *[]string) any {
	switch v := value.(type) {
	case resource.Computed, resource.Output:
		*unknown = append(*unknown, path)
		return nil
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = strip(item, fmt.Sprintf("%s[%d]", path, i), unknown)
		}
		return items
	case map[string]any:
		kept := make(map[string]any, len(v))
		for key, item := range v {
			if item != nil {
				kept[key] = strip(item, strings.TrimPrefix(path+"."+key, "."), unknown)
			}
		}
		return kept
	default:
		return value
	}
}

// aboutKnown drops errors about fields that are not known yet, and about fields that depend on them.
func aboutKnown(errs field.ErrorList, unknown []string) field.ErrorList {
	var kept field.ErrorList
	for _, err := range errs {
		if !touches(err.Field, unknown) {
			kept = append(kept, err)
		}
	}
	return kept
}

func touches(path string, unknown []string) bool {
	for _, u := range unknown {
		if within(path, u) || within(u, path) {
			return true
		}
	}
	return false
}

// within tells whether path is outer or lies below it. Both may write map keys as ".key" or "[key]".
func within(path, outer string) bool {
	path, outer = brackets.Replace(path), brackets.Replace(outer)
	return path == outer || strings.HasPrefix(path, outer+".")
}

var brackets = strings.NewReplacer("[", ".", "]", "")

// textAt reads a string inside properties; known is false where only the deployment will tell.
func textAt(properties resource.PropertyMap, path ...resource.PropertyKey) (text string, isKnown bool) {
	value := resource.NewObjectProperty(properties)
	for _, key := range path {
		value = opened(value)
		if value.IsComputed() {
			return "", false
		}
		if !value.IsObject() {
			return "", true
		}
		value = value.ObjectValue()[key]
	}
	value = opened(value)
	if value.IsString() {
		return value.StringValue(), true
	}
	return "", !value.IsComputed()
}

// setMetadata gives a copy of the properties in which a field of metadata is set.
func setMetadata(
	properties resource.PropertyMap, key resource.PropertyKey, value resource.PropertyValue,
) resource.PropertyMap {
	metadata := resource.PropertyMap{}
	if given := opened(properties["metadata"]); given.IsObject() {
		metadata = given.ObjectValue().Copy()
	}
	metadata[key] = value
	changed := properties.Copy()
	changed["metadata"] = resource.NewObjectProperty(metadata)
	return changed
}
