package azurenative

import (
	"reflect"
	"slices"
	"strings"

	"jitsi-meet-azure/localcloud/azurenative/arm"
)

// definition is what the local cloud knows about one resource type.
type definition struct {
	token string
	// args is the SDK's plain argument struct: the schema of the inputs.
	args reflect.Type
	// outputs is the SDK's resource struct: the schema of the outputs.
	outputs reflect.Type
	// path is the template of the id; its placeholders are inputs.
	path string
	// required names slices, maps and unions that Azure demands; the Go types do not tell.
	required []string
	// enums are the values that Azure allows, by path.
	enums map[string][]string
	// replaceOn are the inputs, besides those of the id, whose change makes the real provider replace the resource.
	replaceOn []string
	// late are outputs inside what the inputs give that only the cloud knows, by path.
	late []string
	// silent are top-level inputs that Azure never gives back.
	silent map[string]bool
	// loose keeps inputs in the outputs that the project's own, partial resource struct does not list.
	loose bool
	// generated allows the name to be left out: the provider then makes a GUID.
	generated bool

	// accept refuses what Azure refuses when the resource is created or updated.
	accept func(*operation) error
	// settle does what the cloud does on its own with an accepted resource, such as starting machines.
	settle func(*operation) error
	// complete adds the outputs that only the cloud knows. It also runs on every read, so it depends only on the
	// resource and on what lives in the cloud.
	complete func(*operation) error
	// release refuses a deletion that Azure refuses.
	release func(*operation) error
	// inUse is the error code of a deletion while others refer to the resource; empty where Azure allows it.
	inUse string
}

func (d *definition) isName(property string) bool {
	return slices.Contains(arm.NameProperties(d.path), property)
}

// replaces tells whether a change at the given path of the inputs needs a replacement.
func (d *definition) replaces(path string) bool {
	top := path
	if i := strings.IndexAny(path, ".["); i >= 0 {
		top = path[:i]
	}
	plain := indexes.ReplaceAllString(path, "[]")
	return d.isName(top) || slices.ContainsFunc(d.replaceOn, func(p string) bool {
		return plain == p || strings.HasPrefix(plain, p+".") || strings.HasPrefix(plain, p+"[")
	})
}

// name is the property that holds the resource's own name.
func (d *definition) name() string {
	names := arm.NameProperties(d.path)
	return names[len(names)-1]
}

// definitions gives every known resource type by its token.
func definitions() map[string]*definition {
	all := map[string]*definition{}
	for _, list := range [][]*definition{
		networkTypes(), computeTypes(), clusterTypes(), identityTypes(), storageTypes(), monitorTypes(), webTypes(),
		vaultTypes(), workspaceTypes(), collectionTypes(), watchTypes(),
	} {
		for _, d := range list {
			all[d.token] = d
		}
	}
	return all
}

// element is the type of plain values behind an SDK argument struct.
func element(args interface{ ElementType() reflect.Type }) reflect.Type { return args.ElementType() }

// texts turns typed SDK constants into the allowed values of an enum.
func texts[S ~string](values ...S) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}
