package kubernetes

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// objects draws small nested objects over few names, so that they overlap often.
func objects(depth int) *rapid.Generator[map[string]any] {
	return rapid.Custom(func(t *rapid.T) map[string]any {
		object := map[string]any{}
		for _, name := range []string{"a", "b", "c"} {
			switch kind := rapid.IntRange(0, 3).Draw(t, name); {
			case kind == 1:
				object[name] = rapid.IntRange(0, 3).Draw(t, "value")
			case kind == 2:
				object[name] = []any{rapid.IntRange(0, 3).Draw(t, "item")}
			case kind == 3 && depth > 0:
				object[name] = objects(depth-1).Draw(t, "inner")
			}
		}
		return object
	})
}

// contains tells whether all of part is in whole.
func contains(whole, part map[string]any) bool {
	for key, value := range part {
		inner, isMap := value.(map[string]any)
		below, both := whole[key].(map[string]any)
		switch {
		case isMap && both:
			if !contains(below, inner) {
				return false
			}
		case !reflect.DeepEqual(whole[key], value):
			return false
		}
	}
	return true
}

func TestMergeIsAnApply(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		foreign, olds, news := objects(2).Draw(t, "foreign"), objects(2).Draw(t, "olds"), objects(2).Draw(t, "news")
		live := merge(foreign, nil, olds)
		applied := merge(live, olds, news)
		if !contains(applied, news) {
			t.Fatalf("what the program wants is missing: %v", applied)
		}
		if again := merge(applied, news, news); !reflect.DeepEqual(again, applied) {
			t.Fatalf("applying again changes %v to %v", applied, again)
		}
		if emptied := merge(merge(nil, nil, news), news, nil); len(emptied) > 0 && !onlyMaps(emptied) {
			t.Fatalf("what the program gave up stays: %v", emptied)
		}
		for key, value := range foreign {
			_, owned := olds[key]
			_, wanted := news[key]
			if !owned && !wanted && !reflect.DeepEqual(applied[key], value) {
				t.Fatalf("what somebody else set under %q is gone: %v", key, applied)
			}
		}
	})
}

// onlyMaps tells whether nothing but empty maps is left.
func onlyMaps(values map[string]any) bool {
	for _, value := range values {
		inner, isMap := value.(map[string]any)
		if !isMap || !onlyMaps(inner) {
			return false
		}
	}
	return true
}
