package settings

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// known says whether a name with the reaper's prefix is one of its settings.
func known(name string) bool {
	switch name {
	case environmentName, ScheduleName, dryRunName, ResourceManagerName, MetricsEndpointName, TableEndpointName, profilesName,
		TargetsName, minimumUptimeName, maximumAgeName, stuckAfterName, bootDeadlineName, deadAfterName, reserveName, retentionName,
		ClockName:
		return true
	}
	return false
}

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

func (r *reader) flag(name string) bool {
	text := r.text(name)
	if text != "" && text != "true" && text != "false" {
		// Neither guess is safe: one acts where somebody meant it not to, the other leaves the fleet growing unnoticed.
		r.refuse(name, "%q is neither true nor false", text)
	}
	return text == "true"
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

func (r *reader) refuseUnknown() {
	for _, name := range slices.Sorted(maps.Keys(r.values)) {
		if strings.HasPrefix(name, prefix) && !known(name) {
			r.refuse(name, "is not a setting of the reaper")
		}
	}
}
