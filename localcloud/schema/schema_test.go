package schema_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"jitsi-meet-azure/localcloud/schema"
)

type inner struct {
	Name *string `pulumi:"name"`
}

type args struct {
	Flag   *bool             `pulumi:"flag"`
	Inner  *inner            `pulumi:"inner"`
	Labels map[string]string `pulumi:"labels"`
	Length int               `pulumi:"length"`
	Share  *float64          `pulumi:"share"`
	Uses   []string          `pulumi:"uses"`
}

func TestCheckFindsWhatDoesNotFitTheStruct(t *testing.T) {
	t.Parallel()
	unknown := resource.MakeComputed(resource.NewStringProperty(""))
	for name, test := range map[string]struct {
		inputs resource.PropertyMap
		want   []string
	}{
		"complete": {inputs: properties(map[string]any{
			"flag": true, "inner": map[string]any{"name": "x"}, "labels": map[string]any{"a": "b"}, "length": 3.0,
			"share": 0.5, "uses": []any{"one"}, "__defaults": []any{},
		})},
		"unknown values fit": {inputs: resource.PropertyMap{"length": unknown, "uses": unknown, "inner": unknown}},
		"secrets are opened": {inputs: resource.PropertyMap{
			"length": resource.MakeSecret(resource.NewStringProperty("3")), "uses": resource.MakeSecret(unknown),
		}, want: []string{"length: expected an integer, got string"}},
		"missing": {inputs: properties(map[string]any{}), want: []string{
			`length: missing required property "length"`, `uses: missing required property "uses"`,
		}},
		"null is missing": {inputs: properties(map[string]any{"length": nil, "uses": []any{}}), want: []string{
			`length: missing required property "length"`,
		}},
		"misspelt": {inputs: properties(map[string]any{"length": 1.0, "uses": []any{}, "size": 1.0}), want: []string{
			`size: an argument named "size" is not expected here; expected are flag, inner, labels, length, share, uses`,
		}},
		"misspelt inside": {
			inputs: properties(map[string]any{"length": 1.0, "uses": []any{}, "inner": map[string]any{"nam": "x"}}),
			want:   []string{`inner.nam: an argument named "nam" is not expected here; expected are name`},
		},
		"wrong types": {inputs: properties(map[string]any{
			"flag": "true", "inner": "x", "labels": map[string]any{"a": 1.0}, "length": 1.5, "share": "1",
			"uses": []any{1.0},
		}), want: []string{
			"flag: expected a boolean, got string", "inner: expected an object, got string",
			`labels["a"]: expected a string, got number`, "length: expected an integer, got number",
			"share: expected a number, got string", "uses[0]: expected a string, got number",
		}},
		"no list": {inputs: properties(map[string]any{"length": 1.0, "uses": "x", "labels": "y"}), want: []string{
			"labels: expected a map, got string", "uses: expected a list, got string",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range schema.Check(reflect.TypeFor[args](), test.inputs, "uses") {
				got = append(got, fmt.Sprintf("%s: %s", p.Path, p.Text))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func properties(values map[string]any) resource.PropertyMap {
	return resource.NewPropertyMapFromMap(values)
}
