package azurenative

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"jitsi-meet-azure/localcloud/azurenative/arm"
	"jitsi-meet-azure/localcloud/rpcprovider"
)

// Check refuses everything that does not fit the schema and settles the name and the location.
func (p *Provider) Check(_ context.Context, req plugin.CheckRequest) (plugin.CheckResponse, error) {
	d, err := p.definition(string(req.Type))
	if err != nil {
		return plugin.CheckResponse{}, err
	}
	inputs := req.News.Copy()
	c := &checker{enums: d.enums}
	p.nameOf(c, d, inputs, req)
	p.locate(d, inputs, req.Olds)
	c.object("", d.args, inputs)
	demand(c, d, inputs)
	return plugin.CheckResponse{Properties: inputs, Failures: c.failures}, nil
}

// nameOf demands an explicit name. The real provider makes one up, differently in preview and in the first deployment;
// names here are part of what operators and alerts rely on.
func (p *Provider) nameOf(c *checker, d *definition, inputs resource.PropertyMap, req plugin.CheckRequest) {
	name := d.name()
	if !absent(inputs, name) {
		return
	}
	if !d.generated {
		c.fail(name, "%s needs an explicit name: set %q", req.Type, name)
		return
	}
	inputs[resource.PropertyKey(name)] = resource.NewStringProperty(guidOf("name", string(req.URN)))
	if old, ok := req.Olds[resource.PropertyKey(name)]; ok {
		inputs[resource.PropertyKey(name)] = old
	}
}

// locate fills in the location as the real provider does: the provider's own, else the resource group's.
func (p *Provider) locate(d *definition, inputs, olds resource.PropertyMap) {
	if _, has := fieldsOf(d.args)["location"]; !has || !absent(inputs, "location") {
		return
	}
	switch {
	case p.location != "":
		inputs["location"] = resource.NewStringProperty(p.location)
	case !absent(olds, "location"):
		inputs["location"] = olds["location"]
	default:
		if location := p.groupLocation(viewOf(inputs).text("resourceGroupName")); location != "" {
			inputs["location"] = resource.NewStringProperty(location)
		}
	}
}

func (p *Provider) groupLocation(group string) string {
	if group == "" {
		return ""
	}
	stored, err := p.cfg.Store.Get("/subscriptions/" + p.subscription + "/resourceGroups/" + group)
	if err != nil {
		return ""
	}
	outputs, err := rpcprovider.Decode(stored.Outputs)
	if err != nil {
		return ""
	}
	return viewOf(outputs).text("location")
}

// demand checks for what is required although its Go type does not say so.
func demand(c *checker, d *definition, inputs resource.PropertyMap) {
	for _, path := range d.required {
		if _, known := lookUp(inputs, path); known {
			c.fail(path, `Code="InvalidParameter" Message="Required parameter '%s' is missing (null)."`, path)
		}
	}
}

// lookUp follows a dotted path. Missing is true when it is certain that there is nothing.
func lookUp(properties resource.PropertyMap, path string) (value resource.PropertyValue, missing bool) {
	name, rest, _ := strings.Cut(path, ".")
	v, known := bare(properties[resource.PropertyKey(name)])
	switch {
	case !known:
		return v, false
	case v.IsNull():
		return v, true
	case rest == "" || !v.IsObject():
		return v, false
	default:
		return lookUp(v.ObjectValue(), rest)
	}
}

// guidOf is a GUID that depends on nothing but its parts, so that the same cloud comes out of the same program.
func guidOf(parts ...string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", parts))
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[0:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// Diff tells what an update would change and whether the resource must be replaced.
func (p *Provider) Diff(_ context.Context, req plugin.DiffRequest) (plugin.DiffResponse, error) {
	d, err := p.definition(string(req.Type))
	if err != nil {
		return plugin.DiffResponse{}, err
	}
	changes := rpcprovider.Changes(req.OldInputs, req.NewInputs)
	replaced := false
	for path, change := range changes {
		if d.replaces(path) {
			changes[path] = rpcprovider.Replace(change)
			replaced = true
		}
	}
	return rpcprovider.DiffOf(changes, replaced && !d.renamed(changes)), nil
}

// renamed tells whether a replacement gets another id, so that it can be made before the old resource is deleted.
func (d *definition) renamed(changes map[string]plugin.PropertyDiff) bool {
	for _, name := range arm.NameProperties(d.path) {
		if _, changed := changes[name]; changed {
			return true
		}
	}
	return false
}
