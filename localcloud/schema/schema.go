// Package schema checks a resource's inputs against the argument struct that the Pulumi SDK generated for it.
//
// Besides every FooArgs of inputs the SDK has a fooArgs of plain Go types, which FooArgs.ElementType returns. Its tags
// are the property names and a pointer means optional, so it is a complete schema; only for slices, maps and interfaces
// the caller has to say which are required.
package schema

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"sort"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Problem is one thing that is wrong with the inputs.
type Problem struct {
	// Path is where, for example "subject.commonName" or "dnsNames[0]".
	Path string
	// Text says what.
	Text string
}

// Check gives everything in the inputs that does not fit the struct type: unknown and missing properties and values of
// the wrong type. Required names properties that are slices, maps or interfaces and may not be left out. Values that only
// the deployment will tell fit everything.
func Check(args reflect.Type, inputs resource.PropertyMap, required ...string) []Problem {
	c := &checker{}
	c.object("", args, inputs, required)
	return c.problems
}

type checker struct{ problems []Problem }

func (c *checker) add(path, format string, values ...any) {
	c.problems = append(c.problems, Problem{Path: path, Text: fmt.Sprintf(format, values...)})
}

func (c *checker) object(path string, t reflect.Type, inputs resource.PropertyMap, required []string) {
	fields := fieldsOf(t)
	for _, key := range inputs.StableKeys() {
		name := string(key)
		if strings.HasPrefix(name, "__") {
			continue // the engine's own
		}
		field, known := fields[name]
		if !known {
			c.add(join(path, name), "an argument named %q is not expected here; expected are %s", name, list(fields))
			continue
		}
		c.value(join(path, name), field, inputs[key])
	}
	for name, t := range fields {
		if !optional(t) {
			required = append(slices.Clone(required), name)
		}
	}
	sort.Strings(required)
	for _, name := range required {
		if value, known := Open(inputs[resource.PropertyKey(name)]); known && value.IsNull() {
			c.add(join(path, name), "missing required property %q", name)
		}
	}
}

func (c *checker) value(path string, t reflect.Type, given resource.PropertyValue) {
	value, known := Open(given)
	if !known || value.IsNull() {
		return
	}
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		if c.fits(path, "an object", value, value.IsObject()) {
			c.object(path, t, value.ObjectValue(), nil)
		}
	case reflect.Map:
		if c.fits(path, "a map", value, value.IsObject()) {
			c.members(path, t.Elem(), value.ObjectValue())
		}
	case reflect.Slice:
		if c.fits(path, "a list", value, value.IsArray()) {
			c.items(path, t.Elem(), value.ArrayValue())
		}
	default:
		c.scalar(path, t, value)
	}
}

func (c *checker) members(path string, t reflect.Type, members resource.PropertyMap) {
	for _, key := range members.StableKeys() {
		c.value(fmt.Sprintf("%s[%q]", path, string(key)), t, members[key])
	}
}

func (c *checker) items(path string, t reflect.Type, items []resource.PropertyValue) {
	for i, item := range items {
		c.value(fmt.Sprintf("%s[%d]", path, i), t, item)
	}
}

func (c *checker) scalar(path string, t reflect.Type, value resource.PropertyValue) {
	switch t.Kind() {
	case reflect.String:
		c.fits(path, "a string", value, value.IsString())
	case reflect.Bool:
		c.fits(path, "a boolean", value, value.IsBool())
	case reflect.Int:
		c.fits(path, "an integer", value, value.IsNumber() && value.NumberValue() == math.Trunc(value.NumberValue()))
	case reflect.Float64:
		c.fits(path, "a number", value, value.IsNumber())
	}
}

func (c *checker) fits(path, wanted string, value resource.PropertyValue, ok bool) bool {
	if !ok {
		c.add(path, "expected %s, got %s", wanted, value.TypeString())
	}
	return ok
}

func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := make(map[string]reflect.Type, t.NumField())
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("pulumi"), ","); name != "" {
			fields[name] = t.Field(i).Type
		}
	}
	return fields
}

func optional(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	default:
		return false
	}
}

func list(fields map[string]reflect.Type) string {
	names := make([]string, 0, len(fields))
	for name := range fields {
		names = append(names, name)
	}
	sort.Strings(names)
	return strings.Join(names, ", ")
}

// Open takes secret and output marks off a value; known is false for one that only the deployment will tell.
func Open(value resource.PropertyValue) (inner resource.PropertyValue, known bool) {
	for {
		switch {
		case value.IsSecret():
			value = value.SecretValue().Element
		case value.IsOutput():
			if !value.OutputValue().Known {
				return value, false
			}
			value = value.OutputValue().Element
		default:
			return value, !value.IsComputed()
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
