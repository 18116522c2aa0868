package mirror

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// Difference is a field in which an object of the local cloud is not what the API server made of it.
type Difference struct {
	// Object is the kind and the name.
	Object string
	// Path is the field, for example "spec.ports[0].nodePort".
	Path string
	// Local and Real are the two values; nil where the field is missing.
	Local, Real any
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s is %s here and %s on the API server", d.Object, d.Path, shown(d.Local), shown(d.Real))
}

func shown(value any) string {
	if value == nil {
		return "missing"
	}
	return fmt.Sprintf("%v", value)
}

// servers are what every server writes by itself, and what controllers keep about their work.
func servers() []string {
	return []string{
		"status", "metadata.creationTimestamp", "metadata.generation", "metadata.managedFields", "metadata.resourceVersion",
		"metadata.uid", "metadata.annotations.deployment.kubernetes.io/revision",
	}
}

// Compare lists the differences between an object of the local cloud and the API server's, in the order of their paths.
// What every server writes by itself, such as the status, is left out.
func Compare(name string, local, actual map[string]any) []Difference {
	var found []Difference
	compare("", tidy(local), tidy(actual), func(path string, local, actual any) {
		found = append(found, Difference{Object: name, Path: path, Local: local, Real: actual})
	})
	sort.Slice(found, func(i, j int) bool { return found[i].Path < found[j].Path })
	return found
}

func compare(path string, local, actual any, report func(path string, local, actual any)) {
	if slices.Contains(servers(), path) {
		return
	}
	localMap, _ := local.(map[string]any)
	actualMap, _ := actual.(map[string]any)
	localItems, isList := local.([]any)
	actualItems, wasList := actual.([]any)
	switch {
	case members(local, actual):
		keys := maps.Clone(localMap)
		if keys == nil {
			keys = map[string]any{}
		}
		maps.Copy(keys, actualMap)
		for key := range keys {
			compare(strings.TrimPrefix(path+"."+key, "."), localMap[key], actualMap[key], report)
		}
	case isList && wasList && len(localItems) == len(actualItems):
		for i := range localItems {
			compare(fmt.Sprintf("%s[%d]", path, i), localItems[i], actualItems[i], report)
		}
	case !reflect.DeepEqual(local, actual):
		report(path, local, actual)
	}
}

// members says whether values are compared member by member: two maps, or a map that is not empty and nothing.
func members(local, actual any) bool {
	localMap, isMap := local.(map[string]any)
	actualMap, wasMap := actual.(map[string]any)
	return isMap && wasMap || len(localMap) > 0 && actual == nil || len(actualMap) > 0 && local == nil
}

// tidy makes values comparable: numbers of one type, and nothing where there is an empty map, list or null, which one
// encoder writes and the other leaves out.
func tidy(value any) any {
	switch v := value.(type) {
	case map[string]any:
		kept := map[string]any{}
		for key, member := range v {
			if tidied := tidy(member); tidied != nil {
				kept[key] = tidied
			}
		}
		return kept
	case []any:
		if len(v) == 0 {
			return nil
		}
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = tidy(item)
		}
		return items
	case int64:
		return float64(v)
	default:
		return value
	}
}
