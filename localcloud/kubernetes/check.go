package kubernetes

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/kubernetes/defaults"
	"jitsi-meet-azure/localcloud/kubernetes/object"
	"jitsi-meet-azure/localcloud/kubernetes/validate"
)

const (
	// autonamedAnnotation marks objects whose name the provider chose.
	autonamedAnnotation = "pulumi.com/autonamed"
	// randomDigits is how many hexadecimal digits follow the logical name in such a name.
	randomDigits = 8
)

// Check names the object, puts it into its namespace, decodes it and applies the API server's rules, as far as its
// values are known.
func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	kind, err := object.ByToken(string(req.Type))
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	inputs, failures := p.complete(kind, req)
	if len(failures) == 0 {
		failures = problems(kind, inputs)
	}
	return plugin.CheckResponse{Properties: inputs, Failures: failures}, nil
}

// complete fills in what the real provider fills in before it looks at the object.
func (p *Provider) complete(kind object.Kind, req plugin.CheckRequest) (resource.PropertyMap, []plugin.CheckFailure) {
	inputs := req.News.Copy()
	if _, given := inputs["apiVersion"]; !given {
		inputs["apiVersion"] = resource.NewStringProperty(kind.APIVersion())
	}
	if _, given := inputs["kind"]; !given {
		inputs["kind"] = resource.NewStringProperty(kind.Kind)
	}
	if metadata := opened(inputs["metadata"]); metadata.HasValue() && !metadata.IsObject() {
		return inputs, nil // unknown, or ill-typed and refused by the decoder
	}
	if kind.Namespaced && missing(inputs, "namespace") {
		inputs = setMetadata(inputs, "namespace", resource.NewStringProperty(p.connected().namespace))
	}
	if missing(inputs, "name") && missing(inputs, "generateName") {
		return autoname(inputs, req)
	}
	return inputs, nil
}

// missing tells whether a field of metadata is known not to be given.
func missing(inputs resource.PropertyMap, key resource.PropertyKey) bool {
	text, known := textAt(inputs, "metadata", key)
	return known && text == ""
}

// autoname keeps the name that the object got before, or makes one.
func autoname(inputs resource.PropertyMap, req plugin.CheckRequest) (resource.PropertyMap, []plugin.CheckFailure) {
	name, _ := textAt(req.Olds, "metadata", "name")
	if mark, _ := textAt(req.Olds, "metadata", "annotations", autonamedAnnotation); mark != "true" {
		name = ""
	}
	switch options := req.Autonaming; {
	case name != "":
	case options != nil && options.Mode == plugin.AutonamingModeDisabled:
		return inputs, []plugin.CheckFailure{{Property: "metadata", Reason: "autonaming is disabled, resource requires " +
			"explicit name"}}
	case options != nil && options.ProposedName != "":
		name = options.ProposedName
	default:
		random, err := resource.NewUniqueName(req.RandomSeed, req.Name+"-", randomDigits, 0, nil)
		if err != nil {
			return inputs, []plugin.CheckFailure{{Property: "metadata", Reason: err.Error()}}
		}
		name = random
	}
	inputs = setMetadata(inputs, "name", resource.NewStringProperty(name))
	annotations := resource.PropertyMap{}
	if given := opened(opened(inputs["metadata"]).ObjectValue()["annotations"]); given.IsObject() {
		annotations = given.ObjectValue().Copy()
	}
	annotations[autonamedAnnotation] = resource.NewStringProperty("true")
	return setMetadata(inputs, "annotations", resource.NewObjectProperty(annotations)), nil
}

// problems decodes the object and gives what an API server would refuse about it alone.
func problems(kind object.Kind, inputs resource.PropertyMap) []plugin.CheckFailure {
	plain, unknown := known(inputs)
	if _, given := plain["status"]; given {
		return []plugin.CheckFailure{{Property: "status", Reason: "status is set by the cluster only"}}
	}
	decoded, err := object.Decode(kind, plain)
	if err != nil {
		return []plugin.CheckFailure{{Reason: err.Error()}}
	}
	if decoded.GetName() == "" && decoded.GetGenerateName() != "" {
		decoded.SetName(decoded.GetGenerateName() + "xxxxx")
	}
	defaults.Apply(decoded)
	var failures []plugin.CheckFailure
	for _, problem := range aboutKnown(validate.Object(kind, decoded), unknown) {
		failures = append(failures, plugin.CheckFailure{
			Property: resource.PropertyKey(problem.Field),
			Reason:   fmt.Sprintf("%s %q is invalid: %s", kind.GroupKind(), decoded.GetName(), problem),
		})
	}
	return failures
}
