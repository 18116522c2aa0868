package settings

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
)

// scaleSetID is the form of a scale set's resource id. Azure compares ids without regard to case.
var scaleSetID = regexp.MustCompile(
	`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute/virtualMachineScaleSets/[^/]+$`)

func (r *reader) targets() []Target {
	var profiles []json.RawMessage
	var references []target
	// Both are read even where the first is broken, so that all problems are reported.
	whole := r.list(profilesName, &profiles)
	if !r.list(TargetsName, &references) || !whole {
		return nil
	}
	if len(references) == 0 {
		r.refuse(TargetsName, "names no scale set")
	}
	seen := map[string]bool{}
	targets := make([]Target, 0, len(references))
	for i, reference := range references {
		field := fmt.Sprintf("%s[%d]", TargetsName, i)
		for _, identity := range []string{
			"shard " + reference.Shard, "scale set " + strings.ToLower(reference.ScaleSetID), "Jicofo " + reference.Jicofo,
		} {
			if seen[identity] {
				// Two targets with one scale set would each allow one retirement at a time, and another shard's Jicofo would
				// testify that bridges are gone which it has never known.
				r.refuse(field, "%s is named twice", identity)
			}
			seen[identity] = true
		}
		targets = append(targets, r.target(field, reference, profiles))
	}
	return targets
}

func (r *reader) target(field string, reference target, profiles []json.RawMessage) Target {
	read := Target{Shard: reference.Shard, ScaleSetID: reference.ScaleSetID, Jicofo: reference.Jicofo}
	if reference.Shard == "" {
		r.refuse(field, "has no shard")
	}
	if !scaleSetID.MatchString(reference.ScaleSetID) {
		r.refuse(field, "%q is not the id of a scale set", reference.ScaleSetID)
	}
	if !IsJicofo(reference.Jicofo) {
		r.refuse(field, "%q is not http:// with the IP address and port of a Jicofo", reference.Jicofo)
	}
	if reference.Profiles == nil || *reference.Profiles < 0 || *reference.Profiles >= len(profiles) {
		r.refuse(field, "refers to no entry of %s", profilesName)
		return read
	}
	read.Profiles = profiles[*reference.Profiles]
	if first := read.Profiles[0]; len(read.Profiles) <= len("{}") || first != '{' && first != '[' {
		// Without profiles there would be no minimum in force, and a reaper without a floor.
		r.refuse(field, "has no autoscale profiles")
	}
	return read
}
