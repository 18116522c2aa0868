// Package drift reads what `pulumi preview --refresh --json` prints and tells what differs between the program and the
// cloud, leaving out what is not the program's to decide: how many machines an autoscaler runs. The package is pure.
package drift

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// largest is the most that Read takes in; a preview of thirty shards has about 20 MiB.
const largest = 256 << 20

// Change is one resource that differs.
type Change struct {
	// Operation is what an `up` would do, for example "update" or "create".
	Operation string
	// Type and Name are the resource's.
	Type, Name string
	// Properties are the paths that differ; empty where the whole resource is new or gone.
	Properties []string
}

// String is one line for people.
func (c Change) String() string {
	line := fmt.Sprintf("%s %s %s", c.Operation, c.Type, c.Name)
	if len(c.Properties) > 0 {
		line += ": " + strings.Join(c.Properties, ", ")
	}
	return line
}

// notOurs are the properties, by the type of their resource, that an autoscaler owns. Neither is ever written by an
// update, so that a difference in them leads to nothing.
var notOurs = map[string]string{
	"azure-native:compute:VirtualMachineScaleSet":            "sku.capacity",
	"azure-native:containerservice/v20240501:AgentPool":      "count",
	"azure-native:containerservice/v20240501:ManagedCluster": "agentPoolProfiles",
}

// digest is the part of the preview that is read; the rest belongs to the engine.
type digest struct {
	Diagnostics []struct {
		Severity string `json:"severity"`
		Message  string `json:"message"`
	} `json:"diagnostics"`
	Steps []struct {
		Operation string              `json:"op"`
		URN       string              `json:"urn"`
		Detailed  map[string]struct{} `json:"detailedDiff"`
	} `json:"steps"`
}

// Read lists the differences in a preview, in the preview's own order. A preview that cannot be read is an error, never
// an absence of differences.
func Read(preview io.Reader) ([]Change, error) {
	var read digest
	if err := json.NewDecoder(io.LimitReader(preview, largest)).Decode(&read); err != nil {
		return nil, fmt.Errorf("reading the preview: %w", err)
	}
	if err := read.failed(); err != nil {
		return nil, err
	}
	if len(read.Steps) == 0 {
		return nil, fmt.Errorf("reading the preview: it has no steps; is it what `pulumi preview --json` printed?")
	}
	var changes []Change
	for i, step := range read.Steps {
		if step.Operation == "same" || step.Operation == "refresh" || step.Operation == "read" {
			continue
		}
		change, err := describe(step.Operation, step.URN)
		if err != nil {
			return nil, fmt.Errorf("reading the preview: step %d: %w", i, err)
		}
		properties := slices.Sorted(maps.Keys(step.Detailed))
		change.Properties = slices.DeleteFunc(slices.Clone(properties), func(path string) bool {
			return owned(path, notOurs[change.Type])
		})
		if len(properties) > 0 && len(change.Properties) == 0 {
			continue
		}
		changes = append(changes, change)
	}
	return changes, nil
}

// failed is why the preview ended before it had looked at everything; nil where it did not.
func (d digest) failed() error {
	var problems []error
	for _, diagnostic := range d.Diagnostics {
		if diagnostic.Severity == "error" {
			problems = append(problems, errors.New(strings.TrimSpace(diagnostic.Message)))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	return fmt.Errorf("the preview failed: %w", errors.Join(problems...))
}

// owned says whether the path is the autoscaler's property or lies inside it.
func owned(path, property string) bool {
	rest, found := strings.CutPrefix(path, property)
	return property != "" && found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

func describe(operation, urn string) (Change, error) {
	const fields = 4
	parts := strings.SplitN(urn, "::", fields)
	if len(parts) != fields {
		return Change{}, fmt.Errorf("%q is no resource name of Pulumi's", urn)
	}
	types := strings.Split(parts[2], "$")
	return Change{Operation: operation, Type: types[len(types)-1], Name: parts[3]}, nil
}
