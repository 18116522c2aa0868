package azurenative

import (
	"cmp"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"jitsi-meet-azure/internal/spelling"
)

var indexes = regexp.MustCompile(`\[\d+\]`)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// nearest is a hint for a misspelt property, or nothing where no known property is close.
func nearest(name string, fields map[string]reflect.StructField) string {
	best, distance := "", len(name)/3+1
	for _, candidate := range sortedKeys(fields) {
		if d := spelling.Distance(strings.ToLower(name), strings.ToLower(candidate)); d < distance {
			best, distance = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean '" + best + "'?"
}
