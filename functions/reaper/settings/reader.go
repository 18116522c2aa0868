package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// known says whether a name with the reaper's prefix is one of its settings.
func known(name string) bool {
	switch name {
	case environmentName, ScheduleName, minimumUptimeName, dryRunName, TableEndpointName, profilesName, TargetsName:
		return true
	}
	return false
}

// scaleSetID is the form of a scale set's resource id. Azure compares ids without regard to case.
var scaleSetID = regexp.MustCompile(
	`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Compute/virtualMachineScaleSets/[^/]+$`)

// reader reads single settings and collects what is wrong with them.
type reader struct {
	values   map[string]string
	problems []error
}

func (r *reader) refuse(name, format string, arguments ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s: %w", name, fmt.Errorf(format, arguments...)))
}

func (r *reader) text(name string) string {
	value := r.values[name]
	if value == "" {
		r.refuse(name, "is missing")
	}
	return value
}

func (r *reader) schedule(name string) string {
	value := r.text(name)
	if fields := len(strings.Fields(value)); value != "" && fields != 6 {
		r.refuse(name, "%q has %d fields; a schedule has six, the first for seconds", value, fields)
	}
	return value
}

func (r *reader) duration(name string) time.Duration {
	text := r.text(name)
	if text == "" {
		return 0
	}
	value, err := time.ParseDuration(text)
	switch {
	case err != nil:
		r.refuse(name, "%q is not a duration such as 55m", text)
	case value <= 0:
		r.refuse(name, "%q is not above zero", text)
	}
	return value
}

func (r *reader) flag(name string) bool {
	text := r.text(name)
	if text != "" && text != "true" && text != "false" {
		// Neither guess is safe: one acts where somebody meant it not to, the other leaves the fleet growing unnoticed.
		r.refuse(name, "%q is neither true nor false", text)
	}
	return text == "true"
}

func (r *reader) endpoint(name string) string {
	text := r.text(name)
	if text == "" {
		return ""
	}
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "https" || parsed.Host == "" || parsed.RawQuery != "" || parsed.User != nil {
		// A query would be a shared access signature; the reaper has an identity and wants no key.
		r.refuse(name, "%q is not a plain https URL", text)
	}
	return text
}

// list decodes a JSON list strictly into out, a pointer to a slice, and says whether it could.
func (r *reader) list(name string, out any) bool {
	text := r.text(name)
	if text == "" {
		return false
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(out); err != nil {
		r.refuse(name, "is not the list that the stack writes: %w", err)
		return false
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		r.refuse(name, "goes on after its list")
		return false
	}
	return true
}

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
		for _, identity := range []string{"shard " + reference.Shard, "scale set " + strings.ToLower(reference.ScaleSetID)} {
			if seen[identity] {
				// Two targets with one scale set would each allow one retirement at a time.
				r.refuse(field, "%s is named twice", identity)
			}
			seen[identity] = true
		}
		targets = append(targets, r.target(field, reference, profiles))
	}
	return targets
}

func (r *reader) target(field string, reference target, profiles []json.RawMessage) Target {
	read := Target{Shard: reference.Shard, ScaleSetID: reference.ScaleSetID}
	if reference.Shard == "" {
		r.refuse(field, "has no shard")
	}
	if !scaleSetID.MatchString(reference.ScaleSetID) {
		r.refuse(field, "%q is not the id of a scale set", reference.ScaleSetID)
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

func (r *reader) refuseUnknown() {
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		if strings.HasPrefix(name, prefix) && !known(name) {
			r.refuse(name, "is not a setting of the reaper")
		}
	}
}
