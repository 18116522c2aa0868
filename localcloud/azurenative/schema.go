package azurenative

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// fieldsOf gives the properties of a plain SDK struct by their Pulumi names.
//
// The SDK generates, besides every FooArgs of inputs, a lower-case fooArgs of plain Go types that FooArgs.ElementType
// returns. Its tags are the property names and a pointer means optional, so it is a complete schema; only slices, maps
// and interfaces do not tell whether they are required.
func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	fields := make(map[string]reflect.StructField, t.NumField())
	for i := range t.NumField() {
		if name := propertyName(t.Field(i)); name != "" {
			fields[name] = t.Field(i)
		}
	}
	return fields
}

func propertyName(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("pulumi"), ",")
	return name
}

// checker collects everything that is wrong with a resource's inputs.
type checker struct {
	enums    map[string][]string // by path, "[]" for any index
	failures []plugin.CheckFailure
}

func (c *checker) fail(path, format string, args ...any) {
	key, _, _ := strings.Cut(path, ".")
	key, _, _ = strings.Cut(key, "[")
	c.failures = append(c.failures, plugin.CheckFailure{
		Property: resource.PropertyKey(key), Reason: fmt.Sprintf(format, args...),
	})
}

// object checks properties against the struct t. Names in skip are not looked at.
func (c *checker) object(path string, t reflect.Type, properties resource.PropertyMap, skip ...string) {
	fields := fieldsOf(t)
	for _, key := range properties.StableKeys() {
		name := string(key)
		if slices.Contains(skip, name) || strings.HasPrefix(name, "__") {
			continue
		}
		field, known := fields[name]
		if !known {
			c.fail(join(path, name), `Code="InvalidRequestContent" Message="The request content was invalid: could not find `+
				`member '%s'. Path '%s'%s."`, name, join(path, name), nearest(name, fields))
			continue
		}
		c.value(join(path, name), field.Type, properties[key])
	}
	for _, name := range sortedKeys(fields) {
		if required(fields[name].Type) && absent(properties, name) && !slices.Contains(skip, name) {
			c.fail(join(path, name), `Code="InvalidParameter" Message="Required parameter '%s' is missing (null)."`,
				join(path, name))
		}
	}
}

func (c *checker) value(path string, t reflect.Type, v resource.PropertyValue) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	v, known := bare(v)
	if !known || v.IsNull() {
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		c.structure(path, t, v)
	case reflect.Slice:
		c.slice(path, t, v)
	case reflect.Map:
		c.mapping(path, t, v)
	case reflect.Interface:
		c.any(path, t, v)
	default:
		c.scalar(path, t, v)
	}
}

func (c *checker) structure(path string, t reflect.Type, v resource.PropertyValue) {
	if !v.IsObject() {
		c.illTyped(path, "object", v)
		return
	}
	c.object(path, t, v.ObjectValue())
}

func (c *checker) slice(path string, t reflect.Type, v resource.PropertyValue) {
	if !v.IsArray() {
		c.illTyped(path, "array", v)
		return
	}
	for i, item := range v.ArrayValue() {
		c.value(path+"["+strconv.Itoa(i)+"]", t.Elem(), item)
	}
}

func (c *checker) mapping(path string, t reflect.Type, v resource.PropertyValue) {
	if !v.IsObject() {
		c.illTyped(path, "map", v)
		return
	}
	for _, key := range v.ObjectValue().StableKeys() {
		c.value(path+`["`+string(key)+`"]`, t.Elem(), v.ObjectValue()[key])
	}
}

// any accepts whatever fits an interface: unions and free JSON take any value, the SDK's asset type takes assets only.
func (c *checker) any(path string, t reflect.Type, v resource.PropertyValue) {
	if t.NumMethod() > 0 && !v.IsAsset() && !v.IsArchive() {
		c.illTyped(path, "asset", v)
	}
}

func (c *checker) scalar(path string, t reflect.Type, v resource.PropertyValue) {
	switch t.Kind() {
	case reflect.String:
		if !v.IsString() {
			c.illTyped(path, "string", v)
			return
		}
		c.enum(path, v.StringValue())
	case reflect.Bool:
		if !v.IsBool() {
			c.illTyped(path, "boolean", v)
		}
	case reflect.Int:
		if !v.IsNumber() || v.NumberValue() != math.Trunc(v.NumberValue()) {
			c.illTyped(path, "integer", v)
		}
	case reflect.Float64:
		if !v.IsNumber() {
			c.illTyped(path, "number", v)
		}
	default:
		c.fail(path, "the local cloud has no rule for values of Go type %s", t)
	}
}

func (c *checker) enum(path, value string) {
	allowed, limited := c.enums[indexes.ReplaceAllString(path, "[]")]
	if limited && !slices.Contains(allowed, value) {
		c.fail(path, `Code="InvalidParameter" Message="The value '%s' of parameter '%s' is invalid. Allowed values are: %s."`,
			value, path, strings.Join(allowed, ", "))
	}
}

func (c *checker) illTyped(path, want string, v resource.PropertyValue) {
	c.fail(path, `Code="InvalidRequestContent" Message="The request content was invalid: cannot convert a value of type `+
		`%s to %s. Path '%s'."`, v.TypeString(), want, path)
}

// required tells whether a plain SDK type cannot be left out.
func required(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return false
	default:
		return true
	}
}

func absent(properties resource.PropertyMap, name string) bool {
	v, ok := properties[resource.PropertyKey(name)]
	if !ok {
		return true
	}
	v, known := bare(v)
	return known && v.IsNull()
}

// bare takes secret and output marks off; known is false for a value that only the deployment will tell.
func bare(v resource.PropertyValue) (inner resource.PropertyValue, known bool) {
	for {
		switch {
		case v.IsSecret():
			v = v.SecretValue().Element
		case v.IsOutput():
			if !v.OutputValue().Known {
				return v, false
			}
			v = v.OutputValue().Element
		default:
			return v, !v.IsComputed()
		}
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
