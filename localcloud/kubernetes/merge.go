package kubernetes

import (
	"encoding/base64"
	"reflect"
)

// merge applies what the program wants to a live object the way server-side apply does: fields that the program sets
// win, fields that it set before and leaves out now go, and everything else, which the server or a controller owns,
// stays. Lists are taken whole.
func merge(live, olds, news map[string]any) map[string]any {
	merged := make(map[string]any, len(live)+len(news))
	for key, value := range live {
		old, owned := olds[key]
		if _, wanted := news[key]; wanted || !owned {
			merged[key] = value
			continue
		}
		if rest, left := withoutOwned(value, old); left {
			merged[key] = rest
		}
	}
	for key, value := range news {
		inner, isMap := value.(map[string]any)
		below, both := merged[key].(map[string]any)
		if !isMap || !both {
			merged[key] = value
			continue
		}
		before, _ := olds[key].(map[string]any)
		merged[key] = merge(below, before, inner)
	}
	return merged
}

// withoutOwned is what remains of a live value when the program gives up what it set in it.
func withoutOwned(value, old any) (any, bool) {
	liveMap, isMap := value.(map[string]any)
	oldMap, wasMap := old.(map[string]any)
	if !isMap || !wasMap {
		return nil, false
	}
	rest := merge(liveMap, oldMap, nil)
	return rest, len(rest) > 0
}

// writable turns inputs into what an API server stores: the write-only stringData of a Secret becomes data.
func writable(kind string, inputs map[string]any) map[string]any {
	given, ok := inputs["stringData"].(map[string]any)
	if kind != "Secret" || !ok {
		return inputs
	}
	changed := make(map[string]any, len(inputs))
	for key, value := range inputs {
		if key != "stringData" {
			changed[key] = value
		}
	}
	data := map[string]any{}
	if before, ok := inputs["data"].(map[string]any); ok {
		for key, value := range before {
			data[key] = value
		}
	}
	for key, value := range given {
		if text, ok := value.(string); ok {
			data[key] = base64.StdEncoding.EncodeToString([]byte(text))
		}
	}
	changed["data"] = data
	return changed
}

// keepMovedReplicas leaves the live number of replicas in old inputs' stead when the autoscaler has moved it: then the
// autoscaler owns the field too, and a program that ceases to set it does not reset it.
func keepMovedReplicas(live, olds, news map[string]any) map[string]any {
	const spec, replicas = "spec", "replicas"
	liveSpec, _ := live[spec].(map[string]any)
	oldSpec, _ := olds[spec].(map[string]any)
	newSpec, _ := news[spec].(map[string]any)
	_, wanted := newSpec[replicas]
	if wanted || oldSpec[replicas] == nil || reflect.DeepEqual(liveSpec[replicas], oldSpec[replicas]) {
		return olds
	}
	kept := make(map[string]any, len(oldSpec))
	for key, value := range oldSpec {
		if key != replicas {
			kept[key] = value
		}
	}
	changed := make(map[string]any, len(olds))
	for key, value := range olds {
		changed[key] = value
	}
	changed[spec] = kept
	return changed
}
